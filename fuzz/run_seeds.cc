// Runs a fuzz target over its seeds, without libFuzzer: NAME_fuzz_seeds [DIR]. What fails ends the program.
#include <filesystem>
#include <fstream>
#include <iterator>

#include "fuzz.h"

namespace {

void Run(const std::string& input) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(input.data()), input.size());
}

}  // namespace

int main(int argc, char** argv) {
  namespace fs = std::filesystem;
  int count = 0;
  if (argc > 1 && fs::exists(argv[1])) {
    for (const auto& entry : fs::directory_iterator(argv[1])) {
      std::printf("%s\n", entry.path().c_str());
      std::ifstream file(entry.path(), std::ios::binary);
      Run({std::istreambuf_iterator<char>(file), {}});
      ++count;
    }
  }
  if (frazil::fuzz::Seeds != nullptr) {
    for (const std::string& seed : frazil::fuzz::Seeds()) {
      std::printf("made seed %d\n", count);
      Run(seed);
      ++count;
    }
  }
  frazil::fuzz::Check(count > 0, "there are seeds");
  return 0;
}
