// Somebody moves a pipeline to other offsets, as `frazil rewind` does, whoever runs meanwhile.
#pragma once

#include "life.h"

namespace frazil::simulation {

class Rewind final : public Life {
 public:
  using Life::Life;

 private:
  Status Run() override;
  void OnEnded(const std::optional<Error>& why) override;
  // Where the partitions are to go: back or ahead, or where they stood after an earlier commit.
  Result<table::Positions> Target();
};

}  // namespace frazil::simulation
