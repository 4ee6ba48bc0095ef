# Third-party packages, each with the name under which our targets link it. Why each one was
# chosen is in ARCHITECTURE.md.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(ZLIB REQUIRED)
find_package(absl REQUIRED)
find_package(Protobuf REQUIRED)          # module mode first: the gRPC config needs its targets
find_package(gRPC CONFIG REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(spdlog REQUIRED)
find_package(prometheus-cpp REQUIRED)
find_package(simdjson REQUIRED)
find_package(Boost 1.81 REQUIRED)
pkg_check_modules(httplib REQUIRED IMPORTED_TARGET cpp-httplib)
pkg_check_modules(libpq REQUIRED IMPORTED_TARGET libpq)
pkg_check_modules(rdkafka REQUIRED IMPORTED_TARGET rdkafka)
pkg_check_modules(hiredis REQUIRED IMPORTED_TARGET hiredis)
pkg_check_modules(xxhash REQUIRED IMPORTED_TARGET libxxhash)

find_library(EVX_CATCH2_MAIN NAMES Catch2WithMain REQUIRED)
add_library(evx_catch2_main INTERFACE)
target_link_libraries(evx_catch2_main INTERFACE "${EVX_CATCH2_MAIN}")
add_library(evx::catch2_main ALIAS evx_catch2_main)
