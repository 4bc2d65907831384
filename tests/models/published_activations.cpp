// SPDX-License-Identifier: MIT
// Inner layers and whole networks against numbers that others published or stored.
#include <gtest/gtest.h>

#include <cmath>
#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include <unistd.h>

#include "engine/onnx/importer.h"
#include "engine/session.h"
#include "tests/support/npy.h"
#include "tests/support/test_data.h"

namespace cnn {
namespace {

/// max |a - e| / max |e|
double worst_relative_error(std::span<const float> actual, std::span<const float> expected) {
  double difference = 0, largest = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    difference = std::max(difference, std::abs(static_cast<double>(actual[i]) - expected[i]));
    largest = std::max(largest, std::abs(static_cast<double>(expected[i])));
  }
  return difference / largest;
}

TEST(SqueezeNet10, EveryLayerAgreesWithCaffe) {
  CNN_TEST_DATA_OR_SKIP(path, "models/squeezenet_v1.0_caffe_all_layers.onnx");
  CNN_TEST_DATA_OR_SKIP(archive, "models/squeezenet_v1.0_caffe_ref.tar.xz");
  const std::filesystem::path folder = testing::TempDir() + "squeezenet_caffe_" + std::to_string(::getpid());
  std::filesystem::create_directories(folder);
  ASSERT_EQ(std::system(("tar xJf '" + archive + "' -C '" + folder.string() + "'").c_str()), 0);
  auto model = import_model(path);
  ASSERT_TRUE(model.ok()) << model.error().what;
  auto session = Session::open(*model, {});
  ASSERT_TRUE(session.ok()) << session.error().what;
  const std::filesystem::path reference = folder / "squeezenet_v1.0_caffe_ref";
  auto data = test::read_npy(reference / "data.npy");
  ASSERT_TRUE(data.ok()) << data.error().what;
  (*session)->set_input(0, data->bytes.get());
  EXPECT_TRUE((*session)->run(1));
  int compared = 0;
  double worst = 0;
  for (size_t i = 0; i < (*session)->outputs().size(); ++i) {
    std::string name = (*session)->output_names()[i];
    std::replace(name.begin(), name.end(), '/', '_');
    auto expected = test::read_npy(reference / (name + ".npy"));
    if (!expected) continue;
    const auto count = static_cast<size_t>((*session)->outputs()[i].count());
    ASSERT_EQ(count, expected->values<float>().size()) << name;
    const std::span actual(reinterpret_cast<const float*>((*session)->output(i)), count);
    const double off = worst_relative_error(actual, expected->values<float>());
    EXPECT_LE(off, 1e-5) << name;
    worst = std::max(worst, off);
    ++compared;
  }
  std::filesystem::remove_all(folder);
  std::printf("%d layers, worst relative error %.2g\n", compared, worst);
  EXPECT_GE(compared, 38);
}

TEST(YamNet, GivesTheStoredClassesOfAllPatches) {
  CNN_TEST_DATA_OR_SKIP(path, "models/audio/st-yamnet/yamnet_256_64x96_tl.onnx");
  CNN_TEST_DATA_OR_SKIP(patches_path, "reference/esc10-yamnet/patches_Nx64x96_f32.npy");
  CNN_TEST_DATA_OR_SKIP(reference_path, "reference/esc10-yamnet/ort_output.npy");
  auto model = import_model(path);
  ASSERT_TRUE(model.ok()) << model.error().what;
  SessionOptions options;
  options.max_batch = 8;
  auto session = Session::open(*model, options);
  ASSERT_TRUE(session.ok()) << session.error().what;
  auto patches = test::read_npy(patches_path), reference = test::read_npy(reference_path);
  ASSERT_TRUE(patches.ok() && reference.ok());
  double worst = 0;
  for (size_t i = 0; i < 40; i += 8) {
    (*session)->set_input(0, patches->data<float>() + i * 64 * 96);
    EXPECT_TRUE((*session)->run(8));
    for (size_t k = 0; k < 8; ++k) {
      const std::span actual(reinterpret_cast<const float*>((*session)->output(0)) + k * 10, 10);
      const auto expected = reference->values<float>().subspan((i + k) * 10, 10);
      EXPECT_EQ(test::argmax(actual), test::argmax(expected)) << "patch " << i + k;
      worst = std::max(worst, test::relative_l2(actual, expected));
    }
  }
  std::printf("40 patches, worst relative L2 %.2g\n", worst);
  EXPECT_LE(worst, 1e-4);
}

}  // namespace
}  // namespace cnn
