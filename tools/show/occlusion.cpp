// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>

#include "tools/show/class_activation.h"
#include "tools/show/input_pixels.h"

namespace cnn::tools {
namespace {

constexpr int steps = 14;  // squares each way
constexpr int grid = 28;   // cells of the map each way

double weight_of(double score, bool probability) { return probability ? std::log(std::max(score, 1e-12)) : score; }

}  // namespace

Result<ActivationMap> occlusion(const Network& network, const Frame& frame, const Scores& scores, size_t index) {
  CNN_TRY(session, network.session({scores.tensor}));
  const std::string& name = network.name_of(scores.tensor);
  const auto score_of = [&](const std::vector<std::byte>& input) {
    return weight_of(run_network(*session, input, name).values[index], scores.probabilities);
  };
  const InputPixels pixels(network.input);
  const std::vector<double> average = pixels.average(frame.input);
  const int height = network.input.format.height, width = network.input.format.width;
  const int side_y = std::max(1, (height + 4) / 5), side_x = std::max(1, (width + 4) / 5);
  ActivationMap map{grid, grid, std::vector<float>(grid * grid), 0, ""};
  map.score = run_network(*session, frame.input, name).values[index];
  const double whole = weight_of(map.score, scores.probabilities);
  std::vector<int> covered(map.values.size());
  for (int i = 0; i < steps; ++i)
    for (int j = 0; j < steps; ++j) {
      // Squares stand over the edges by half, so that corners are covered as often as the middle.
      const int top = static_cast<int>(std::lround((i + 0.5) * height / steps - side_y / 2.0));
      const int left = static_cast<int>(std::lround((j + 0.5) * width / steps - side_x / 2.0));
      std::vector<std::byte> input = frame.input;
      pixels.fill(input, {top, left, top + side_y, left + side_x}, average);
      const double sunk = whole - score_of(input);
      for (int y = 0; y < grid; ++y)
        for (int x = 0; x < grid; ++x) {
          const double py = (y + 0.5) * height / grid, px = (x + 0.5) * width / grid;
          if (py < top || py >= top + side_y || px < left || px >= left + side_x) continue;
          map.values[static_cast<size_t>(y * grid + x)] += static_cast<float>(sunk);
          ++covered[static_cast<size_t>(y * grid + x)];
        }
    }
  for (size_t i = 0; i < covered.size(); ++i)
    if (covered[i]) map.values[i] /= static_cast<float>(covered[i]);
  map.method = "occlusion without gradients: how far " +
               std::string(scores.probabilities ? "the logarithm of the probability" : "the score") + " sinks behind " +
               std::to_string(steps * steps) + " squares of " + std::to_string(side_x) + "x" + std::to_string(side_y);
  return map;
}

}  // namespace cnn::tools
