#include "evx/service/version.h"

namespace evx::service {

std::string_view Version() { return EVX_VERSION; }

std::string_view BuildDescription() {
  return EVX_VERSION " (" EVX_BUILD_TYPE ", GCC " __VERSION__ ")";
}

}  // namespace evx::service
