# Warnings, sanitizers, the portable instruction-set baseline and the compiler cache.

option(MLP_WARNINGS_AS_ERRORS "Treat compiler warnings as errors" OFF)
set(MLP_SANITIZE "" CACHE STRING "Sanitizers for -fsanitize=, such as 'address,undefined' or 'thread'")

option(MLP_UNITY
  "Compile our sources in unity batches, with precompiled headers: faster from nothing, slower after a change" OFF)
option(MLP_FUZZ "Make the fuzzers; needs clang and 'fuzzer-no-link' in MLP_SANITIZE" OFF)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

find_program(CCACHE ccache)
if(CCACHE)
  # Paths below the source tree are cached relative to it, so that a second clone finds them. What is
  # compiled beside a precompiled header is cached only with this sloppiness.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
    CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE})
endif()

add_compile_options(-march=x86-64-v3)
# Contraction would make the bits depend on the optimisation level; kernels call fma explicitly.
add_compile_options(-ffp-contract=off)
# It changes the alignment of xtensor's containers: every translation unit must agree.
add_compile_definitions(XTENSOR_USE_XSIMD)

if(MLP_SANITIZE)
  # Reports need lines, not variables: -g1 after the preset's -g.
  add_compile_options(-fsanitize=${MLP_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all -O1 -g1)
  # The check `vptr` opens a pipe to look at an object whose type it sees for the first time, and takes the
  # object for broken if it cannot: some tests leave no descriptors.
  add_compile_options(-fno-sanitize=vptr)
  add_link_options(-fsanitize=${MLP_SANITIZE})
endif()

# The project's own code is compiled with these; generated code is not.
add_library(mlp_warnings INTERFACE)
target_compile_options(mlp_warnings INTERFACE -Wall -Wextra)
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # g++ 12 sees uninitialised members in every std::optional of a variant that crosses a co_await;
  # the sanitizer builds look for the real ones.
  target_compile_options(mlp_warnings INTERFACE -Wno-maybe-uninitialized)
endif()
if(MLP_WARNINGS_AS_ERRORS)
  target_compile_options(mlp_warnings INTERFACE -Werror)
endif()
if(MLP_SANITIZE MATCHES thread)
  # g++ warns that std::atomic_thread_fence is not instrumented; it is used inside library headers only.
  target_compile_options(mlp_warnings INTERFACE -Wno-tsan)
endif()

if(MLP_UNITY AND CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  # A coroutine's frame may have fields of an anonymous namespace. g++ takes that for a mistake if the
  # namespace is not in the main file, and in a unity batch none is.
  target_compile_options(mlp_warnings INTERFACE -Wno-subobject-linkage)
endif()

# mlp_batches(NAME...): under MLP_UNITY, the targets' sources are compiled in unity batches. With 16 files
# in each, two processors still have work until the end of a build.
function(mlp_batches)
  set_target_properties(${ARGN} PROPERTIES UNITY_BUILD ${MLP_UNITY} UNITY_BUILD_BATCH_SIZE 16)
endfunction()

# What most files include is precompiled, once with the options of a release build and once with those of
# mlp_optimise_less: g++ takes a precompiled header only if the options are the same. It holds nothing of
# gRPC, whose headers make every program that reads them link gRPC. Clang has none, because clang-tidy
# reads the sources without a build.
if(MLP_UNITY AND CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  set(MLP_PRECOMPILED ON)
  add_compile_options(-pthread)  # some targets have it from what they link
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/precompiled.cc CONTENT "")
  foreach(name mlp_precompiled mlp_precompiled_less)
    add_library(${name} OBJECT ${CMAKE_BINARY_DIR}/precompiled.cc)
    target_precompile_headers(${name} PRIVATE
      <algorithm> <array> <chrono> <cmath> <coroutine> <deque> <filesystem> <fstream> <functional> <map>
      <memory> <mutex> <optional> <set> <span> <stop_token> <string> <string_view> <thread>
      <unordered_map> <utility> <variant> <vector>
      <absl/container/flat_hash_map.h> <absl/status/statusor.h> <absl/strings/numbers.h>
      <absl/strings/str_cat.h> <absl/strings/str_format.h> <absl/strings/str_join.h>
      <absl/strings/str_split.h>
      <google/protobuf/generated_message_reflection.h> <google/protobuf/map.h>
      <google/protobuf/map_entry.h> <google/protobuf/map_field_inl.h> <google/protobuf/struct.pb.h>)
  endforeach()
  target_compile_options(mlp_precompiled_less PRIVATE $<$<CONFIG:Release>:-O1>)
endif()

# mlp_optimise_less(NAME...): the targets do not compute. They wait for people, disks and networks, or are
# tests; with -O1 a release build compiles them in three quarters of the time.
function(mlp_optimise_less)
  foreach(name IN LISTS ARGN)
    target_compile_options(${name} PRIVATE $<$<CONFIG:Release>:-O1>)
    if(MLP_PRECOMPILED)
      target_precompile_headers(${name} REUSE_FROM mlp_precompiled_less)
    endif()
  endforeach()
endfunction()

# mlp_library(NAME SOURCES... ): a static library with the project's include root and warnings.
function(mlp_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_include_directories(${name} PUBLIC ${CMAKE_SOURCE_DIR})
  target_link_libraries(${name} PUBLIC ${ARG_LINK} PRIVATE mlp_warnings)
  mlp_batches(${name})
  if(MLP_PRECOMPILED)
    target_precompile_headers(${name} REUSE_FROM mlp_precompiled)
  endif()
endfunction()
