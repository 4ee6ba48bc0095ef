#include "evx/core/check.h"

#include <cstdio>
#include <cstdlib>

namespace evx {

void CheckFailed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "EVX_CHECK failed: %s at %s:%d\n", condition, file, line);
  std::fflush(stderr);
  std::abort();
}

}  // namespace evx
