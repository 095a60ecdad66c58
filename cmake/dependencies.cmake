# Everything that is not our field. Debian packages are found as they are; Arrow, simdjson and a librdkafka
# that is new enough come from $FRAZIL_CACHE, where dev/deps puts them (versions and checksums are pinned there).
if(DEFINED ENV{FRAZIL_CACHE})
  set(FRAZIL_CACHE $ENV{FRAZIL_CACHE})
else()
  set(FRAZIL_CACHE $ENV{HOME}/.cache/frazil)
endif()

find_package(Threads REQUIRED)
find_package(tl-expected REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(prometheus-cpp REQUIRED)
find_package(CURL REQUIRED)
find_package(ZLIB REQUIRED)
find_package(OpenSSL REQUIRED)
# Arrow's libparquet carries an OpenSSL of its own and exports much of it. Were it loaded first, calls of librdkafka and
# libcurl would end up half in the one and half in the other, which crashes. Hence before everything else on the command
# line; among a target's libraries CMake would put them where they are named last.
add_link_options(${OPENSSL_SSL_LIBRARY} ${OPENSSL_CRYPTO_LIBRARY})
find_package(SQLite3 REQUIRED)
find_package(PostgreSQL REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(CLI11 REQUIRED)
find_package(PkgConfig REQUIRED)
if(FRAZIL_TESTS)
  find_package(GTest REQUIRED)
endif()

# frazil_pkg(frazil::NAME PKG): a target for a library that ships only a .pc file.
function(frazil_pkg target package)
  string(MAKE_C_IDENTIFIER ${package} id)
  pkg_check_modules(${id} REQUIRED IMPORTED_TARGET GLOBAL ${package})
  add_library(${target} ALIAS PkgConfig::${id})
endfunction()
frazil_pkg(frazil::zstd libzstd)
frazil_pkg(frazil::lz4 liblz4)
# Its macros change the layout of its classes: they must be those the library was compiled with.
frazil_pkg(frazil::httplib cpp-httplib)
add_library(frazil::snappy UNKNOWN IMPORTED)
find_library(SNAPPY_LIBRARY snappy REQUIRED)
set_target_properties(frazil::snappy PROPERTIES IMPORTED_LOCATION ${SNAPPY_LIBRARY})

find_package(FrazilArrow REQUIRED)
find_package(FrazilRdkafka REQUIRED)
include(simdjson)
