// SPDX-License-Identifier: MIT
#include "engine/passes/passes.h"

namespace cnn {
namespace {

struct Pass {
  const char* name;
  Status (*run)(Graph&, const DequantizedValues&);
  bool makes_integers = false;  ///< left out at fp32 and bf16
};

template <Status (*run)(Graph&)>
Status plain(Graph& graph, const DequantizedValues&) {
  return run(graph);
}

/// In this order: fuse_quantized needs weights as the model has them, residual Adds must not see activations that were
/// fused before them, and activations behind those Adds are fused afterwards.
constexpr Pass fusions[] = {
    {"drop_identities", plain<drop_identities>},
    {"drop_requantization", drop_requantization},
    {"fold_pad", plain<fold_pad>},
    {"fuse_quantized", fuse_quantized, true},
    {"fold_batchnorm", plain<fold_batchnorm>},
    {"fuse_activation", plain<fuse_activation>},
    {"fuse_residual", plain<fuse_residual>},
    {"fuse_activation", plain<fuse_activation>},
    {"fuse_separable", plain<fuse_separable>},
};

}  // namespace

Status run_passes(Graph& graph, const SessionOptions& options, int batch) {
  CNN_CHECK(graph.verify("import"));
  CNN_CHECK(resolve_inputs(graph, options, batch));
  CNN_CHECK(graph.verify("resolve_inputs"));
  const DequantizedValues dequantized = dequantized_values(graph);
  CNN_CHECK(infer_types(graph, options.batched ? batch : 1));
  graph.remove_dead_nodes();
  CNN_CHECK(graph.verify("infer_types"));
  const bool integers = options.precision == Precision::Int8 || options.precision == Precision::Auto;
  for (const Pass& pass : fusions) {
    if (!options.optimise) break;
    if (pass.makes_integers && !integers) continue;
    CNN_CHECK(pass.run(graph, dequantized));
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
