// SPDX-License-Identifier: MIT
#include "tests/fuzz/random_model.h"

#include <algorithm>
#include <cmath>

#include "engine/ops/op_table.h"
#include "tests/fuzz/random_operands.h"

namespace cnn::test {
namespace {

constexpr int64_t most_elements = 1 << 18;  // of a value that further nodes read
constexpr size_t most_nodes = 14;

class Maker {
 public:
  explicit Maker(std::span<const uint8_t> program) : choices_(program), operands_(choices_, writer_) {}

  RandomModel make() {
    const OperatorForm* form = &operator_forms()[choices_.below(operator_forms().size())];
    constexpr int opsets[] = {18, 21, 13, 11, 23, 17, 9, 7, 20, 24, 26, 1, 25, 28};
    opset_ = opsets[choices_.below(choices_.once_in(4) ? 14 : 2)];
    writer_ = OnnxWriter(opset_);
    writer_.opset("com.microsoft", 1);
    constexpr DataType types[] = {DataType::Float32, DataType::UInt8, DataType::Int8,  DataType::Int32,
                                  DataType::Int64,   DataType::Bool,  DataType::Int16, DataType::UInt16,
                                  DataType::UInt32,  DataType::UInt64};
    operands_.make_input(types[choices_.once_in(4) ? choices_.below(std::size(types)) : 0], operands_.any_shape());
    add(*form);
    while (!choices_.used_up() && made_.types.size() < most_nodes) add_more();
    for (const KnownValue& value : results_)
      if (&value == &results_.back() || choices_.once_in(8)) writer_.output(value.name);
    if (results_.empty()) writer_.output(operands_.values.front().name);
    made_.onnx = writer_.bytes();
    return std::move(made_);
  }

 private:
  void add_more() {
    if (choices_.once_in(2)) return add(operator_forms()[choices_.below(operator_forms().size())]);
    std::string_view rest = operator_phrases()[choices_.below(operator_phrases().size())];
    while (!rest.empty()) {
      const std::string_view type = rest.substr(0, rest.find(' '));
      rest.remove_prefix(std::min(rest.size(), type.size() + 1));
      add(*std::find_if(operator_forms().begin(), operator_forms().end(),
                        [&](auto& form) { return form.type == type; }));
    }
  }

  void add(const OperatorForm& form) {
    const std::vector<KnownValue> operands = operands_.draw(form);
    std::vector<OnnxAttribute> attributes = attributes_of(form.more_attributes);
    std::vector<OnnxAttribute> more = attributes_of(form.attributes);
    attributes.insert(attributes.end(), more.begin(), more.end());
    const std::vector<TensorType> types = inferred(form, operands, attributes);
    if (types.empty() && !choices_.once_in(16)) return;  // some refusals must reach Session::open()
    std::vector<std::string> inputs, outputs;
    for (const KnownValue& operand : operands) inputs.push_back(operand.name);
    const int count = form.outputs == 1 ? 1 : 1 + static_cast<int>(choices_.below(static_cast<size_t>(form.outputs)));
    for (int i = 0; i < count; ++i) {
      outputs.push_back(operands_.fresh_name());
      const auto n = static_cast<size_t>(i);
      results_.push_back({outputs.back(), n < types.size() ? types[n] : TensorType{}, {}});
      if (n < types.size() && is_small(types[n])) operands_.values.push_back(results_.back());
    }
    made_.types.emplace_back(form.type);
    writer_.node(std::string(form.type), inputs, outputs, attributes,
                 std::string("n").append(std::to_string(made_.types.size())), std::string(form.domain));
  }

  static bool is_small(const TensorType& type) {
    auto count = checked_element_count(type.shape);
    return count && *count <= most_elements;
  }

