// SPDX-License-Identifier: MIT
#include "engine/passes/passes.h"

namespace cnn {
namespace {

struct Known {
  const DequantizedValues& dequantized;
  FoldedConstants& folded;
};

struct Pass {
  const char* name;
  Status (*run)(Graph&, const Known&);
  /// With these options alone; empty: always.
  bool (*wanted)(const SessionOptions&) = nullptr;
};

template <Status (*run)(Graph&)>
Status plain(Graph& graph, const Known&) {
  return run(graph);
}
template <Status (*run)(Graph&, const DequantizedValues&)>
Status quantized(Graph& graph, const Known& known) {
  return run(graph, known.dequantized);
}
template <Status (*run)(Graph&, FoldedConstants&)>
Status folding(Graph& graph, const Known& known) {
  return run(graph, known.folded);
}

bool is_for_gpu(const SessionOptions& options) { return options.device.starts_with("cuda"); }
bool is_for_cpu(const SessionOptions& options) { return !is_for_gpu(options); }
bool multiplies_integers(const SessionOptions& options) {
  return options.precision == Precision::Int8 || options.precision == Precision::Auto;
}
/// The fused form of a gate has no bfloat16 product.
bool gates_weights(const SessionOptions& options) {
  return is_for_cpu(options) && options.precision != Precision::Bf16;
}

/// In this order: fuse_quantized needs weights as the model has them, residual Adds must not see activations that were
/// fused before them, and activations behind those Adds are fused afterwards.
constexpr Pass fusions[] = {
    {"drop_identities", plain<drop_identities>},
    {"fuse_shuffle", plain<fuse_shuffle>},
    {"drop_requantization", quantized<drop_requantization>},
    {"fold_pad", plain<fold_pad>},
    {"fuse_quantized", quantized<fuse_quantized>, multiplies_integers},
    {"fold_batchnorm", folding<fold_batchnorm>},
    {"fuse_gelu", plain<fuse_gelu>},
    {"sink_transposes", plain<sink_transposes>},
    {"fuse_dense", folding<fuse_dense>},
    {"fuse_activation", plain<fuse_activation>},
    {"fuse_residual", plain<fuse_residual>},
    {"fuse_activation", plain<fuse_activation>},
    {"fuse_gate", plain<fuse_gate>, gates_weights},
    {"fuse_separable", plain<fuse_separable>, is_for_cpu},
};

}  // namespace

Status run_passes(Graph& graph, const SessionOptions& options, int batch, FoldedConstants& folded) {
  CNN_CHECK(graph.verify("import"));
  CNN_CHECK(resolve_inputs(graph, options, batch));
  CNN_CHECK(graph.verify("resolve_inputs"));
  const DequantizedValues dequantized = dequantized_values(graph);
  CNN_CHECK(infer_types(graph, options.batched ? batch : 1));
  graph.remove_dead_nodes();
  CNN_CHECK(graph.verify("infer_types"));
  for (const Pass& pass : fusions) {
    if (!options.optimise) break;
    if (pass.wanted && !pass.wanted(options)) continue;
    CNN_CHECK(pass.run(graph, {dequantized, folded}));
    graph.remove_dead_nodes();
    CNN_CHECK(graph.verify(pass.name));
  }
  CNN_CHECK(assign_layouts(graph));
  CNN_CHECK(graph.verify("assign_layouts"));
  if (options.optimise) CNN_CHECK(flatten_into_dense(graph));
  graph.remove_dead_nodes();
  return graph.verify("flatten_into_dense");
}

}  // namespace cnn
