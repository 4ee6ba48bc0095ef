#include "evx/journal/format.h"

#include <catch2/catch.hpp>
#include <string>

namespace evx::journal {
namespace {

std::string Encoded(const RecordView& record, SequenceNumber group_first, std::uint32_t salt) {
  std::string bytes(RecordBytes(record), '\x5a');
  EncodeRecord(record, bytes.data());
  FinishRecord(bytes.data(), group_first, salt);
  return bytes;
}

TEST_CASE("Record: what was encoded is decoded, whatever the sizes", "[journal]") {
  for (std::size_t size = 0; size < 40; ++size) {
    const std::string meta(size, 'm');
    const std::string command(size / 2, 'c');
    const std::string events(3 * size, 'e');
    const RecordView in{SequenceNumber(77), Timestamp::FromNanos(-5), 9, meta, command, events};
    const std::string bytes = Encoded(in, SequenceNumber(70), 123);
    REQUIRE(bytes.size() % kRecordAlignment == 0);
    RecordView out;
    std::size_t decoded_size = 0;
    REQUIRE(DecodeRecord(bytes, 123, out, decoded_size) == DecodeResult::kOk);
    CHECK(decoded_size == bytes.size());
    CHECK(out.sequence == in.sequence);
    CHECK(out.time == in.time);
    CHECK(out.type == in.type);
    CHECK(out.meta == meta);
    CHECK(out.command == command);
    CHECK(out.events == events);
    CHECK(EncodedGroupFirst(bytes.data()) == SequenceNumber(70));
  }
}

TEST_CASE("Record: every flipped bit and another segment's salt are detected", "[journal]") {
  const RecordView in{SequenceNumber(3), Timestamp::FromNanos(4), 1, "meta", "command", "events"};
  std::string bytes = Encoded(in, SequenceNumber(3), 55);
  RecordView out;
  std::size_t size = 0;
  CHECK(DecodeRecord(bytes, 56, out, size) == DecodeResult::kBad);
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
    REQUIRE(DecodeRecord(bytes, 55, out, size) != DecodeResult::kOk);
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
  }
}

TEST_CASE("Record: a part of a record asks for more", "[journal]") {
  const RecordView in{SequenceNumber(3), Timestamp::FromNanos(4), 1, "meta", "command", "events"};
  const std::string bytes = Encoded(in, SequenceNumber(3), 55);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    RecordView out;
    std::size_t needed = 0;
    REQUIRE(DecodeRecord(std::string_view(bytes).substr(0, size), 55, out, needed) ==
            DecodeResult::kNeedMore);
    CHECK(needed > size);
    CHECK(needed <= bytes.size());
  }
}

TEST_CASE("SegmentHeader: fields survive, damage and newer formats are told apart", "[journal]") {
  SegmentHeader in;
  in.rules_version = 12;
  in.shard = 3;
  in.first_sequence = SequenceNumber(1'000'001);
  in.created_time = Timestamp::FromSeconds(1'790'000'000);
  in.id_key.fill(0xab);
  in.segment_bytes = 64u << 20;
  std::string block = EncodeSegmentHeader(in);
  REQUIRE(block.size() == kSegmentHeaderBytes);
  const auto out = DecodeSegmentHeader(block);
  REQUIRE(out.ok());
  CHECK(out->rules_version == 12);
  CHECK(out->shard == 3);
  CHECK(out->first_sequence == in.first_sequence);
  CHECK(out->created_time == in.created_time);
  CHECK(out->id_key == in.id_key);
  CHECK(out->segment_bytes == in.segment_bytes);
  CHECK(out->salt == in.salt);

  for (std::size_t bit = 0; bit < 128 * 8; ++bit) {
    std::string damaged = block;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    REQUIRE(DecodeSegmentHeader(damaged).status().code() == absl::StatusCode::kDataLoss);
  }
  in.format_version = kFormatVersion + 1;
  CHECK(DecodeSegmentHeader(EncodeSegmentHeader(in)).status().code() ==
        absl::StatusCode::kFailedPrecondition);
}

TEST_CASE("SegmentName: names and sequences convert both ways, other names do not", "[journal]") {
  CHECK(SegmentName(SequenceNumber(42)) == "00000000000000000042.journal");
  CHECK(ParseSegmentName("00000000000000000042.journal") == SequenceNumber(42));
  CHECK(ParseSegmentName(SegmentName(SequenceNumber(UINT64_MAX))) == SequenceNumber(UINT64_MAX));
  const auto name =
      GENERATE("", "42.journal", "00000000000000000042.snapshot", "0000000000000000004x.journal",
               "99999999999999999999.journal", "00000000000000000042.journal.discarded");
  CHECK_FALSE(ParseSegmentName(name).has_value());
}

}  // namespace
}  // namespace evx::journal
