// SPDX-License-Identifier: MIT
#include "engine/session.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <string_view>
#include <unordered_map>

#include "engine/backend_loader.h"
#include "engine/base/buffer.h"
#include "engine/batched_graph.h"
#include "engine/cpu/batch_tuner.h"
#include "engine/cpu/bf16_support.h"
#include "engine/cpu/executable.h"
#include "engine/kernels/strided_copy.h"
#include "engine/passes/passes.h"
#include "engine/precision_choice.h"

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
  BatchTuner tuner;
  Buffer arena;
  Tensors inputs, outputs;
  std::vector<const std::byte*> input_addresses;
  std::vector<std::byte*> output_addresses;
  std::string device, device_reason;
  PrecisionChoice precision;

  Status compile(Graph graph, const SessionOptions& options);
  Status make_buffers(int max_batch);

  /// Index of the executable that computes the next images when `images` are left: the largest up to `largest` that is
  /// not larger.
  size_t executable_for(int images, size_t largest) const {
    size_t chosen = 0;
    while (chosen < largest && executables[chosen + 1].first <= images) ++chosen;
    return chosen;
  }

  const std::byte* own_images() const { return inputs.buffers.empty() ? nullptr : inputs.buffers[0].data(); }

  /// Calls execute(index) for every executable that `batch` images need, with the addresses of its images set. Those of
  /// input 0 begin at `images`.
  template <class Execute>
  void for_each_execution(int batch, const std::byte* images, Execute&& execute) {
    using Clock = std::chrono::steady_clock;
    const Clock::time_point start = Clock::now();
    const size_t largest = tuner.choose(batch);
    for (int done = 0; done < batch;) {
      const size_t chosen = executable_for(batch - done, largest);
      const auto first = static_cast<size_t>(done);
      for (size_t i = 0; i < input_addresses.size(); ++i)
        input_addresses[i] = (i == 0 ? images : inputs.buffers[i].data()) + first * inputs.image_bytes[i];
      for (size_t i = 0; i < output_addresses.size(); ++i)
        output_addresses[i] = outputs.buffers[i].data() + first * outputs.image_bytes[i];
      execute(chosen);
      done += executables[chosen].first;
    }
    tuner.told(batch, largest, std::chrono::duration<double>(Clock::now() - start).count());
  }
};

namespace {

/// 1, and the larger batches that have an executable of their own.
std::vector<int> batch_sizes(const SessionOptions& options) {
  std::vector<int> sizes{1};
  for (int64_t batch = 2; options.batched && batch < options.max_batch; batch *= 2)
    sizes.push_back(static_cast<int>(batch));
  if (options.batched && options.max_batch > 1) sizes.push_back(options.max_batch);
  return sizes;
}

}  // namespace

Status Session::State::compile(Graph graph, const SessionOptions& stated) {
  CNN_TRY(choice, choose_precision(graph, stated.precision));
  precision = std::move(choice);
  SessionOptions options = stated;
  options.precision = precision.precision;
  const Precision numbers = options.precision == Precision::Bf16 ? Precision::Bf16 : Precision::Fp32;
  FoldedConstants folded;
  const std::vector<int> sizes = batch_sizes(options);
  for (int batch : sizes) {
    const bool last = batch == sizes.back();
    Graph sized = last ? std::move(graph) : graph;
    const Status passed = run_passes(sized, options, batch, folded);
    if (last) folded = {};  // packed weights take their place
    auto made = passed ? CpuExecutable::compile(std::move(sized), packed, workers, numbers) : passed.error();
    if (batch == 1 && !made) return made.error();
    // A network that has the batch 1 written into it still runs, image by image.
    if (batch > 1 && (!made || !scales_with_batch(executables[0].second->graph(), (*made)->graph(), batch))) break;
    executables.emplace_back(batch, std::move(*made));
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

Result<std::unique_ptr<Session>> Session::open(Model model, const SessionOptions& options) try {
  if (options.max_batch < 1)
    return error(ErrorCode::InvalidArgument, "the largest batch is ", options.max_batch, ", at least 1 is needed");
  if (options.precision == Precision::Bf16) CNN_CHECK(require_bf16_products());
  CNN_TRY(choice, choose_backend(options.device));
  std::unique_ptr<Session> session(new Session);
  State& state = *(session->state_ = std::make_unique<State>(options.threads));
  state.device = choice.device;
  state.device_reason = choice.reason;
  if (auto status = state.compile(std::move(model.graph), options); !status) {
    const Error& cause = status.error();
    return Error{cause.code, model.path.empty() ? cause.what : model.path + ": " + cause.what};
  }
  const int max_batch = options.batched ? options.max_batch : 1;
  CNN_CHECK(state.make_buffers(max_batch));
  std::vector<int> sizes;
  for (const auto& [batch, executable] : state.executables) sizes.push_back(batch);
  state.tuner = BatchTuner(sizes, max_batch, options.deterministic);
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
Precision Session::precision() const { return state_->precision.precision; }
const std::string& Session::precision_reason() const { return state_->precision.reason; }
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
  const size_t chosen = state_->executable_for(batch, state_->tuner.choose(batch));
  if (chosen == 0) return reports;
  const std::vector<LayerReport> others = state_->executables[chosen].second->layers();
  for (size_t n = 0; n < others.size(); ++n)
    if (const size_t layer = state_->layer_of_node[chosen][n]; layer < reports.size())
      reports[layer].algorithm = others[n].algorithm;
  return reports;
}

}  // namespace cnn
