// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/base/api.h"
#include "engine/base/precision.h"
#include "engine/graph/graph.h"

namespace cnn {

/// A model as read from a file: the graph with its extents still open, and the free-form metadata.
struct Model {
  Graph graph;
  std::map<std::string, std::string> metadata;  ///< ONNX metadata_props
  std::string path;
  int64_t ir_version = 0;
  int64_t opset = 0;
  std::string producer;
};

struct SessionOptions {
  std::string device = "auto";  ///< "auto", "cpu", "cuda", "cuda:N"
  int threads = 0;              ///< 0: one per core
  Precision precision = Precision::Auto;  ///< see choose_precision()
  int max_batch = 1;            ///< largest batch of run(), >= 1
  /// Replaces the extent of axis 0 of every graph input by the batch. Off: the model's own extents are kept
  /// (open ones become 1) and the batch is always 1.
  bool batched = true;
  /// How many images the outputs hold, on the CPU and on a device, at least max_batch: results of several runs, see run().
  int cpu_results = 0, device_results = 0;
  /// Extents for graph inputs that the model leaves open, by input name; others open become an Error.
  std::map<std::string, Shape> input_shapes;
  /// Names of tensors to deliver besides the graph's outputs (feature vectors, inner layers).
  std::vector<std::string> extra_outputs;
  /// Graph inputs whose values are known already (shapes, axes): they become constants and are no inputs any more.
  std::map<std::string, Tensor> fixed_inputs;
  /// The same input gives the same bits, run after run. Off: the first runs of a batch try how many of its images are
  /// best computed at a time, which may change the last digits.
  bool deterministic = false;
  bool optimise = true;  ///< off: only what correctness needs (layouts), no fusion
};

/// What one node is, for cnn-inspect and cnn-bench. Shapes, MACs and activations are for batch 1.
struct LayerReport {
  std::string name, type, algorithm, output_name;
  Shape output_shape;
  std::vector<std::string> input_names;  ///< of all inputs, constants included
  std::vector<int64_t> kernel, stride, dilation;  ///< per spatial axis; empty where there is no window
  std::vector<int64_t> padding;                   ///< begins, then ends
  int64_t parameters = 0, macs = 0;
  bool runs = true;  ///< false: the result lies in the memory of another value and nothing is computed
  /// Bytes that are read and written: activations of one image, and constants (unpacked). 0 where nothing runs.
  int64_t activation_bytes = 0, constant_bytes = 0;
};

class FrameSlots;
struct InputFormat;
struct Preprocessing;

/// Which images of a batch a FrameIntake wrote. The others lie in the host's memory as always.
struct FilledSlots {
  int first = 0;                      ///< the slot of image 0
  std::span<const uint8_t> on_device;  ///< by image: 1 where it is in its slot; empty: none is
  /// Writes those to where they would lie in the host's memory: for the CPU, which takes over. An Error where one cannot be
  /// had.
  std::function<Status()> to_host;

  bool any() const { return std::ranges::find(on_device, 1) != on_device.end(); }
};

/// A compiled model. open() allocates and does everything that can fail for the model's sake.
/// Used by one thread at a time.
class CNN_API Session {
 public:
  /// Constants of which packed forms replace the original are let go: a caller who does not need them any more moves
  /// the model here.
  static Result<std::unique_ptr<Session>> open(Model model, const SessionOptions& options);
  ~Session();

  /// Graph inputs and outputs (then extra_outputs) with shapes for max_batch; axis 0 is the batch when batched.
  const std::vector<TensorDesc>& inputs() const;
  const std::vector<std::string>& input_names() const;
  const std::vector<TensorDesc>& outputs() const;
  const std::vector<std::string>& output_names() const;

  /// Memory of input `index` in the layout that inputs()[index] states; image b of the batch starts at
  /// b * image_bytes. Valid as long as the session; what is written stays until overwritten.
  std::byte* input(size_t index);
  /// Results, Plain and dense: image b of a run at (first_result + b) * (bytes of one image). What another run writes
  /// elsewhere may be read meanwhile, by any thread.
  const std::byte* output(size_t index) const;

  /// Copies a Plain dense tensor of inputs()[index].shape into input `index`, changing the layout if needed.
  void set_input(size_t index, const void* plain);

  /// Computes the first `batch` images, 1 <= batch <= max_batch. Cannot fail on the CPU; on a device a DeviceFailure
  /// leaves the outputs undefined, and the next run may succeed.
  Status run(int batch);
  /// The same with the images of input 0 read from `images`, which lie as in input(0), aligned for the element.
  Status run(int batch, const std::byte* images);
  /// The same where some images are in slots (see make_slots()), with results from image `first_result` of the outputs on;
  /// first_result + batch <= results().
  Status run(int batch, const std::byte* images, const FilledSlots& filled, int first_result);
  /// How many images the outputs hold.
  int results() const;
  /// run(), measured: seconds[i] becomes the time of layers()[i], summed over the executions that the batch takes;
  /// 0 where nothing runs. `seconds` has one entry per layer.
  Status run_timed(int batch, std::span<double> seconds);

  /// What the last run() took on a device, without copies to and from it; 0 on the CPU.
  double device_seconds() const;
  /// Tells of memory that run(batch, images) will be given, which lives as long as the session: copies to a device are
  /// faster then. Its own inputs and outputs are known.
  void expect_memory(std::byte* start, size_t bytes);

  /// Once, before the first run: makes `slots` slots on the device for images of input 0, which FrameIntakes fill with frames,
  /// preprocessed as is said (`format` is the input's). Null where there are none: on the CPU, and where the input is not of
  /// floats.
  Result<std::shared_ptr<const FrameSlots>> make_slots(int slots, const Preprocessing& preprocessing,
                                                       const InputFormat& format);

  /// "cpu" or "cuda:0", and why another was not taken ("" when nothing was passed over).
  const std::string& device() const;
  const std::string& device_reason() const;
  /// What is computed with, never Auto, and why.
  Precision precision() const;
  const std::string& precision_reason() const;
  /// Layers of the batch-1 executable in order of execution, with the algorithms that run(batch) begins with.
  std::vector<LayerReport> layers(int batch = 1) const;
  /// Bytes of activations (arena) and of packed weights.
  size_t arena_bytes() const;

 private:
  Session();
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cnn
