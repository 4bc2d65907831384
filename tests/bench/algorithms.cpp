// SPDX-License-Identifier: MIT
// usage: algorithms [threads [images]]
// Times the algorithms for 3x3 convolutions of stride 1 beside one another on the layers of known networks, and says how
// far the one that the cost model chooses is from the fastest. docs/decisions/0013-algorithms-by-cost-model.md.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <vector>

#include "engine/base/buffer.h"
#include "engine/kernels/winograd.h"

namespace {

using namespace cnn;
using Clock = std::chrono::steady_clock;

struct Layer {
  const char* name;
  int64_t channels, outputs, side;
};

constexpr Layer layers[] = {
    {"resnet18 layer1", 64, 64, 56},    {"resnet18 layer2", 128, 128, 28}, {"resnet18 layer3", 256, 256, 14},
    {"resnet18 layer4", 512, 512, 7},   {"squeezenet fire2", 16, 64, 55},  {"squeezenet fire4", 32, 128, 27},
    {"squeezenet fire6", 48, 192, 13},  {"squeezenet fire8", 64, 256, 13}, {"densenet block1", 128, 32, 56},
    {"densenet block2", 128, 32, 28},   {"densenet block3", 128, 32, 14},  {"densenet block4", 128, 32, 7},
    {"vgg16 conv2", 64, 64, 224},       {"vgg16 conv3", 64, 128, 112},     {"vgg16 conv4", 128, 128, 112},
    {"vgg16 conv6", 256, 256, 56},      {"vgg16 conv9", 512, 512, 28},     {"vgg16 conv11", 512, 512, 14},
    {"resnet20 layer1", 16, 16, 32},    {"resnet20 layer2", 32, 32, 16},   {"few channels", 8, 8, 56},
    {"everyday-like", 24, 24, 56},
};
constexpr int units[] = {0, 2, 4};

/// Microseconds of the fastest of some runs.
double time(const std::function<void()>& run) {
  run();
  double least = 1e9;
  for (int i = 0; i < 12; ++i) {
    const Clock::time_point start = Clock::now();
    run();
    least = std::min(least, std::chrono::duration<double, std::micro>(Clock::now() - start).count());
  }
  return least;
}

Buffer floats(int64_t count) { return Buffer(static_cast<size_t>(count) * sizeof(float)); }

template <class Kernel>
double time_kernel(const Kernel& kernel, const ConvGeometry& g, const std::vector<float>& weights, Workers& workers) {
  const Buffer input = floats(g.images * g.channels * g.input[1] * g.input[2]);
  Buffer output = floats(g.images * g.outputs * g.output[1] * g.output[2]), packed = floats(kernel.packed_size());
  Buffer scratch(std::max<size_t>(1, kernel.scratch_bytes()));
  kernel.pack(weights.data(), {g.channels * 9, 9, 1}, packed.as<float>().data());
  return time([&] {
    kernel.run({reinterpret_cast<const float*>(input.data()), packed.as<float>().data(), nullptr, nullptr,
                output.as<float>().data(), scratch.data()},
               workers);
  });
}

double loss_of(const Layer& layer, int64_t images, Workers& workers) {
  ConvGeometry g;
  g.images = images;
  g.channels = layer.channels;
  g.outputs = layer.outputs;
  g.groups = 1;
  g.input = g.output = {1, layer.side, layer.side};
  g.kernel = {1, 3, 3};
  g.stride = g.dilation = {1, 1, 1};
  g.pad_begin = {0, 1, 1};
  const Igemm::Steps steps{g.channels, g.outputs, g.outputs};
  const std::vector<float> weights(static_cast<size_t>(g.channels * g.outputs * 9), 0.01f);
  const int chosen = Winograd::best_unit(g);
  double least = 1e9, of_chosen = 0;
  std::printf("%-17s %3d -> %3d at %3d: ", layer.name, static_cast<int>(g.channels), static_cast<int>(g.outputs),
              static_cast<int>(layer.side));
  for (int unit : units) {
    const double us =
        unit ? time_kernel(Winograd(g, steps, {}, workers.count(), unit), g, weights, workers)
             : time_kernel(Igemm(g, steps, {}, workers.count(), Precision::Fp32), g, weights, workers);
    least = std::min(least, us);
    if (unit == chosen) of_chosen = us;
    std::printf(" %s %8.0f us", unit == 0 ? "direct" : unit == 2 ? "F(2x2)" : "F(4x4)", us);
  }
  std::printf(", chosen unit %d, %.0f %% over the fastest\n", chosen, 100 * (of_chosen / least - 1));
  return of_chosen / least - 1;
}

}  // namespace

int main(int argc, char** argv) {
  Workers workers(argc > 1 ? std::max(1, std::atoi(argv[1])) : 1);
  const int64_t images = argc > 2 ? std::max(1, std::atoi(argv[2])) : 1;
  int missed = 0;
  for (const Layer& layer : layers) missed += loss_of(layer, images, workers) > 0.05;
  std::printf("%d of %zu layers more than 5 %% over the fastest\n", missed, std::size(layers));
}
