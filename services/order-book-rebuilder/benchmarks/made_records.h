#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "evx/kafka/message.h"

namespace evx::order_book_rebuilder {

// Records of one partition as they lie in memory after a poll: one after the other in one piece.
class Records {
 public:
  void Add(std::string_view key, std::string_view payload) {
    places_.push_back({bytes_.size(), key.size(), payload.size()});
    bytes_.append(key).append(payload);
  }
  std::size_t size() const { return places_.size(); }
  kafka::RecordView operator[](std::size_t number) const {
    const Place& place = places_[number];
    kafka::RecordView record;
    record.offset = static_cast<std::int64_t>(number);
    record.key = std::string_view(bytes_).substr(place.begin, place.key_bytes);
    record.payload =
        std::string_view(bytes_).substr(place.begin + place.key_bytes, place.payload_bytes);
    return record;
  }

 private:
  struct Place {
    std::size_t begin;
    std::size_t key_bytes;
    std::size_t payload_bytes;
  };
  std::string bytes_;
  std::vector<Place> places_;
};

inline constexpr int kMadeMarketCount = 1'000;
// Of a market below kMadeMarketCount.
std::string MadeTicker(int market);

// At least so many records of evx.md.book.v1, always the same. The markets take turns at random;
// each begins with an empty book of the venue and has a snapshot, of about 45 levels, after each
// 10 deltas.
Records MakeRecords(std::size_t count);

}  // namespace evx::order_book_rebuilder
