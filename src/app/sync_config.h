// The configuration that the flags of `frazil sync` describe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "app/catalog_config.h"
#include "app/config.h"
#include "common/result.h"

namespace frazil::app {

struct SyncFlags {
  std::string topic;
  std::string table;  // "ns.name"
  std::string brokers = "localhost:9092";
  std::optional<int64_t> batch_size;
  bool overwrite = false;
  CatalogFlags catalog;
};

// Makes a configuration of one source, one sink and one pipeline. The pipeline is named "sync-TOPIC-NS.TABLE", so that
// every call goes on where the last one stopped.
Result<Config> ConfigOfSync(const SyncFlags& flags);

}  // namespace frazil::app
