// SPDX-License-Identifier: MIT
#include "tools/model/check_report.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "engine/vision/heads_json.h"
#include "engine/vision/preprocessing_json.h"
#include "tools/text_table.h"

namespace cnn::tools {
namespace {

using Json = nlohmann::ordered_json;

const char* name_of(PixelElement element) {
  constexpr const char* names[] = {"float32", "uint8", "int8"};
  return names[static_cast<size_t>(element)];
}

std::string scaling_text(const Preprocessing& p, PixelElement element) {
  const auto list = [](const std::vector<float>& values) {
    std::ostringstream text;
    for (float value : values) text << (text.tellp() > 0 ? ", " : "[") << value;
    return text.str() + "]";
  };
  if (p.mean.empty() && p.scale.empty())
    return element == PixelElement::Float32 ? "x / 255" : element == PixelElement::UInt8 ? "x" : "x - 128";
  // What is absent has the default of its own, not of the pair.
  const std::string mean = element == PixelElement::Int8 ? "128" : "0",
                    scale = element == PixelElement::Float32 ? "1/255" : "1";
  return "(x - " + (p.mean.empty() ? mean : list(p.mean)) + ") * " + (p.scale.empty() ? scale : list(p.scale));
}

std::string preprocessing_text(const ClassifierFacts& facts) {
  const Json stated = Json::parse(to_json(facts.preprocessing));
  const std::string order = stated.value("color", std::string(facts.input_format.channels == 1 ? "GRAY" : "RGB"));
  std::string text = order + ", " + scaling_text(facts.preprocessing, facts.input_format.element) + ", " +
                     stated.value("resize", "") + ", " + stated.value("interpolation", "");
  if (facts.preprocessing.crop < 1) text += ", crop " + stated["crop"].dump();
  if (!facts.preprocessing.antialias) text += ", not antialiased";
  return text;
}

std::string shape_text(const ClassifierFacts& facts) {
  const InputFormat& f = facts.input_format;
  const std::string size = std::to_string(f.height) + ", " + std::to_string(f.width);
  const std::string channels = std::to_string(f.channels);
  return facts.channels_last ? "[n, " + size + ", " + channels + "]" : "[n, " + channels + ", " + size + "]";
}

std::string pictures_text(const CheckReport& report) {
  std::string text;
  for (const PictureCheck& picture : report.pictures) {
    text += picture.file + (picture.failure.empty() ? "" : ": " + picture.failure) + "\n";
    for (const auto& [label, confidence] : picture.best)
      text += "  " + rounded(100 * static_cast<double>(confidence), 1) + " %  " + label + "\n";
  }
  return text;
}

std::string heads_text(const ClassifierFacts& facts) {
  std::string text;
  for (size_t i = 1; i < facts.heads.size(); ++i) {
    const HeadFacts& head = facts.heads[i];
    text += "\nfurther head:  \"" + head.name + "\", " + std::to_string(head.classes) + " classes, " +
            (head.labels_source.empty() ? "no labels" : "labels from " + head.labels_source) + ", output \"" +
            head.output + "\" " + to_string(head.kind);
  }
  return text;
}

Json heads_json_of(const ClassifierFacts& facts) {
  Json heads = Json::array();
  for (const HeadFacts& head : facts.heads)
    heads.push_back({{"name", head.name},
                     {"tensor", head.output},
                     {"kind", to_string(head.kind)},
                     {"classes", head.classes},
                     {"labels_source", head.labels_source.empty() ? Json() : Json(head.labels_source)}});
  return heads;
}

Json pictures_json(const CheckReport& report) {
  Json pictures = Json::array();
  for (const PictureCheck& picture : report.pictures) {
    Json one = {{"file", picture.file}};
    if (!picture.failure.empty()) one["error"] = picture.failure;
    for (const auto& [label, confidence] : picture.best)
      one["classes"].push_back({{"label", label}, {"confidence", confidence}});
    pictures.push_back(std::move(one));
  }
  return pictures;
}

}  // namespace

bool CheckReport::good() const {
  return failure.empty() &&
         std::all_of(pictures.begin(), pictures.end(), [](const PictureCheck& p) { return p.failure.empty(); });
}

std::string as_text(const CheckReport& report) {
  if (!report.failure.empty())
    return report.failure + "\n" + (report.advice.empty() ? "" : "what to do:    " + report.advice + "\n");
  const ClassifierFacts& facts = report.facts;
  const std::string first =
      report.labels.empty() ? "" : " (" + report.labels.front() + " ... " + report.labels.back() + ")";
  return "model:         " + report.name + (facts.file == report.model ? "" : ", read from " + facts.file) +
         "\ninput:         \"" + facts.input + "\" " + name_of(facts.input_format.element) + " " + shape_text(facts) +
         "\npreprocessing: " + preprocessing_text(facts) + "\nclasses:       " + std::to_string(report.labels.size()) +
         (facts.labels_source.empty() ? ", no labels (cnn-model pack --labels FILE)"
                                      : ", labels from " + facts.labels_source + first) +
         "\noutput:        \"" + facts.output + "\" " + to_string(facts.kind) + heads_text(facts) +
         "\nfeatures:      " +
         (facts.features.empty()
              ? "none: " + report.no_features
              : "\"" + facts.features + "\", " + std::to_string(facts.features_length) + " numbers") +
         "\nprecision:     " + report.precision + ": " + report.precision_reason +
         "\ngolden pair:   " + (facts.golden_holds ? "checked" : "none (cnn-model pack --golden PICTURE)") + "\n" +
         pictures_text(report);
}

std::string as_json(const CheckReport& report) {
  Json json = {{"model", report.model}, {"ok", report.good()}};
  if (!report.failure.empty()) {
    json["error"] = report.failure;
    if (!report.advice.empty()) json["advice"] = report.advice;
  } else {
    const ClassifierFacts& facts = report.facts;
    json["file"] = facts.file;
    json["name"] = report.name;
    json["input"] = {{"tensor", facts.input},
                     {"element", name_of(facts.input_format.element)},
                     {"width", facts.input_format.width},
                     {"height", facts.input_format.height},
                     {"channels", facts.input_format.channels},
                     {"channels_last", facts.channels_last}};
    json["preprocessing"] = Json::parse(to_json(facts.preprocessing));
    json["classes"] = report.labels.size();
    json["labels_source"] = facts.labels_source.empty() ? Json() : Json(facts.labels_source);
    json["output"] = {{"tensor", facts.output}, {"kind", to_string(facts.kind)}};
    if (facts.heads.size() > 1) json["heads"] = heads_json_of(facts);
    if (facts.features.empty())
      json["features"] = {{"error", report.no_features}};
    else
      json["features"] = {{"tensor", facts.features}, {"length", facts.features_length}};
    json["precision"] = {{"name", report.precision}, {"reason", report.precision_reason}};
    json["golden"] = facts.golden_holds ? "checked" : "absent";
    json["pictures"] = pictures_json(report);
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace cnn::tools
