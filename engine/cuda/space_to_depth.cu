// SPDX-License-Identifier: MIT
#include "engine/cuda/space_to_depth.h"

#include "engine/cuda/kernels/fold.h"
#include "engine/cuda/launch.cuh"
#include "engine/ops/conv.h"

namespace cnn::cuda {
namespace {

constexpr int64_t image_channels = 3;

/// One axis of the folded convolution.
struct FoldedAxis {
  int64_t in, kernel, pad_begin, pad_end, shift;

  explicit FoldedAxis(const PoolAxis& a)
      : in((a.in + 1) / fold), pad_begin((a.pad_begin + 1) / fold), shift(fold * pad_begin - a.pad_begin) {
    kernel = (a.kernel + shift + 1) / fold;
    pad_end = a.out - 1 + kernel - pad_begin - in;
  }
};

bool is_foldable(const PoolAxis& a) {
  return a.stride == fold && a.dilation == 1 && a.kernel > fold && a.out > 0 && FoldedAxis(a).pad_end >= 0;
}

constexpr int64_t padded(int64_t channels) {
  return (channels + channel_multiple - 1) / channel_multiple * channel_multiple;
}

ConvolutionProblem plain_problem(const PoolAxis& h, const PoolAxis& w, int64_t images, int64_t outputs) {
  ConvolutionProblem p;
  p.images = images;
  p.height = h.in, p.width = w.in, p.channels = p.x_pixel = padded(image_channels);
  p.out_height = h.out, p.out_width = w.out, p.outputs = p.y_pixel = padded(outputs);
  p.kernel_h = h.kernel, p.kernel_w = w.kernel, p.stride_h = p.stride_w = fold;
  p.pad_top = h.pad_begin, p.pad_left = w.pad_begin, p.pad_bottom = h.pad_end, p.pad_right = w.pad_end;
  return p;
}

ConvolutionProblem folded_problem(const FoldedAxis& h, const FoldedAxis& w, const ConvolutionProblem& plain) {
  ConvolutionProblem p = plain;
  p.height = h.in, p.width = w.in, p.channels = p.x_pixel = folded_pixel;
  p.kernel_h = h.kernel, p.kernel_w = w.kernel, p.stride_h = p.stride_w = 1;
  p.pad_top = h.pad_begin, p.pad_left = w.pad_begin, p.pad_bottom = h.pad_end, p.pad_right = w.pad_end;
  return p;
}

/// The only reader of input 0, or none.
const Node* first_reader(const Graph& graph, size_t& index) {
  const ValueId x = graph.inputs[0];
  const Node* reader = nullptr;
  for (size_t n = 0; n < graph.nodes.size(); ++n)
    for (size_t i = 0; i < graph.nodes[n].inputs.size(); ++i) {
      if (graph.nodes[n].inputs[i] != x) continue;
      if (reader || i != 0) return nullptr;
      reader = &graph.nodes[n], index = n;
    }
  return graph.is_output(x) ? nullptr : reader;
}

}  // namespace

std::optional<FoldedConvolution> find_foldable(const Graph& graph, Number number, bool tf32) {
  FoldedConvolution found;
  const Node* node = graph.inputs.empty() ? nullptr : first_reader(graph, found.node);
  if (!node || node->op->type() != "Conv") return {};
  const Value& x = graph.value(graph.inputs[0]);
  const Tensor* weights = graph.constant(node->inputs[1]);
  const ConvAttributes& stated = static_cast<const ConvOp&>(*node->op).attributes();
  if (x.type.dtype != DataType::Float32 || x.type.shape.size() != 4 || x.type.shape[1] != image_channels ||
      x.layout != Layout::ChannelsLast || !weights || stated.groups != 1 || stated.residual)
    return {};
  const auto axes = stated.axes(x.type.shape, weights->desc.shape);
  if (!axes || !is_foldable((*axes)[0]) || !is_foldable((*axes)[1])) return {};
  const FoldedAxis h((*axes)[0]), w((*axes)[1]);
  const int64_t images = x.type.shape[0], outputs = weights->desc.shape[0];
  if (images * h.in * w.in >= int64_t{1} << 31) return {};
  ConvAttributes folded;
  folded.pads_begin = {h.pad_begin, w.pad_begin}, folded.pads_end = {h.pad_end, w.pad_end};
  folded.activation = stated.activation;
  found.op = ConvOp::make(std::move(folded));
  found.shape = {images, folded_channels, h.in, w.in};
  found.weights = {outputs, folded_channels, h.kernel, w.kernel};
  found.shift_h = h.shift, found.shift_w = w.shift;
  found.plain = plain_problem((*axes)[0], (*axes)[1], images, outputs);
  found.plain.number = number, found.plain.tf32 = tf32;
  found.plain.relu = stated.activation.kind == ActivationKind::Relu;
  found.folded = folded_problem(h, w, found.plain);
  return found;
}

ValueId fold_input(Graph& graph, const FoldedConvolution& convolution) {
  const Node& stated = graph.nodes[convolution.node];
  const Tensor& from = *graph.constant(stated.inputs[1]);
  NewTensor to = make_tensor({DataType::Float32, convolution.weights});
  const Shape &f = from.desc.shape, &t = convolution.weights;
  for (int64_t m = 0; m < f[0]; ++m)
    for (int64_t c = 0; c < f[1]; ++c)
      for (int64_t y = 0; y < f[2]; ++y)
        for (int64_t x = 0; x < f[3]; ++x) {
          const int64_t row = y + convolution.shift_h, column = x + convolution.shift_w;
          const int64_t channel = (row % fold * fold + column % fold) * image_channels + c;
          reinterpret_cast<float*>(to.bytes)[((m * t[1] + channel) * t[2] + row / fold) * t[3] + column / fold] =
              from.data<float>()[((m * f[1] + c) * f[2] + y) * f[3] + x];
        }
  const std::string name = graph.value(graph.inputs[0]).name + " folded";
  const ValueId input =
      graph.add_value({name, {DataType::Float32, convolution.shape}, Layout::ChannelsLast, std::nullopt});
  const ValueId weights =
      graph.add_value({name + " weights", {DataType::Float32, t}, Layout::Plain, std::move(to.tensor)});
  Node& node = graph.nodes[convolution.node];
  node.op = convolution.op;
  node.inputs[0] = input, node.inputs[1] = weights;
  return input;
}

std::unique_ptr<Step> plan_fold(const Shape& input, Number number) {
  const int64_t height = (input[2] + 1) / fold, width = (input[3] + 1) / fold, count = input[0] * height * width;
  return with_number(number, [&]<class T>(T) {
    return make_step(
        [=, rows = static_cast<int>(input[2]), columns = static_cast<int>(input[3])](const StepArguments& a) {
          return for_each(
              a.queue, count,
              FoldPixels<T>{Divisor(width), Divisor(height), rows, columns, a.input<float>(0), a.output<T>(0)});
        },
        "space to depth");
  });
}

}  // namespace cnn::cuda
