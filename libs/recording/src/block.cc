#include "evx/recording/block.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "block_format.h"
#include "column.h"
#include "evx/core/decimal.h"
#include "evx/core/status.h"
#include "frame_shape.h"

namespace evx::recording {
namespace {

constexpr std::size_t kUuidBytes = 16;
// Levels of all snapshots in one slot of a block.
constexpr std::int64_t kLevelsMax = 8 << 20;

struct SlotColumn {
  std::vector<std::int64_t> numbers;
  // kUuid: 16 bytes each; kText: as they are. Views into table_bytes.
  std::vector<std::string_view> texts;
  std::string table_bytes;
  // kLevels: where the levels of a row begin; one more at the end.
  std::vector<std::size_t> level_begin;
  std::vector<Level> levels;
};

// Which slot holds a member that events have.
enum class Member : std::uint8_t {
  kType,
  kSid,
  kSeq,
  kTicker,
  kTsMs,
  kPrice,
  kDelta,
  kSide,
  kYesPrice,
  kCount,
  kTakerSide,
  kYesLevels,
  kNoLevels,
};
constexpr std::size_t kMemberCount = 13;

// Source: messages of the venue's WebSocket, `type` and the members of `msg`.
constexpr std::array<std::string_view, kMemberCount> kMemberPaths = {
    "type",
    "sid",
    "seq",
    "msg.market_ticker",
    "msg.ts_ms",
    "msg.price_dollars",
    "msg.delta_fp",
    "msg.side",
    "msg.yes_price_dollars",
    "msg.count_fp",
    "msg.taker_side",
    "msg.yes_dollars_fp",
    "msg.no_dollars_fp",
};

constexpr int kMicrosScale = 6;
constexpr int kCentisScale = 2;

struct ShapeColumns {
  Shape shape;
  std::vector<SlotColumn> slots;
  std::array<std::optional<std::size_t>, kMemberCount> members;

  // Frame numbers of its rows, in order.
  std::vector<std::uint32_t> frames;

  std::optional<std::size_t> Find(Member member) const {
    return members[static_cast<std::size_t>(member)];
  }

  // Nothing where the member is absent or no number with at most `scale` digits after the point.
  std::optional<std::int64_t> Number(Member member, std::size_t row, int scale) const {
    const auto slot = Find(member);
    if (!slot || shape.slots[*slot].kind != SlotKind::kDecimal) return std::nullopt;
    return Rescale(slots[*slot].numbers[row], shape.slots[*slot].detail, scale);
  }

  std::optional<std::string_view> Text(Member member, std::size_t row) const {
    const auto slot = Find(member);
    if (!slot || shape.slots[*slot].kind != SlotKind::kText) return std::nullopt;
    const SlotColumn& column = slots[*slot];
    return column.texts[static_cast<std::size_t>(column.numbers[row])];
  }

  std::optional<ContractSide> Side(Member member, std::size_t row) const {
    const auto text = Text(member, row);
    if (text == "yes") return ContractSide::kYes;
    if (text == "no") return ContractSide::kNo;
    return std::nullopt;
  }

