#pragma once

// Checks of what must hold if the program is right. A failed check logs the condition with its
// place to stderr and aborts: a wrong exchange must not go on. Faults of input are never checks;
// they are Status or RejectReason values.

namespace evx {

[[noreturn]] void CheckFailed(const char* condition, const char* file, int line);

}  // namespace evx

#define EVX_CHECK(condition)                              \
  do {                                                    \
    if (!(condition)) [[unlikely]] {                      \
      ::evx::CheckFailed(#condition, __FILE__, __LINE__); \
    }                                                     \
  } while (false)
