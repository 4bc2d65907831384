// SPDX-License-Identifier: MIT
#include "engine/cuda/front.h"

#include <algorithm>
#include <set>

#include "engine/cuda/step.h"

namespace cnn::cuda {
namespace {

/// What a node reads and writes, each value's memory once, constants left out.
std::set<ValueId> roots_of(const Graph& graph, const ValueStorage& storage, const Node& node) {
  std::set<ValueId> roots;
  for (const auto* ids : {&node.inputs, &node.outputs})
    for (ValueId id : *ids)
      if (id != no_value && !graph.constant(id) && !graph.constant(storage.places[static_cast<size_t>(id)].root))
        roots.insert(storage.places[static_cast<size_t>(id)].root);
  return roots;
}

size_t front_nodes(const Graph& graph, const ValueStorage& storage, size_t bytes, Number number) {
  for (size_t n = graph.nodes.size(); n-- > 0;) {
    if (storage.elided[n]) continue;
    size_t moved = 0;
    for (ValueId root : roots_of(graph, storage, graph.nodes[n]))
      moved += bytes_of(storage.descs[static_cast<size_t>(root)], number);
    if (moved > bytes) return n + 1;
  }
  return 0;
}

int64_t images_of(const Graph& graph) {
  const Shape& shape = graph.value(graph.inputs[0]).type.shape;
  return shape.empty() ? 0 : shape[0];
}

/// Whether the value of `few` is that of `many` with `rounds` times fewer images, at the same place.
bool is_part(const ValueStorage& many, const ValueStorage& few, ValueId id, int64_t rounds) {
  const auto at = static_cast<size_t>(id);
  const TensorDesc &all = many.descs[at], &part = few.descs[at];
  if (all.shape.empty() || part.shape.empty() || all.rank() != part.rank()) return false;
  return many.places[at].root == few.places[at].root && many.places[at].offset == few.places[at].offset &&
         all.dtype == part.dtype && all.layout == part.layout && all.pixel_stride == part.pixel_stride && all.shape[0] == part.shape[0] * rounds &&
         std::equal(all.shape.begin() + 1, all.shape.end(), part.shape.begin() + 1);
}

}  // namespace

size_t bytes_of(const TensorDesc& desc, Number number) {
  const size_t element = desc.dtype == DataType::Float32 ? size_of(number) : cnn::size_of(desc.dtype);
  const bool pixels = desc.channels_last() && desc.rank() >= 3 && desc.shape[1] > 0;
  const int64_t elements = pixels ? desc.count() / desc.shape[1] * desc.pixel_step() : desc.count();
  return static_cast<size_t>(elements) * element;
}

std::optional<Front> find_front(const Graph& graph, const ValueStorage& storage, Graph few, size_t bytes,
                                Number number) {
  const int64_t images = images_of(graph), part = images_of(few);
  if (part < 1 || part >= images || images % part != 0) return {};
  if (graph.nodes.size() != few.nodes.size() || graph.values.size() != few.values.size()) return {};
  Front front{std::move(few), {}, front_nodes(graph, storage, bytes, number), images / part};
  if (front.nodes == 0) return {};
  front.storage = plan_storage(front.graph, channel_multiple);
  for (size_t n = 0; n < front.nodes; ++n) {
    const Node &a = graph.nodes[n], &b = front.graph.nodes[n];
    if (a.op->type() != b.op->type() || a.inputs != b.inputs || a.outputs != b.outputs ||
        storage.elided[n] != front.storage.elided[n])
      return {};
    std::set<ValueId> touched = roots_of(graph, storage, a);
    for (const auto* ids : {&a.inputs, &a.outputs})
      for (ValueId id : *ids)
        if (id != no_value && !graph.constant(id)) touched.insert(id);
    for (ValueId id : touched)
      if (!is_part(storage, front.storage, id, front.rounds)) return {};
  }
  return front;
}

}  // namespace cnn::cuda
