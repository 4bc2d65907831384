// SPDX-License-Identifier: MIT
// Our side of the comparison of preprocessing: frames to [side, side, 3] float32, (x - mean) / deviation of ImageNet.
#include <memory>

#include "engine/vision/preprocess.h"
#include "tests/bench/preprocess/ring.h"
#include "tests/bench/preprocess/serve.h"

namespace {

using namespace cnn;

struct Ours {
  Preprocessor preprocessor;
  bench::Ring ring;
  std::vector<float> out;
};

Preprocessing imagenet() {
  Preprocessing p;
  p.mean = {123.675f, 116.28f, 103.53f};
  p.scale = {1 / 58.395f, 1 / 57.12f, 1 / 57.375f};
  return p;
}

bench::Contestant load(const nlohmann::json& request) {
  const auto layout = bench::layout_named(request.at("load").get<std::string>());
  if (!layout) return {{}, {}, "unknown format"};
  const int side = request.at("side").get<int>();
  InputFormat input;
  input.width = input.height = side;
  auto made = Preprocessor::create(imagenet(), input);
  if (!made) return {{}, {}, made.error().what};
  auto ours = std::make_shared<Ours>(
      Ours{std::move(*made),
           bench::Ring(*layout, request.at("width"), request.at("height"), request.at("ring").get<size_t>()),
           std::vector<float>(input.bytes() / sizeof(float))});
  auto run = [ours] {
    const Status status =
        ours->preprocessor.run(ours->ring.next_view(), reinterpret_cast<std::byte*>(ours->out.data()));
    if (!status) std::exit(1);
  };
  auto sample = [ours] {
    std::vector<float> values;
    for (size_t i = 0; i < 48; ++i) values.push_back(ours->out[i * (ours->out.size() - 1) / 47]);
    return values;
  };
  return {run, sample, ""};
}

}  // namespace

int main() { return cnn::bench::serve(load); }
