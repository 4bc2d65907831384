// SPDX-License-Identifier: MIT
// A libcudnn_graph.so.9 that has a version and nothing else.
#include <cstddef>

extern "C" __attribute__((visibility("default"))) size_t cudnnGetVersion() { return FAKE_VERSION; }
