# simdjson, compiled here under a namespace of its own: Arrow's libparquet exports the symbols of another version, and
# the loader would give us those (or, worse, libparquet ours). Target: frazil::simdjson.
if(NOT EXISTS ${FRAZIL_CACHE}/simdjson/simdjson.cpp)
  message(FATAL_ERROR "simdjson was not found in ${FRAZIL_CACHE}/simdjson. Run dev/deps first (make build does).")
endif()
add_library(frazil_simdjson STATIC ${FRAZIL_CACHE}/simdjson/simdjson.cpp)
add_library(frazil::simdjson ALIAS frazil_simdjson)
target_include_directories(frazil_simdjson SYSTEM PUBLIC ${FRAZIL_CACHE}/simdjson)
target_compile_definitions(frazil_simdjson PUBLIC simdjson=frazil_simdjson)
# Not our code: no warnings, and -O2 also where ours is built for debugging.
target_compile_options(frazil_simdjson PRIVATE -w -O2)
