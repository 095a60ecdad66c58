#include "app/pipeline_health.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace frazil::app {
namespace {

using State = serve::Health::State;
using testing::HasSubstr;

TEST(PipelineHealthTest, ATroubleIsToldUntilSomethingIsCommitted) {
  PipelineHealth health;
  const auto progress = std::make_shared<ingest::Progress>();
  health.Watch("p", progress);
  progress->last_commit = std::chrono::steady_clock::now();
  EXPECT_EQ(health.Now().state, State::kOk);
  health.Retries("p", "the catalog is away", 3);
  EXPECT_EQ(health.Now().state, State::kRetrying);
  EXPECT_THAT(health.Now().error, HasSubstr("pipeline 'p' failed 3 times in a row and is tried again: the catalog"));
  progress->last_commit = std::chrono::steady_clock::now() + std::chrono::milliseconds(1);
  EXPECT_EQ(health.Now().state, State::kOk);
}

TEST(PipelineHealthTest, WhatFailedForGoodGoesBeforeWhatMayPass) {
  PipelineHealth health;
  health.Retries("p", "the catalog is away", 1);
  health.Failed();
  EXPECT_EQ(health.Now().state, State::kFailed);
}

}  // namespace
}  // namespace frazil::app
