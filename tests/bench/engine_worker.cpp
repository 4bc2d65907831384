// SPDX-License-Identifier: MIT
// Our side of a comparison: reads JSON lines, answers JSON lines.
//   {"load": path, "batch": b, "threads": t} -> {"ok": true, "load_ms": .., "first_ms": .., "precision": "fp32",
//                                                "algorithms": {name: layers}, "sample": [..],
//                                                "memory": {"before", "opened", "ran": {"peak", "anonymous", "file"}}}
//                                               or {"ok": false, "error": ..}
//   {"run": n}                               -> {"ms": [n times one batch]}
// The inputs are ramps; the sample is 32 evenly spaced values of the first output. Memory is resident KiB of the
// process; peaks count from the load on.
#include <chrono>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "engine/onnx/importer.h"
#include "engine/session.h"

namespace {

using Clock = std::chrono::steady_clock;

double ms_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

/// Makes the peak of memory begin at what is resident now.
void forget_peak() { std::ofstream("/proc/self/clear_refs") << 5; }

nlohmann::json memory() {
  const std::pair<std::string, const char*> fields[] = {
      {"VmHWM:", "peak"}, {"RssAnon:", "anonymous"}, {"RssFile:", "file"}};
  nlohmann::json kib;
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    for (const auto& [field, name] : fields)
      if (line.starts_with(field)) kib[name] = std::stoll(line.substr(field.size()));
  return kib;
}

struct Loaded {
  std::unique_ptr<cnn::Session> session;
  int batch = 1;  ///< for run(); 1 where the model itself has the images of a batch
};

/// The model of one image: batches are the session's own doing.
cnn::Result<Loaded> load(const nlohmann::json& request) {
  CNN_TRY(model, cnn::import_model(request.at("single").get<std::string>()));
  cnn::SessionOptions options;
  options.max_batch = request.value("batch", 1);
  options.batched = options.max_batch > 1;
  options.threads = request.value("threads", 1);
  CNN_TRY(session, cnn::Session::open(std::move(model), options));
  return Loaded{std::move(session), options.max_batch};
}

/// Runs of a batch until the session knows in which way it is fastest: three for each power of two, by all threads, and
/// for two ways to divide images among them.
void settle(Loaded& loaded) {
  int ways = 2;
  for (int size = 1; size < 2 * loaded.batch; size *= 2) ++ways;
  for (int run = 0; run < 3 * ways && loaded.batch > 1; ++run) static_cast<void>(loaded.session->run(loaded.batch));
}

void fill_inputs(cnn::Session& session) {
  for (size_t i = 0; i < session.inputs().size(); ++i) {
    const cnn::TensorDesc& desc = session.inputs()[i];
    if (desc.dtype != cnn::DataType::Float32) continue;
    std::vector<float> ramp(static_cast<size_t>(desc.count()));
    for (size_t k = 0; k < ramp.size(); ++k) ramp[k] = static_cast<float>(k * 7919 % 2003) / 1001.5f - 1;
    session.set_input(i, ramp.data());
  }
}

nlohmann::json sample(const cnn::Session& session) {
  nlohmann::json values = nlohmann::json::array();
  const cnn::TensorDesc& desc = session.outputs().at(0);
  const auto* output = reinterpret_cast<const float*>(session.output(0));
  for (int64_t i = 0; desc.dtype == cnn::DataType::Float32 && i < 32; ++i)
    values.push_back(output[i * (desc.count() - 1) / 31]);
  return values;
}

}  // namespace

int main() {
  Loaded loaded;
  for (std::string line; std::getline(std::cin, line);) {
    const auto request = nlohmann::json::parse(line, nullptr, false);
    nlohmann::json answer;
    if (request.contains("load")) {
      forget_peak();
      const nlohmann::json before = memory();
      const auto start = Clock::now();
      auto opened = load(request);
      answer = {{"ok", opened.ok()}, {"load_ms", ms_since(start)}};
      answer["memory"] = {{"before", before}, {"opened", memory()}};
      if (opened) {
        loaded = std::move(*opened);
        fill_inputs(*loaded.session);
        const auto first = Clock::now();
        static_cast<void>(loaded.session->run(loaded.batch));
        answer["first_ms"] = ms_since(first);
        answer["memory"]["ran"] = memory();
        settle(loaded);
        answer["precision"] = "fp32";
        for (const cnn::LayerReport& layer : loaded.session->layers(loaded.batch)) {
          auto& count = answer["algorithms"][layer.algorithm];
          count = count.is_null() ? 1 : count.get<int>() + 1;
        }
        answer["sample"] = sample(*loaded.session);
      } else {
        answer["error"] = opened.error().what;
      }
    } else if (request.contains("run") && loaded.session) {
      answer["ms"] = nlohmann::json::array();
      for (int i = 0; i < request["run"].get<int>(); ++i) {
        const auto start = Clock::now();
        static_cast<void>(loaded.session->run(loaded.batch));
        answer["ms"].push_back(ms_since(start));
      }
    } else {
      answer = {{"ok", false}, {"error", "neither load nor run"}};
    }
    std::cout << answer.dump() << std::endl;
  }
}
