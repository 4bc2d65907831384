// SPDX-License-Identifier: MIT
#include "engine/batch_executor.h"

#include <algorithm>
#include <chrono>

#include "engine/passes/passes.h"
#include "engine/plan/batched_graph.h"

namespace cnn {
namespace {

using Clock = std::chrono::steady_clock;

}  // namespace

size_t BatchExecutor::Group::fitting(int images, size_t largest) const {
  size_t chosen = 0;
  while (chosen < largest && executables[chosen + 1].images <= images) ++chosen;
  return chosen;
}

void BatchExecutor::Group::bind_arena() {
  size_t bytes = 0;
  for (const Sized& sized : executables) bytes = std::max(bytes, sized.executable->arena_bytes());
  arena = Buffer(bytes);
  for (const Sized& sized : executables) sized.executable->bind_arena(arena.data());
  const Graph& graph = executables[0].executable->graph();
  inputs.resize(graph.inputs.size());
  outputs.resize(graph.outputs.size());
}

template <class Execute>
void BatchExecutor::Group::for_each(int first, int last, size_t largest, const BatchImages& images, Execute&& execute) {
  while (first < last) {
    const Sized& chosen = executables[fitting(last - first, largest)];
    const auto image = static_cast<size_t>(first);
    for (size_t i = 0; i < inputs.size(); ++i) inputs[i] = images.inputs[i] + image * images.input_bytes[i];
    for (size_t i = 0; i < outputs.size(); ++i) outputs[i] = images.outputs[i] + image * images.output_bytes[i];
    execute(chosen);
    first += chosen.images;
  }
}

Status BatchExecutor::compile(Graph graph, const SessionOptions& options) {
  const Precision numbers = options.precision == Precision::Bf16 ? Precision::Bf16 : Precision::Fp32;
  FoldedConstants folded;
  const std::vector<int> sizes = batch_sizes(options);
  const int lanes = options.deterministic ? 1 : std::min(workers_.count(), sizes.back());
  const int share = (sizes.back() + lanes - 1) / lanes;  // of a thread
  std::vector<std::pair<int, Graph>> of_lanes;
  for (int batch : sizes) {
    const bool last = batch == sizes.back();
    Graph sized = last ? std::move(graph) : graph;
    const Status passed = run_passes(sized, options, batch, folded);
    if (lanes > 1 && passed && (batch == 1 || batch == share)) of_lanes.emplace_back(batch, sized);
    if (last) folded = {};  // packed weights take their place
    auto made = passed ? CpuExecutable::compile(std::move(sized), packed_, workers_, numbers) : passed.error();
    if (batch == 1 && !made) return made.error();
    // A network that has the batch 1 written into it still runs, image by image.
    if (batch > 1 && (!made || !scales_with_batch(this->graph(), (*made)->graph(), batch))) {
      std::erase_if(of_lanes, [&](const auto& entry) { return entry.first == batch; });
      break;
    }
    std::vector<size_t> layers = match_layers(batch == 1 ? (*made)->graph() : this->graph(), (*made)->graph());
    together_.executables.push_back({batch, std::move(*made), std::move(layers)});
  }
  together_.bind_arena();
  CNN_CHECK(add_lanes(of_lanes, lanes, numbers));
  list_ways(options);
  return {};
}

Status BatchExecutor::add_lanes(const std::vector<std::pair<int, Graph>>& graphs, int lanes, Precision numbers) {
  for (int i = 0; i < lanes && !graphs.empty(); ++i) {
    Lane& lane = *lanes_.emplace_back(std::make_unique<Lane>());
    for (const auto& [images, graph] : graphs) {
      CNN_TRY(made, CpuExecutable::compile(graph, packed_, lane.alone, numbers));
      std::vector<size_t> layers = match_layers(this->graph(), made->graph());
      lane.group.executables.push_back({images, std::move(made), std::move(layers)});
    }
    lane.group.bind_arena();
  }
  return {};
}

void BatchExecutor::list_ways(const SessionOptions& options) {
  std::vector<int> least;
  for (size_t i = 0; i < together_.executables.size(); ++i) {
    ways_.push_back({false, i});
    least.push_back(together_.executables[i].images);
  }
  for (size_t i = 0; !lanes_.empty() && i < lanes_[0]->group.executables.size(); ++i) {
    ways_.push_back({true, i});
    least.push_back(std::max(2, lanes_[0]->group.executables[i].images));
  }
  tuner_ = BatchTuner(least, options.batched ? options.max_batch : 1, options.deterministic);
}

/// Calls execute(group, sized, workers, lane) for everything that the batch needs, by lanes from several threads.
template <class Execute>
void BatchExecutor::execute(int batch, const BatchImages& images, Execute&& execute) {
  const Clock::time_point start = Clock::now();
  const size_t chosen = tuner_.choose(batch);
  const Way way = ways_[chosen];
  if (way.lanes) {
    const auto lanes = static_cast<int64_t>(lanes_.size());
    workers_.parallel_for(lanes, 1, [&](int64_t begin, int64_t end) {
      for (int64_t l = begin; l < end; ++l) {
        Lane& lane = *lanes_[static_cast<size_t>(l)];
        const auto first = static_cast<int>(batch * l / lanes), last = static_cast<int>(batch * (l + 1) / lanes);
        lane.group.for_each(first, last, way.largest, images,
                            [&](const Sized& sized) { execute(lane.group, sized, lane.alone, static_cast<size_t>(l)); });
      }
    });
  } else {
    together_.for_each(0, batch, way.largest, images,
                       [&](const Sized& sized) { execute(together_, sized, workers_, size_t{0}); });
  }
  tuner_.told(batch, chosen, std::chrono::duration<double>(Clock::now() - start).count());
}

Status BatchExecutor::run(int batch, const BatchImages& images) {
  execute(batch, images, [](Group& group, const Sized& sized, Workers& workers, size_t) {
    sized.executable->run(group.inputs, group.outputs, workers);
  });
  return {};
}

Status BatchExecutor::run_timed(int batch, const BatchImages& images, std::span<double> seconds) {
  const size_t lanes = ways_[tuner_.choose(batch)].lanes ? lanes_.size() : 1;
  std::vector<std::vector<double>> of_lanes(lanes, std::vector<double>(seconds.size(), 0.0));
  execute(batch, images, [&](Group& group, const Sized& sized, Workers& workers, size_t lane) {
    sized.executable->run_timed(group.inputs, group.outputs, workers, sized.layer_of_node, of_lanes[lane]);
  });
  std::fill(seconds.begin(), seconds.end(), 0.0);
  // Lanes run at the same time.
  for (const std::vector<double>& times : of_lanes)
    for (size_t i = 0; i < seconds.size(); ++i) seconds[i] += times[i] / static_cast<double>(lanes);
  return {};
}

std::vector<LayerReport> BatchExecutor::layers(int batch) const {
  const Sized& first = together_.executables[0];
  std::vector<LayerReport> reports = first.executable->layers();
  const Way way = ways_[tuner_.choose(batch)];
  const Group& group = way.lanes ? lanes_[0]->group : together_;
  const auto images = way.lanes ? (batch + static_cast<int>(lanes_.size()) - 1) / static_cast<int>(lanes_.size()) : batch;
  const Sized& chosen = group.executables[group.fitting(images, way.largest)];
  if (&chosen == &first) return reports;
  const std::vector<LayerReport> others = chosen.executable->layers();
  for (size_t n = 0; n < others.size(); ++n)
    if (const size_t layer = chosen.layer_of_node[n]; layer < reports.size())
      reports[layer].algorithm = others[n].algorithm;
  return reports;
}

size_t BatchExecutor::arena_bytes() const {
  size_t bytes = together_.arena.size();
  for (const auto& lane : lanes_) bytes += lane->group.arena.size();
  return bytes;
}

}  // namespace cnn
