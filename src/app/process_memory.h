// How the process as a whole holds memory.
#pragma once

#include <cstdint>

namespace frazil::app {

// Makes all threads, and Arrow with them, allocate from few heaps. A heap for each thread keeps what one thread freed
// from all others, which costs more than the memory that is in use; and what is allocated here is large and seldom, so
// that hardly anybody waits. To be called before there is a second thread and before anything of Arrow.
void ShareHeaps();

// Bytes of the process that are in memory now, libraries included; 0 if the system does not tell.
int64_t ResidentBytes();

}  // namespace frazil::app
