// SPDX-License-Identifier: MIT
#include "engine/ops/einsum.h"

#include <algorithm>
#include <map>

#include "engine/ops/input_checks.h"
#include "engine/ops/make_op.h"

namespace cnn {
namespace {

constexpr size_t max_labels = 32;

/// Labels of one operand's axes. Axes of "..." are numbered from the last: 0 is the innermost, above the letters.
using Labels = std::vector<int>;

struct Equation {
  std::vector<Labels> operands;
  Labels result;
  std::map<int, int64_t> extents;
};

constexpr int first_ellipsis_label = 256;

Result<Labels> labels_of(std::string_view term, int ellipsis_axes, std::string_view equation) {
  Labels labels;
  bool dots = false;
  for (size_t i = 0; i < term.size(); ++i) {
    const bool letter = (term[i] >= 'a' && term[i] <= 'z') || (term[i] >= 'A' && term[i] <= 'Z');
    if (letter) {
      labels.push_back(term[i]);
    } else if (term.substr(i, 3) == "..." && !dots) {
      for (int axis = ellipsis_axes; axis-- > 0;) labels.push_back(first_ellipsis_label + axis);
      dots = true;
      i += 2;
    } else {
      return error(ErrorCode::InvalidModel, "equation ", equation, " has \"", term[i], "\"");
    }
  }
  return labels;
}

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> parts{""};
  for (char c : text) {
    if (c == at)
      parts.emplace_back();
    else
      parts.back() += c;
  }
  return parts;
}

Result<Equation> parse_equation(const std::string& text, std::span<const InputInfo> inputs) {
  const size_t arrow = text.find("->");
  const std::vector<std::string> terms = split(text.substr(0, arrow), ',');
  if (terms.size() != inputs.size())
    return error(ErrorCode::InvalidModel, "equation ", text, " has ", terms.size(), " operands, the node ",
                 inputs.size());
  Equation e;
  int widest = 0;
  for (size_t i = 0; i < terms.size(); ++i) {
    CNN_TRY(type, type_of_input(inputs, i, "operand"));
    if (type.dtype != DataType::Float32)
      return error(ErrorCode::Unsupported, "operand ", i, " is ", to_string(type.dtype), ", float32 is needed");
    const bool dots = terms[i].find("...") != std::string::npos;
    const int free = static_cast<int>(type.shape.size()) - static_cast<int>(terms[i].size() - (dots ? 3 : 0));
    if (free < 0 || (free > 0 && !dots))
      return error(ErrorCode::InvalidModel, "operand ", terms[i], " of equation ", text, " is ", to_string(type.shape));
    widest = std::max(widest, free);
    CNN_TRY(labels, labels_of(terms[i], free, text));
    for (size_t axis = 0; axis < labels.size(); ++axis) {
      int64_t& extent = e.extents.emplace(labels[axis], 1).first->second;
      const int64_t own = type.shape[axis];
      if (own != extent && own != 1 && extent != 1)
        return error(ErrorCode::InvalidModel, "axis ", axis, " of operand ", i, " of equation ", text, " has ", own,
                     " elements, not ", extent);
      if (own != 1) extent = own;
    }
    e.operands.push_back(std::move(labels));
  }
  if (e.extents.size() > max_labels) return error(ErrorCode::Unsupported, "equation ", text, " has too many axes");
  if (arrow != std::string::npos) {
    CNN_TRY(result, labels_of(std::string_view(text).substr(arrow + 2), widest, text));
    e.result = std::move(result);
  } else {
    for (int axis = widest; axis-- > 0;) e.result.push_back(first_ellipsis_label + axis);
    for (const auto& [label, extent] : e.extents) {
      size_t uses = 0;
      for (const Labels& labels : e.operands)
        uses += static_cast<size_t>(std::count(labels.begin(), labels.end(), label));
      if (label < first_ellipsis_label && uses == 1) e.result.push_back(label);
    }
  }
  for (size_t i = 0; i < e.result.size(); ++i)
    if (!e.extents.contains(e.result[i]) || std::count(e.result.begin(), e.result.end(), e.result[i]) != 1)
      return error(ErrorCode::InvalidModel, "equation ", text, " has a result with repeated or unknown axes");
  return e;
}

/// The loops: axes of the result first, then those that are summed.
struct EinsumPlan {
  std::vector<int64_t> extents;
  size_t outer = 0;                           ///< loops of the result
  std::vector<std::vector<int64_t>> strides;  ///< by operand, then by loop
  int64_t results = 1, terms = 1;

  void run(const StepArguments& args) const {
    args.workers.parallel_for(results, std::max<int64_t>(1, 4096 / std::max<int64_t>(1, terms)),
                              [&](int64_t begin, int64_t end) {
                                for (int64_t r = begin; r < end; ++r) args.output<float>(0)[r] = element(args, r);
                              });
  }

