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
  # GCC 12 sees an overlap in `"literal" + std::string` where there is none (its bug 105651).
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>
  $<$<BOOL:${EVX_WARNINGS_AS_ERRORS}>:-Werror>)
if(EVX_SANITIZE)
  target_compile_options(evx_options INTERFACE
    -fsanitize=${EVX_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(evx_options INTERFACE -fsanitize=${EVX_SANITIZE})
endif()

set(EVX_ASAN_BUILD "" CACHE PATH
  "Build folder of preset dev whose tests run as tests of this build too")
set(EVX_TSAN_BUILD "" CACHE PATH "The same of preset tsan")
option(EVX_FUZZ "Fuzz targets are linked with libFuzzer (preset fuzz)" OFF)

# The exit status of a test that says it cannot run here.
set(EVX_SKIPPED 77)

# Test programs that can run a second time under a sanitizer.
set_property(GLOBAL PROPERTY EVX_SANITIZED_TESTS "")

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
  if(EVX_LIBRARIES)  # Somebody else's project.
    return()
  endif()
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
  file(RELATIVE_PATH folder "${PROJECT_SOURCE_DIR}" "${CMAKE_CURRENT_SOURCE_DIR}")
  if(folder MATCHES "^(libs|services)/" AND NOT "full" IN_LIST ARG_LABELS)
    set_property(GLOBAL APPEND PROPERTY EVX_SANITIZED_TESTS "${folder}/${name}")
  endif()
endfunction()

# evx_add_sanitized_tests(<prefix> <build folder> MODULES ... [WITHOUT ...] [LABELS ...]
#                         [ENVIRONMENT ...])
# The tests of these libraries and services, but for the programs WITHOUT, as target
# <prefix>_tests; where a build folder of a sanitizing preset is named, its programs are registered
# with ctest as <prefix>.<name>. They see EVX_SANITIZED=1 and may do less of the same.
function(evx_add_sanitized_tests prefix build)
  cmake_parse_arguments(ARG "" "" "MODULES;WITHOUT;LABELS;ENVIRONMENT" ${ARGN})
  get_property(programs GLOBAL PROPERTY EVX_SANITIZED_TESTS)
  add_custom_target(${prefix}_tests)
  set(labels sanitizer ${ARG_LABELS})
  set(environment EVX_SANITIZED=1 ${ARG_ENVIRONMENT})
  foreach(program IN LISTS programs)
    get_filename_component(name "${program}" NAME)
    get_filename_component(folder "${program}" DIRECTORY)
    get_filename_component(module "${folder}" NAME)
    if(NOT module IN_LIST ARG_MODULES OR name IN_LIST ARG_WITHOUT)
      continue()
    endif()
    add_dependencies(${prefix}_tests ${name})
    if(build)
      add_test(NAME ${prefix}.${name} COMMAND "${build}/${program}")
      set_tests_properties(${prefix}.${name} PROPERTIES
        LABELS "${labels}" TIMEOUT 900 ENVIRONMENT "${environment}"
        WORKING_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}")
    endif()
  endforeach()
endfunction()

# evx_add_python_test(<name> FILES ... [LABELS ...] [TIMEOUT seconds] [SERIAL])
# pytest over the files, with the packages of .venv; skipped by name where .venv is missing. The
# tests see EVX_BUILD (this build folder). The default label is "integration"; SERIAL runs alone.
function(evx_add_python_test name)
  cmake_parse_arguments(ARG "SERIAL" "TIMEOUT" "FILES;LABELS" ${ARGN})
  if(NOT ARG_LABELS)
    set(ARG_LABELS integration)
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 600)
  endif()
  add_test(NAME ${name}
    COMMAND "${PROJECT_SOURCE_DIR}/scripts/run_pytest" ${ARG_FILES}
    WORKING_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}")
  set_tests_properties(${name} PROPERTIES
    LABELS "${ARG_LABELS}" TIMEOUT ${ARG_TIMEOUT} SKIP_RETURN_CODE ${EVX_SKIPPED}
    ENVIRONMENT "EVX_BUILD=${PROJECT_BINARY_DIR}")
  if(ARG_SERIAL)
    set_tests_properties(${name} PROPERTIES RUN_SERIAL ON)
  endif()
endfunction()

# evx_add_fuzz_target(<name> SOURCES ... CORPUS <folder> [LINK ...])
# A libFuzzer target (LLVMFuzzerTestOneInput). In preset fuzz it is linked with libFuzzer;
# everywhere else with a main that feeds it each file of the corpus, and that is a test.
function(evx_add_fuzz_target name)
  if(EVX_LIBRARIES)
    return()
  endif()
  cmake_parse_arguments(ARG "" "CORPUS" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE evx::options ${ARG_LINK})
  if(EVX_FUZZ)
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    return()
  endif()
  target_sources(${name} PRIVATE "${PROJECT_SOURCE_DIR}/tests/fuzz/replay_corpus.cc")
  add_test(NAME ${name} COMMAND ${name} "${CMAKE_CURRENT_SOURCE_DIR}/${ARG_CORPUS}")
  set_tests_properties(${name} PROPERTIES LABELS fuzz TIMEOUT 300)
endfunction()

# evx_add_benchmark(<name> SOURCES ... [LINK ...]): a program that scripts/bench runs; not a test.
function(evx_add_benchmark name)
  if(EVX_LIBRARIES)
    return()
  endif()
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE "${CMAKE_CURRENT_SOURCE_DIR}" "${CMAKE_CURRENT_SOURCE_DIR}/src")
  target_link_libraries(${name} PRIVATE evx::options ${ARG_LINK})
