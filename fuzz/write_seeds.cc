// `NAME_fuzz --write-seeds=DIR` writes the seeds that the target makes itself, and ends.
#include <filesystem>
#include <fstream>
#include <string_view>

#include "fuzz.h"

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  constexpr std::string_view kOption = "--write-seeds=";
  for (int i = 1; i < *argc; ++i) {
    const std::string_view argument = (*argv)[i];
    if (!argument.starts_with(kOption)) continue;
    const std::filesystem::path directory = argument.substr(kOption.size());
    int number = 0;
    if (frazil::fuzz::Seeds == nullptr) std::exit(0);
    for (const std::string& seed : frazil::fuzz::Seeds()) {
      const auto file = directory / ("seed-" + std::to_string(number++));
      frazil::fuzz::Check((std::ofstream(file, std::ios::binary) << seed).flush().good(), "the seeds can be written");
    }
    std::exit(0);
  }
  return 0;
}
