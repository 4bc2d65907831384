// SPDX-License-Identifier: MIT
// Each test is run in a process of its own: the module is looked for once.
#include "engine/backend_loader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "engine/session.h"
#include "tests/support/graph_builder.h"

namespace cnn {
namespace {

using testing::HasSubstr;

std::string module(const char* name) { return std::string(std::getenv("CNN_FAKE_MODULES")) + "/" + name; }

std::string reason_with(const std::string& path) {
  setenv("CNN_CUDA_MODULE", path.c_str(), 1);
  const auto choice = choose_backend("auto");
  EXPECT_TRUE(choice);
  if (!choice) return "";
  EXPECT_EQ(choice->device, "cpu") << "auto goes on with the CPU";
  const auto cuda = choose_backend("cuda");
  EXPECT_FALSE(cuda);
  EXPECT_EQ(cuda.error().code, ErrorCode::BackendUnavailable);
  EXPECT_EQ(cuda.error().what, "device cuda: " + choice->reason) << "the same reason";
  return choice->reason;
}

TEST(Loader, SwitchedOff) { EXPECT_THAT(reason_with(""), HasSubstr("CNN_CUDA_MODULE is empty")); }

TEST(Loader, NoSuchFile) {
  EXPECT_EQ(reason_with("/no/such/module.so"), "CNN_CUDA_MODULE names /no/such/module.so, which does not exist");
}

TEST(Loader, NoLibraryAtAll) {
  EXPECT_THAT(reason_with("/proc/self/status"), HasSubstr("the GPU backend does not load: "));
}

TEST(Loader, StaleModule) {
  EXPECT_THAT(reason_with(module("stale.so")), HasSubstr(std::string("stale.so is of another version (gst-cnn 0.0.1 cuda 0) "
                                                                    "than this library (") + cuda_interface + ")"));
}

TEST(Loader, SomethingElse) { EXPECT_THAT(reason_with(module("empty.so")), HasSubstr("is no GPU backend of gst-cnn")); }

TEST(Loader, OtherGpu) {
  setenv("CNN_CUDA_MODULE", module("works.so").c_str(), 1);
  const auto choice = choose_backend("cuda:3");
  ASSERT_FALSE(choice);
  EXPECT_EQ(choice.error().what, "device cuda:3: there is no GPU 3: this machine has 1");
  ASSERT_TRUE(choose_backend("cuda"));
  EXPECT_EQ(choose_backend("auto")->device, "cuda:0");
  const auto context = device_context("auto");
  ASSERT_TRUE(context);
  EXPECT_TRUE(context->context);
  EXPECT_EQ(context->device, 0);
  EXPECT_EQ(device_context("cuda:3").error().what, choice.error().what);
  EXPECT_EQ(device_context("cpu").error().what, "device cpu is no GPU");
}

TEST(Loader, AutoTakesTheCpuForANetworkThatTheGpuCannotHave) {
  setenv("CNN_CUDA_MODULE", module("works.so").c_str(), 1);
  test::GraphBuilder build;
  const Model model = build.model({build.node("Relu", {build.input("x", {1, 3})})});
  SessionOptions options;
  const auto session = Session::open(model, options);
  ASSERT_TRUE(session);
  EXPECT_EQ((*session)->device(), "cpu");
  EXPECT_EQ((*session)->device_reason(), "cuda:0: loop_1 (Loop) has no GPU form");
  options.device = "cuda";
  const auto refused = Session::open(model, options);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().what, "loop_1 (Loop) has no GPU form");
}

TEST(Loader, UnknownDevices) {
  for (const char* device : {"gpu", "cuda:", "cuda:x", "cuda:-1", "cuda:99999", ""}) {
    const auto choice = choose_backend(device);
    ASSERT_FALSE(choice) << device;
    EXPECT_EQ(choice.error().code, ErrorCode::InvalidArgument) << device;
  }
}

}  // namespace
}  // namespace cnn
