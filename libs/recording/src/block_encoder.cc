#include <array>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/node_hash_map.h"
#include "absl/strings/str_format.h"
#include "block_format.h"
#include "column.h"
#include "evx/core/status.h"
#include "evx/recording/block.h"
#include "frame_shape.h"

namespace evx::recording {
namespace {

// The distinct texts of a slot, in order of appearance.
class TextTable {
 public:
  std::int64_t PlaceOf(std::string_view text) {
    for (const std::uint32_t recent : recent_) {
      if (recent < texts_.size() && *texts_[recent] == text) return recent;
    }
    const auto [entry, is_new] =
        places_.try_emplace(ToAbsl(text), static_cast<std::uint32_t>(texts_.size()));
    if (is_new) texts_.push_back(&entry->first);
    recent_[next_recent_] = entry->second;
    next_recent_ = (next_recent_ + 1) % recent_.size();
    return entry->second;
  }

  void Encode(SlotKind kind, std::string& out) const {
    std::string bytes;
    for (const std::string* text : texts_) {
      if (kind == SlotKind::kUuid) {
        bytes += PackUuid(*text);
      } else {
        PutVarint(bytes, text->size());
        bytes += *text;
      }
    }
    PutVarint(out, texts_.size());
    EncodeBytes(bytes, out);
  }

 private:
  // Nodes stay where they are, so that texts_ may point at them.
  absl::node_hash_map<std::string, std::uint32_t> places_;
  std::vector<const std::string*> texts_;
  std::array<std::uint32_t, 4> recent_{};
  std::size_t next_recent_ = 0;
};

struct SlotColumn {
  SlotKind kind = SlotKind::kText;
  // kUuid, kText: places in the table.
  std::vector<std::int64_t> numbers;
  TextTable texts;
  std::vector<std::int64_t> prices;
  std::vector<std::int64_t> quantities;
};

struct ShapeColumns {
  std::string stored;
  std::vector<SlotColumn> slots;
  // Receive times of its frames.
  std::vector<std::int64_t> received;
};

bool Follows(const SlotRelation& relation, const std::vector<std::int64_t>& numbers,
             const std::vector<std::int64_t>& others) {
  for (std::size_t row = 0; row < numbers.size(); ++row) {
    if (Derive(relation, others[row]) != numbers[row]) return false;
  }
  return true;
}

// Which slots follow from which; a slot that another one follows from never follows itself.
std::vector<SlotRelation> FindRelations(const ShapeColumns& shape) {
  const std::size_t count = shape.slots.size();
  std::vector<SlotRelation> relations(count);
  std::vector<bool> needed(count);
  for (std::size_t i = 0; i < count; ++i) {
    // The rows of levels are found by their numbers, so these are always there.
    if (shape.slots[i].kind == SlotKind::kLevels) continue;
    const auto& numbers = shape.slots[i].numbers;
    for (std::size_t j = 0; j < count && !needed[i]; ++j) {
      if (j == i || relations[j].relation != Relation::kNone) continue;
      const auto& others = shape.slots[j].numbers;
      for (const Relation kind : {Relation::kEqual, Relation::kThousandth, Relation::kComplement}) {
        const std::int64_t constant =
            kind == Relation::kComplement ? WrapAdd(numbers[0], others[0]) : 0;
        const SlotRelation relation{kind, static_cast<std::uint8_t>(j), constant};
        if (!Follows(relation, numbers, others)) continue;
        relations[i] = relation;
        needed[j] = true;
        break;
      }
      if (relations[i].relation != Relation::kNone) break;
    }
  }
  return relations;
}

// Times are near the receive time in one of these units.
constexpr std::array<std::int64_t, 3> kTimeUnits = {1'000, 1'000'000, 1'000'000'000};

void EncodeNumbers(const SlotColumn& slot, const std::vector<std::int64_t>& received,
                   const SlotRelation& relation, std::string& out) {
  if (relation.relation != Relation::kNone) {
    out.push_back(static_cast<char>(relation.relation));
    out.push_back(static_cast<char>(relation.other));
    if (relation.relation == Relation::kComplement) PutVarint(out, ZigZag(relation.constant));
    return;
  }
  std::string best(1, static_cast<char>(Relation::kNone));
  EncodeIntegers(slot.numbers, best);
  for (const std::int64_t unit : kTimeUnits) {
    // A tenth of an hour is near; a number that is no time never is.
    const std::int64_t near = 360'000'000'000 / unit;
    const std::int64_t away = WrapSubtract(slot.numbers[0], received[0] / unit);
    if (away > near || away < -near) continue;
    std::vector<std::int64_t> differences;
    differences.reserve(received.size());
    for (std::size_t row = 0; row < received.size(); ++row) {
      differences.push_back(WrapSubtract(slot.numbers[row], received[row] / unit));
    }
    std::string candidate(1, static_cast<char>(Relation::kSinceReceived));
    PutVarint(candidate, static_cast<std::uint64_t>(unit));
    EncodeIntegers(differences, candidate);
    if (candidate.size() < best.size()) best = std::move(candidate);
  }
  out += best;
}

void EncodeShape(const ShapeColumns& shape, std::string& out) {
  PutVarint(out, shape.stored.size());
  out += shape.stored;
  PutVarint(out, shape.received.size());
  const std::vector<SlotRelation> relations = FindRelations(shape);
  for (std::size_t i = 0; i < shape.slots.size(); ++i) {
    const SlotColumn& slot = shape.slots[i];
    EncodeNumbers(slot, shape.received, relations[i], out);
    switch (slot.kind) {
      case SlotKind::kDecimal:
      case SlotKind::kTime:
        break;
      case SlotKind::kUuid:
      case SlotKind::kText:
        slot.texts.Encode(slot.kind, out);
        break;
      case SlotKind::kLevels:
        EncodeIntegers(slot.prices, out);
        EncodeIntegers(slot.quantities, out);
        break;
    }
  }
}

}  // namespace

struct BlockEncoder::State {
  std::vector<std::int64_t> received;
  std::vector<std::int64_t> connections;
  // 0: stored as it is; else place of the shape + 1.
  std::vector<std::int64_t> shape_of_frame;
  absl::flat_hash_map<std::string, std::size_t> place_of_shape;
  std::vector<ShapeColumns> shapes;
  std::vector<std::int64_t> escaped_sizes;
  std::string escaped;
  std::size_t raw_bytes = 0;
  CutFrame cut;

