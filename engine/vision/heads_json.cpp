// SPDX-License-Identifier: MIT
#include "engine/vision/heads_json.h"

#include <nlohmann/json.hpp>

#include "engine/vision/labels.h"

namespace cnn {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t most_heads = 64;
constexpr int largest_top_k = 100;
const std::vector<std::string> field_names = {"name", "output_tensor", "labels", "labels_file", "output", "top_k"};

Result<Head> read_head(const JsonFields& json, const std::filesystem::path* folder) {
  Head head;
  CNN_TRY(tensor, json.text("output_tensor"));
  head.name = tensor;
  head.output_tensor = std::move(tensor);
  if (json.has("name")) {
    CNN_TRY(name, json.text("name"));
    if (name.empty()) return json.wrong("name", "a text of one letter at least");
    head.name = std::move(name);
  }
  CNN_CHECK(read_json_labels(json, folder, head.labels, head.labels_source));
  if (json.has("output")) {
    CNN_TRY(text, json.text("output"));
    CNN_TRY(kind, parse_output_kind(text, json.named("output")));
    head.output = kind;
  }
  if (json.has("top_k")) {
    CNN_TRY(top_k, json.integer("top_k", 1, largest_top_k));
    head.top_k = top_k;
  }
  return head;
}

Json json_of(const Head& head) {
  Json json = {{"name", head.name}, {"output_tensor", head.output_tensor}};
  if (!head.labels.empty()) json["labels"] = head.labels;
  if (head.output) json["output"] = to_string(*head.output);
  if (head.top_k > 0) json["top_k"] = head.top_k;
  return json;
}

}  // namespace

const char* to_string(OutputKind kind) {
  constexpr const char* names[] = {"logits", "independent-logits", "probabilities"};
  return names[static_cast<size_t>(kind)];
}

Result<OutputKind> parse_output_kind(const std::string& text, const std::string& source) {
  for (const OutputKind kind : {OutputKind::Logits, OutputKind::IndependentLogits, OutputKind::Probabilities})
    if (text == to_string(kind)) return kind;
  return error(ErrorCode::InvalidArgument, source, " must be logits, independent-logits or probabilities, not ", text);
}

Status read_json_labels(const JsonFields& json, const std::filesystem::path* folder, std::vector<std::string>& labels,
                        std::string& source) {
  if (json.has("labels")) {
    CNN_TRY(listed, json.texts("labels"));
    source = json.named("labels");
    labels = std::move(listed);
  } else if (json.has("labels_file")) {
    CNN_TRY(name, json.text("labels_file"));
    const std::filesystem::path stated(name);
    if (!folder) return json.wrong("labels_file", "\"labels\": no files are read here");
    for (const auto& part : stated)
      if (stated.is_absolute() || part == "..") return json.wrong("labels_file", "a path inside the file's folder");
    source = (*folder / stated).string();
    CNN_TRY(read, read_labels(source));
    labels = std::move(read);
  }
  return {};
}

Status read_heads(const std::vector<JsonFields>& heads, const std::filesystem::path* folder, Bundle& bundle) {
  std::vector<Head> read;
  for (const JsonFields& json : heads) {
    if (read.size() == most_heads)
      return error(ErrorCode::InvalidArgument, json.source(), ": there are ", heads.size(), " heads, at most ",
                   most_heads, " are allowed");
    CNN_TRY(head, read_head(json, folder));
    for (size_t i = 0; i < read.size(); ++i)
      if (read[i].name == head.name)
        return json.wrong("name", "another than \"" + head.name + "\", which head " + std::to_string(i) + " has");
    read.push_back(std::move(head));
  }
  Head& first = read.front();
  bundle.head = std::move(first.name);
  bundle.output_tensor = std::move(first.output_tensor);
  bundle.labels = std::move(first.labels);
  bundle.labels_source = std::move(first.labels_source);
  bundle.output = first.output;
  bundle.top_k = first.top_k;
  bundle.further_heads.assign(std::make_move_iterator(read.begin() + 1), std::make_move_iterator(read.end()));
  return {};
}

Status parse_heads(std::string_view text, const std::string& source, const std::filesystem::path* folder,
                   Bundle& bundle) {
  CNN_TRY(heads, JsonFields::parse_list(text, source));
  for (const JsonFields& head : heads) CNN_CHECK(head.check_keys(field_names));
  return read_heads(heads, folder, bundle);
}

std::string heads_json(const Bundle& bundle) {
  Json list = Json::array();
  list.push_back(json_of({bundle.head, bundle.output_tensor, bundle.labels, "", bundle.output, bundle.top_k}));
  for (const Head& head : bundle.further_heads) list.push_back(json_of(head));
  return list.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace cnn
