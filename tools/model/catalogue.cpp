// SPDX-License-Identifier: MIT
#include "tools/model/catalogue.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <regex>

#include "engine/base/near_names.h"
#include "engine/vision/heads_json.h"
#include "engine/vision/labels.h"
#include "engine/vision/preprocessing_json.h"

namespace cnn::tools {
namespace {

using Json = nlohmann::json;

constexpr size_t longest_catalogue = size_t{1} << 22;
constexpr uint64_t most_bytes = (uint64_t{1} << 31) - 1;  // what an .onnx file may have

/// One object of the catalogue; `where` names it in errors.
struct Entry {
  const Json& json;
  std::string where;
  bool local;

  Error wrong(const std::string& key, const std::string& what) const {
    return error(ErrorCode::InvalidArgument, where, ": ", key, " must be ", what);
  }
  Result<std::string> text(const char* key) const {
    const auto found = json.find(key);
    if (found == json.end() || !found->is_string() || found->get_ref<const std::string&>().empty())
      return wrong(key, "a text");
    return found->get<std::string>();
  }
  Result<RemoteFile> file() const {
    RemoteFile file;
    CNN_TRY(url, text("url"));
    if (!url.starts_with("https://") && !url.starts_with("http://") && !(local && url.starts_with("file:///")))
      return wrong("url", std::string("an https or http address") + (local ? " or file:///..." : "") + ", not " + url);
    CNN_TRY(digest, text("sha256"));
    static const std::regex hexadecimal("[0-9a-f]{64}");
    if (!std::regex_match(digest, hexadecimal)) return wrong("sha256", "64 hexadecimal digits in lower case");
    const auto bytes = json.find("bytes");
    if (bytes == json.end() || !bytes->is_number_unsigned() || bytes->get<uint64_t>() < 1 ||
        bytes->get<uint64_t>() > most_bytes)
      return wrong("bytes", "an integer from 1 to " + std::to_string(most_bytes));
    return RemoteFile{url, bytes->get<uint64_t>(), digest};
  }
};

Status read_labels_of(const Entry& entry, CatalogueModel& model) {
  const auto labels = entry.json.find("labels");
  if (labels == entry.json.end()) return {};
  if (labels->is_object()) {
    CNN_TRY(file, (Entry{*labels, entry.where + ": labels", entry.local}.file()));
    model.labels_file = std::move(file);
    return {};
  }
  if (!labels->is_array() || labels->empty()) return entry.wrong("labels", "a list of texts, or an address");
  for (const Json& label : *labels) {
    if (!label.is_string()) return entry.wrong("labels", "a list of texts, or an address");
    model.labels.push_back(label.get<std::string>());
  }
  return {};
}

Result<CatalogueModel> read_model(const Entry& entry) {
  CatalogueModel model;
  for (auto [key, target] : {std::pair{"name", &model.name}, std::pair{"description", &model.description},
                             std::pair{"licence", &model.licence}, std::pair{"source", &model.source}}) {
    CNN_TRY(value, entry.text(key));
    *target = std::move(value);
  }
  // Names become names of files.
  static const std::regex plain("[a-z0-9][a-z0-9._-]{0,63}");
  if (!std::regex_match(model.name, plain)) return entry.wrong("name", "of letters a-z, digits, dots, - and _");
  const Entry named{entry.json, entry.where + " (" + model.name + ")", entry.local};
  CNN_TRY(file, named.file());
  model.file = std::move(file);
  CNN_CHECK(read_labels_of(named, model));
  if (const auto fields = entry.json.find("preprocessing"); fields != entry.json.end()) {
    CNN_TRY(preprocessing, parse_preprocessing(fields->dump(), named.where + ": preprocessing"));
    model.preprocessing = std::move(preprocessing);
  }
  if (entry.json.contains("output")) {
    CNN_TRY(text, named.text("output"));
    CNN_TRY(kind, parse_output_kind(text, named.where + ": output"));
    model.output = kind;
  }
  return model;
}

bool is_address(const std::string& place) { return place.find("://") != std::string::npos; }

std::string installed_catalogue() {
  std::error_code absent;
  if (std::filesystem::exists(CNN_INSTALLED_CATALOGUE, absent)) return CNN_INSTALLED_CATALOGUE;
  // A prefix that was moved after installation: from bin/ to share/.
  const auto program = std::filesystem::read_symlink("/proc/self/exe", absent);
  const auto moved = program.parent_path() / "../share/gst-cnn/models/catalogue.json";
  if (std::filesystem::exists(moved, absent)) return moved.lexically_normal().string();
  return CNN_SOURCE_CATALOGUE;
}

}  // namespace

Result<CatalogueModel> Catalogue::find(const std::string& name) const {
  std::vector<std::string> names;
  for (const CatalogueModel& model : models) {
    if (model.name == name) return model;
    names.push_back(model.name);
  }
  std::string known = near_names(name, names);
  if (!known.empty()) return error(ErrorCode::InvalidArgument, "no model \"", name, "\", did you mean ", known, "?");
  for (const std::string& one : names) known += (known.empty() ? "" : ", ") + one;
  return error(ErrorCode::InvalidArgument, "no model \"", name, "\" in the catalogue; it has ", known);
}

Result<Catalogue> parse_catalogue(const std::string& text, const std::string& source, bool local) {
  const Json json = Json::parse(text, nullptr, false);
  const auto models = json.find("models");
  if (!json.is_object() || models == json.end() || !models->is_array())
    return error(ErrorCode::InvalidArgument, source, ": no JSON object with a list \"models\"");
  Catalogue catalogue;
  for (size_t i = 0; i < models->size(); ++i) {
    const Entry entry{(*models)[i], source + ": model " + std::to_string(i + 1), local};
    CNN_TRY(model, read_model(entry));
    for (const CatalogueModel& other : catalogue.models)
      if (other.name == model.name) return entry.wrong("name", "unique, there is another " + model.name);
    catalogue.models.push_back(std::move(model));
  }
  return catalogue;
}

Result<Catalogue> read_catalogue(const std::string& place) {
  if (!is_address(place)) {
    const std::string file = place.empty() ? installed_catalogue() : place;
    CNN_TRY(text, read_small_file(file, longest_catalogue));
    return parse_catalogue(text, file, true);
  }
  static const std::regex trusted(R"(https://.+|http://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?/.*)");
  if (!std::regex_match(place, trusted))
    return error(ErrorCode::InvalidArgument, place, ": a catalogue is a file or a https address");
  CNN_TRY(text, download_text(place, longest_catalogue));
  return parse_catalogue(text, place, false);
}

}  // namespace cnn::tools
