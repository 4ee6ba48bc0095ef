#pragma once

#include <string_view>

namespace evx::service {

// The release this binary was built from, as CMakeLists.txt names it: "0.1.0".
std::string_view Version();

// What --version prints after the name: "0.1.0 (Release, GCC 12.2.0)".
std::string_view BuildDescription();

}  // namespace evx::service
