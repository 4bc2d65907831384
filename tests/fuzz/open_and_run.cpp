// SPDX-License-Identifier: MIT
// Mutates models and takes each through import, planning and one run:
//   open_and_run SEED COUNT MODEL.onnx...
// Whatever is refused must be refused with an Error. A crash, a sanitizer's report or a hang is a finding; the mutant that
// caused it is the last one written to the file named by $CNN_FUZZ_LAST.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>
#include <string>

#include "engine/onnx/importer.h"
#include "engine/session.h"

namespace {

std::string read(const char* path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Flips, copies, inserts, removes and truncates; numbers at the edges of their range come more often than chance has them.
std::string mutate(std::string bytes, std::mt19937& random) {
  static constexpr unsigned char edges[] = {0, 1, 2, 3, 7, 8, 127, 128, 254, 255};
  const int changes = 1 + static_cast<int>(random() % 6);
  for (int i = 0; i < changes && !bytes.empty(); ++i) {
    const size_t at = random() % bytes.size();
    switch (random() % 6) {
      case 0: bytes[at] = static_cast<char>(random()); break;
      case 1: bytes[at] = static_cast<char>(edges[random() % std::size(edges)]); break;
      case 2: bytes[at] = static_cast<char>(bytes[at] ^ (1 << random() % 8)); break;
      case 3: bytes.insert(at, bytes.substr(random() % bytes.size(), random() % 16)); break;
      case 4: bytes.erase(at, random() % 16); break;
      default: bytes.replace(at, 1, 1, bytes[random() % bytes.size()]); break;
    }
  }
  if (random() % 50 == 0) bytes.resize(random() % (bytes.size() + 1));
  return bytes;
}

struct Counts {
  int refused_import = 0, refused_open = 0, ran = 0;
};

void try_one(const std::string& bytes, Counts& counts) {
  auto model = cnn::import_model_bytes(std::as_bytes(std::span(bytes)), "");
  if (!model) {
    ++counts.refused_import;
    return;
  }
  cnn::SessionOptions options;
  options.threads = 1;
  auto session = cnn::Session::open(*model, options);
  if (!session) {
    ++counts.refused_open;
    return;
  }
  int64_t macs = 0;
  for (const auto& layer : (*session)->layers()) macs += layer.macs;
  if (macs < 200'000'000) (*session)->run(1);
  ++counts.ran;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: open_and_run SEED COUNT MODEL.onnx...\n");
    return 2;
  }
  std::mt19937 random(static_cast<unsigned>(std::atoi(argv[1])));
  const int count = std::atoi(argv[2]);
  const char* last = std::getenv("CNN_FUZZ_LAST");
  Counts counts;
  for (int i = 0; i < count; ++i) {
    const std::string mutant = mutate(read(argv[3 + random() % static_cast<unsigned>(argc - 3)]), random);
    if (last) std::ofstream(last, std::ios::binary) << mutant;
    try_one(mutant, counts);
  }
  std::printf("%d mutants: %d refused on import, %d refused on opening, %d ran\n", count, counts.refused_import,
              counts.refused_open, counts.ran);
}
