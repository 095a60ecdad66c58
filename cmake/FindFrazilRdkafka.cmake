# librdkafka 2.10 or newer (topic ids, leader epochs, ListOffsets with an isolation level): a system one when it is
# new enough, else the one that dev/deps builds in $FRAZIL_CACHE/librdkafka. Under the thread sanitizer always the one
# that `dev/deps librdkafka-tsan` builds for it. Target: frazil::rdkafka.
set(part librdkafka)
if(FRAZIL_SANITIZE MATCHES thread)
  set(part librdkafka-tsan)
else()
  pkg_check_modules(RDKAFKA_SYSTEM QUIET IMPORTED_TARGET GLOBAL rdkafka>=2.10)
endif()
if(RDKAFKA_SYSTEM_FOUND)
  add_library(frazil::rdkafka ALIAS PkgConfig::RDKAFKA_SYSTEM)
else()
  set(prefix ${FRAZIL_CACHE}/${part})
  if(NOT EXISTS ${prefix}/include/librdkafka/rdkafka.h)
    message(FATAL_ERROR "librdkafka >= 2.10 was not found, neither installed nor in ${prefix}. Run `dev/deps ${part}` first (make does).")
  endif()
  add_library(frazil::rdkafka SHARED IMPORTED GLOBAL)
  set_target_properties(frazil::rdkafka PROPERTIES IMPORTED_LOCATION ${prefix}/lib/librdkafka.so.1
    INTERFACE_INCLUDE_DIRECTORIES ${prefix}/include)
endif()
set(FrazilRdkafka_FOUND TRUE)
