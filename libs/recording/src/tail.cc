#include "tail.h"

#include <optional>

#include "evx/core/bytes.h"
#include "evx/core/hash.h"

namespace evx::recording {

void AppendTailRecord(std::uint64_t number, const Frame& frame, std::string& out) {
  const std::size_t begin = out.size();
  ByteWriter writer(out);
  writer.U64(number);
  writer.Put(frame.received);
  writer.U32(frame.connection);
  writer.Text(frame.bytes);
  writer.U64(Xxh64(std::string_view(out).substr(begin)));
}

Tail ReadTail(std::string_view bytes, std::uint64_t first_number) {
  Tail tail;
  tail.first_number = first_number;
  ByteReader reader(bytes);
  std::optional<std::uint64_t> previous;
  while (reader.remaining() > 0) {
    const std::size_t begin = bytes.size() - reader.remaining();
    const std::uint64_t number = reader.U64();
    Frame frame;
    reader.Get(frame.received);
    frame.connection = reader.U32();
    frame.bytes = reader.Text();
    const std::size_t end = bytes.size() - reader.remaining();
    const std::uint64_t checksum = reader.U64();
    if (!reader.ok() || checksum != Xxh64(bytes.substr(begin, end - begin))) break;
    // Beside a writer the end of the bytes may be from a later tail than their begin.
    if (previous && number != *previous + 1) break;
    previous = number;
    if (tail.frames.empty() && number > tail.first_number) tail.first_number = number;
    if (number == tail.first_number + tail.frames.size()) tail.frames.push_back(frame);
    tail.sound_size = end + 8;
  }
  return tail;
}

}  // namespace evx::recording
