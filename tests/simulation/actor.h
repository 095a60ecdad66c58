// Whoever takes steps in simulated time: between two of them others get their turn.
#pragma once

#include <string>
#include <string_view>

#include "scheduler.h"

namespace frazil::simulation {

class Actor {
 public:
  virtual ~Actor() = default;
  virtual const std::string& name() const = 0;
  // Before anything that others can see. Takes its time; the actor may not live to the end of it (Killed).
  virtual void Step(std::string_view what) = 0;
  // Waits, and does nothing else.
  virtual void Wait(Millis duration) = 0;
};

}  // namespace frazil::simulation
