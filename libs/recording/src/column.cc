#include "column.h"

#include <zstd.h>

#include <algorithm>
#include <bit>
#include <memory>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "evx/core/check.h"
#include "varint.h"

namespace evx::recording {
namespace {

constexpr int kZstdLevel = 3;
// Distinct numbers up to which a table of them is tried.
constexpr std::size_t kTableMax = 4096;

enum class Form : std::uint8_t { kPlain, kDifferences, kTable };

struct ContextDeleter {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};

ZSTD_CCtx* Context() {
  thread_local const std::unique_ptr<ZSTD_CCtx, ContextDeleter> context(ZSTD_createCCtx());
  EVX_CHECK(context != nullptr);
  return context.get();
}

// Form, number of planes, planes.
void PutPlanes(Form form, std::span<const std::uint64_t> numbers, std::string& out) {
  std::uint64_t bits = 0;
  for (const std::uint64_t number : numbers) bits |= number;
  const int width = (std::bit_width(bits) + 7) / 8;
  out.push_back(static_cast<char>(form));
  out.push_back(static_cast<char>(width));
  std::string plane(numbers.size(), '\0');
  for (int i = 0; i < width; ++i) {
    for (std::size_t row = 0; row < numbers.size(); ++row) {
      plane[row] = static_cast<char>(numbers[row] >> (8 * i));
    }
    EncodeBytes(plane, out);
  }
}

// Nothing where there are too many distinct numbers, or none is repeated.
std::optional<std::string> InTableForm(std::span<const std::int64_t> values) {
  absl::flat_hash_map<std::int64_t, std::uint32_t> counts;
  for (const std::int64_t value : values) {
    ++counts[value];
    if (counts.size() > kTableMax) return std::nullopt;
  }
  if (counts.size() * 2 > values.size()) return std::nullopt;
  std::vector<std::pair<std::int64_t, std::uint32_t>> table(counts.begin(), counts.end());
  std::sort(table.begin(), table.end(), [](const auto& a, const auto& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
  for (std::size_t i = 0; i < table.size(); ++i) {
    counts[table[i].first] = static_cast<std::uint32_t>(i);
  }
  std::vector<std::uint64_t> places;
  places.reserve(values.size());
  for (const std::int64_t value : values) places.push_back(counts[value]);
  std::string out;
  PutPlanes(Form::kTable, places, out);
  PutVarint(out, table.size());
  for (const auto& [value, count] : table) PutVarint(out, ZigZag(value));
  return out;
}

}  // namespace

void EncodeIntegers(std::span<const std::int64_t> values, std::string& out) {
  std::vector<std::uint64_t> numbers;
  numbers.reserve(values.size());
  for (const std::int64_t value : values) numbers.push_back(ZigZag(value));
  std::string best;
  PutPlanes(Form::kPlain, numbers, best);
  if (!values.empty()) {
    std::string differences;
    numbers[0] = 0;
    for (std::size_t i = 1; i < values.size(); ++i) {
      numbers[i] = ZigZag(WrapSubtract(values[i], values[i - 1]));
    }
    PutPlanes(Form::kDifferences, numbers, differences);
    PutVarint(differences, ZigZag(values[0]));
    if (differences.size() < best.size()) best = std::move(differences);
  }
  if (auto table = InTableForm(values); table && table->size() < best.size()) {
    best = *std::move(table);
  }
  out += best;
}

std::vector<std::int64_t> DecodeIntegers(ByteReader& in, std::size_t count, MemoryBudget& budget) {
  const Form form = in.Enum(Form::kTable);
  const std::uint8_t width = in.U8();
  if (!in.ok() || width > 8 || !budget.Take(2 * count * sizeof(std::int64_t))) {
    in.Fail();
    return {};
  }
  std::vector<std::uint64_t> numbers(count);
  for (int i = 0; i < width; ++i) {
    const std::string plane = DecodeBytes(in, budget);
    if (plane.size() != count) in.Fail();
    if (!in.ok()) return {};
    for (std::size_t row = 0; row < count; ++row) {
      numbers[row] |= static_cast<std::uint64_t>(static_cast<std::uint8_t>(plane[row])) << (8 * i);
    }
  }
  std::vector<std::int64_t> values(count);
  switch (form) {
    case Form::kPlain:
      for (std::size_t i = 0; i < count; ++i) values[i] = UnZigZag(numbers[i]);
      break;
    case Form::kDifferences: {
      std::int64_t value = UnZigZag(GetVarint(in));
      for (std::size_t i = 0; i < count; ++i) {
        value = WrapAdd(value, UnZigZag(numbers[i]));
        values[i] = value;
      }
      break;
    }
    case Form::kTable: {
      const std::uint64_t size = GetVarint(in);
      if (size > kTableMax) in.Fail();
      std::vector<std::int64_t> table;
      for (std::uint64_t i = 0; in.ok() && i < size; ++i) {
        table.push_back(UnZigZag(GetVarint(in)));
      }
      for (std::size_t i = 0; in.ok() && i < count; ++i) {
        if (numbers[i] >= table.size()) {
          in.Fail();
        } else {
          values[i] = table[numbers[i]];
        }
      }
      break;
    }
  }
  return values;
}

// Raw size, compressed size (0: not compressed), bytes.
void EncodeBytes(std::string_view bytes, std::string& out) {
  PutVarint(out, bytes.size());
  if (bytes.empty()) return;
  thread_local std::string scratch;
  scratch.resize(ZSTD_compressBound(bytes.size()));
  const std::size_t size = ZSTD_compressCCtx(Context(), scratch.data(), scratch.size(),
                                             bytes.data(), bytes.size(), kZstdLevel);
  EVX_CHECK(!ZSTD_isError(size));  // The output has room for anything.
  if (size < bytes.size()) {
    PutVarint(out, size);
    out.append(scratch, 0, size);
  } else {
    PutVarint(out, 0);
    out.append(bytes);
  }
}

std::string DecodeBytes(ByteReader& in, MemoryBudget& budget) {
  const std::uint64_t size = GetVarint(in);
  if (size == 0) return {};
  if (!in.ok() || !budget.Take(size)) {
    in.Fail();
    return {};
  }
  const std::uint64_t compressed_size = GetVarint(in);
  if (compressed_size == 0) return std::string(in.Bytes(size));
  const std::string_view compressed = in.Bytes(compressed_size);
  if (!in.ok()) return {};
  std::string bytes(size, '\0');
  const std::size_t got =
      ZSTD_decompress(bytes.data(), bytes.size(), compressed.data(), compressed.size());
  if (ZSTD_isError(got) || got != size) {
    in.Fail();
    return {};
  }
  return bytes;
}

}  // namespace evx::recording
