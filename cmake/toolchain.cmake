# Compiler flags, cache and linker. Warnings are errors in our code; libraries' headers are SYSTEM.
find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  # Paths below the checkout count as relative, so that a fresh clone elsewhere finds what another one compiled.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1
      ${CCACHE_PROGRAM})
endif()
find_program(MOLD_PROGRAM mold)
if(MOLD_PROGRAM)
  add_link_options(-fuse-ld=mold)
endif()

add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Werror
                    -fno-omit-frame-pointer)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 reports these inside the standard library's own headers once they are inlined.
  add_compile_options(-Wno-maybe-uninitialized -Wno-restrict -Wno-stringop-overflow -Wno-array-bounds
                      -Wno-stringop-overread -Wno-dangling-pointer -Wno-free-nonheap-object)
else()
  # clang reports these where librdkafka's macros are used (RD_KAFKA_V_*).
  add_compile_options(-Wno-gnu-statement-expression)
endif()
# __int128 carries decimals of up to 38 digits; -Wpedantic would refuse the keyword, so it is spelt
# through one alias marked __extension__ in common/int128.h.

# Debug information is needed only for stack traces: line tables keep objects and links small.
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1 -DNDEBUG")
# Tests rely on assertions of the standard library to find out-of-bounds accesses early.
set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1 -D_GLIBCXX_ASSERTIONS")

if(FRAZIL_SANITIZE)
  add_compile_options(-fsanitize=${FRAZIL_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${FRAZIL_SANITIZE})
endif()
if(FRAZIL_FUZZ)
  # libFuzzer's guidance, findings as crashes, and line coverage for fuzz/run. Libraries are not instrumented.
  # "undefined" holds the overflow of signed numbers, but not of what is made of a fraction.
  set(fuzz_flags -fsanitize=fuzzer-no-link,address,undefined,float-cast-overflow -fno-sanitize-recover=all
      -fprofile-instr-generate -fcoverage-mapping)
  add_compile_options(${fuzz_flags})
  add_link_options(${fuzz_flags})
endif()
if(FRAZIL_FAILPOINTS)
  add_compile_definitions(FRAZIL_FAILPOINTS=1)
endif()
