// SPDX-License-Identifier: MIT
#include "engine/plan/value_storage.h"

#include <algorithm>
#include <set>

#include "engine/ops/concat.h"

namespace cnn {
namespace {

class StoragePlanner {
 public:
  StoragePlanner(const Graph& graph, ValueStorage& storage, int64_t channel_multiple)
      : graph_(graph),
        storage_(storage),
        multiple_(channel_multiple),
        producers_(graph.producers()),
        readers_(graph.consumers()) {}

  /// Concatenations from last to first, so that an inner one finds the place of the outer one.
  void place_slices() {
    for (size_t n = graph_.nodes.size(); n-- > 0;) {
      if (!joins_channels(n)) continue;
      if (can_concat_in_place(n))
        place_slices_of(n);
      else if (is_in_one_piece(n))
        place_result_of(n);
    }
  }

 private:
  bool joins_channels(size_t n) const {
    const Node& node = graph_.nodes[n];
    const auto* concat = dynamic_cast<const ConcatOp*>(node.op.get());
    if (!concat) return false;
    const Value& result = graph_.value(node.outputs[0]);
    const int rank = static_cast<int>(result.type.shape.size());
    return result.layout == Layout::ChannelsLast && rank == 4 && (concat->axis() + rank) % rank == 1;
  }

  bool can_concat_in_place(size_t n) const {
    const Node& node = graph_.nodes[n];
    if (!stays_whole(node.outputs[0]) && !result_is_slice(node.outputs[0])) return false;
    std::set<ValueId> seen;
    return std::all_of(node.inputs.begin(), node.inputs.end(),
                       [&](ValueId id) { return seen.insert(id).second && can_be_slice(id, n); });
  }

  bool stays_whole(ValueId id) const { return storage_.places[static_cast<size_t>(id)].root == id; }
  bool result_is_slice(ValueId id) const { return storage_.descs[static_cast<size_t>(id)].pixel_stride != 0; }

  bool can_be_slice(ValueId id, size_t concat) const {
    const int producer = producers_[static_cast<size_t>(id)];
    if (graph_.constant(id) || producer < 0 || graph_.is_output(id)) return false;
    if (!stays_whole(id) || graph_.value(id).type.shape[1] % multiple_ != 0) return false;
    const Node& maker = graph_.nodes[static_cast<size_t>(producer)];
    return !maker.op->is_view() && maker.op->accepts_pixel_stride() && readers_accept_slice(id, concat);
  }

  /// `concat` aside, which does not run.
  bool readers_accept_slice(ValueId id, size_t concat) const {
    const auto& readers = readers_[static_cast<size_t>(id)];
    return std::all_of(readers.begin(), readers.end(), [&](int reader) {
      const Node& node = graph_.nodes[static_cast<size_t>(reader)];
      return static_cast<size_t>(reader) == concat || (node.op->accepts_pixel_stride() && !node.op->is_view());
    });
  }

  /// Whether a later concatenation that has the same inputs among its own put them side by side already, as the layers
  /// of a DenseNet do (Huang et al., arXiv:1608.06993).
  bool is_in_one_piece(size_t n) const {
    const Node& node = graph_.nodes[n];
    const ValueId result = node.outputs[0];
    if (!stays_whole(result) || graph_.is_output(result) || !readers_accept_slice(result, n)) return false;
    const auto& first = storage_.places[static_cast<size_t>(node.inputs[0])];
    const int64_t step = storage_.descs[static_cast<size_t>(node.inputs[0])].pixel_stride;
    int64_t offset = first.offset;
    for (ValueId id : node.inputs) {
      const auto& place = storage_.places[static_cast<size_t>(id)];
      const TensorDesc& desc = storage_.descs[static_cast<size_t>(id)];
      if (stays_whole(id) || place.root != first.root || place.offset != offset) return false;
      if (step == 0 || desc.pixel_stride != step) return false;
      offset += desc.shape[1] * static_cast<int64_t>(size_of(desc.dtype));
    }
    return true;
  }

  void place_result_of(size_t n) {
    const Node& node = graph_.nodes[n];
    const auto result = static_cast<size_t>(node.outputs[0]), first = static_cast<size_t>(node.inputs[0]);
    storage_.places[result] = storage_.places[first];
    storage_.descs[result].pixel_stride = storage_.descs[first].pixel_stride;
    storage_.elided[n] = true;
  }

  void place_slices_of(size_t n) {
    const Node& node = graph_.nodes[n];
    const auto result = static_cast<size_t>(node.outputs[0]);
    const int64_t step = storage_.descs[result].pixel_step();
    const auto size = static_cast<int64_t>(size_of(storage_.descs[result].dtype));
    int64_t offset = storage_.places[result].offset;
    for (ValueId id : node.inputs) {
      const auto slice = static_cast<size_t>(id);
      storage_.places[slice] = {storage_.places[result].root, offset};
      storage_.descs[slice].pixel_stride = step;
      offset += graph_.value(id).type.shape[1] * size;
    }
    storage_.elided[n] = true;
  }

  const Graph& graph_;
  ValueStorage& storage_;
  int64_t multiple_;
  std::vector<int> producers_;
  std::vector<std::vector<int>> readers_;
};

void widen_pixels(TensorDesc& desc, int64_t multiple) {
  if (!desc.channels_last() || desc.rank() < 3 || desc.dtype != DataType::Float32 || desc.pixel_stride != 0) return;
  const int64_t wide = (desc.shape[1] + multiple - 1) / multiple * multiple;
  if (wide != desc.shape[1]) desc.pixel_stride = wide;
}

}  // namespace

ValueStorage plan_storage(const Graph& graph, int64_t channel_multiple) {
  ValueStorage storage;
  storage.elided.assign(graph.nodes.size(), false);
  for (size_t i = 0; i < graph.values.size(); ++i) {
    const Value& value = graph.values[i];
    storage.places.push_back({static_cast<ValueId>(i), 0});
    storage.descs.push_back({value.type.dtype, value.type.shape, value.layout});
  }
  StoragePlanner(graph, storage, channel_multiple).place_slices();
  for (TensorDesc& desc : storage.descs) widen_pixels(desc, channel_multiple);
  for (size_t n = 0; n < graph.nodes.size(); ++n) {
    const Node& node = graph.nodes[n];
    if (!node.op->is_view()) continue;
    const auto from = static_cast<size_t>(node.inputs[0]), to = static_cast<size_t>(node.outputs[0]);
    if (!storage.descs[from].dense() || !storage.descs[to].dense()) continue;
    storage.elided[n] = true;
    storage.places[to] = storage.places[from];
  }
  return storage;
}

}  // namespace cnn
