#include "kafka/kafka_cursor.h"

#include <array>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "evx/core/hash.h"
#include "evx/core/status.h"

namespace evx::mock_kalshi {
namespace {

constexpr std::size_t kFileBytesMax = 256;

// "published 12 messages 34 check <XXH64 of what stands before>", one line.
std::string Encode(const KafkaPlace& place) {
  const std::string facts =
      absl::StrFormat("published %d messages %d", place.published.value(), place.message_count);
  return absl::StrFormat("%s check %016x\n", facts, Xxh64(facts));
}

std::optional<KafkaPlace> Decode(const std::string& text) {
  const std::vector<std::string> words = absl::StrSplit(text, ' ');
  KafkaPlace place;
  std::uint64_t published = 0;
  if (words.size() != 6 || !absl::SimpleAtoi(words[1], &published) ||
      !absl::SimpleAtoi(words[3], &place.message_count)) {
    return std::nullopt;
  }
  place.published = SequenceNumber(published);
  if (Encode(place) != text) return std::nullopt;
  return place;
}

}  // namespace

absl::StatusOr<std::optional<KafkaPlace>> KafkaCursor::Load() {
  const auto file = file_system_.Open(path_, journal::OpenMode::kRead);
  if (absl::IsNotFound(file.status())) return std::optional<KafkaPlace>();
  EVX_RETURN_IF_ERROR(file.status());
  std::array<char, kFileBytesMax> bytes{};
  EVX_ASSIGN_OR_RETURN(const std::size_t size, (*file)->Read(0, bytes));
  return Decode(std::string(bytes.data(), size));
}

absl::Status KafkaCursor::Store(const KafkaPlace& place) {
  const std::string fresh = path_ + ".new";
  EVX_ASSIGN_OR_RETURN(const auto file, file_system_.Open(fresh, journal::OpenMode::kCreate));
  EVX_RETURN_IF_ERROR(file->Write(0, Encode(place)));
  EVX_RETURN_IF_ERROR(file->Sync());
  return file_system_.Rename(fresh, path_);
}

}  // namespace evx::mock_kalshi
