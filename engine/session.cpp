// SPDX-License-Identifier: MIT
#include "engine/session.h"

#include <algorithm>
#include <cstring>
#include <string_view>
#include <unordered_map>

#include "engine/backend_loader.h"
#include "engine/base/buffer.h"
#include "engine/cpu/executable.h"
#include "engine/kernels/strided_copy.h"
#include "engine/passes/passes.h"

namespace cnn {

constexpr size_t max_buffer_bytes = size_t{1} << 32;

struct Session::State {
  explicit State(int threads) : workers(threads) {}

  struct Tensors {
    std::vector<TensorDesc> descs;
    std::vector<std::string> names;
    std::vector<Buffer> buffers;
    std::vector<size_t> image_bytes;
  };

  Workers workers;
  PackedWeights packed;
  std::vector<std::pair<int, std::unique_ptr<CpuExecutable>>> executables;  // batch sizes, ascending
  std::vector<std::vector<size_t>> layer_of_node;                           // per executable, see match_layers()
  Buffer arena;
  Tensors inputs, outputs;
  std::vector<const std::byte*> input_addresses;
  std::vector<std::byte*> output_addresses;
  std::string device, device_reason;

  Status compile(const Model& model, const SessionOptions& options);
  Status make_buffers(int max_batch);

  /// Index of the executable that computes the next images when `images` are left: the largest that is not larger.
  size_t executable_for(int images) const {
    size_t chosen = 0;
    while (chosen + 1 < executables.size() && executables[chosen + 1].first <= images) ++chosen;
    return chosen;
  }

  const std::byte* own_images() const { return inputs.buffers.empty() ? nullptr : inputs.buffers[0].data(); }

