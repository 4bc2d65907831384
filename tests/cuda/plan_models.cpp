// SPDX-License-Identifier: MIT
// plan_models MODEL...: opens each ONNX model for a simulated GPU and says which nodes have no GPU form, or by what the
// layers would be computed. Exit status 1 where one does not plan.
#include <cstdio>
#include <map>

#include "engine/onnx/importer.h"
#include "tests/cuda/network_run.h"

int main(int count, char** paths) {
  int failed = 0;
  for (int i = 1; i < count; ++i) {
    auto model = cnn::import_model(paths[i]);
    if (!model) {
      std::printf("%s: %s\n", paths[i], model.error().what.c_str());
      ++failed;
      continue;
    }
    const auto network = cnn::test::open_simulated(*model, {});
    if (!network) {
      std::printf("%s: %s\n", paths[i], network.error().what.c_str());
      ++failed;
      continue;
    }
    std::map<std::string, int> algorithms;
    for (const cnn::LayerReport& layer : (*network)->layers(1))
      if (layer.runs) ++algorithms[layer.type + ": " + layer.algorithm];
    std::printf("%s\n", paths[i]);
    for (const auto& [algorithm, layers] : algorithms) std::printf("  %4d %s\n", layers, algorithm.c_str());
  }
  return failed ? 1 : 0;
}
