// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <functional>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace cnn::bench {

/// What a worker compares: run() makes one tensor of the next frame, sample() some values of the last one.
struct Contestant {
  std::function<void()> run;
  std::function<std::vector<float>()> sample;
  std::string error;  ///< why there is none
};

/// Answers JSON lines on standard input until it ends:
///   {"load": "NV12", "width": w, "height": h, "side": s, "ring": bytes}
///               -> {"ok": true, "load_ms": .., "first_ms": .., "sample": [..]} or {"ok": false, "error": ..}
///   {"run": n}  -> {"ms": [n times one frame]}
inline int serve(const std::function<Contestant(const nlohmann::json&)>& load) {
  using Clock = std::chrono::steady_clock;
  auto since = [](Clock::time_point start) {
    return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
  };
  Contestant loaded;
  for (std::string line; std::getline(std::cin, line);) {
    const auto request = nlohmann::json::parse(line, nullptr, false);
    nlohmann::json answer;
    if (request.contains("load")) {
      const auto start = Clock::now();
      loaded = load(request);
      answer = {{"ok", loaded.error.empty()}, {"load_ms", since(start)}};
      if (loaded.error.empty()) {
        const auto first = Clock::now();
        loaded.run();
        answer["first_ms"] = since(first);
        answer["sample"] = loaded.sample();
      } else {
        answer["error"] = loaded.error;
      }
    } else if (request.contains("run") && loaded.run) {
      answer["ms"] = nlohmann::json::array();
      for (int i = 0; i < request["run"].get<int>(); ++i) {
        const auto start = Clock::now();
        loaded.run();
        answer["ms"].push_back(since(start));
      }
    } else {
      answer = {{"ok", false}, {"error", "neither load nor run"}};
    }
    std::cout << answer.dump() << std::endl;
  }
  return 0;
}

}  // namespace cnn::bench
