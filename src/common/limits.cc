#include "common/limits.h"

namespace frazil {
namespace {
Limits current;
}  // namespace

const Limits& CurrentLimits() { return current; }
void SetLimits(const Limits& limits) { current = limits; }

}  // namespace frazil