  // The place of the cut frame's shape; shapes.size() where there is no room for a new one.
  std::size_t FindShape() {
    const auto found = place_of_shape.find(cut.shape);
    if (found != place_of_shape.end()) return found->second;
    if (shapes.size() == kTemplatesMax) return shapes.size();
    ShapeColumns& shape = shapes.emplace_back();
    shape.stored = cut.shape;
    shape.slots.resize(cut.values.size());
    for (std::size_t i = 0; i < cut.values.size(); ++i) shape.slots[i].kind = cut.values[i].kind;
    place_of_shape.emplace(cut.shape, shapes.size() - 1);
    return shapes.size() - 1;
  }

  void AddRow(ShapeColumns& shape, std::int64_t received_nanos) {
    shape.received.push_back(received_nanos);
    std::size_t level = 0;
    for (std::size_t i = 0; i < cut.values.size(); ++i) {
      const SlotValue& value = cut.values[i];
      SlotColumn& column = shape.slots[i];
      switch (value.kind) {
        case SlotKind::kDecimal:
        case SlotKind::kTime:
          column.numbers.push_back(value.number);
          break;
        case SlotKind::kUuid:
        case SlotKind::kText:
          column.numbers.push_back(column.texts.PlaceOf(value.text));
          break;
        case SlotKind::kLevels:
          column.numbers.push_back(value.number);
          for (std::int64_t n = 0; n < value.number; ++n, ++level) {
            column.prices.push_back(cut.levels[level].price);
            column.quantities.push_back(cut.levels[level].quantity);
          }
          break;
      }
    }
  }
};

BlockEncoder::BlockEncoder() : state_(std::make_unique<State>()) {}
BlockEncoder::~BlockEncoder() = default;

absl::Status BlockEncoder::Add(const Frame& frame) {
  State& s = *state_;
  if (frame.bytes.size() > kFrameBytesMax) {
    return InvalidArgument(
        absl::StrFormat("frame of %d bytes is longer than %d", frame.bytes.size(), kFrameBytesMax));
  }
  if (s.received.size() == kBlockFramesMax ||
      s.raw_bytes + frame.bytes.size() > kBlockRawBytesMax) {
    return ResourceExhausted("the block is full");
  }
  s.received.push_back(frame.received.nanos());
  s.connections.push_back(frame.connection);
  s.raw_bytes += frame.bytes.size();
  if (Cut(frame.bytes, s.cut)) {
    if (const std::size_t place = s.FindShape(); place < s.shapes.size()) {
      s.shape_of_frame.push_back(static_cast<std::int64_t>(place) + 1);
      s.AddRow(s.shapes[place], frame.received.nanos());
      return absl::OkStatus();
    }
  }
  s.shape_of_frame.push_back(0);
  s.escaped_sizes.push_back(static_cast<std::int64_t>(frame.bytes.size()));
  s.escaped += frame.bytes;
  return absl::OkStatus();
}

std::string BlockEncoder::Finish() {
  State& s = *state_;
  std::int64_t unit = 1'000'000'000;
  for (const std::int64_t received : s.received) {
    while (received % unit != 0) unit /= 1000;
  }
  std::vector<std::int64_t> times;
  times.reserve(s.received.size());
  for (const std::int64_t received : s.received) times.push_back(received / unit);
  std::string out;
  out.push_back(static_cast<char>(kBlockVersion));
  PutVarint(out, s.received.size());
  PutVarint(out, static_cast<std::uint64_t>(unit));
  EncodeIntegers(times, out);
  EncodeIntegers(s.connections, out);
  EncodeIntegers(s.shape_of_frame, out);
  PutVarint(out, s.escaped_sizes.size());
  EncodeIntegers(s.escaped_sizes, out);
  EncodeBytes(s.escaped, out);
  PutVarint(out, s.shapes.size());
  for (const ShapeColumns& shape : s.shapes) EncodeShape(shape, out);
  state_ = std::make_unique<State>();
  return out;
}

std::size_t BlockEncoder::frame_count() const { return state_->received.size(); }
std::size_t BlockEncoder::raw_bytes() const { return state_->raw_bytes; }
std::size_t BlockEncoder::escaped_count() const { return state_->escaped_sizes.size(); }

}  // namespace evx::recording