  /// Calls execute(index) for every executable that `batch` images need, with the addresses of its images set. Those of
  /// input 0 begin at `images`.
  template <class Execute>
  void for_each_execution(int batch, const std::byte* images, Execute&& execute) {
    for (int done = 0; done < batch;) {
      const size_t chosen = executable_for(batch - done);
      const auto first = static_cast<size_t>(done);
      for (size_t i = 0; i < input_addresses.size(); ++i)
        input_addresses[i] = (i == 0 ? images : inputs.buffers[i].data()) + first * inputs.image_bytes[i];
      for (size_t i = 0; i < output_addresses.size(); ++i)
        output_addresses[i] = outputs.buffers[i].data() + first * outputs.image_bytes[i];
      execute(chosen);
      done += executables[chosen].first;
    }
  }
};

namespace {

/// Whether `many` is `one` with `batch` times as many indices of axis 0, as far as shapes tell. On an axis that is all
/// there is, the images would lie one behind the other, and a Softmax would run over all of them.
bool scales(const Shape& one, const Shape& many, int batch) {
  if (one.empty() || (one.size() == 1 && one[0] != 1)) return false;
  Shape expected = one;
  expected[0] *= batch;
  return many == expected;
}

/// Whether every tensor that both graphs compute keeps its images apart along axis 0.
bool keeps_images_apart(const Graph& one, const Graph& many, int batch) {
  std::unordered_map<std::string_view, const Shape*> shapes;
  for (const Node& node : one.nodes)
    for (ValueId id : node.outputs)
      if (id != no_value) shapes.emplace(one.value(id).name, &one.value(id).type.shape);
  for (const Node& node : many.nodes)
    for (ValueId id : node.outputs) {
      if (id == no_value) continue;
      const auto single = shapes.find(many.value(id).name);
      if (single != shapes.end() && !scales(*single->second, many.value(id).type.shape, batch)) return false;
    }
  return true;
}

/// Whether the results of `many` (for `batch` images) are those of `one` with axis 0 `batch` times as long.
bool scales_with_batch(const Graph& one, const Graph& many, int batch) {
  auto fits = [&](const std::vector<ValueId>& a, const std::vector<ValueId>& b) {
    for (size_t i = 0; i < a.size(); ++i) {
      Shape expected = one.value(a[i]).type.shape;
      if (expected.empty()) return false;
      expected[0] *= batch;
      if (many.value(b[i]).type.shape != expected || one.value(a[i]).layout != many.value(b[i]).layout) return false;
    }
    return true;
  };
  return fits(one.inputs, many.inputs) && fits(one.outputs, many.outputs) && keeps_images_apart(one, many, batch);
}

/// For each node of `graph` the index in `listed` of the node that makes a value of the same name. A node that has no such
/// counterpart, as one that was fused there, counts with the next one that has.
std::vector<size_t> match_layers(const Graph& listed, const Graph& graph) {
  std::unordered_map<std::string_view, size_t> makers;
  for (size_t n = 0; n < listed.nodes.size(); ++n)
    for (ValueId id : listed.nodes[n].outputs)
      if (id != no_value) makers.emplace(listed.value(id).name, n);
  std::vector<size_t> matches(graph.nodes.size(), listed.nodes.size());
  for (size_t n = graph.nodes.size(); n-- > 0;) {
    if (n + 1 < graph.nodes.size()) matches[n] = matches[n + 1];
    for (ValueId id : graph.nodes[n].outputs)
      if (auto maker = id == no_value ? makers.end() : makers.find(graph.value(id).name); maker != makers.end())
        matches[n] = maker->second;
  }
  return matches;
}

Result<std::unique_ptr<CpuExecutable>> compile_for(const Model& model, const SessionOptions& options, int batch,
                                                   PackedWeights& packed, int threads) {
  Graph graph = model.graph;
  CNN_CHECK(run_passes(graph, options, batch));
  return CpuExecutable::compile(std::move(graph), packed, threads, options.precision);
}

}  // namespace

Status Session::State::compile(const Model& model, const SessionOptions& options) {
  CNN_TRY(single, compile_for(model, options, 1, packed, workers.count()));
  executables.emplace_back(1, std::move(single));
  std::vector<int> sizes;
  for (int64_t batch = 2; options.batched && batch < options.max_batch; batch *= 2)
    sizes.push_back(static_cast<int>(batch));
  if (options.batched && options.max_batch > 1) sizes.push_back(options.max_batch);
  for (int batch : sizes) {
    auto many = compile_for(model, options, batch, packed, workers.count());
    // A network that has the batch 1 written into it still runs, image by image.
    if (!many || !scales_with_batch(executables[0].second->graph(), (*many)->graph(), batch)) break;
    executables.emplace_back(batch, std::move(*many));
  }
  size_t bytes = 0;
  for (auto& [batch, executable] : executables) bytes = std::max(bytes, executable->arena_bytes());
  arena = Buffer(bytes);
  for (auto& [batch, executable] : executables) {
    executable->bind_arena(arena.data());
    layer_of_node.push_back(match_layers(executables[0].second->graph(), executable->graph()));
  }
  return {};
}

Status Session::State::make_buffers(int max_batch) {
  const Graph& graph = executables[0].second->graph();
  auto fill = [&](Tensors& tensors, const std::vector<ValueId>& ids) -> Status {
    for (ValueId id : ids) {
      const Value& value = graph.value(id);
      TensorDesc desc{value.type.dtype, value.type.shape, value.layout};
      tensors.image_bytes.push_back(desc.bytes());
      if (desc.bytes() > max_buffer_bytes / static_cast<size_t>(max_batch))
        return error(ErrorCode::Unsupported, "tensor ", value.name, " ", to_string(desc.shape), " for ", max_batch,
                     " images needs more than ", max_buffer_bytes >> 20, " MiB");
      if (!desc.shape.empty()) desc.shape[0] *= max_batch;
      tensors.buffers.emplace_back(std::max<size_t>(1, tensors.image_bytes.back() * static_cast<size_t>(max_batch)));
      tensors.names.push_back(value.name);
      tensors.descs.push_back(std::move(desc));
    }
    return {};
  };
  CNN_CHECK(fill(inputs, graph.inputs));
  CNN_CHECK(fill(outputs, graph.outputs));
  input_addresses.resize(inputs.buffers.size());
  output_addresses.resize(outputs.buffers.size());
  return {};
}

Session::Session() = default;
Session::~Session() = default;

Result<std::unique_ptr<Session>> Session::open(const Model& model, const SessionOptions& options) try {
  if (options.max_batch < 1)
    return error(ErrorCode::InvalidArgument, "the largest batch is ", options.max_batch, ", at least 1 is needed");
  CNN_TRY(choice, choose_backend(options.device));
  std::unique_ptr<Session> session(new Session);
  session->state_ = std::make_unique<State>(options.threads);
  State& state = *session->state_;
  state.device = choice.device;
  state.device_reason = choice.reason;
  if (auto status = state.compile(model, options); !status) {
    const Error& cause = status.error();
    return Error{cause.code, model.path.empty() ? cause.what : model.path + ": " + cause.what};
  }
  CNN_CHECK(state.make_buffers(options.batched ? options.max_batch : 1));
  return session;
} catch (const std::exception& failure) {
  return error(ErrorCode::InvalidModel, model.path, ": ", failure.what());
}

const std::vector<TensorDesc>& Session::inputs() const { return state_->inputs.descs; }
const std::vector<std::string>& Session::input_names() const { return state_->inputs.names; }
const std::vector<TensorDesc>& Session::outputs() const { return state_->outputs.descs; }
const std::vector<std::string>& Session::output_names() const { return state_->outputs.names; }
std::byte* Session::input(size_t index) { return state_->inputs.buffers[index].data(); }
const std::byte* Session::output(size_t index) const { return state_->outputs.buffers[index].data(); }
const std::string& Session::device() const { return state_->device; }
const std::string& Session::device_reason() const { return state_->device_reason; }
size_t Session::arena_bytes() const { return state_->arena.size(); }

void Session::set_input(size_t index, const void* plain) {
  const TensorDesc& desc = state_->inputs.descs[index];
  const TensorDesc from{desc.dtype, desc.shape};
  strided_copy(size_of(desc.dtype), desc.shape, plain, from.strides(), input(index), desc.strides(), state_->workers);
}

void Session::run(int batch) { run(batch, state_->own_images()); }

void Session::run(int batch, const std::byte* images) {
  State& state = *state_;
  state.for_each_execution(batch, images, [&](size_t chosen) {
    state.executables[chosen].second->run(state.input_addresses, state.output_addresses, state.workers);
  });
}

void Session::run_timed(int batch, std::span<double> seconds) {
  State& state = *state_;
  std::fill(seconds.begin(), seconds.end(), 0.0);
  state.for_each_execution(batch, state.own_images(), [&](size_t chosen) {
    state.executables[chosen].second->run_timed(state.input_addresses, state.output_addresses, state.workers,
                                                state.layer_of_node[chosen], seconds);
  });
}

std::vector<LayerReport> Session::layers(int batch) const {
  std::vector<LayerReport> reports = state_->executables[0].second->layers();
  const size_t chosen = state_->executable_for(batch);
  if (chosen == 0) return reports;
  const std::vector<LayerReport> others = state_->executables[chosen].second->layers();
  for (size_t n = 0; n < others.size(); ++n)
    if (const size_t layer = state_->layer_of_node[chosen][n]; layer < reports.size())
      reports[layer].algorithm = others[n].algorithm;
  return reports;
}

}  // namespace cnn
