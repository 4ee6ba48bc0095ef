#pragma once

#include <utility>
#include <variant>

#include "evx/core/check.h"
#include "evx/kalshi/error_body.h"

namespace evx::kalshi {

// What decoding a request gives: the value, or the error that the venue answers with. Not a
// StatusOr, because the venue's answer has more to it than a canonical code: the form of its body.
template <class T>
class [[nodiscard]] Decoded {
 public:
  Decoded(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Decoded(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return state_.index() == 0; }
  const T& operator*() const& { return Value(); }
  T&& operator*() && { return std::move(const_cast<T&>(Value())); }
  const T* operator->() const { return &Value(); }
  // !ok() only.
  const Error& error() const {
    EVX_CHECK(!ok());
    return *std::get_if<1>(&state_);
  }

 private:
  const T& Value() const {
    EVX_CHECK(ok());
    return *std::get_if<0>(&state_);
  }
  std::variant<T, Error> state_;
};

}  // namespace evx::kalshi
