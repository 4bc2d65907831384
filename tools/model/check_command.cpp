// SPDX-License-Identifier: MIT
#include "tools/model/check_command.h"

#include <iostream>

#include "tools/model/check_report.h"
#include "tools/model/picture.h"
#include "tools/precision_option.h"

namespace cnn::tools {
namespace {

constexpr int best_classes = 5;

/// Takes what the error itself advises out of it.
std::string take_advice(Error& failure) {
  constexpr std::string_view mark = "; what to do: ";
  if (const size_t at = failure.what.find(mark); at != std::string::npos) {
    const std::string advice = failure.what.substr(at + mark.size());
    failure.what.resize(at);
    return advice;
  }
  switch (failure.code) {
    case ErrorCode::Unsupported:
      return "operators: simplify the graph when exporting (constant folding, another opset of 7 or later), or see "
             "docs/models.md for what a classifier must look like";
    case ErrorCode::InvalidArgument:
      return "state labels, preprocessing and tensors that fit the model: cnn-model pack";
    case ErrorCode::InvalidModel:
      return "export or download the file again; cnn-inspect shows how far it can be read";
    default:
      return "";
  }
}

PictureCheck classified(const std::string& file, Classifier& classifier) {
  PictureCheck check{file, "", {}};
  const Status status = with_picture(file, [&](const ImageView& view) -> Status {
    CNN_TRY(results, classifier.classify({&view, 1}));
    for (const ClassScore& score : results.front().classes) check.best.emplace_back(*score.label, score.confidence);
    return {};
  });
  if (!status) check.failure = status.error().what;
  return check;
}

}  // namespace

CheckCommand::CheckCommand(CLI::App& app) {
  command_ = app.add_subcommand("check", "Opens a model as cnnclassify would and says how it is understood.");
  command_->add_option("MODEL", model_, "an .onnx file")->required();
  command_->add_option("PICTURE", pictures_, "pictures to classify");
  command_->add_option("--precision", precision_, "fp32, bf16, fp16, tf32, int8, auto")
      ->capture_default_str()
      ->check(check_precision);
  command_->add_flag("--json", json_, "one JSON object instead of lines");
}

int CheckCommand::run() const {
  CheckReport report;
  report.model = model_;
  ClassifierOptions options;
  options.features = "auto";
  options.top_k = best_classes;
  options.precision = *parse_precision(precision_);
  auto opened = Classifier::open(model_, options);
  if (!opened) {
    // Features are asked for only to report them: their lack spoils no model.
    options.features.clear();
    report.no_features = opened.error().what;
    opened = Classifier::open(model_, options);
  }
  if (opened) {
    Classifier& classifier = **opened;
    report.facts = classifier.facts();
    report.name = classifier.model_name();
    report.labels = classifier.labels();
    report.precision = to_string(classifier.precision());
    report.precision_reason = classifier.precision_reason();
    for (const std::string& file : pictures_) report.pictures.push_back(classified(file, classifier));
  } else {
    Error failure = opened.error();
    report.advice = take_advice(failure);
    report.failure = std::move(failure.what);
  }
  std::cout << (json_ ? as_json(report) : as_text(report));
  return report.good() ? 0 : 1;
}

}  // namespace cnn::tools
