// SPDX-License-Identifier: MIT
#include "engine/ops/quantized_matmul_step.h"

#include "engine/ops/quantized_result.h"
#include "engine/ops/quantized_weights.h"

namespace cnn {
namespace {

/// Rows as images of one pixel.
ConvGeometry geometry_of(int64_t rows, int64_t depth, int64_t columns) {
  ConvGeometry g;
  g.images = rows;
  g.channels = depth;
  g.outputs = columns;
  return g;
}

QuantizedWeights::Steps steps_of(const ConvGeometry& geometry, bool turned) {
  return turned ? QuantizedWeights::Steps{geometry.channels, 1, 0} : QuantizedWeights::Steps{1, geometry.outputs, 0};
}

class QuantizedMatMulStep final : public Step {
 public:
  QuantizedMatMulStep(const QuantizedInputs& at, const ResultBounds& bounds, const ConvGeometry& geometry,
                      bool turned, const PlanContext& context)
      : at_(at),
        a_type_(context.inputs[static_cast<size_t>(at.a)]->dtype),
        result_(at, bounds, context, geometry.outputs, scratch_),
        qgemm_(geometry, {geometry.channels, geometry.outputs}, a_type_ == DataType::Int8, context.threads,
               QuantizedWeights::form(context, at, steps_of(geometry, turned), geometry)),
        weights_(context, at, steps_of(geometry, turned), qgemm_.packing(), qgemm_.packed_size(), scratch_,
                 [this](const Qgemm::Weights& from, int16_t* to) { pack(from, to); }),
        qgemm_scratch_(scratch_.add(qgemm_.scratch_bytes())) {}

  size_t scratch_bytes() const override { return scratch_.bytes(); }
  std::string algorithm() const override { return qgemm_.name(); }

  void run(const StepArguments& arguments) const override {
    const int32_t zero = QuantizedScale(arguments.inputs, -1, at_.a_zero, a_type_).zero();
    const int32_t* bias = at_.bias < 0 ? nullptr : arguments.input<int32_t>(static_cast<size_t>(at_.bias));
    qgemm_.run({arguments.input<void>(static_cast<size_t>(at_.a)), zero,
                weights_.of(arguments, [this](const Qgemm::Weights& from, int16_t* to) { pack(from, to); }), bias,
                result_.of(arguments), arguments.output<std::byte>(0), arguments.scratch + qgemm_scratch_},
               arguments.workers);
  }

 private:
  void pack(const Qgemm::Weights& weights, int16_t* packed) const { qgemm_.pack(weights, packed); }

  QuantizedInputs at_;
  DataType a_type_;
  ScratchLayout scratch_;
  QuantizedResult result_;
  Qgemm qgemm_;
  QuantizedWeights weights_;
  size_t qgemm_scratch_;
};

}  // namespace

std::unique_ptr<Step> plan_quantized_matmul(const QuantizedInputs& at, const ResultBounds& bounds, int64_t rows,
                                            int64_t depth, int64_t columns, bool turned, const PlanContext& context) {
  return std::make_unique<QuantizedMatMulStep>(at, bounds, geometry_of(rows, depth, columns), turned, context);
}

}  // namespace cnn