endfunction()

# evx_add_service(<binary> LIBRARY <name> MAIN <file> SOURCES ... [LINK ...])
# Executable <binary> from MAIN alone and library evx::<name> with everything else, which the
# tests link. Headers of a service are included as "<file>.h" from its own folder. Test
# options.<binary> holds the options documented in the README equal to those of the executable.
function(evx_add_service binary)
  cmake_parse_arguments(ARG "" "LIBRARY;MAIN" "SOURCES;LINK" ${ARGN})
  add_library(evx_${ARG_LIBRARY} STATIC ${ARG_SOURCES})
  add_library(evx::${ARG_LIBRARY} ALIAS evx_${ARG_LIBRARY})
  target_include_directories(evx_${ARG_LIBRARY} PUBLIC "${CMAKE_CURRENT_SOURCE_DIR}")
  target_link_libraries(evx_${ARG_LIBRARY} PUBLIC evx::options ${ARG_LINK})
  if(ARG_MAIN)
    add_executable(${binary} ${ARG_MAIN})
    target_link_libraries(${binary} PRIVATE evx::${ARG_LIBRARY})
    add_test(NAME options.${binary}
      COMMAND python3 "${PROJECT_SOURCE_DIR}/scripts/check_options.py"
              $<TARGET_FILE:${binary}> "${CMAKE_CURRENT_SOURCE_DIR}/README.md")
    set_tests_properties(options.${binary} PROPERTIES LABELS lint TIMEOUT 60)
  endif()
endfunction()

# evx_add_tool(<binary> SOURCES ... [LINK ...]): a command-line tool.
function(evx_add_tool binary)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${binary} ${ARG_SOURCES})
  target_link_libraries(${binary} PRIVATE evx::options ${ARG_LINK})
endfunction()

# evx_add_proto(<area> FILES ... [DEPENDS <area>...] [FOLDER <path>]): protobuf and gRPC code of
# proto/evx/<area>/v1 (or of FOLDER). Target evx::proto_<area>; included as
# "evx/<area>/v1/<file>.pb.h".
function(evx_add_proto area)
  cmake_parse_arguments(ARG "" "FOLDER" "FILES;DEPENDS" ${ARGN})
  set(root "${PROJECT_SOURCE_DIR}/proto")
  set(out "${PROJECT_BINARY_DIR}/proto")
  if(NOT ARG_FOLDER)
    set(ARG_FOLDER "evx/${area}/v1")
  endif()
  file(MAKE_DIRECTORY "${out}")
  set(generated)
  set(tables)
  foreach(file IN LISTS ARG_FILES)
    set(stem "${out}/${ARG_FOLDER}/${file}")
    # The name of the file's descriptor table, as protoc spells it.
    string(REPLACE "_" "_5f" table "${ARG_FOLDER}/${file}")
    string(REPLACE "/" "_2f" table "${table}")
    list(APPEND tables "LINKER:--undefined=descriptor_table_${table}_2eproto")
    add_custom_command(
      OUTPUT "${stem}.pb.cc" "${stem}.pb.h" "${stem}.grpc.pb.cc" "${stem}.grpc.pb.h"
      COMMAND protobuf::protoc --proto_path "${root}" --cpp_out "${out}" --grpc_out "${out}"
              --plugin=protoc-gen-grpc=$<TARGET_FILE:gRPC::grpc_cpp_plugin>
              "${root}/${ARG_FOLDER}/${file}.proto"
      DEPENDS "${root}/${ARG_FOLDER}/${file}.proto" VERBATIM)
    list(APPEND generated "${stem}.pb.cc" "${stem}.grpc.pb.cc")
  endforeach()
  add_library(evx_proto_${area} STATIC ${generated})
  add_library(evx::proto_${area} ALIAS evx_proto_${area})
  target_include_directories(evx_proto_${area} SYSTEM PUBLIC "${out}")
  # Also a file with services only is linked: server reflection must know it.
  target_link_options(evx_proto_${area} INTERFACE ${tables})
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
