// SPDX-License-Identifier: MIT
#include "engine/ops/dropout.h"

#include <algorithm>
#include <random>

#include "engine/ops/input_checks.h"
#include "engine/ops/make_op.h"

namespace cnn {
namespace {

/// NumPy's RandomState(seed).uniform() >= ratio for each element.
std::vector<bool> kept_elements(size_t count, float ratio, uint32_t seed) {
  std::mt19937 generator(seed);
  std::vector<bool> kept(count);
  for (size_t i = 0; i < count; ++i) {
    const double high = static_cast<double>(generator() >> 5), low = static_cast<double>(generator() >> 6);
    kept[i] = (high * 67108864.0 + low) / 9007199254740992.0 >= static_cast<double>(ratio);
  }
  return kept;
}

ParsedOp parse_dropout(const NodeSource& node) {
  CNN_TRY(ratio, node.attributes.real("ratio", 0.5f));
  CNN_TRY(seed, node.attributes.integer("seed", 0));
  return make_op<DropoutOp>(DropoutOp::Options{node.output_count > 1, node.opset >= 10, node.input_count > 2, ratio,
                                               static_cast<uint32_t>(seed)});
}

}  // namespace

/// 0 unless in training.
Result<float> DropoutOp::ratio(std::span<const InputInfo> inputs) const {
  if (!is_present(inputs, 2)) return 0.0f;
  CNN_TRY(training, known_input(inputs, 2, "training_mode"));
  if (training.desc.dtype != DataType::Bool || training.desc.count() != 1)
    return error(ErrorCode::InvalidModel, "training_mode is ", to_string(training.desc.dtype), " ",
                 to_string(training.desc.shape), ", one bool is needed");
  if (!training.data<uint8_t>()[0]) return 0.0f;
  if (!is_present(inputs, 1)) return options_.ratio;
  CNN_TRY(known, known_input(inputs, 1, "ratio"));
  if (known.desc.dtype != DataType::Float32 || known.desc.count() != 1)
    return error(ErrorCode::InvalidModel, "ratio is ", to_string(known.desc.dtype), " ", to_string(known.desc.shape),
                 ", one float is needed");
  return known.data<float>()[0];
}

bool DropoutOp::drops(std::span<const InputInfo> inputs) const {
  const auto known = ratio(inputs);
  return known && *known != 0;
}

Result<std::vector<TensorType>> DropoutOp::infer(std::span<const InputInfo> inputs) const {
  CNN_TRY(data, type_of_input(inputs, 0, "data"));
  CNN_TRY(lost, ratio(inputs));
  if (!(lost >= 0 && lost < 1)) return error(ErrorCode::InvalidModel, "ratio is ", lost, ", 0 to 1 is needed");
  if (lost != 0 && data.dtype != DataType::Float32)
    return error(ErrorCode::Unsupported, "training on ", to_string(data.dtype), " is not supported, float32 is needed");
  return std::vector<TensorType>{data, {options_.bool_mask ? DataType::Bool : data.dtype, data.shape}};
}

Result<std::unique_ptr<Step>> DropoutOp::plan(const PlanContext& context) const {
  CNN_TRY(lost, ratio(infos_of(context)));
  const size_t count = static_cast<size_t>(context.outputs[0].count());
  const DataType mask_type = context.outputs.size() > 1 ? context.outputs[1].dtype : DataType::Bool;
  std::vector<bool> kept = lost == 0 ? std::vector<bool>() : kept_elements(count, lost, options_.seed);
  return make_step(
      [=, bytes = context.outputs[0].bytes(), factor = 1 / (1 - lost)](const StepArguments& a) {
        const auto is_kept = [&](size_t i) { return kept.empty() || kept[i]; };
        if (kept.empty())
          std::copy_n(a.input<std::byte>(0), bytes, a.output<std::byte>(0));
        else
          for (size_t i = 0; i < count; ++i) a.output<float>(0)[i] = is_kept(i) ? a.input<float>(0)[i] * factor : 0.0f;
        if (a.outputs.size() < 2 || !a.outputs[1]) return;
        with_type(mask_type, [&](auto zero) {
          using T = decltype(zero);
          for (size_t i = 0; i < count; ++i) a.output<T>(1)[i] = static_cast<T>(is_kept(i));
        });
      },
      "copy");
}

std::span<const OpEntry> dropout_entries() {
  static constexpr OpEntry entries[] = {{"", "Dropout", 1, parse_dropout}};
  return entries;
}

}  // namespace cnn
