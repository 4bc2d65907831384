// SPDX-License-Identifier: MIT
// A libFuzzer target: takes a model through import, opening and one run. Inputs that begin with P are programs of
// random_model(), all others are ONNX files. Some imported graphs are then changed and opened again, which gives what
// no importer lets through. Whatever is refused must be refused with an Error, soon and without much memory.
// CNN_FUZZ_MODEL names a file to write the model to, for a look at what a program has made.
#include <cstdint>
#include <cstdlib>
#include <limits>

#include "engine/onnx/importer.h"
#include "engine/session.h"
#include "tests/fuzz/graph_mutation.h"
#include "tests/fuzz/random_model.h"
#include "tests/support/onnx_writer.h"

namespace cnn::test {
namespace {

/// The window of a layer counts as well: what has no multiplications may take long, too.
bool runs_soon(const Session& session, int batch) {
  double work = 0;
  for (const LayerReport& layer : session.layers()) {
    double window = 1;
    for (int64_t side : layer.kernel) window *= static_cast<double>(side);
    work +=
        static_cast<double>(layer.macs) + static_cast<double>(layer.activation_bytes + layer.constant_bytes) * window;
  }
  return work * batch < 2e7;
}

void fill_inputs(Session& session, unsigned seed) {
  std::mt19937 random(seed);
  for (size_t i = 0; i < session.inputs().size(); ++i) {
    const TensorDesc& desc = session.inputs()[i];
    if (desc.bytes() > 1 << 20) continue;
    with_type(desc.dtype, [&](auto zero) {
      using T = decltype(zero);
      for (int64_t e = 0; e < desc.count(); ++e)
        reinterpret_cast<T*>(session.input(i))[e] =
            random() % 64 ? static_cast<T>(random() % 4) : std::numeric_limits<T>::max();
    });
  }
}

void open_and_run(Model model, unsigned seed) {
  SessionOptions options;
  options.threads = 1;
  options.batched = seed % 2;
  options.max_batch = seed / 2 % 4 ? 1 : 3;
  options.optimise = seed / 8 % 8;
  constexpr Precision precisions[] = {Precision::Auto, Precision::Int8, Precision::Fp32, Precision::Auto};
  options.precision = precisions[seed / 64 % 4];
  auto session = Session::open(std::move(model), options);
  if (!session) {
    if (session.error().what.empty()) std::abort();
    return;
  }
  const int batch = options.batched ? options.max_batch : 1;
  if (!runs_soon(**session, batch)) return;
  fill_inputs(**session, seed);
  static_cast<void>((*session)->run(batch));
}

unsigned hash_of(std::span<const uint8_t> bytes) {
  uint32_t hash = 2166136261;  // FNV-1a
  for (uint8_t byte : bytes) hash = (hash ^ byte) * 16777619;
  return hash ^ hash >> 15;
}

void try_one(std::span<const uint8_t> input) {
  std::string onnx(input.begin(), input.end());
  if (!input.empty() && input[0] == 'P') onnx = random_model(input.subspan(1)).onnx;
  if (const char* path = std::getenv("CNN_FUZZ_MODEL")) save_bytes(path, onnx);
  auto model = import_model_bytes(std::as_bytes(std::span(onnx)), "");
  if (!model) return;
  const unsigned hash = hash_of(input);
  open_and_run(*model, hash);
  std::mt19937 random(hash);
  if (hash >> 16 & 1 || model->graph.values.empty()) return;
  mutate(model->graph, random);
  open_and_run(*std::move(model), hash);
}

}  // namespace
}  // namespace cnn::test

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  cnn::test::try_one({data, size});
  return 0;
}
