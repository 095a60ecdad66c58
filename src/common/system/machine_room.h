// Whether the machine still gives what a library will take, asked by taking it and giving it back: for libraries that
// end the process, or wait without end, where it does not (librdkafka asserts that it got its first threads and pipes).
// What others take in between nobody can know.
#pragma once

#include <string_view>

#include "common/result.h"

namespace frazil {

struct MachineRoom {
  int threads = 0;
  int descriptors = 0;
};

// kUnavailable says how much there is, and which limits to raise. `purpose`: "a Kafka client".
Status HasRoomFor(const MachineRoom& wanted, std::string_view purpose);

// As many descriptors as the administrator allows, instead of what shells give by default, for the sake of select(2),
// which nothing here calls.
void RaiseDescriptorLimit();

}  // namespace frazil