  static std::optional<std::int64_t> Rescale(std::int64_t value, int from, int to) {
    for (; from < to; ++from) {
      if (__builtin_mul_overflow(value, std::int64_t{10}, &value)) return std::nullopt;
    }
    for (; from > to; --from) {
      if (value % 10 != 0) return std::nullopt;
      value /= 10;
    }
    return value;
  }
};

void DecodeTexts(SlotKind kind, ByteReader& in, MemoryBudget& budget, SlotColumn& column) {
  const std::uint64_t count = GetVarint(in);
  column.table_bytes = DecodeBytes(in, budget);
  if (count > kBlockFramesMax || !budget.Take(count * sizeof(std::string_view))) in.Fail();
  if (!in.ok()) return;
  ByteReader table(column.table_bytes);
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t size = kind == SlotKind::kUuid ? kUuidBytes : GetVarint(table);
    column.texts.push_back(table.Bytes(size));
  }
  if (!table.AtEnd()) in.Fail();
  for (const std::int64_t place : column.numbers) {
    if (place < 0 || static_cast<std::uint64_t>(place) >= count) in.Fail();
  }
}

void DecodeLevels(ByteReader& in, MemoryBudget& budget, SlotColumn& column) {
  std::int64_t total = 0;
  for (const std::int64_t count : column.numbers) {
    if (count < 0 || count > kLevelsMax - total) {
      in.Fail();
      return;
    }
    column.level_begin.push_back(static_cast<std::size_t>(total));
    total += count;
  }
  column.level_begin.push_back(static_cast<std::size_t>(total));
  const auto size = static_cast<std::size_t>(total);
  const std::vector<std::int64_t> prices = DecodeIntegers(in, size, budget);
  const std::vector<std::int64_t> quantities = DecodeIntegers(in, size, budget);
  if (!in.ok() || !budget.Take(size * sizeof(Level))) {
    in.Fail();
    return;
  }
  column.levels.reserve(size);
  for (std::size_t i = 0; i < size; ++i) column.levels.push_back({prices[i], quantities[i]});
}

// The numbers of slots that follow from others are filled in afterwards; what is checked against
// them is checked there too.
SlotRelation DecodeNumbers(ByteReader& in, std::size_t rows, std::size_t slot_count,
                           const std::vector<std::int64_t>& received, MemoryBudget& budget,
                           SlotColumn& column) {
  SlotRelation relation;
  relation.relation = in.Enum(kRelationLast);
  switch (relation.relation) {
    case Relation::kNone:
      column.numbers = DecodeIntegers(in, rows, budget);
      break;
    case Relation::kEqual:
    case Relation::kThousandth:
    case Relation::kComplement:
      relation.other = in.U8();
      if (relation.other >= slot_count || !budget.Take(rows * sizeof(std::int64_t))) in.Fail();
      if (relation.relation == Relation::kComplement) relation.constant = UnZigZag(GetVarint(in));
      break;
    case Relation::kSinceReceived:
      relation.constant = static_cast<std::int64_t>(GetVarint(in));
      if (relation.constant <= 0) in.Fail();
      column.numbers = DecodeIntegers(in, rows, budget);
      for (std::size_t row = 0; in.ok() && row < rows; ++row) {
        column.numbers[row] = WrapAdd(column.numbers[row], received[row] / relation.constant);
      }
      break;
  }
  return relation;
}

}  // namespace

struct Block::State {
  std::vector<std::int64_t> received;
  std::vector<std::int64_t> connections;
  // 0: stored as it is; else place of the shape + 1.
  std::vector<std::int64_t> shape_of_frame;
  // Row within the shape, or number among those stored as they are.
  std::vector<std::uint32_t> row_of_frame;
  std::vector<std::size_t> escaped_begin;
  std::string escaped;
  std::vector<ShapeColumns> shapes;

  bool DecodeFrames(ByteReader& in, MemoryBudget& budget);
  bool DecodeShape(ByteReader& in, MemoryBudget& budget, ShapeColumns& columns);
  bool Decode(ByteReader& in);
};