  /// Empty where the operator refuses its operands.
  std::vector<TensorType> inferred(const OperatorForm& form, const std::vector<KnownValue>& operands,
                                   const std::vector<OnnxAttribute>& attributes) const {
    NodeSource source{"n",
                      std::string(form.type),
                      std::string(form.domain),
                      form.domain.empty() ? opset_ : 1,
                      {},
                      static_cast<int>(operands.size()),
                      form.outputs};
    for (const OnnxAttribute& attribute : attributes) source.attributes.set(attribute.name, attribute.value);
    auto op = parse_op(source);
    if (!op) return {};
    std::vector<InputInfo> infos;
    for (const KnownValue& operand : operands)
      infos.push_back({!operand.name.empty(), operand.type, operand.constant ? &*operand.constant : nullptr});
    auto types = (*op)->infer(infos);
    return types ? *std::move(types) : std::vector<TensorType>{};
  }

  std::vector<OnnxAttribute> attributes_of(std::string_view rest) {
    std::vector<OnnxAttribute> made;
    while (!rest.empty()) {
      const std::string_view entry = rest.substr(0, rest.find(' '));
      rest.remove_prefix(std::min(rest.size(), entry.size() + 1));
      const size_t colon = entry.find(':');
      std::string_view name = entry.substr(0, colon);
      const bool needed = name.ends_with('!');
      if (needed) name.remove_suffix(1);
      if (needed || choices_.once_in(2)) made.push_back({std::string(name), attribute(entry.substr(colon + 1))});
    }
    return made;
  }

  AttributeValue attribute(std::string_view kind) {
    if (kind.size() > 1) {
      const auto count = static_cast<size_t>(std::count(kind.begin(), kind.end(), '|')) + 1;
      for (size_t skipped = choices_.below(count); skipped > 0; --skipped) kind.remove_prefix(kind.find('|') + 1);
      return std::string(kind.substr(0, kind.find('|')));
    }
    const size_t rank = operands_.shape().size(), spatial = rank < 2 ? 0 : rank - 2;
    const auto n = static_cast<int64_t>(rank);
    const auto numbers = [&](size_t count, int64_t low, int64_t high) -> AttributeValue {
      std::vector<int64_t> made(count);
      for (int64_t& number : made) number = choices_.number(low, high);
      return made;
    };
    switch (kind[0]) {
      case 'i':
        return choices_.number(-2, 3);
      case 'b':
        return choices_.number(0, 1);
      case 'N':
        return choices_.number(1, 3);
      case 'x':
        return choices_.number(-n, std::max<int64_t>(0, n - 1));
      case 'g':
        return operands_.groups();
      case 'd':
        return choices_.number(1, 26);
      case 'S':
        return numbers(spatial, 1, choices_.once_in(4) ? 4 : 2);
      case 'P':
        return numbers(2 * spatial, 0, choices_.once_in(4) ? 3 : 1);
      case 'W':
        return numbers(spatial, 1, choices_.once_in(4) ? 7 : 3);
      case 'K':
        return operands_.window();
      case 'L':
        return numbers(1 + choices_.below(2), -n, std::max<int64_t>(0, n - 1));
      case 'n':
        return numbers(rank, -1, 3);
      case 'R': {
        std::vector<int64_t> order(rank);
        for (size_t axis = 0; axis < rank; ++axis) order[axis] = static_cast<int64_t>(axis);
        for (size_t axis = rank; axis > 1; --axis) std::swap(order[axis - 1], order[choices_.below(axis)]);
        return order;
      }
      case 'T':
        return operands_.filled(choices_.once_in(2) ? DataType::Int64 : DataType::Float32, {1});
      case 'F': {
        const Tensor drawn = operands_.filled(DataType::Float32, {n});
        return std::vector<float>(drawn.values<float>().begin(), drawn.values<float>().end());
      }
      default: {
        constexpr float reals[] = {0.5f, 1, 0, -1, 6, 1e-5f, 3.7f, 1e30f, -1e30f, 1e-40f, INFINITY, NAN};
        return reals[choices_.below(choices_.once_in(8) ? 12 : 7)];
      }
    }
  }

  Choices choices_;
  OnnxWriter writer_;
  RandomOperands operands_;
  RandomModel made_;
  std::vector<KnownValue> results_;
  int opset_ = 18;
};

}  // namespace

RandomModel random_model(std::span<const uint8_t> program) { return Maker(program).make(); }

}  // namespace cnn::test
