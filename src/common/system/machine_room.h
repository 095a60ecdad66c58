// Checks whether the machine has enough threads and file descriptors left for a library. The check takes them and gives
// them back. It is for libraries that abort or hang without them: librdkafka asserts that it gets its first threads and
// pipes. The answer may be out of date at once, because other processes can take what was free.
#pragma once

#include <string_view>

#include "common/result.h"

namespace frazil {

struct MachineRoom {
  int threads = 0;
  int descriptors = 0;
};

// Ok if the process can get `wanted` now. Otherwise kUnavailable; the message says how much there is and which limits
// to raise. `purpose` names the user of the resources: "a Kafka client".
Status HasRoomFor(const MachineRoom& wanted, std::string_view purpose);

// Raises the soft limit of open file descriptors to the hard limit. The default soft limit is low for programs that
// call select(2). Nothing here calls it.
void RaiseDescriptorLimit();

}  // namespace frazil
