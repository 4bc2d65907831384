// SPDX-License-Identifier: MIT
#include "tests/cuda/planned_networks.h"

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

namespace cnn::test {
namespace {

using Json = nlohmann::ordered_json;

std::string read_file(const std::string& name) {
  std::ifstream file(CNN_SOURCE_ROOT "/tests/cuda/" + name);
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

Product product_of(const Json& json, int64_t images) {
  cuda::ConvolutionProblem p;
  const Json &x = json["x"], &y = json["y"], &pad = json["pad"];
  p.height = x[0], p.width = x[1], p.channels = x[2], p.x_pixel = x[3];
  p.out_height = y[0], p.out_width = y[1], p.outputs = y[2], p.y_pixel = y[3];
  p.kernel_h = json["kernel"][0], p.kernel_w = json["kernel"][1];
  p.stride_h = json["stride"][0], p.stride_w = json["stride"][1];
  p.dilation_h = json["dilation"][0], p.dilation_w = json["dilation"][1];
  p.pad_top = pad[0], p.pad_left = pad[1], p.pad_bottom = pad[2], p.pad_right = pad[3];
  p.residual_pixel = json["residual"];
  p.relu = json["relu"];
  p.groups = json.value("groups", 1);
  (json.value("rows", false) ? p.height : p.images) *= images;
  if (json.value("rows", false)) p.out_height = p.height;
  return {p, json["count"]};
}

}  // namespace

std::vector<PlannedNetwork> load_networks(int64_t images) {
  std::vector<PlannedNetwork> networks;
  const Json file = Json::parse(read_file("networks.json"));
  for (const auto& [name, json] : file.items()) {
    PlannedNetwork network{name, {}, {}};
    for (const Json& product : json["products"]) network.products.push_back(product_of(product, images));
    for (const Json& other : json["others"]) network.others.push_back({other[0], other[1], other[2], other[3]});
    networks.push_back(std::move(network));
  }
  return networks;
}

Result<cuda::PlanningTarget> load_profile(const cuda::CudnnFunctions& cudnn, const std::string& name) {
  return cuda::PlanningTarget::described(cudnn, read_file("profiles/" + name + ".json"));
}

}  // namespace cnn::test
