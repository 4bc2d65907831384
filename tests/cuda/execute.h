// SPDX-License-Identifier: MIT
#pragma once

#include "tests/support/run_op.h"

namespace cnn::test {

/// The device that tests of the GPU backend run on: GPU 0 where $CNN_TEST_GPU is set, else a SimulatedDevice.
bool tests_use_a_gpu();

/// run_op()'s execution with fp32 numbers by the steps of the GPU backend; what has no GPU form runs on the CPU, as with
/// device=auto, and is counted as a property of the test, "cpu".
Result<std::vector<Tensor>> execute_on_gpu(Graph graph, const OpCall& call, const Node& node);

}  // namespace cnn::test
