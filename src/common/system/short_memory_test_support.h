// Short memory, for tests.
#pragma once

#include <malloc.h>
#include <sys/resource.h>

#include <cstddef>
#include <fstream>

namespace frazil {

// The sanitizers take all addresses there are.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kAddressLimitHolds = false;
#else
constexpr bool kAddressLimitHolds = true;
#endif

// Threads of other tests leave arenas behind, each with 64 MiB of addresses that it need not ask for any more.
inline const int kOneArena = mallopt(M_ARENA_MAX, 1);

// Lets the process take `more` bytes of addresses than it has, while it lives.
class AddressLimit {
 public:
  explicit AddressLimit(size_t more) {
    mallopt(M_MMAP_THRESHOLD, 1 << 20);  // what was freed is not kept for the next time
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
