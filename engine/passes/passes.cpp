// SPDX-License-Identifier: MIT
#include "engine/passes/passes.h"

namespace cnn {
namespace {

struct Pass {
  const char* name;
  Status (*run)(Graph&);
};

/// In this order: folding needs constants, residual Adds must not see activations that were fused before them, and
/// activations behind those Adds are fused afterwards.
constexpr Pass fusions[] = {
    {"drop_identities", drop_identities},
    {"fold_pad", fold_pad},
    {"fold_batchnorm", fold_batchnorm},
    {"fuse_activation", fuse_activation},
    {"fuse_residual", fuse_residual},
    {"fuse_activation", fuse_activation},
};

}  // namespace

Status run_passes(Graph& graph, const SessionOptions& options, int batch) {
  CNN_CHECK(graph.verify("import"));
  CNN_CHECK(resolve_inputs(graph, options, batch));
  CNN_CHECK(graph.verify("resolve_inputs"));
  CNN_CHECK(infer_types(graph, options.batched ? batch : 1));
  graph.remove_dead_nodes();
  CNN_CHECK(graph.verify("infer_types"));
  for (const Pass& pass : fusions) {
    if (!options.optimise) break;
    CNN_CHECK(pass.run(graph));
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
