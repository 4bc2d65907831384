// SPDX-License-Identifier: MIT
#include "tools/model/quantize_command.h"

#include <unistd.h>

#include <fstream>
#include <iostream>

#include "engine/model_choice.h"
#include "tools/classify/input.h"
#include "tools/model/picture.h"
#include "tools/model/quantize_report.h"

namespace cnn::tools {
namespace {

std::string check_method(const std::string& method) {
  return parse_range_method(method) ? "" : "method is '" + method + "', it must be mse or percentile";
}

/// One line that is written over by the next; nothing where standard error is a file.
void show(const std::string& progress) {
  if (isatty(STDERR_FILENO)) std::cerr << "\r\033[K" << progress << std::flush;
}

/// At most `most` of the files, spread evenly.
std::vector<std::string> chosen(const std::vector<std::string>& files, size_t most) {
  std::vector<std::string> some;
  const size_t count = std::min(files.size(), most);
  for (size_t i = 0; i < count; ++i) some.push_back(files[i * files.size() / count]);
  return some;
}

}  // namespace

QuantizeCommand::QuantizeCommand(CLI::App& app) {
  command_ = app.add_subcommand("quantize", "Makes an int8 model of a float32 one.");
  command_->add_option("MODEL", model_, "an .onnx file with float32 weights")->required()->check(CLI::ExistingFile);
  command_->add_option("--calibrate", folder_, "folder of pictures like those that will be classified")->required();
  command_->add_option("-o,--output", output_, "file to write (default: MODEL.int8.onnx beside the model)");
  command_->add_option("--agreement", agreement_, "per cent of the pictures whose first class must stay the same")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 100.0));
  command_->add_option("--method", method_, "ranges of activations: mse, percentile")
      ->capture_default_str()
      ->check(check_method);
  command_->add_option("--pictures", most_pictures_, "pictures taken from the folder at most")
      ->capture_default_str()
      ->check(CLI::Range(1, 10000));
  command_->add_option("--threads", threads_, "0: one per core")->capture_default_str()->check(CLI::Range(0, 256));
  command_->add_option("--report", report_, "file for one line per layer");
}

Status QuantizeCommand::add_pictures(Quantiser& quantiser) const {
  CNN_TRY(input, classify::find_input(folder_));
  if (input.kind != classify::Input::Kind::Pictures)
    return error(ErrorCode::InvalidArgument, folder_, ": neither a folder of pictures nor a picture");
  const auto files = chosen(input.files, static_cast<size_t>(most_pictures_));
  for (size_t i = 0; i < files.size(); ++i) {
    show("picture " + std::to_string(i + 1) + " of " + std::to_string(files.size()));
    const Status added = with_picture(files[i], [&](const ImageView& view) { return quantiser.add(view); });
    if (!added) return Error{added.error().code, files[i] + ": " + added.error().what};
  }
  return {};
}

Status QuantizeCommand::run() const {
  CNN_TRY(quantiser, Quantiser::open(model_));
  CNN_CHECK(add_pictures(*quantiser));
  QuantiserOptions options;
  options.method = *parse_range_method(method_);
  options.agreement = agreement_;
  options.threads = threads_;
  options.progress = show;
  auto made = quantiser->quantise(options);
  show("");
  if (!made) return made.error();
  const std::string output = output_.empty() ? quantised_path(model_) : output_;
  CNN_CHECK(write_model_file(output, *made));
  if (!report_.empty()) {
    std::ofstream file(report_);
    file << layer_report(*made);
    if (!file.flush()) return error(ErrorCode::Io, report_, ": cannot be written");
  }
  std::cout << summary(output, *made);
  return {};
}

}  // namespace cnn::tools
