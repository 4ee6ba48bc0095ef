# The few functions a module's CMakeLists.txt is written with. They set include root, standard,
# warnings and sanitizers, so that a module's file is a list of sources and links.
include_guard(GLOBAL)

set(EVX_SANITIZE "" CACHE STRING "Sanitizers for every target: address,undefined or thread")
option(EVX_WARNINGS_AS_ERRORS "Warnings are errors (preset ci)" OFF)

find_program(EVX_CCACHE ccache)
if(EVX_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${EVX_CCACHE}")
  set(CMAKE_C_COMPILER_LAUNCHER "${EVX_CCACHE}")
endif()

add_library(evx_options INTERFACE)
add_library(evx::options ALIAS evx_options)
target_compile_features(evx_options INTERFACE cxx_std_20)
target_compile_options(evx_options INTERFACE
  -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wno-missing-field-initializers
  $<$<BOOL:${EVX_WARNINGS_AS_ERRORS}>:-Werror>)
if(EVX_SANITIZE)
  target_compile_options(evx_options INTERFACE
    -fsanitize=${EVX_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(evx_options INTERFACE -fsanitize=${EVX_SANITIZE})
endif()

# evx_add_modules(<folder>...): adds each folder that has a CMakeLists.txt.
function(evx_add_modules)
  foreach(module IN LISTS ARGN)
    if(EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/${module}/CMakeLists.txt")
      add_subdirectory("${module}")
    endif()
  endforeach()
endfunction()

# evx_add_library(<name> SOURCES ... [PUBLIC ...] [PRIVATE ...])
# Target evx_<name>, alias evx::<name>; public headers in include/evx/<name>/, private ones in src/.
function(evx_add_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(evx_${name} STATIC ${ARG_SOURCES})
  add_library(evx::${name} ALIAS evx_${name})
  target_include_directories(evx_${name}
    PUBLIC "${CMAKE_CURRENT_SOURCE_DIR}/include"
    PRIVATE "${CMAKE_CURRENT_SOURCE_DIR}/src")
  target_link_libraries(evx_${name} PUBLIC evx::options ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE})
endfunction()

# evx_add_testing(<name> [SOURCES ...] [PUBLIC ...]): test helpers of library <name> for other
# modules' tests; headers in testing/include/evx/<name>/testing/. Target evx::<name>_testing.
function(evx_add_testing name)
  cmake_parse_arguments(ARG "" "" "SOURCES;PUBLIC" ${ARGN})
  if(ARG_SOURCES)
    add_library(evx_${name}_testing STATIC ${ARG_SOURCES})
    set(scope PUBLIC)
  else()
    add_library(evx_${name}_testing INTERFACE)
    set(scope INTERFACE)
  endif()
  add_library(evx::${name}_testing ALIAS evx_${name}_testing)
  target_include_directories(evx_${name}_testing
    ${scope} "${CMAKE_CURRENT_SOURCE_DIR}/testing/include")
  target_link_libraries(evx_${name}_testing ${scope} evx::${name} ${ARG_PUBLIC})
endfunction()

# evx_add_test(<name> SOURCES ... [LINK ...] [LABELS ...] [TIMEOUT seconds] [NO_MAIN])
# A Catch2 program registered with ctest. Private headers of the module under test (src/ and the
# service folder) are visible. The default label is "unit".
function(evx_add_test name)
  cmake_parse_arguments(ARG "NO_MAIN" "TIMEOUT" "SOURCES;LINK;LABELS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE
    "${CMAKE_CURRENT_SOURCE_DIR}" "${CMAKE_CURRENT_SOURCE_DIR}/src" "${CMAKE_CURRENT_SOURCE_DIR}/..")
  target_link_libraries(${name} PRIVATE evx::options ${ARG_LINK})
  if(NOT ARG_NO_MAIN)
    target_link_libraries(${name} PRIVATE evx::catch2_main)
  endif()
  if(NOT ARG_LABELS)
    set(ARG_LABELS unit)
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 300)
  endif()
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT ${ARG_TIMEOUT})
endfunction()

# evx_add_benchmark(<name> SOURCES ... [LINK ...]): a program that scripts/bench runs; not a test.
function(evx_add_benchmark name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE "${CMAKE_CURRENT_SOURCE_DIR}" "${CMAKE_CURRENT_SOURCE_DIR}/src")
  target_link_libraries(${name} PRIVATE evx::options ${ARG_LINK})
endfunction()

# evx_add_service(<binary> LIBRARY <name> MAIN <file> SOURCES ... [LINK ...])
# Executable <binary> from MAIN alone and library evx::<name> with everything else, which the
# tests link. Headers of a service are included as "<file>.h" from its own folder.
function(evx_add_service binary)
  cmake_parse_arguments(ARG "" "LIBRARY;MAIN" "SOURCES;LINK" ${ARGN})
  add_library(evx_${ARG_LIBRARY} STATIC ${ARG_SOURCES})
  add_library(evx::${ARG_LIBRARY} ALIAS evx_${ARG_LIBRARY})
  target_include_directories(evx_${ARG_LIBRARY} PUBLIC "${CMAKE_CURRENT_SOURCE_DIR}")
  target_link_libraries(evx_${ARG_LIBRARY} PUBLIC evx::options ${ARG_LINK})
  add_executable(${binary} ${ARG_MAIN})
  target_link_libraries(${binary} PRIVATE evx::${ARG_LIBRARY})
endfunction()

# evx_add_tool(<binary> SOURCES ... [LINK ...]): a command-line tool.
function(evx_add_tool binary)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${binary} ${ARG_SOURCES})
  target_link_libraries(${binary} PRIVATE evx::options ${ARG_LINK})
endfunction()

# evx_add_proto(<area> FILES ... [DEPENDS <area>...]): protobuf and gRPC code of
# proto/evx/<area>/v1. Target evx::proto_<area>; included as "evx/<area>/v1/<file>.pb.h".
function(evx_add_proto area)
  cmake_parse_arguments(ARG "" "" "FILES;DEPENDS" ${ARGN})
  set(root "${PROJECT_SOURCE_DIR}/proto")
  set(out "${PROJECT_BINARY_DIR}/proto")
  file(MAKE_DIRECTORY "${out}")
  set(generated)
  foreach(file IN LISTS ARG_FILES)
    set(stem "${out}/evx/${area}/v1/${file}")
    add_custom_command(
      OUTPUT "${stem}.pb.cc" "${stem}.pb.h" "${stem}.grpc.pb.cc" "${stem}.grpc.pb.h"
      COMMAND protobuf::protoc --proto_path "${root}" --cpp_out "${out}" --grpc_out "${out}"
              --plugin=protoc-gen-grpc=$<TARGET_FILE:gRPC::grpc_cpp_plugin>
              "${root}/evx/${area}/v1/${file}.proto"
      DEPENDS "${root}/evx/${area}/v1/${file}.proto" VERBATIM)
    list(APPEND generated "${stem}.pb.cc" "${stem}.grpc.pb.cc")
  endforeach()
  add_library(evx_proto_${area} STATIC ${generated})
  add_library(evx::proto_${area} ALIAS evx_proto_${area})
  target_include_directories(evx_proto_${area} SYSTEM PUBLIC "${out}")
  set(dependencies)
  foreach(dependency IN LISTS ARG_DEPENDS)
    list(APPEND dependencies evx::proto_${dependency})
  endforeach()
  target_compile_features(evx_proto_${area} PUBLIC cxx_std_20)
  target_link_libraries(evx_proto_${area} PUBLIC protobuf::libprotobuf gRPC::grpc++ ${dependencies})
  if(EVX_SANITIZE)
    target_compile_options(evx_proto_${area} PRIVATE -fsanitize=${EVX_SANITIZE})
  endif()
endfunction()
