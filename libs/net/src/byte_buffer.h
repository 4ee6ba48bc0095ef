#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>

namespace evx::net {

// Contiguous bytes, appended at the end and consumed at the front. Not a std::string because the
// free room at the end is handed to recv() without being cleared first.
class ByteBuffer {
 public:
  explicit ByteBuffer(std::size_t initial_capacity) { Reallocate(initial_capacity); }

  bool empty() const { return begin_ == end_; }
  std::size_t size() const { return end_ - begin_; }
  std::size_t capacity() const { return capacity_; }
  std::string_view readable() const { return {data_.get() + begin_, size()}; }

  void Consume(std::size_t count) {
    begin_ += count;
    if (begin_ == end_) begin_ = end_ = 0;
  }

  // Room for at least `count` more bytes; write_begin() and writable() describe it.
  void Reserve(std::size_t count) {
    if (capacity_ - end_ >= count) return;
    if (capacity_ - size() >= count) {
      std::memmove(data_.get(), data_.get() + begin_, size());
      end_ -= begin_;
      begin_ = 0;
      return;
    }
    Reallocate(std::max(capacity_ * 2, size() + count));
  }
  char* write_begin() { return data_.get() + end_; }
  std::size_t writable() const { return capacity_ - end_; }
  void Commit(std::size_t count) { end_ += count; }

 private:
  void Reallocate(std::size_t capacity) {
    std::unique_ptr<char[]> data(new char[capacity]);
    if (!empty()) std::memcpy(data.get(), data_.get() + begin_, size());
    end_ -= begin_;
    begin_ = 0;
    data_ = std::move(data);
    capacity_ = capacity;
  }

  std::unique_ptr<char[]> data_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace evx::net
