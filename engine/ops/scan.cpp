// SPDX-License-Identifier: MIT
#include "engine/ops/scan.h"

#include "engine/ops/input_checks.h"
#include "engine/ops/lines.h"
#include "engine/ops/make_op.h"

namespace cnn {
namespace {

template <class T>
void scan_line(const T* in, T* out, const Lines& lines, const CumulativeOp::Settings& s) {
  using Wide = std::conditional_t<std::is_floating_point_v<T>, double, uint64_t>;
  Wide total = s.product ? 1 : 0;
  for (int64_t k = 0; k < lines.extent; ++k) {
    const int64_t at = (s.reverse ? lines.extent - 1 - k : k) * lines.inner;
    const Wide before = total;
    const Wide value = static_cast<Wide>(in[at]);
    total = s.product ? total * value : total + value;
    out[at] = static_cast<T>(s.exclusive ? before : total);
  }
}

Result<int> axis_of(std::span<const InputInfo> inputs) {
  CNN_TRY(data, type_of_input(inputs, 0, "x"));
  CNN_TRY(axes, known_integers(inputs, 1, "axis"));
  if (axes.size() != 1) return error(ErrorCode::InvalidModel, "axis has ", axes.size(), " values, one is needed");
  return checked_axis(axes[0], data.shape.size());
}

}  // namespace

Result<std::vector<TensorType>> CumulativeOp::infer(std::span<const InputInfo> inputs) const {
  CNN_CHECK(axis_of(inputs));
  const TensorType& data = inputs[0].type;
  if (data.dtype == DataType::Bool) return error(ErrorCode::InvalidModel, "x is bool, numbers are needed");
  return std::vector<TensorType>{data};
}

Result<std::unique_ptr<Step>> CumulativeOp::plan(const PlanContext& context) const {
  CNN_TRY(axis, axis_of(infos_of(context)));
  const TensorDesc& from = *context.inputs[0];
  return make_step([lines = Lines(from.shape, axis), type = from.dtype, s = settings_](const StepArguments& a) {
    with_type(type, [&](auto zero) {
      using T = decltype(zero);
      const int64_t grain = std::max<int64_t>(1, (1 << 14) / std::max<int64_t>(1, lines.extent));
      a.workers.parallel_for(lines.count, grain, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i)
          scan_line(a.input<T>(0) + lines.start(i), a.output<T>(0) + lines.start(i), lines, s);
      });
    });
  });
}

namespace {

ParsedOp parse_cumulative(const NodeSource& node) {
  CNN_TRY(exclusive, node.attributes.integer("exclusive", 0));
  CNN_TRY(reverse, node.attributes.integer("reverse", 0));
  return make_op<CumulativeOp>(CumulativeOp::Settings{node.type == "CumProd", exclusive != 0, reverse != 0});
}

}  // namespace

std::span<const OpEntry> scan_entries() {
  static constexpr OpEntry entries[] = {{"", "CumSum", 11, parse_cumulative}, {"", "CumProd", 26, parse_cumulative}};
  return entries;
}

}  // namespace cnn
