// SPDX-License-Identifier: MIT
// usage: algorithms [threads [images [int8]]]
// Times the algorithms for 3x3 convolutions of stride 1 beside one another on the layers of known networks, and says
// how far the one that the cost model chooses is from the fastest. docs/decisions/0013-algorithms-by-cost-model.md.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <random>
#include <vector>

#include "engine/base/buffer.h"
#include "engine/kernels/qwinograd.h"
#include "engine/kernels/winograd.h"

namespace {

using namespace cnn;
using Clock = std::chrono::steady_clock;

struct Layer {
  const char* name;
  int64_t channels, outputs, side;
};

constexpr Layer layers[] = {
    {"resnet18 layer1", 64, 64, 56},   {"resnet18 layer2", 128, 128, 28}, {"resnet18 layer3", 256, 256, 14},
    {"resnet18 layer4", 512, 512, 7},  {"squeezenet fire2", 16, 64, 55},  {"squeezenet fire4", 32, 128, 27},
    {"squeezenet fire6", 48, 192, 13}, {"squeezenet fire8", 64, 256, 13}, {"densenet block1", 128, 32, 56},
    {"densenet block2", 128, 32, 28},  {"densenet block3", 128, 32, 14},  {"densenet block4", 128, 32, 7},
    {"vgg16 conv2", 64, 64, 224},      {"vgg16 conv3", 64, 128, 112},     {"vgg16 conv4", 128, 128, 112},
    {"vgg16 conv6", 256, 256, 56},     {"vgg16 conv9", 512, 512, 28},     {"vgg16 conv11", 512, 512, 14},
    {"resnet20 layer1", 16, 16, 32},   {"resnet20 layer2", 32, 32, 16},   {"few channels", 8, 8, 56},
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

ConvGeometry geometry_of(const Layer& layer, int64_t images) {
  ConvGeometry g;
  g.images = images;
  g.channels = layer.channels;
  g.outputs = layer.outputs;
  g.input = g.output = {1, layer.side, layer.side};
  g.kernel = {1, 3, 3};
  g.pad_begin = {0, 1, 1};
  return g;
}

/// The unit that the cost model chooses, and microseconds of any unit, 0: direct.
struct Candidates {
  int chosen;
  std::function<double(int unit)> time;
};

Candidates floats_of(const ConvGeometry& g, Workers& workers) {
  return {Winograd::best_unit(g), [&](int unit) {
            const Igemm::Steps steps{g.channels, g.outputs, g.outputs};
            const std::vector<float> weights(static_cast<size_t>(g.channels * g.outputs * 9), 0.01f);
            return unit ? time_kernel(Winograd(g, steps, {}, workers.count(), unit), g, weights, workers)
                        : time_kernel(Igemm(g, steps, {}, workers.count(), Precision::Fp32), g, weights, workers);
          }};
}

template <class Kernel>
double time_bytes(const Kernel& kernel, const ConvGeometry& g, const QgemmWeights& weights, Workers& workers) {
  const std::vector<uint8_t> input(static_cast<size_t>(g.images * g.channels * g.input[1] * g.input[2]), 3);
  std::vector<std::byte> output(static_cast<size_t>(g.output_pixels() * g.outputs));
  const std::vector<float> scale(static_cast<size_t>(g.outputs), 0.001f), low(scale.size(), 0), high(scale.size(), 255);
  const std::vector<int32_t> bias(scale.size(), 100);
  Buffer packed(static_cast<size_t>(kernel.packed_size()) * sizeof(int16_t));
  Buffer scratch(std::max<size_t>(1, kernel.scratch_bytes()));
  kernel.pack(weights, packed.template as<int16_t>().data());
  QgemmOutput to{QgemmResult::Byte, scale.data(), low.data(), high.data(), 0};
  to.find_packs(g.outputs, false);
  return time([&] {
    kernel.run({input.data(), 0, packed.template as<int16_t>().data(), bias.data(), to, output.data(), scratch.data()},
               workers);
  });
}

Candidates bytes_of(const ConvGeometry& g, Workers& workers) {
  std::vector<int8_t> weights(static_cast<size_t>(g.channels * g.outputs * 9));
  std::minstd_rand random;
  for (int8_t& weight : weights) weight = static_cast<int8_t>(static_cast<int>(random() % 61) - 30);
  const auto described = [&g](const std::vector<int8_t>& data) {
    return QgemmWeights{data.data(), true, g.channels * 9, 9, 1, nullptr, 0};
  };
  const int chosen = Qwinograd::best_unit(g, described(weights));
  return {chosen, [&g, &workers, weights, described](int unit) {
            const Qgemm::Steps steps{g.channels, g.outputs};
            return unit ? time_bytes(Qwinograd(g, steps, false, workers.count(), unit), g, described(weights), workers)
                        : time_bytes(Qgemm(g, steps, false, workers.count()), g, described(weights), workers);
          }};
}

double loss_of(const Layer& layer, const ConvGeometry& g, const Candidates& candidates) {
  double least = 1e9, of_chosen = 0;
  std::printf("%-17s %3d -> %3d at %3d: ", layer.name, static_cast<int>(layer.channels),
              static_cast<int>(layer.outputs), static_cast<int>(g.input[1]));
  for (int unit : units) {
    const double us = candidates.time(unit);
    least = std::min(least, us);
    if (unit == candidates.chosen) of_chosen = us;
    std::printf(" %s %8.0f us", unit == 0 ? "direct" : unit == 2 ? "F(2x2)" : "F(4x4)", us);
  }
  std::printf(", chosen unit %d, %.0f %% over the fastest\n", candidates.chosen, 100 * (of_chosen / least - 1));
  return of_chosen / least - 1;
}

}  // namespace

int main(int argc, char** argv) {
  Workers workers(argc > 1 ? std::max(1, std::atoi(argv[1])) : 1);
  const int64_t images = argc > 2 ? std::max(1, std::atoi(argv[2])) : 1;
  const bool int8 = argc > 3 && std::strcmp(argv[3], "int8") == 0;
  int missed = 0;
  for (const Layer& layer : layers) {
    const ConvGeometry g = geometry_of(layer, images);
    missed += loss_of(layer, g, int8 ? bytes_of(g, workers) : floats_of(g, workers)) > 0.05;
  }
  std::printf("%d of %zu layers more than 5 %% over the fastest\n", missed, std::size(layers));
}