bool Block::State::DecodeFrames(ByteReader& in, MemoryBudget& budget) {
  if (in.U8() != kBlockVersion) return false;
  const std::uint64_t frame_count = GetVarint(in);
  const std::uint64_t unit = GetVarint(in);
  if (frame_count > kBlockFramesMax || unit == 0 || unit > 1'000'000'000) return false;
  received = DecodeIntegers(in, frame_count, budget);
  for (std::int64_t& time : received) {
    if (__builtin_mul_overflow(time, static_cast<std::int64_t>(unit), &time)) return false;
  }
  connections = DecodeIntegers(in, frame_count, budget);
  shape_of_frame = DecodeIntegers(in, frame_count, budget);
  const std::uint64_t escaped_count = GetVarint(in);
  if (!in.ok() || escaped_count > frame_count) return false;
  const auto sizes = DecodeIntegers(in, escaped_count, budget);
  escaped = DecodeBytes(in, budget);
  if (!in.ok()) return false;
  std::size_t begin = 0;
  for (const std::int64_t size : sizes) {
    escaped_begin.push_back(begin);
    if (size < 0 || static_cast<std::uint64_t>(size) > escaped.size() - begin) return false;
    begin += static_cast<std::size_t>(size);
  }
  escaped_begin.push_back(begin);
  return begin == escaped.size();
}

bool Block::State::DecodeShape(ByteReader& in, MemoryBudget& budget, ShapeColumns& columns) {
  const std::uint64_t size = GetVarint(in);
  if (!ParseShape(in.Bytes(size), columns.shape)) return false;
  const std::uint64_t rows = GetVarint(in);
  if (!in.ok() || rows != columns.frames.size()) return false;
  std::vector<std::int64_t> times;
  for (const std::uint32_t frame : columns.frames) times.push_back(received[frame]);
  const std::size_t slot_count = columns.shape.slots.size();
  if (!budget.Take(slot_count * (sizeof(SlotColumn) + sizeof(ShapeSlot)))) return false;
  columns.slots.resize(slot_count);
  std::vector<SlotRelation> relations(slot_count);
  // Of slots that follow from others, the tables are read before the numbers are known.
  for (std::size_t i = 0; i < slot_count; ++i) {
    SlotColumn& column = columns.slots[i];
    const SlotKind kind = columns.shape.slots[i].kind;
    relations[i] = DecodeNumbers(in, rows, slot_count, times, budget, column);
    if (!in.ok()) return false;
    if (kind == SlotKind::kUuid || kind == SlotKind::kText) DecodeTexts(kind, in, budget, column);
    if (kind == SlotKind::kLevels) {
      if (column.numbers.size() != rows) return false;
      DecodeLevels(in, budget, column);
    }
    if (!in.ok()) return false;
  }
  for (std::size_t i = 0; i < slot_count; ++i) {
    SlotColumn& column = columns.slots[i];
    if (column.numbers.size() == rows) continue;
    const std::vector<std::int64_t>& others = columns.slots[relations[i].other].numbers;
    if (others.size() != rows || &others == &column.numbers) return false;
    for (const std::int64_t other : others) column.numbers.push_back(Derive(relations[i], other));
    const SlotKind kind = columns.shape.slots[i].kind;
    if (kind != SlotKind::kUuid && kind != SlotKind::kText) continue;
    for (const std::int64_t place : column.numbers) {
      if (place < 0 || static_cast<std::uint64_t>(place) >= column.texts.size()) return false;
    }
  }
  for (std::size_t i = 0; i < slot_count; ++i) {
    for (std::size_t member = 0; member < kMemberCount; ++member) {
      if (columns.shape.slots[i].path == kMemberPaths[member]) columns.members[member] = i;
    }
  }
  return in.ok();
}

bool Block::State::Decode(ByteReader& in) {
  MemoryBudget budget(kDecodedBytesMax);
  if (!DecodeFrames(in, budget)) return false;
  const std::uint64_t shape_count = GetVarint(in);
  if (!in.ok() || shape_count > kTemplatesMax) return false;
  shapes.resize(shape_count);
  std::size_t escaped_count = 0;
  row_of_frame.reserve(received.size());
  for (std::size_t frame = 0; frame < shape_of_frame.size(); ++frame) {
    const std::int64_t place = shape_of_frame[frame];
    if (place < 0 || static_cast<std::uint64_t>(place) > shape_count) return false;
    if (place == 0) {
      row_of_frame.push_back(static_cast<std::uint32_t>(escaped_count++));
      continue;
    }
    auto& frames = shapes[static_cast<std::size_t>(place) - 1].frames;
    row_of_frame.push_back(static_cast<std::uint32_t>(frames.size()));
    frames.push_back(static_cast<std::uint32_t>(frame));
  }
  if (escaped_count + 1 != escaped_begin.size()) return false;
  for (ShapeColumns& shape : shapes) {
    if (!DecodeShape(in, budget, shape)) return false;
  }
  return in.AtEnd();
}

Block::Block(std::unique_ptr<State> state) : state_(std::move(state)) {}
Block::Block(Block&&) noexcept = default;
Block& Block::operator=(Block&&) noexcept = default;
Block::~Block() = default;

absl::StatusOr<Block> Block::Decode(std::string_view bytes) {
  auto state = std::make_unique<State>();
  ByteReader in(bytes);
  if (!state->Decode(in)) return DataLoss("damaged block of a recording");
  return Block(std::move(state));
}

std::size_t Block::frame_count() const { return state_->received.size(); }

Timestamp Block::received(std::size_t frame) const {
  return Timestamp::FromNanos(state_->received[frame]);
}

std::uint32_t Block::connection(std::size_t frame) const {
  return static_cast<std::uint32_t>(state_->connections[frame]);
}

void Block::AppendFrame(std::size_t frame, std::string& out) const {
  const std::size_t row = state_->row_of_frame[frame];
  const std::int64_t place = state_->shape_of_frame[frame];
  if (place == 0) {
    const std::size_t begin = state_->escaped_begin[row];
    out.append(state_->escaped, begin, state_->escaped_begin[row + 1] - begin);
    return;
  }
  const ShapeColumns& columns = state_->shapes[static_cast<std::size_t>(place) - 1];
  for (std::size_t i = 0; i < columns.slots.size(); ++i) {
    const ShapeSlot& slot = columns.shape.slots[i];
    const SlotColumn& column = columns.slots[i];
    const std::int64_t number = column.numbers[row];
    out += slot.before;
    switch (slot.kind) {
      case SlotKind::kDecimal:
        AppendDecimal(out, number, slot.detail, slot.detail);
        break;
      case SlotKind::kTime:
        AppendTime(out, number, slot.detail);
        break;
      case SlotKind::kUuid:
        AppendUuid(out, column.texts[static_cast<std::size_t>(number)]);
        break;
      case SlotKind::kText:
        out += column.texts[static_cast<std::size_t>(number)];
        break;
      case SlotKind::kLevels: {
        const std::size_t begin = column.level_begin[row];
        AppendLevels(out, column.levels.data() + begin, column.level_begin[row + 1] - begin,
                     slot.detail);
        break;
      }
    }
  }
  out += columns.shape.after;
}

Event Block::EventOf(std::size_t frame) const {
  Event event;
  event.received = received(frame);
  event.connection = connection(frame);
  const std::int64_t place = state_->shape_of_frame[frame];
  if (place == 0) return event;
  const ShapeColumns& columns = state_->shapes[static_cast<std::size_t>(place) - 1];
  const std::size_t row = state_->row_of_frame[frame];
  event.sid = columns.Number(Member::kSid, row, 0).value_or(0);
  event.seq = columns.Number(Member::kSeq, row, 0).value_or(0);
  event.ts_ms = columns.Number(Member::kTsMs, row, 0).value_or(0);
  event.market_ticker = columns.Text(Member::kTicker, row).value_or("");
  const std::string_view type = columns.Text(Member::kType, row).value_or("");
  if (event.market_ticker.empty()) return event;
  if (type == "orderbook_snapshot") {
    event.kind = EventKind::kSnapshot;
  } else if (type == "orderbook_delta") {
    const auto price = columns.Number(Member::kPrice, row, kMicrosScale);
    const auto change = columns.Number(Member::kDelta, row, kCentisScale);
    const auto side = columns.Side(Member::kSide, row);
    if (!price || !change || !side) return event;
    event.kind = EventKind::kDelta;
    event.price_micros = *price;
    event.quantity_centis = *change;
    event.side = *side;
  } else if (type == "trade") {
    const auto price = columns.Number(Member::kYesPrice, row, kMicrosScale);
    const auto count = columns.Number(Member::kCount, row, kCentisScale);
    const auto side = columns.Side(Member::kTakerSide, row);
    if (!price || !count || !side) return event;
    event.kind = EventKind::kTrade;
    event.price_micros = *price;
    event.quantity_centis = *count;
    event.side = *side;
  } else if (type == "ticker") {
    event.kind = EventKind::kTicker;
    event.price_micros = columns.Number(Member::kPrice, row, kMicrosScale).value_or(0);
  } else if (type == "market_lifecycle_v2") {
    event.kind = EventKind::kLifecycle;
  }
  return event;
}

std::vector<EventLevel> Block::LevelsOf(std::size_t frame, ContractSide side) const {
  std::vector<EventLevel> levels;
  const std::int64_t place = state_->shape_of_frame[frame];
  if (place == 0) return levels;
  const ShapeColumns& columns = state_->shapes[static_cast<std::size_t>(place) - 1];
  const auto found =
      columns.Find(side == ContractSide::kYes ? Member::kYesLevels : Member::kNoLevels);
  if (!found || columns.shape.slots[*found].kind != SlotKind::kLevels) return levels;
  const SlotColumn& column = columns.slots[*found];
  const std::uint8_t detail = columns.shape.slots[*found].detail;
  const std::size_t row = state_->row_of_frame[frame];
  for (std::size_t i = column.level_begin[row]; i < column.level_begin[row + 1]; ++i) {
    const auto price = ShapeColumns::Rescale(column.levels[i].price, detail / 16, kMicrosScale);
    const auto quantity =
        ShapeColumns::Rescale(column.levels[i].quantity, detail % 16, kCentisScale);
    if (price && quantity) levels.push_back({*price, *quantity});
  }
  return levels;
}

}  // namespace evx::recording
