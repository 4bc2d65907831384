// SPDX-License-Identifier: MIT
#include "tests/cuda/execute.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "engine/base/buffer.h"
#include "engine/cuda/cudnn_planner.h"
#include "engine/cuda/executable.h"
#include "engine/kernels/strided_copy.h"
#include "tests/cuda/simulated_device.h"

namespace cnn::test {
namespace {

struct Target {
  std::unique_ptr<cuda::Device> device;
  std::unique_ptr<cuda::ConvolutionPlanner> convolutions;
};

Result<Target> open_target() {
  if (!tests_use_a_gpu()) return Target{std::make_unique<SimulatedDevice>(), nullptr};
  CNN_TRY(gpu, cuda::open_gpu(0));
  CNN_TRY(planner, cuda::open_cudnn(*gpu));
  return Target{std::move(gpu), std::move(planner)};
}

/// `plain` as the graph's input `id` lies in the host's memory.
Buffer laid_out(const Tensor& plain, const Value& value) {
  const TensorDesc desc{plain.desc.dtype, plain.desc.shape, value.layout};
  Buffer buffer(std::max<size_t>(1, desc.bytes()));
  Workers workers(1);
  strided_copy(size_of(desc.dtype), desc.shape, plain.bytes.get(), plain.desc.strides(), buffer.data(), desc.strides(),
               workers);
  return buffer;
}

Result<std::vector<Tensor>> run_steps(Graph graph, const OpCall& call, const Node& node) {
  CNN_TRY(target, open_target());
  cuda::Device& device = *target.device;
  CNN_CHECK(device.enter());
  cuda::DeviceConstants constants(device, cuda::Number::Fp32);
  CNN_TRY(executable, cuda::Executable::compile(
                          std::move(graph), {device, constants, target.convolutions.get(), cuda::Number::Fp32, false, true}));
  const Graph& planned = executable->graph();
  std::vector<cuda::DeviceBuffer> buffers;
  std::vector<std::byte*> inputs, outputs;
  for (ValueId id : planned.inputs) {
    size_t index = 0;
    while (node.inputs[index] != id) ++index;
    const Buffer bytes = laid_out(*call.inputs[index], planned.value(id));
    CNN_TRY(buffer, device.allocate(bytes.size()));
    CNN_CHECK(device.to_device(buffer.data(), bytes.data(), bytes.size()));
    CNN_CHECK(device.finish());
    inputs.push_back(buffer.data());
    buffers.push_back(std::move(buffer));
  }
  std::vector<NewTensor> results;
  for (ValueId id : planned.outputs) {
    results.push_back(make_tensor({planned.value(id).type.dtype, planned.value(id).type.shape}));
    CNN_TRY(buffer, device.allocate(results.back().tensor.desc.bytes()));
    outputs.push_back(buffer.data());
    buffers.push_back(std::move(buffer));
  }
  CNN_TRY(arena, device.allocate(executable->arena_bytes()));
  executable->bind(arena.data(), inputs, outputs);
  CNN_CHECK(executable->enqueue(device.queue(), [](int) { return Status(); }));
  std::vector<Tensor> tensors;
  for (size_t i = 0; i < results.size(); ++i) {
    CNN_CHECK(device.to_host(results[i].bytes, outputs[i], results[i].tensor.desc.bytes()));
    tensors.push_back(results[i].tensor);
  }
  CNN_CHECK(device.finish());
  return tensors;
}

struct UseGpu final : testing::Environment {
  void SetUp() override { set_execute(execute_on_gpu); }
};
const auto* const environment = testing::AddGlobalTestEnvironment(new UseGpu);

}  // namespace

bool tests_use_a_gpu() { return std::getenv("CNN_TEST_GPU") != nullptr; }

Result<std::vector<Tensor>> execute_on_gpu(Graph graph, const OpCall& call, const Node& node) {
  auto results = call.precision == Precision::Fp32
                     ? run_steps(graph, call, node)
                     : Result<std::vector<Tensor>>(error(ErrorCode::Unsupported, "the rounding is the CPU's own"));
  if (results || results.error().code != ErrorCode::Unsupported) return results;
  testing::Test::RecordProperty("cpu", results.error().what);
  return execute_on_cpu(std::move(graph), call, node);
}

}  // namespace cnn::test
