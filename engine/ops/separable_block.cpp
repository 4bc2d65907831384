// SPDX-License-Identifier: MIT
#include "engine/ops/separable_block.h"

#include "engine/kernels/depthwise.h"
#include "engine/kernels/separable_block.h"
#include "engine/ops/conv_step.h"
#include "engine/ops/input_checks.h"
#include "engine/ops/pixel_tensor.h"

namespace cnn {
namespace {

using Block = SeparableBlockOp;

/// Inputs of the stage whose weights are input `weights`, when it reads `x`.
std::vector<InputInfo> stage_inputs(std::span<const InputInfo> inputs, size_t weights, const TensorType& x) {
  return {InputInfo{true, x, nullptr}, inputs[weights], inputs[weights + 1]};
}

class SeparableBlockStep final : public Step {
 public:
  SeparableBlockStep(SeparableBlock::Stages stages, const PlanContext& context)
      : input_(*context.inputs[0], scratch_),
        output_(context.outputs[0], scratch_),
        bf16_(context.precision == Precision::Bf16) {
    if (context.has_input(Block::residual)) residual_ = PixelTensor(*context.inputs[Block::residual], scratch_);
    stages.input_step = input_.step;
    stages.output_step = output_.step;
    stages.residual_step = residual_.step;
    has_expand_ = stages.expand.has_value();
    has_project_ = stages.project.has_value();
    stages.precision = context.precision;
    block_.emplace(stages, context.threads);
    if (has_expand_)
      expand_ = pack_pointwise(context, Block::expand_weights, "expand", block_->expand_panels(), *stages.expand);
    if (has_project_)
      project_ = pack_pointwise(context, Block::project_weights, "project", block_->project_panels(), *stages.project);
    const ConvGeometry& g = stages.depthwise;
    depthwise_ =
        PackedInput(context, Block::depthwise_weights, "depthwise", static_cast<size_t>(depthwise_packed_size(g)),
                    scratch_, [&](const float* from, float* to) { pack_depthwise(g, from, g.taps(), 1, to); });
    kernel_scratch_ = scratch_.add(block_->scratch_bytes());
  }

  size_t scratch_bytes() const override { return scratch_.bytes(); }
  std::string algorithm() const override {
    std::string name = bf16_ ? "bf16 " : "";
    name += has_expand_ ? "1x1 + depthwise" : "depthwise";
    if (has_project_) name += " + 1x1";
    return name;
  }

  void run(const StepArguments& arguments) const override {
    auto filters = [&](const PackedInput& packed, size_t weights) -> SeparableBlock::Filters {
      return {packed.get(arguments, [](const float*, float*) {}), arguments.input<float>(weights + 1)};
    };
    SeparableBlock::Arguments a{};
    a.input = input_.read(arguments.input<float>(0), arguments);
    if (has_expand_) a.expand = filters(expand_, Block::expand_weights);
    a.depthwise = filters(depthwise_, Block::depthwise_weights);
    if (has_project_) a.project = filters(project_, Block::project_weights);
    if (residual_.step) a.residual = residual_.read(arguments.input<float>(Block::residual), arguments);
    a.output = output_.target(arguments.output<float>(0), arguments);
    a.scratch = arguments.scratch + kernel_scratch_;
    block_->run(a, arguments.workers);
    output_.finish(arguments.output<float>(0), arguments);
  }

 private:
  PackedInput pack_pointwise(const PlanContext& context, size_t weights, const std::string& name,
                             const GemmPanels& panels, const PointwiseStage& stage) {
    const std::string packing = name + " " + std::string(to_string(context.precision));
    return PackedInput(context, weights, packing, static_cast<size_t>(panels.size()), scratch_,
                       [&](const float* from, float* to) { block_->pack_pointwise(panels, stage, from, to); });
  }

  ScratchLayout scratch_;
  PixelTensor input_, output_, residual_;
  std::optional<SeparableBlock> block_;
  PackedInput expand_, depthwise_, project_;
  bool has_expand_ = false, has_project_ = false;
  bool bf16_;  ///< the 1x1 stages
  size_t kernel_scratch_ = 0;
};

}  // namespace

Result<TensorType> SeparableBlockOp::depthwise_input(std::span<const InputInfo> inputs) const {
  CNN_TRY(x, type_of_input(inputs, 0, "x"));
  if (!stages_.expand) return x;
  CNN_TRY(expanded, stages_.expand->infer(stage_inputs(inputs, expand_weights, x)));
  return expanded[0];
}

Result<std::vector<PoolAxis>> SeparableBlockOp::window_axes(std::span<const InputInfo> inputs) const {
  CNN_TRY(expanded, depthwise_input(inputs));
  return stages_.depthwise->attributes().axes(expanded.shape, inputs[depthwise_weights].type.shape);
}

Result<std::vector<TensorType>> SeparableBlockOp::infer(std::span<const InputInfo> inputs) const {
  if (inputs.size() != input_count)
    return error(ErrorCode::InvalidModel, "there are ", inputs.size(), " inputs, ", input_count, " are needed");
  CNN_TRY(expanded, depthwise_input(inputs));
  CNN_TRY(filtered, stages_.depthwise->infer(stage_inputs(inputs, depthwise_weights, expanded)));
  if (!stages_.project) return filtered;
  std::vector<InputInfo> last = stage_inputs(inputs, project_weights, filtered[0]);
  last.push_back(inputs[residual]);
  return stages_.project->infer(last);
}

int64_t SeparableBlockOp::macs(std::span<const InputInfo> inputs, std::span<const TensorType> outputs) const {
  const auto expanded = depthwise_input(inputs);
  if (!expanded) return 0;
  const auto filtered = stages_.depthwise->infer(stage_inputs(inputs, depthwise_weights, *expanded));
  if (!filtered) return 0;
  const TensorType x = inputs[0].type;
  int64_t sum = stages_.depthwise->macs(stage_inputs(inputs, depthwise_weights, *expanded), *filtered);
  if (stages_.expand) sum += stages_.expand->macs(stage_inputs(inputs, expand_weights, x), {{*expanded}});
  if (stages_.project) sum += stages_.project->macs(stage_inputs(inputs, project_weights, (*filtered)[0]), outputs);
  return sum;
}

Result<std::unique_ptr<Step>> SeparableBlockOp::plan(const PlanContext& context) const {
  const std::vector<InputInfo> inputs = infos_of(context);
  CNN_TRY(expanded, depthwise_input(inputs));
  CNN_TRY(axes, window_axes(inputs));
  const Shape& weights = context.inputs[depthwise_weights]->shape;
  SeparableBlock::Stages stages;
  stages.depthwise = conv_geometry(axes, expanded.shape, weights, stages_.depthwise->attributes().groups);
  stages.activation = stages_.depthwise->attributes().activation;
  const int64_t channels = stages.depthwise.channels;
  if (stages_.expand)
    stages.expand = PointwiseStage{context.inputs[0]->shape[1], channels, stages_.expand->attributes().activation};
  if (stages_.project)
    stages.project = PointwiseStage{channels, context.outputs[0].shape[1], stages_.project->attributes().activation};
  return std::unique_ptr<Step>(std::make_unique<SeparableBlockStep>(std::move(stages), context));
}

}  // namespace cnn
