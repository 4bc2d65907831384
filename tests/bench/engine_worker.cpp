// SPDX-License-Identifier: MIT
// Our side of a comparison: reads JSON lines, answers JSON lines.
//   {"load": path, "batch": b, "threads": t} -> {"ok": true, "load_ms": .., "first_ms": ..} or {"ok": false, "error": ..}
//   {"run": n}                               -> {"ms": [n times one batch]}
#include <chrono>
#include <iostream>
#include <nlohmann/json.hpp>

#include "engine/onnx/importer.h"
#include "engine/session.h"

namespace {

using Clock = std::chrono::steady_clock;

double ms_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

struct Loaded {
  std::unique_ptr<cnn::Session> session;
  int batch = 1;
};

cnn::Result<Loaded> load(const nlohmann::json& request) {
  CNN_TRY(model, cnn::import_model(request.at("load").get<std::string>()));
  cnn::SessionOptions options;
  options.max_batch = request.value("batch", 1);
  options.threads = request.value("threads", 1);
  CNN_TRY(session, cnn::Session::open(model, options));
  for (size_t i = 0; i < session->inputs().size(); ++i) {
    const cnn::TensorDesc& desc = session->inputs()[i];
    if (desc.dtype != cnn::DataType::Float32) continue;
    auto* values = reinterpret_cast<float*>(session->input(i));
    for (int64_t k = 0; k < desc.count(); ++k) values[k] = static_cast<float>(k * 7919 % 2003) / 1001.5f - 1;
  }
  return Loaded{std::move(session), options.max_batch};
}

}  // namespace

int main() {
  Loaded loaded;
  for (std::string line; std::getline(std::cin, line);) {
    const auto request = nlohmann::json::parse(line, nullptr, false);
    nlohmann::json answer;
    if (request.contains("load")) {
      const auto start = Clock::now();
      auto opened = load(request);
      answer = {{"ok", opened.ok()}, {"load_ms", ms_since(start)}};
      if (opened) {
        loaded = std::move(*opened);
        const auto first = Clock::now();
        loaded.session->run(loaded.batch);
        answer["first_ms"] = ms_since(first);
      } else {
        answer["error"] = opened.error().what;
      }
    } else if (request.contains("run") && loaded.session) {
      answer["ms"] = nlohmann::json::array();
      for (int i = 0; i < request["run"].get<int>(); ++i) {
        const auto start = Clock::now();
        loaded.session->run(loaded.batch);
        answer["ms"].push_back(ms_since(start));
      }
    } else {
      answer = {{"ok", false}, {"error", "neither load nor run"}};
    }
    std::cout << answer.dump() << std::endl;
  }
}