  float element(const StepArguments& args, int64_t result) const {
    double total = 0;
    for (int64_t t = 0; t < terms; ++t) {
      double product = 1;
      for (size_t p = 0; p < strides.size(); ++p)
        product *= static_cast<double>(
            args.input<float>(p)[offset(strides[p], 0, outer, result) + offset(strides[p], outer, extents.size(), t)]);
      total += product;
    }
    return static_cast<float>(total);
  }

  /// Of index `rest` into the loops [begin, end).
  int64_t offset(const std::vector<int64_t>& steps, size_t begin, size_t end, int64_t rest) const {
    int64_t sum = 0;
    for (size_t k = end; k-- > begin; rest /= extents[k]) sum += rest % extents[k] * steps[k];
    return sum;
  }
};

EinsumPlan plan_loops(const Equation& e, const PlanContext& context) {
  EinsumPlan plan;
  Labels loops = e.result;
  for (const auto& [label, extent] : e.extents)
    if (std::find(e.result.begin(), e.result.end(), label) == e.result.end()) loops.push_back(label);
  plan.outer = e.result.size();
  for (size_t k = 0; k < loops.size(); ++k) {
    plan.extents.push_back(e.extents.at(loops[k]));
    (k < plan.outer ? plan.results : plan.terms) *= plan.extents.back();
  }
  for (size_t p = 0; p < e.operands.size(); ++p) {
    const Shape steps = context.inputs[p]->strides();
    std::vector<int64_t>& strides = plan.strides.emplace_back(loops.size(), 0);
    for (size_t axis = 0; axis < steps.size(); ++axis)
      if (context.inputs[p]->shape[axis] != 1)
        strides[static_cast<size_t>(std::find(loops.begin(), loops.end(), e.operands[p][axis]) - loops.begin())] +=
            steps[axis];
  }
  return plan;
}

ParsedOp parse_einsum(const NodeSource& node) {
  CNN_TRY(equation, node.attributes.text("equation", ""));
  std::erase(equation, ' ');
  return make_op<EinsumOp>(std::move(equation));
}

ParsedOp parse_trilu(const NodeSource& node) {
  CNN_TRY(upper, node.attributes.integer("upper", 1));
  return make_op<TriangleOp>(upper != 0);
}

}  // namespace

Result<std::vector<TensorType>> EinsumOp::infer(std::span<const InputInfo> inputs) const {
  CNN_TRY(e, parse_equation(equation_, inputs));
  Shape shape, all;
  for (int label : e.result) shape.push_back(e.extents.at(label));
  for (const auto& [label, extent] : e.extents) all.push_back(extent);
  CNN_CHECK(checked_element_count(all));
  return sized_output(DataType::Float32, std::move(shape));
}

int64_t EinsumOp::macs(std::span<const InputInfo> inputs, std::span<const TensorType>) const {
  const auto e = parse_equation(equation_, inputs);
  int64_t products = e ? 1 : 0;
  if (e)
    for (const auto& [label, extent] : e->extents) products *= extent;
  return products;
}

Result<std::unique_ptr<Step>> EinsumOp::plan(const PlanContext& context) const {
  CNN_TRY(e, parse_equation(equation_, infos_of(context)));
  return make_step([plan = plan_loops(e, context)](const StepArguments& arguments) { plan.run(arguments); });
}

Result<std::vector<TensorType>> TriangleOp::infer(std::span<const InputInfo> inputs) const {
  CNN_TRY(x, type_of_input(inputs, 0, "input"));
  if (x.shape.size() < 2)
    return error(ErrorCode::InvalidModel, "input is ", to_string(x.shape), ", a matrix is needed");
  if (is_present(inputs, 1) && (inputs[1].type.dtype != DataType::Int64 || inputs[1].type.shape.size() > 1))
    return error(ErrorCode::InvalidModel, "k is ", to_string(inputs[1].type.dtype), ", one int64 is needed");
  if (is_present(inputs, 1)) {
    CNN_TRY(count, checked_element_count(inputs[1].type.shape));
    if (count != 1) return error(ErrorCode::InvalidModel, "k has ", count, " values, one is needed");
  }
  return std::vector<TensorType>{x};
}

Result<std::unique_ptr<Step>> TriangleOp::plan(const PlanContext& context) const {
  const TensorDesc& y = context.outputs[0];
  return make_step([upper = upper_, type = y.dtype, count = y.count(), rows = y.shape[y.shape.size() - 2],
                    columns = y.shape.back()](const StepArguments& a) {
    const int64_t* given = a.input<int64_t>(1);
    const int64_t k = given ? std::clamp(*given, -rows, columns) : 0;
    with_type(type, [&](auto zero) {
      using T = decltype(zero);
      for (int64_t i = 0; i < count; ++i) {
        const int64_t distance = i % columns - i / columns % rows;
        a.output<T>(0)[i] = (upper ? distance >= k : distance <= k) ? a.input<T>(0)[i] : T{};
      }
    });
  });
}

std::span<const OpEntry> einsum_entries() {
  static constexpr OpEntry entries[] = {{"", "Einsum", 12, parse_einsum}, {"", "Trilu", 14, parse_trilu}};
  return entries;
}

}  // namespace cnn
