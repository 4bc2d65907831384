// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/graph/graph.h"
#include "engine/precision_choice.h"
#include "engine/session.h"
#include "engine/vision/frame_intake.h"

namespace cnn {

/// Where the images of a batch lie in the host's memory, by input and output of the graph: the first one, and bytes from
/// image to image.
struct BatchImages {
  std::vector<const std::byte*> inputs;
  std::vector<std::byte*> outputs;
  std::vector<size_t> input_bytes, output_bytes;
  FilledSlots filled;  ///< of Network::make_slots(), for input 0
};

/// What a network runs on and computes with, and why.
struct RunningOn {
  std::string device = "cpu";  ///< "cpu", "cuda:0"
  std::string device_reason;   ///< why a better one was passed over; "" when none was
  PrecisionChoice precision;
};

/// A network compiled for batches on one device. Used by one thread at a time.
class CNN_API Network {
 public:
  virtual ~Network() = default;
  /// As compiled for one image: with the layouts of inputs; outputs are Plain.
  virtual const Graph& graph() const = 0;
  /// Computes images [0, batch), 1 <= batch <= SessionOptions::max_batch. Cannot fail on the CPU; a device may
  /// (DeviceFailure), and outputs are undefined then.
  virtual Status run(int batch, const BatchImages& images) = 0;
  /// See Session::run_timed().
  virtual Status run_timed(int batch, const BatchImages& images, std::span<double> seconds) = 0;
  /// See Session::device_seconds().
  virtual double device_seconds() const { return 0; }
  /// Tells of memory that inputs or outputs of runs will lie in, which a device may then copy from and to faster. It stays
  /// until the network goes.
  virtual void expect_memory(std::byte*, size_t) {}
  /// See Session::make_slots().
  virtual Result<std::shared_ptr<const FrameSlots>> make_slots(int, const Preprocessing&, const InputFormat&) {
    return std::shared_ptr<const FrameSlots>();
  }
  /// See Session::layers().
  virtual std::vector<LayerReport> layers(int batch) const = 0;
  virtual size_t arena_bytes() const = 0;
  /// May change from run to run where a device fails and the CPU takes its place.
  virtual const RunningOn& running_on() const = 0;
};

}  // namespace cnn
