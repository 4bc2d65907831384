// SPDX-License-Identifier: MIT
#include "engine/model_choice.h"

#include <filesystem>
#include <sstream>

#include "engine/backend_loader.h"
#include "engine/base/sha256.h"
#include "engine/onnx/importer.h"
#include "engine/vision/quantisation_facts.h"

namespace cnn {
namespace {

std::string file_name(const std::string& path) { return std::filesystem::path(path).filename().string(); }

Result<ModelChoice> as_it_is(const std::string& path, Precision wanted) {
  CNN_TRY(model, import_model(path));
  auto precision = choose_precision(model.graph, wanted);
  if (!precision) return Error{precision.error().code, path + ": " + precision.error().what};
  return ModelChoice{std::move(model), *std::move(precision)};
}

struct QuantisedForm {
  Model model;
  QuantisationFacts facts;
};

/// The quantised form, if it was made of `path`.
Result<QuantisedForm> read_quantised(const std::string& path) {
  const std::string quantised = quantised_path(path);
  CNN_TRY(model, import_model(quantised));
  CNN_TRY(facts, read_quantisation_facts(model.metadata, quantised));
  CNN_TRY(digest, sha256_of_file(path));
  if (digest != facts.float_model)
    return error(ErrorCode::InvalidModel, quantised, " was made of another ", file_name(path), ": SHA-256 ",
                 facts.float_model.substr(0, 8), "..., now ", digest.substr(0, 8),
                 "...; make it again with cnn-model quantize");
  return QuantisedForm{std::move(model), std::move(facts)};
}

std::string number(double value) {
  std::ostringstream text;
  text.precision(4);
  text << value;
  return text.str();
}

/// "net.int8.onnx agrees with fp32 on 99.6 % of 500 pictures and is 1.9 times as fast"
std::string described(const std::string& path, const QuantisationFacts& facts) {
  return file_name(quantised_path(path)) + " agrees with fp32 on " + number(facts.agreement) + " % of " +
         std::to_string(facts.pictures) + " pictures and is " + number(facts.speed) + " times as fast";
}

Result<ModelChoice> float_form(const std::string& path, const std::string& reason) {
  CNN_TRY(choice, as_it_is(path, Precision::Auto));
  if (choice.precision.precision == Precision::Fp32) choice.precision.reason = reason;
  return choice;
}

}  // namespace

std::string quantised_path(const std::string& path) {
  std::filesystem::path quantised(path);
  quantised.replace_extension(".int8.onnx");
  return quantised.string();
}

Result<ModelChoice> choose_model(const std::string& path, Precision wanted, const std::string& device) {
  CNN_TRY(backend, choose_backend(device));
  if (backend.cuda) {
    CNN_TRY(model, import_model(path));
    return ModelChoice{std::move(model), {wanted, "left to the session"}};
  }
  const bool may_be_quantised = wanted == Precision::Int8 || wanted == Precision::Auto;
  std::error_code absent;
  if (!may_be_quantised || !std::filesystem::exists(quantised_path(path), absent)) return as_it_is(path, wanted);
  auto quantised = read_quantised(path);
  if (wanted == Precision::Int8) {
    if (quantised) return ModelChoice{std::move(quantised->model), {Precision::Int8, "asked for"}};
    auto itself = as_it_is(path, wanted);
    if (itself) return itself;
    return quantised.error();
  }
  if (!quantised) return float_form(path, quantised.error().what);
  const std::string form = described(path, quantised->facts);
  if (quantised->facts.agreement < least_agreement)
    return float_form(path, form + "; " + number(least_agreement) + " % are needed");
  if (quantised->facts.pictures < least_pictures)
    return float_form(path, form + "; " + std::to_string(least_pictures) + " pictures are needed");
  if (quantised->facts.speed <= 1) return float_form(path, form);
  return ModelChoice{std::move(quantised->model), {Precision::Int8, form}};
}

}  // namespace cnn
