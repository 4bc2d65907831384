// SPDX-License-Identifier: MIT
#include "tests/cuda/network_run.h"

#include <cmath>

#include "engine/base/buffer.h"
#include "engine/cuda/network.h"
#include "engine/kernels/strided_copy.h"
#include "tests/cuda/simulated_device.h"

namespace cnn::test {

Result<std::unique_ptr<Network>> open_simulated(const Model& model, const SessionOptions& options,
                                                std::unique_ptr<cuda::ConvolutionPlanner> convolutions) {
  return cuda::CudaNetwork::open(model.graph, options, std::make_unique<SimulatedDevice>(), std::move(convolutions));
}

Result<std::vector<Tensor>> run_network(Network& network, const std::vector<Tensor>& inputs) {
  const Graph& graph = network.graph();
  const int64_t batch = inputs[0].desc.shape[0];
  BatchImages images;
  Workers workers(1);
  std::vector<Buffer> buffers;
  for (size_t i = 0; i < graph.inputs.size(); ++i) {
    const Value& value = graph.value(graph.inputs[i]);
    const Tensor& plain = inputs[i];
    const TensorDesc desc{plain.desc.dtype, plain.desc.shape, value.layout};
    buffers.emplace_back(std::max<size_t>(1, desc.bytes()));
    strided_copy(size_of(desc.dtype), desc.shape, plain.bytes.get(), plain.desc.strides(), buffers.back().data(),
                 desc.strides(), workers);
    images.inputs.push_back(buffers.back().data());
    images.input_bytes.push_back(desc.bytes() / static_cast<size_t>(batch));
  }
  std::vector<Tensor> results;
  for (ValueId id : graph.outputs) {
    TensorDesc desc{graph.value(id).type.dtype, graph.value(id).type.shape};
    images.output_bytes.push_back(desc.bytes());
    desc.shape[0] *= batch;
    NewTensor made = make_tensor(desc);
    images.outputs.push_back(made.bytes);
    results.push_back(made.tensor);
  }
  CNN_CHECK(network.run(static_cast<int>(batch), images));
  return results;
}

double relative_difference(const Tensor& actual, const Tensor& expected) {
  double difference = 0, norm = 0;
  for (int64_t i = 0; i < expected.desc.count(); ++i) {
    const double a = actual.data<float>()[i], e = expected.data<float>()[i];
    if (!std::isfinite(a)) return INFINITY;
    difference += (a - e) * (a - e);
    norm += e * e;
  }
  return std::sqrt(difference / norm);
}

}  // namespace cnn::test
