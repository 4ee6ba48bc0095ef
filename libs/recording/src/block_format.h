#pragma once

#include <cstdint>

#include "evx/core/bytes.h"
#include "varint.h"

// What encoder and decoder of a block share.
//
// block    := version frames unit shapes { size text } { shape column, one for each shape: rows,
//             slots } receive times, connections, shape of each frame, escaped lengths and bytes
// slot     := relation { integers } [ table of texts ] [ prices quantities ]

namespace evx::recording {

inline constexpr std::uint8_t kBlockVersion = 1;

// How the numbers of a slot follow from something else.
enum class Relation : std::uint8_t {
  // A column of its own.
  kNone,
  // Equal to those of slot `other`.
  kEqual,
  // Those of slot `other` divided by 1000, rounded down.
  kThousandth,
  // `constant` less those of slot `other`.
  kComplement,
  // A column of the differences to the receive time in units of `constant` nanoseconds.
  kSinceReceived,
};

inline constexpr Relation kRelationLast = Relation::kSinceReceived;

struct SlotRelation {
  Relation relation = Relation::kNone;
  std::uint8_t other = 0;
  std::int64_t constant = 0;
};

inline std::int64_t FloorDivide(std::int64_t value, std::int64_t divisor) {
  return value / divisor - (value % divisor < 0 ? 1 : 0);
}

// The number that a derived slot has where slot `other` has `value`.
inline std::int64_t Derive(const SlotRelation& relation, std::int64_t value) {
  switch (relation.relation) {
    case Relation::kNone:
    case Relation::kEqual:
    case Relation::kSinceReceived:
      return value;
    case Relation::kThousandth:
      return FloorDivide(value, 1000);
    case Relation::kComplement:
      return WrapSubtract(relation.constant, value);
  }
  return value;
}

}  // namespace evx::recording
