// SPDX-License-Identifier: MIT
#include "engine/ops/advice.h"

#include <algorithm>
#include <vector>

#include "engine/base/near_names.h"
#include "engine/ops/op_table.h"

namespace cnn {
namespace {

constexpr int oldest_opset = 7;

constexpr const char* control_flow =
    "export with static control flow: trace the model instead of scripting it, with sizes and counts fixed";
constexpr const char* detector =
    "a detector's post-processing; cut the graph before it (onnx.utils.extract_model) and run the rest as cnn::Session";
constexpr const char* recurrent =
    "recurrent layers are not computed; cut the graph before them, or use a network that classifies each frame";
constexpr const char* sequences =
    "lists of tensors are not computed; export so that each is a tensor, or cut the graph";
constexpr const char* texts = "texts are not computed; cut the graph so that it takes and gives numbers";
constexpr const char* data_sized = "its result's size depends on the data; cut the graph before it";
constexpr const char* warping = "cut the graph before it, or export a variant without it";
constexpr const char* random = "gives random numbers, which classifiers need in training only; export in eval mode";
constexpr const char* training = "belongs to training; export for inference";
constexpr const char* compound_attention =
    "export with opset 22 or earlier, where attention is made of MatMul and Softmax";
constexpr const char* decoding = "pictures are decoded before the network; cut the graph behind it";

struct Remedy {
  std::string_view type, advice;
};
/// Operators of ONNX's own domain that have no row in the operator table.
constexpr Remedy remedies[] = {
    {"If", control_flow},
    {"Loop", control_flow},
    {"Scan", control_flow},
    {"NonMaxSuppression", detector},
    {"RoiAlign", detector},
    {"MaxRoiPool", detector},
    {"RNN", recurrent},
    {"GRU", recurrent},
    {"LSTM", recurrent},
    {"SequenceAt", sequences},
    {"SequenceConstruct", sequences},
    {"SequenceEmpty", sequences},
    {"SequenceErase", sequences},
    {"SequenceInsert", sequences},
    {"SequenceLength", sequences},
    {"SequenceMap", sequences},
    {"SplitToSequence", sequences},
    {"ConcatFromSequence", sequences},
    {"Optional", sequences},
    {"OptionalGetElement", sequences},
    {"OptionalHasElement", sequences},
    {"StringNormalizer", texts},
    {"StringConcat", texts},
    {"StringSplit", texts},
    {"RegexFullMatch", texts},
    {"TfIdfVectorizer", texts},
    {"Unique", data_sized},
    {"Compress", data_sized},
    {"DeformConv", warping},
    {"Det", warping},
    {"MaxUnpool", warping},
    {"Col2Im", warping},
    {"Bernoulli", random},
    {"Multinomial", random},
    {"RandomNormal", random},
    {"RandomNormalLike", random},
    {"RandomUniform", random},
    {"RandomUniformLike", random},
    {"NegativeLogLikelihoodLoss", training},
    {"SoftmaxCrossEntropyLoss", training},
    {"TensorScatter", compound_attention},
    {"ImageDecoder", decoding},
};

/// Domains whose operators are refused, by how their names begin.
constexpr Remedy domains[] = {
    {"com.microsoft",
     "made by ONNX Runtime's optimiser; take the model from before it, or save it with "
     "ORT_ENABLE_BASIC (optimum: no fused attention, optimisation level 0 or 1)"},
    {"ai.onnx.ml", "classical machine learning; export the network alone (skl2onnx: option zipmap=False)"},
    {"ai.onnx.contrib", "pre- or post-processing of onnxruntime-extensions; take the model without it"},
    {"ai.onnx.preview.training", training},
    {"ai.onnx.training", training},
    {"org.pytorch", "PyTorch left it untranslated; export without fall-through, with a newer opset or exporter"},
    {"prim", "PyTorch left it untranslated; export without fall-through, with a newer opset or exporter"},
};

bool begins_with_domain(std::string_view domain, std::string_view prefix) {
  return domain.starts_with(prefix) && (domain.size() == prefix.size() || domain[prefix.size()] == '.');
}

/// The remedy of the longest domain that `domain` is or lies in; "" when there is none.
std::string_view remedy_of_domain(std::string_view domain) {
  const Remedy* best = nullptr;
  for (const Remedy& row : domains)
    if (begins_with_domain(domain, row.type) && (!best || row.type.size() > best->type.size())) best = &row;
  return best ? best->advice : std::string_view();
}

/// Names of the operators that are supported in `domain`.
std::vector<std::string> names_in(std::string_view domain) {
  std::vector<std::string> names;
  for (auto family : op_families())
    for (const OpEntry& entry : family)
      if (entry.domain == domain) names.emplace_back(entry.type);
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

std::string advice_in(std::string_view domain, const NodeSource& node) {
  if (knows_op(domain, node.type)) {
    if (domain.empty() && node.opset < oldest_opset)
      return "opset " + std::to_string(node.opset) + " is older than 7; convert the model (onnx.version_converter)";
    return "exists in later opsets; export with a newer one";
  }
  if (domain.empty())
    for (const Remedy& row : remedies)
      if (row.type == node.type) return std::string(row.advice);
  if (const std::string near = near_names(node.type, names_in(domain)); !near.empty())
    return "no such operator, did the exporter mean " + near + "?";
  if (const std::string_view advice = remedy_of_domain(domain); !advice.empty()) return std::string(advice);
  if (domain.empty()) return "";
  const std::vector<std::string> known = {"ai.onnx", "ai.onnx.ml", "com.microsoft"};
  if (const std::string near = near_names(domain, known); !near.empty())
    return "no domain is called \"" + std::string(domain) + "\", did the exporter mean " + near + "?";
  if (knows_op("", node.type)) return "an operator of this name is supported in ONNX's own domain; export it there";
  return "a custom operator, whose code is in another program; export the model without it";
}

}  // namespace

std::string advice_for(const NodeSource& node) {
  const std::string_view domain = node.domain == "ai.onnx" ? std::string_view() : node.domain;
  const std::string advice = advice_in(domain, node);
  if (advice.empty()) return "";
  return (domain.empty() ? "" : std::string(domain) + ".") + node.type + ": " + advice;
}

}  // namespace cnn
