# frazil_hive_wire: Hive Metastore's protocol, which thrift makes code of. Generated code goes by no rules of ours, so its
# headers are SYSTEM and its warnings are off.
find_program(THRIFT_COMPILER thrift REQUIRED)
set(hive_idl ${CMAKE_SOURCE_DIR}/src/catalog/hive/metastore.thrift)
set(hive_out ${CMAKE_BINARY_DIR}/generated/hive_wire)
set(hive_sources ${hive_out}/Metastore.cpp ${hive_out}/metastore_types.cpp)
add_custom_command(
  OUTPUT ${hive_sources} ${hive_out}/Metastore.h ${hive_out}/metastore_types.h
  COMMAND ${CMAKE_COMMAND} -E make_directory ${hive_out}
  COMMAND ${THRIFT_COMPILER} --gen cpp:no_skeleton -out ${hive_out} ${hive_idl}
  DEPENDS ${hive_idl}
  COMMENT "Making code of src/catalog/hive/metastore.thrift" VERBATIM)
add_library(frazil_hive_wire STATIC ${hive_sources})
target_include_directories(frazil_hive_wire SYSTEM PUBLIC ${CMAKE_BINARY_DIR}/generated)
# Arrow's libparquet has a Thrift of its own and shows its symbols, so that it would end up in ours and crash. The program
# must show none: the static library, and nothing of its headers' code visible.
find_library(THRIFT_STATIC_LIBRARY libthrift.a REQUIRED)
set(hive_hidden -fvisibility=hidden -fvisibility-inlines-hidden)
target_compile_options(frazil_hive_wire PRIVATE -w ${hive_hidden})
target_link_libraries(frazil_hive_wire PUBLIC ${THRIFT_STATIC_LIBRARY} OpenSSL::SSL)
target_link_options(frazil_hive_wire INTERFACE LINKER:--exclude-libs,libthrift.a)
file(GLOB hive_room CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/catalog/hive/*.cc)
set_source_files_properties(${hive_room} PROPERTIES COMPILE_OPTIONS "${hive_hidden}")
add_library(frazil::hive_wire ALIAS frazil_hive_wire)
if(FRAZIL_FUZZ OR FRAZIL_SANITIZE)
  # Thrift reads a byte of the wire as an enum before it looks whether the enum has that value; it refuses the others then.
  target_compile_options(frazil_hive_wire PUBLIC -fno-sanitize=enum)
endif()
