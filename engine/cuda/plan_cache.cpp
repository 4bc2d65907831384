// SPDX-License-Identifier: MIT
#include "engine/cuda/plan_cache.h"

#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

namespace cnn::cuda {
namespace {

namespace fs = std::filesystem;

constexpr int file_format = 1;
constexpr uintmax_t most_bytes = 16 << 20;  // plans have some KB; those compiled at run time contain their code

/// FNV-1a of 64 bits in hexadecimal digits: against damage, not against malice.
std::string digest(const std::string& text) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  char digits[17];
  std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(hash));
  return digits;
}

nlohmann::json parse_file(const fs::path& path) {
  std::error_code failure;
  const uintmax_t bytes = fs::file_size(path, failure);
  if (failure || bytes > most_bytes) return {};
  std::ifstream file(path, std::ios::binary);
  return nlohmann::json::parse(file, nullptr, false);
}

std::string text_of(const nlohmann::json& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_string() ? found->get<std::string>() : "";
}

}  // namespace

fs::path PlanCache::file_of(const std::string& problem) const {
  return folder_ / (digest(machine_ + "\n" + problem) + ".json");
}

std::optional<StoredPlan> PlanCache::find(const std::string& problem) const {
  if (folder_.empty()) return {};
  const nlohmann::json json = parse_file(file_of(problem));
  if (!json.is_object() || json.value("format", nlohmann::json()) != file_format) return {};
  StoredPlan plan{text_of(json, "engine"), text_of(json, "plan")};
  if (text_of(json, "machine") != machine_ || text_of(json, "problem") != problem || plan.name.empty() ||
      text_of(json, "digest") != digest(plan.name + plan.json))
    return {};
  return plan;
}

void PlanCache::store(const std::string& problem, const StoredPlan& plan) const {
  if (folder_.empty()) return;
  const nlohmann::ordered_json json = {{"format", file_format}, {"machine", machine_},
                                       {"problem", problem},    {"engine", plan.name},
                                       {"plan", plan.json},     {"digest", digest(plan.name + plan.json)}};
  const fs::path path = file_of(problem);
  std::error_code failure;
  fs::create_directories(folder_, failure);
  std::string temporary = path.string() + ".XXXXXX";
  const int file = mkstemp(temporary.data());
  if (file < 0) return;
  close(file);
  std::ofstream out(temporary, std::ios::binary);
  out << json.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
  out.close();
  if (out) fs::rename(temporary, path, failure);
  if (!out || failure) fs::remove(temporary, failure);
}

fs::path plan_cache_folder() {
  const char* stated = std::getenv("XDG_CACHE_HOME");
  if (stated && *stated == '/') return fs::path(stated) / "gst-cnn" / "plans";
  const char* home = std::getenv("HOME");
  if (home && *home == '/') return fs::path(home) / ".cache" / "gst-cnn" / "plans";
  return {};
}

}  // namespace cnn::cuda
