#include "evx/recording/segment.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "evx/core/bytes.h"
#include "evx/core/hash.h"
#include "evx/core/status.h"
#include "varint.h"

namespace evx::recording {
namespace {

constexpr std::string_view kSegmentMagic = "EVXRECS1";
constexpr std::string_view kBlockMagic = "EVXB";
constexpr std::size_t kSegmentHeaderSize = 24;
constexpr std::size_t kBlockHeaderSize = 36;
constexpr std::size_t kIndexBytesMax = 16u << 20;

std::string EncodeIndex(const BlockIndex& index) {
  std::string out;
  ByteWriter writer(out);
  writer.U32(index.frame_count);
  writer.Put(index.received_min);
  writer.Put(index.received_max);
  writer.U32(static_cast<std::uint32_t>(index.markets.size()));
  for (const MarketEntry& market : index.markets) {
    writer.Text(market.ticker);
    writer.U32(market.event_count);
  }
  return out;
}

bool DecodeIndex(std::string_view bytes, BlockIndex& index) {
  ByteReader reader(bytes);
  index.frame_count = reader.U32();
  reader.Get(index.received_min);
  reader.Get(index.received_max);
  const std::uint32_t count = reader.U32();
  if (count > reader.remaining() / 8) return false;
  for (std::uint32_t i = 0; i < count; ++i) {
    MarketEntry& market = index.markets.emplace_back();
    market.ticker = reader.Text();
    market.event_count = reader.U32();
  }
  return reader.AtEnd() && index.frame_count <= kBlockFramesMax;
}

// The block that begins at `offset`; nothing where it is not sound.
std::optional<BlockPlace> ParseBlock(std::string_view bytes, std::size_t offset) {
  if (offset + kBlockHeaderSize > bytes.size()) return std::nullopt;
  const std::string_view header = bytes.substr(offset, kBlockHeaderSize);
  ByteReader reader(header);
  if (reader.Bytes(kBlockMagic.size()) != kBlockMagic) return std::nullopt;
  const std::uint32_t index_size = reader.U32();
  const std::uint32_t payload_size = reader.U32();
  BlockPlace place;
  place.index.first_frame = reader.U64();
  const std::uint64_t payload_checksum = reader.U64();
  if (reader.U64() != Xxh64(header.substr(0, kBlockHeaderSize - 8))) return std::nullopt;
  if (index_size > kIndexBytesMax || payload_size > kBlockBytesMax) return std::nullopt;
  const std::size_t begin = offset + kBlockHeaderSize;
  if (std::size_t{index_size} + payload_size > bytes.size() - begin) return std::nullopt;
  if (Xxh64(bytes.substr(begin, std::size_t{index_size} + payload_size)) != payload_checksum) {
    return std::nullopt;
  }
  if (!DecodeIndex(bytes.substr(begin, index_size), place.index)) return std::nullopt;
  place.offset = offset;
  place.payload_offset = begin + index_size;
  place.payload_size = payload_size;
  return place;
}

// Whether a block of sound header ends within the bytes. It was written as a whole, so what is
// wrong with it is no torn write.
bool IsWhole(std::string_view bytes, std::size_t offset) {
  if (offset + kBlockHeaderSize > bytes.size()) return false;
  const std::string_view header = bytes.substr(offset, kBlockHeaderSize);
  ByteReader reader(header.substr(kBlockMagic.size()));
  const std::uint64_t size = std::uint64_t{reader.U32()} + reader.U32();
  reader.Bytes(16);
  return reader.U64() == Xxh64(header.substr(0, kBlockHeaderSize - 8)) &&
         size <= bytes.size() - offset - kBlockHeaderSize;
}

}  // namespace

bool BlockIndex::Has(std::string_view ticker) const {
  return std::binary_search(
      markets.begin(), markets.end(), MarketEntry{std::string(ticker), 0},
      [](const MarketEntry& a, const MarketEntry& b) { return a.ticker < b.ticker; });
}

std::string EncodeSegmentHeader(Timestamp hour) {
  std::string out(kSegmentMagic);
  ByteWriter writer(out);
  writer.Put(hour);
  writer.U64(Xxh64(out));
  return out;
}

absl::StatusOr<std::string> EncodeSegmentBlock(std::uint64_t first_frame,
                                               std::string_view payload) {
  const absl::StatusOr<Block> block = Block::Decode(payload);
  if (!block.ok()) return block.status();
  BlockIndex index;
  index.frame_count = static_cast<std::uint32_t>(block->frame_count());
  std::map<std::string_view, std::uint32_t> counts;
  for (std::size_t i = 0; i < block->frame_count(); ++i) {
    const Event event = block->EventOf(i);
    if (i == 0 || event.received < index.received_min) index.received_min = event.received;
    if (i == 0 || event.received > index.received_max) index.received_max = event.received;
    if (!event.market_ticker.empty()) ++counts[event.market_ticker];
  }
  for (const auto& [ticker, count] : counts) index.markets.push_back({std::string(ticker), count});
  const std::string body = EncodeIndex(index) + std::string(payload);
  std::string out(kBlockMagic);
  ByteWriter writer(out);
  writer.U32(static_cast<std::uint32_t>(body.size() - payload.size()));
  writer.U32(static_cast<std::uint32_t>(payload.size()));
  writer.U64(first_frame);
  writer.U64(Xxh64(body));
  writer.U64(Xxh64(out));
  return out + body;
}

absl::StatusOr<SegmentScan> ScanSegment(std::string_view bytes) {
  ByteReader reader(bytes);
  SegmentScan scan;
  const bool magic = reader.Bytes(kSegmentMagic.size()) == kSegmentMagic;
  reader.Get(scan.hour);
  if (!magic || reader.U64() != Xxh64(bytes.substr(0, kSegmentHeaderSize - 8)) || !reader.ok()) {
    return DataLoss("damaged header of a segment, at offset 0");
  }
  std::size_t offset = kSegmentHeaderSize;
  scan.sound_size = offset;
  std::optional<std::size_t> unsound;
  while (offset < bytes.size()) {
    std::optional<BlockPlace> place = ParseBlock(bytes, offset);
    if (!place || place->index.first_frame < scan.frame_count) {
      if (!unsound) unsound = offset;
      offset = std::min(bytes.find(kBlockMagic, offset + 1), bytes.size());
      continue;
    }
    if (unsound) scan.damaged_offsets.push_back(*std::exchange(unsound, std::nullopt));
    offset = place->payload_offset + place->payload_size;
    scan.sound_size = offset;
    scan.frame_count = place->index.first_frame + place->index.frame_count;
    scan.blocks.push_back(*std::move(place));
  }
  if (unsound && IsWhole(bytes, *unsound)) {
    scan.damaged_offsets.push_back(*unsound);
    scan.sound_size = bytes.size();
  }
  return scan;
}

}  // namespace evx::recording
