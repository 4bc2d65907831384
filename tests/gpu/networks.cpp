// SPDX-License-Identifier: MIT
// Whole networks on a GPU beside the CPU: answers, times and layers.
//   gpu_networks OUTPUT.json SECONDS MODEL.onnx...
// Each model with each precision at batch 1, and with fp16 at larger batches, as far as SECONDS allow. Exits with 1 when
// an answer is further from the CPU's than docs/gpu.md allows, with 77 where there is no GPU.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <numeric>
#include <random>

#include "engine/onnx/importer.h"
#include "engine/session.h"

namespace {

using nlohmann::json;
using Clock = std::chrono::steady_clock;

struct Tolerance {
  cnn::Precision precision;
  double relative_l2;
};
constexpr Tolerance tolerances[] = {{cnn::Precision::Fp32, 1e-5}, {cnn::Precision::Tf32, 3e-3},
                                    {cnn::Precision::Fp16, 3e-3}, {cnn::Precision::Bf16, 2e-2}};
constexpr int batches[] = {8, 32, 256};
constexpr int compared_images = 2;
constexpr int timed_runs = 15;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void fill(cnn::Session& session) {
  std::mt19937 generator(1);
  std::normal_distribution<float> normal;
  for (size_t i = 0; i < session.inputs().size(); ++i) {
    auto* values = reinterpret_cast<float*>(session.input(i));
    std::generate_n(values, session.inputs()[i].count(), [&] { return normal(generator); });
  }
}

std::vector<float> answers(const cnn::Session& session, int images, int batch) {
  const auto* values = reinterpret_cast<const float*>(session.output(0));
  return {values, values + session.outputs()[0].count() / batch * images};
}

double relative_l2(const std::vector<float>& actual, const std::vector<float>& expected) {
  double difference = 0, norm = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    difference += std::pow(double{actual[i]} - expected[i], 2);
    norm += std::pow(double{expected[i]}, 2);
  }
  return std::sqrt(difference / std::max(norm, 1e-300));
}

cnn::Result<std::unique_ptr<cnn::Session>> open(const cnn::Model& model, const std::string& device,
                                                cnn::Precision precision, int batch) {
  cnn::SessionOptions options;
  options.device = device;
  options.precision = precision;
  options.max_batch = batch;
  return cnn::Session::open(model, options);
}

json layers_of(cnn::Session& session, int batch) {
  const std::vector<cnn::LayerReport> reports = session.layers(batch);
  std::vector<double> seconds(reports.size());
  json layers = json::array();
  if (!session.run_timed(batch, seconds)) return layers;
  for (size_t i = 0; i < reports.size(); ++i)
    if (reports[i].runs)
      layers.push_back({{"name", reports[i].name}, {"type", reports[i].type}, {"algorithm", reports[i].algorithm},
                        {"ms", seconds[i] * 1e3}, {"macs", reports[i].macs * batch},
                        {"activation_bytes", reports[i].activation_bytes / 2 * batch},
                        {"constant_bytes", reports[i].constant_bytes / 2}});
  return layers;
}

/// One network at one batch and precision; `expected` are the CPU's answers to the first images.
json measure(const cnn::Model& model, cnn::Precision precision, int batch, const std::vector<float>& expected) {
  json result{{"precision", cnn::to_string(precision)}, {"batch", batch}};
  const Clock::time_point start = Clock::now();
  auto opened = open(model, "cuda", precision, batch);
  if (!opened) {
    result["error"] = opened.error().what;
    return result;
  }
  cnn::Session& session = **opened;
  result["open_s"] = seconds_since(start);
  fill(session);
  std::vector<double> all, device;
  for (int run = 0; run < timed_runs + 3; ++run) {
    const Clock::time_point begin = Clock::now();
    if (const cnn::Status done = session.run(batch); !done) {
      result["error"] = done.error().what;
      return result;
    }
    if (run < 3) continue;
    all.push_back(seconds_since(begin));
    device.push_back(session.device_seconds());
  }
  const std::vector<float> actual = answers(session, std::min(batch, compared_images), batch);
  result["relative_l2"] = relative_l2(actual, {expected.begin(), expected.begin() + static_cast<long>(actual.size())});
  result["ms"] = median(all) * 1e3;
  result["device_ms"] = median(device) * 1e3;
  result["images_per_s"] = batch / std::max(median(device), 1e-9);
  result["arena_mib"] = session.arena_bytes() >> 20;
  if (precision == cnn::Precision::Fp16) result["layers"] = layers_of(session, batch);
  return result;
}

/// True unless an answer is too far away or an error came.
bool holds(const json& result, double tolerance) {
  return !result.contains("error") && result["relative_l2"].is_number() && result["relative_l2"].get<double>() <= tolerance;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::cerr << "usage: gpu_networks OUTPUT.json SECONDS MODEL.onnx...\n";
    return 2;
  }
  const Clock::time_point start = Clock::now();
  const double limit = std::stod(argv[2]);
  json report{{"networks", json::object()}, {"failed", json::array()}};
  for (int i = 3; i < argc; ++i) {
    const std::string name = std::filesystem::path(argv[i]).stem();
    auto model = cnn::import_model(argv[i]);
    auto reference = model ? open(*model, "cpu", cnn::Precision::Fp32, compared_images) : model.error();
    if (!reference) {
      report["failed"].push_back(name + ": " + reference.error().what);
      continue;
    }
    if (auto gpu = open(*model, "cuda", cnn::Precision::Fp32, 1);
        !gpu && gpu.error().code == cnn::ErrorCode::BackendUnavailable) {
      std::cerr << gpu.error().what << '\n';
      return 77;
    }
    fill(**reference);
    if (!(*reference)->run(compared_images)) return 1;
    const std::vector<float> expected = answers(**reference, compared_images, compared_images);
    json& results = report["networks"][name] = json::array();
    const auto take = [&](const Tolerance& allowed, int batch) {
      if (seconds_since(start) > limit) return;
      results.push_back(measure(*model, allowed.precision, batch, expected));
      const json& result = results.back();
      if (!holds(result, allowed.relative_l2)) report["failed"].push_back({{"network", name}, {"result", result}});
      std::cout << name << ' ' << result["precision"].get<std::string>() << " batch " << batch << ": "
                << (result.contains("error") ? result["error"].dump()
                                             : result["device_ms"].dump() + " ms on the GPU, " + result["ms"].dump() +
                                                   " ms in all, relative L2 " + result["relative_l2"].dump())
                << std::endl;
    };
    for (const Tolerance& allowed : tolerances) take(allowed, 1);
    for (int batch : batches) take(tolerances[2], batch);
    std::ofstream(argv[1]) << report.dump(1) << '\n';
  }
  return report["failed"].empty() ? 0 : 1;
}
