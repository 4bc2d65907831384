// SPDX-License-Identifier: MIT
#include "tools/model/pack_command.h"

#include <filesystem>
#include <iostream>

#include "engine/vision/heads_json.h"
#include "engine/vision/labels.h"
#include "tools/model/bundle_options.h"
#include "tools/model/picture.h"

namespace cnn::tools {

PackCommand::PackCommand(CLI::App& app) {
  command_ =
      app.add_subcommand("pack", "Makes a bundle: what a model does not say about itself, written into its file.");
  command_->add_option("MODEL", model_, "an .onnx file; the .json beside it is packed too")->required();
  command_->add_option("--labels", labels_, "file with one label a line, in the order of the classes");
  command_->add_option("--preprocessing", preprocessing_, "JSON, or a file with it; docs/models.md lists the fields");
  command_->add_option("--output-kind", kind_, "what the scores are: logits, independent-logits, probabilities");
  command_->add_option("--output-tensor", output_tensor_, "tensor with the classes, where there are several");
  command_->add_option("--heads", heads_,
                       "JSON, or a file with it: outputs with classes of their own; docs/models.md lists the fields");
  command_->add_option("--features", features_, "tensor of the feature vector");
  command_->add_option("--name", name_, "of the model");
  command_->add_option("--golden", golden_,
                       "picture whose scores are stored and compared whenever the model is opened");
  command_->add_option("-o,--output", output_, "file to write (default: MODEL.bundle.onnx beside the model)");
}

Result<BundleChanges> PackCommand::changes() const {
  BundleChanges changes;
  if (!name_.empty()) changes.name = name_;
  if (!features_.empty()) changes.features = features_;
  if (!output_tensor_.empty()) changes.output_tensor = output_tensor_;
  if (!labels_.empty()) {
    CNN_TRY(labels, read_labels(labels_));
    if (labels.empty()) return error(ErrorCode::InvalidArgument, labels_, " has no labels");
    changes.labels = std::move(labels);
    changes.labels_source = labels_;
  }
  if (!heads_.empty()) {
    for (const std::string* other : {&labels_, &kind_, &output_tensor_})
      if (!other->empty())
        return error(ErrorCode::InvalidArgument,
                     "--heads states what --labels, --output-kind and --output-tensor state: give one or the other");
    CNN_TRY(heads, heads_option(heads_));
    changes.heads = std::move(heads);
  }
  if (!preprocessing_.empty()) {
    CNN_TRY(preprocessing, preprocessing_option(preprocessing_));
    changes.preprocessing = std::move(preprocessing);
  }
  if (!kind_.empty()) {
    CNN_TRY(kind, parse_output_kind(kind_, "--output-kind"));
    changes.output = kind;
  }
  return changes;
}

Result<MadeBundle> PackCommand::make(BundleChanges& changes, const std::string& output) const {
  if (golden_.empty()) return make_bundle(model_, output, changes);
  std::optional<MadeBundle> made;
  bool decoded = false;
  auto status = with_picture(golden_, [&](const ImageView& view) -> Status {
    decoded = true;
    changes.golden = view;
    CNN_TRY(bundle, make_bundle(model_, output, changes));
    made = std::move(bundle);
    return {};
  });
  if (!status && !decoded) return Error{status.error().code, golden_ + ": " + status.error().what};
  if (!status) return status.error();
  return *std::move(made);
}

Status PackCommand::run() const {
  CNN_TRY(wanted, changes());
  std::filesystem::path output(output_);
  if (output_.empty()) output = std::filesystem::path(model_).replace_extension(".bundle.onnx");
  CNN_TRY(made, make(wanted, output.string()));
  std::cout << output.string() << ": " << made.name << ", " << made.classes << " classes, "
            << (made.labels ? "labels" : "no labels") << ", "
            << (made.heads > 1 ? std::to_string(made.heads) + " heads, " : "")
            << (made.golden ? "golden pair checked" : "no golden pair") << ", " << made.bytes << " bytes\n";
  return {};
}

}  // namespace cnn::tools
