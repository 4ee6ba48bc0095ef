# Files that a binary carries inside itself, so that an installed one needs none beside it.
include_guard(GLOBAL)

set(EVX_EMBED_SCRIPT "${CMAKE_CURRENT_LIST_DIR}/embed_file.cmake")

# evx_embed_files(<target> NAMESPACE <ns> HEADER <name> FILES <file>...): header <name> declares one
# constant per file, std::string_view k<FileName> (gold_15m.json is kGold15mJson), with its bytes.
function(evx_embed_files target)
  cmake_parse_arguments(ARG "" "NAMESPACE;HEADER" "FILES" ${ARGN})
  set(out "${CMAKE_CURRENT_BINARY_DIR}/embedded")
  get_filename_component(stem "${ARG_HEADER}" NAME_WE)
  set(declarations)
  set(sources)
  foreach(file IN LISTS ARG_FILES)
    get_filename_component(name "${file}" NAME)
    string(REGEX REPLACE "[^A-Za-z0-9]" ";" words "${name}")
    set(constant "k")
    foreach(word IN LISTS words)
      string(SUBSTRING "${word}" 0 1 first)
      string(SUBSTRING "${word}" 1 -1 rest)
      string(TOUPPER "${first}" first)
      string(APPEND constant "${first}${rest}")
    endforeach()
    string(APPEND declarations "extern const std::string_view ${constant};\n")
    add_custom_command(
      OUTPUT "${out}/${name}.cc"
      COMMAND "${CMAKE_COMMAND}" -D "INPUT=${CMAKE_CURRENT_SOURCE_DIR}/${file}"
              -D "OUTPUT=${out}/${name}.cc" -D "HEADER=${ARG_HEADER}" -D "CONSTANT=${constant}"
              -D "NAMESPACE=${ARG_NAMESPACE}" -P "${EVX_EMBED_SCRIPT}"
      DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/${file}" "${EVX_EMBED_SCRIPT}" VERBATIM)
    list(APPEND sources "${out}/${name}.cc")
  endforeach()
  file(CONFIGURE OUTPUT "${out}/${ARG_HEADER}" CONTENT "#pragma once\n\n#include <string_view>\n
namespace ${ARG_NAMESPACE} {\n\n${declarations}\n}  // namespace ${ARG_NAMESPACE}\n" @ONLY)
  target_sources(${target} PRIVATE ${sources})
  target_include_directories(${target} PRIVATE "${out}")
endfunction()
