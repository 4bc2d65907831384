// SPDX-License-Identifier: MIT
// Layers that move, cut and join: pools, reshapes, transposes, pads, slices.
#include "tests/passes/random_network.h"
#include "tests/support/graph_builder.h"

namespace cnn::test {
namespace {

using Integers = std::vector<int64_t>;

}  // namespace

void RandomNetwork::add_split() {
  const Map x = any();
  const int64_t channels = x.shape[1];
  if (channels < 2) return;
  const int64_t first = 1 + below(channels - 1);
  keep(node("Split", {x.id, integers({first, channels - first})}, attributes({{"axis", int64_t{1}}}), 2));
}

void RandomNetwork::add_pool() {
  const Map x = any();
  if (chance(4)) return keep(node(chance(2) ? "GlobalAveragePool" : "GlobalMaxPool", {x.id}, {}));
  const int64_t kernel = std::min<int64_t>(2 + below(2), std::min(x.shape[2], x.shape[3])),
                pad = kernel > 1 && chance(2);
  Attributes own = attributes({{"kernel_shape", Integers(2, kernel)},
                               {"strides", Integers(2, 1 + below(2))},
                               {"pads", Integers(4, pad)},
                               {"ceil_mode", below(2)}});
  if (chance(2)) return keep(node("MaxPool", {x.id}, own));
  own.set("count_include_pad", below(2));
  keep(node("AveragePool", {x.id}, own));
}

void RandomNetwork::add_dense() {
  const Map x = any();
  const int64_t features = x.shape[1] * x.shape[2] * x.shape[3], outputs = 2 + below(6);
  auto flat = chance(2) ? node("Flatten", {x.id}, {}) : node("Reshape", {x.id, integers({chance(2) ? 1 : 0, -1})}, {});
  auto dense =
      chance(2) ? node("Gemm", {flat[0].id, constant({features, outputs}, -0.3f, 0.3f), constant({outputs}, -1, 1)}, {})
                : node("Gemm", {flat[0].id, constant({outputs, features}, -0.3f, 0.3f)},
                       attributes({{"transB", int64_t{1}}}));
  if (chance(2)) dense = node("Relu", {dense[0].id}, {});
  if (chance(4)) dense = node("MatMul", {dense[0].id, constant({outputs, outputs}, -1, 1)}, {});
  if (chance(2)) graph_.outputs.push_back(dense[0].id);
  keep(chance(2) ? node("Unsqueeze", {dense[0].id, integers({2, 3})}, {})
                 : node("Reshape", {dense[0].id, integers({chance(2) ? 1 : -1, outputs, 1, 1})}, {}));
}

void RandomNetwork::add_shuffle() {
  const Map x = any();
  const int64_t channels = x.shape[1], height = x.shape[2], width = x.shape[3];
  if (channels % 2) return;
  const int64_t images = chance(2) ? 1 : -1;
  const auto parted = node("Reshape", {x.id, integers({images, 2, channels / 2, height, width})}, {});
  const auto turned = node("Transpose", {parted[0].id}, attributes({{"perm", Integers{0, 2, 1, 3, 4}}}));
  keep(node("Reshape", {turned[0].id, integers({images, channels, height, width})}, {}));
}

void RandomNetwork::add_channels_last_part() {
  const Map x = any();
  auto turned = node("Transpose", {x.id}, attributes({{"perm", Integers{0, 2, 3, 1}}}));
  if (chance(2)) turned = node("Add", {turned[0].id, constant({x.shape[1]}, -1, 1)}, {});
  if (chance(2)) turned = node("Relu", {turned[0].id}, {});
  const bool product = chance(2);
  const int64_t columns = product ? (chance(2) ? x.shape[1] : 3) : x.shape[1];
  if (product) turned = node("MatMul", {turned[0].id, constant({x.shape[1], columns}, -1, 1)}, {});
  if (product && chance(2)) turned = node("Add", {constant({columns}, -1, 1), turned[0].id}, {});
  if (chance(4)) graph_.outputs.push_back(turned[0].id);
  if (chance(4)) return keep(turned);  // as if its height were channels
  turned = node("Transpose", {turned[0].id}, attributes({{"perm", Integers{0, 3, 1, 2}}}));
  if (chance(3)) turned = node("Mul", {turned[0].id, constant({columns, 1, 1}, -1, 1)}, {});
  if (turned[0].shape == x.shape && chance(2)) turned = node("Add", {turned[0].id, x.id}, {});
  keep(turned);
}

void RandomNetwork::add_pad() {
  const Map x = any();
  static constexpr const char* modes[] = {"constant", "constant", "edge", "reflect"};
  std::string mode = modes[below(4)];
  if (mode == "reflect" && std::min(x.shape[2], x.shape[3]) < 3) mode = "edge";
  std::vector<ValueId> inputs{x.id, integers({0, 0, below(2), below(3), 0, 0, below(3), below(2)})};
  if (mode == "constant" && chance(3)) inputs.push_back(constant({}, -1, 1));
  keep(node("Pad", inputs, attributes({{"mode", mode}})));
}

void RandomNetwork::add_reduction() {
  const Map x = any();
  const char* type = chance(2) ? "ReduceMean" : "ReduceMax";
  if (mixes_images_ && chance(3)) {  // an operand of lower rank that is not known before the run
    const auto image = node(type, {x.id, integers({0})}, attributes({{"keepdims", int64_t{0}}}));
    return keep(chance(2) ? node("Add", {image[0].id, x.id}, {}) : node("Mul", {x.id, image[0].id}, {}));
  }
  if (chance(3)) return keep(node(type, {x.id, integers({1})}, attributes({{"keepdims", int64_t{1}}})));
  const int64_t keep_dims = below(2);
  const auto pooled = node(type, {x.id, integers({2, 3})}, attributes({{"keepdims", keep_dims}}));
  keep(keep_dims ? pooled : node("Unsqueeze", {pooled[0].id, integers({-1, -2})}, {}));
}

void RandomNetwork::add_slice() {
  const Map x = any();
  const auto axis = static_cast<size_t>(1 + below(3));
  const int64_t extent = x.shape[axis], start = below(extent), step = 1 + below(2);
  if (chance(4)) {
    const auto turned = node(
        "Slice",
        {x.id, integers({-1}), integers({-extent - 1}), integers({static_cast<int64_t>(axis)}), integers({-1})}, {});
    return keep(turned);
  }
  keep(node("Slice",
            {x.id, integers({start}), integers({extent}), integers({static_cast<int64_t>(axis)}), integers({step})},
            {}));
}

void RandomNetwork::add_resize() {
  const Map x = any();
  if (std::max(x.shape[2], x.shape[3]) > 12) return;
  const ValueId sizes = integers({1, x.shape[1], x.shape[2] * 2, x.shape[3] * 2});
  if (chance(2)) return keep(node("Resize", {x.id, no_value, constant({4}, 1, 1), no_value}, {}));
  if (!mixes_images_) return;
  keep(node("Resize", {x.id, no_value, no_value, sizes},
            attributes({{"mode", std::string(chance(2) ? "nearest" : "linear")}})));
}

}  // namespace cnn::test
