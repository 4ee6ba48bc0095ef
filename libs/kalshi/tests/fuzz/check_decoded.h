#pragma once

#include "evx/core/check.h"
#include "evx/kalshi/decoded.h"
#include "evx/kalshi/error_body.h"

namespace evx::kalshi {

// Whatever the bytes, an error is one that the venue could answer: 400, with a body in its form.
template <class T>
void CheckDecoded(const Decoded<T>& decoded) {
  if (decoded.ok()) return;
  const Error& error = decoded.error();
  EVX_CHECK(error.http_status == 400);
  const Error again = ParseError(error.http_status, ErrorBody(error));
  EVX_CHECK(again.form == error.form && again.code == error.code);
}

}  // namespace evx::kalshi
