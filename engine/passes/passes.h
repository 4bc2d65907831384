// SPDX-License-Identifier: MIT
#pragma once

#include <map>

#include "engine/graph/graph.h"
#include "engine/passes/folded_constants.h"
#include "engine/session.h"

namespace cnn {

/// Turns an imported graph into one that a backend can plan: batch and open extents resolved, constants folded, operators
/// fused, layouts assigned. Graph::verify() runs after every pass and names the pass in its Error.
/// `batch` is the extent of axis 0 of the inputs when options.batched; what constants become is taken from `folded` where
/// it was done for another batch. Where options.device names a GPU, what only helps the CPU's caches is left out.
CNN_API Status run_passes(Graph& graph, const SessionOptions& options, int batch, FoldedConstants& folded);

/// Gives every graph input a complete shape; fixed inputs become constants; extra outputs become graph outputs.
Status resolve_inputs(Graph& graph, const SessionOptions& options, int batch);
/// Infers the type of every value in topological order and computes what depends on constants only.
/// With batch > 1, a Reshape to a literal leading extent of 1 follows the batch.
Status infer_types(Graph& graph, int batch);
/// Bytes that stand for real numbers (x - zero) scale; several scales and zero points follow `axis`.
struct QuantizedTensor {
  ValueId x = no_value, scale = no_value, zero = no_value;
  int64_t axis = 1;
};
/// What DequantizeLinear nodes read, by the value that they make. To be asked before types are inferred: what is
/// constant is computed then, and its bytes lose their reader.
using DequantizedValues = std::map<ValueId, QuantizedTensor>;
DequantizedValues dequantized_values(const Graph& graph);
/// Quantising and dequantising again with the same numbers behind a Pad with zeros disappears.
Status drop_requantization(Graph& graph, const DequantizedValues& constants);
/// DequantizeLinear + Conv, Gemm, MatMul, Add, Mul or GlobalAveragePool [+ Relu, Clip ...] + QuantizeLinear becomes one
/// operator on bytes; what only moves or bounds elements between equal quantisations does so with bytes.
Status fuse_quantized(Graph& graph, const DequantizedValues& constants);
/// Removes nodes that only pass their input on (Identity, Dropout, Reshape to the same shape, casts to the same type).
Status drop_identities(Graph& graph);
/// Conv followed by BatchNormalization, or by Mul, Div, Add or Sub with a constant per channel, becomes one Conv.
Status fold_batchnorm(Graph& graph, FoldedConstants& folded);
/// Zeros that a Pad puts around a map become the padding of the Conv behind it.
Status fold_pad(Graph& graph);
/// Conv, or MatMul with constant weights, + Add of a tensor of the same shape becomes one with a residual input.
Status fuse_residual(Graph& graph);
/// A Transpose behind a MatMul with constant weights goes behind the sums and products that follow it, so that these can
/// become part of the MatMul.
Status sink_transposes(Graph& graph);
/// MatMul with constant weights, followed by Add, Mul, Sub or Div with a constant per column, becomes one MatMul.
Status fuse_dense(Graph& graph, FoldedConstants& folded);
/// Conv, Gemm or MatMul followed by an activation becomes one node; x * sigmoid(x) and x * hardsigmoid(x) become activations.
Status fuse_activation(Graph& graph);
/// x / sqrt(2), Erf, + 1, * x, * 1/2 become one Gelu.
Status fuse_gelu(Graph& graph);
/// Reshape + Transpose + Reshape that deal groups of channels out become one node, which needs no Plain layout.
Status fuse_shuffle(Graph& graph);
/// Mul by a number per image and channel before a 1x1 Conv disappears into the Conv's weights where those are fewer
/// than the map's elements.
Status fuse_gate(Graph& graph);
/// 1x1 and depthwise convolutions around wide maps become one node that keeps bands of these in the caches.
Status fuse_separable(Graph& graph);
/// Chooses the memory layout of every value and inserts Reorder and View nodes where layouts meet.
Status assign_layouts(Graph& graph);
/// Reorder + Flatten before a dense layer disappears into the order in which the dense weights' rows are read.
Status flatten_into_dense(Graph& graph);

}  // namespace cnn
