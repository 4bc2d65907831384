// SPDX-License-Identifier: MIT
#pragma once

#include "engine/graph/graph.h"
#include "engine/session.h"

namespace cnn {

/// Turns an imported graph into one that a backend can plan: batch and open extents resolved, constants folded, operators
/// fused, layouts assigned. Graph::verify() runs after every pass and names the pass in its Error.
/// `batch` is the extent of axis 0 of the inputs when options.batched.
Status run_passes(Graph& graph, const SessionOptions& options, int batch);

/// Gives every graph input a complete shape; fixed inputs become constants; extra outputs become graph outputs.
Status resolve_inputs(Graph& graph, const SessionOptions& options, int batch);
/// Infers the type of every value in topological order and computes what depends on constants only.
/// With batch > 1, a Reshape to a literal leading extent of 1 follows the batch.
Status infer_types(Graph& graph, int batch);
/// Removes nodes that only pass their input on (Identity, Dropout, Reshape to the same shape, casts to the same type).
Status drop_identities(Graph& graph);
/// Conv followed by BatchNormalization, or by Mul, Div, Add or Sub with a constant per channel, becomes one Conv.
Status fold_batchnorm(Graph& graph);
/// Zeros that a Pad puts around a map become the padding of the Conv behind it.
Status fold_pad(Graph& graph);
/// Conv + Add of a tensor of the same shape becomes Conv with a residual input.
Status fuse_residual(Graph& graph);
/// Conv or Gemm followed by an activation becomes one node; x * sigmoid(x) and x * hardsigmoid(x) become activations.
Status fuse_activation(Graph& graph);
/// Chooses the memory layout of every value and inserts Reorder and View nodes where layouts meet.
Status assign_layouts(Graph& graph);
/// Reorder + Flatten before a dense layer disappears into the order of the dense weights' rows.
Status flatten_into_dense(Graph& graph);

}  // namespace cnn
