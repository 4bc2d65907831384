// SPDX-License-Identifier: MIT
// Random networks: a session must give what the operators give one by one in the Plain layout, whatever the passes
// fuse, lay out anew or place into one another. $CNN_RANDOM_GRAPHS raises the number of networks.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>

#include "tests/passes/random_network.h"
#include "tests/support/graph_builder.h"
#include "tests/support/run_op.h"

namespace cnn {
namespace {

using test::random_floats;
using test::RandomNetwork;

/// Each operator by itself on Plain tensors: with its input known, the whole network is folded into constants.
std::vector<Tensor> one_by_one(const Model& model, const Tensor& image) {
  SessionOptions options;
  options.batched = false;
  options.threads = 1;
  options.fixed_inputs["x"] = image;
  return test::run_model(model, {}, options);
}

/// Image `index` of `actual` equals `expected`, as far as rounding lets it.
testing::AssertionResult same(const Tensor& actual, int64_t index, const Tensor& expected) {
  const auto want = expected.values<float>();
  const auto got = actual.values<float>();
  const auto first = static_cast<size_t>(index) * want.size();
  if (got.size() < first + want.size()) return testing::AssertionFailure() << "only " << got.size() << " elements";
  double largest = 0.1;  // sums that cancel out leave rounding errors of their terms
  for (float value : want) largest = std::max(largest, std::abs(static_cast<double>(value)));
  for (size_t i = 0; i < want.size(); ++i)
    if (std::isfinite(want[i]) && !(std::abs(got[first + i] - want[i]) <= 1e-4 * largest))
      return testing::AssertionFailure() << "element " << i << " of " << to_string(expected.desc.shape) << " is "
                                         << got[first + i] << ", expected " << want[i];
  return testing::AssertionSuccess();
}

Tensor image_of(const Tensor& images, int64_t index) {
  Shape shape = images.desc.shape;
  shape[0] = 1;
  const auto size = static_cast<size_t>(element_count(shape));
  return tensor_of<float>(shape, images.values<float>().subspan(static_cast<size_t>(index) * size, size));
}

void compare(const RandomNetwork& network, const Tensor& images, const SessionOptions& options) {
  const Model model = network.model();
  const auto results = test::run_model(model, {images}, options);
  for (int64_t image = 0; image < images.desc.shape[0]; ++image) {
    const auto expected = one_by_one(model, image_of(images, image));
    ASSERT_EQ(results.size(), expected.size());
    for (size_t i = 0; i < expected.size(); ++i)
      ASSERT_TRUE(same(results[i], image, expected[i])) << "output " << i << ", image " << image;
  }
}

int network_count() {
  const char* stated = std::getenv("CNN_RANDOM_GRAPHS");
  return stated ? std::atoi(stated) : 200;
}

void compare_many(unsigned first_seed, int64_t batch, bool optimise, bool mixes_images) {
  for (unsigned seed = first_seed; seed < first_seed + static_cast<unsigned>(network_count()); ++seed) {
    const RandomNetwork network(seed, mixes_images);
    SCOPED_TRACE("seed " + std::to_string(seed) + ": " + network.text());
    SessionOptions options;
    options.threads = 1;
    options.optimise = optimise;
    options.max_batch = static_cast<int>(batch == 1 ? 1 : batch + seed % 2);  // 4: executables for 2 and 1 take three
    Shape shape = network.input_shape();
    shape[0] = batch;
    compare(network, random_floats(shape, seed), options);
    if (testing::Test::HasFatalFailure() || testing::Test::HasNonfatalFailure()) return;
  }
}

TEST(RandomGraphs, GiveTheSameOptimised) { compare_many(1, 1, true, true); }

TEST(RandomGraphs, GiveTheSameUnoptimised) { compare_many(100'001, 1, false, true); }

TEST(RandomGraphs, GiveEachImageOfABatchItsOwnResult) { compare_many(200'001, 3, true, false); }

}  // namespace
}  // namespace cnn
