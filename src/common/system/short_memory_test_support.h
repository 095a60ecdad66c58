// For tests: makes memory short.
#pragma once

#include <malloc.h>
#include <sys/resource.h>

#include <cstddef>
#include <fstream>

namespace frazil {

// A limit on addresses does not work under these sanitizers, which reserve most of the address space.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kAddressLimitHolds = false;
#else
constexpr bool kAddressLimitHolds = true;
#endif

// With one arena for all threads, threads of earlier tests leave no spare arenas behind. Each would hold 64 MiB of
// addresses, which a test could use without asking the system.
inline const int kOneArena = mallopt(M_ARENA_MAX, 1);

// While this object lives, the process may use at most `more` bytes of addresses beyond those it has now.
class AddressLimit {
 public:
  explicit AddressLimit(size_t more) {
    mallopt(M_MMAP_THRESHOLD, 1 << 20);  // large freed blocks go back to the system
    malloc_trim(0);
    getrlimit(RLIMIT_AS, &before_);
    size_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    rlimit limit = before_;
    limit.rlim_cur = pages * 4096 + more;
    setrlimit(RLIMIT_AS, &limit);
  }
  AddressLimit(const AddressLimit&) = delete;
  AddressLimit& operator=(const AddressLimit&) = delete;
  ~AddressLimit() { setrlimit(RLIMIT_AS, &before_); }

 private:
  rlimit before_{};
};

}  // namespace frazil
