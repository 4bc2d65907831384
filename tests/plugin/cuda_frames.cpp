// SPDX-License-Identifier: MIT
// Frames in CUDA memory: read where they are when the engine works in the same context, brought to the host otherwise. The
// device is simulated and GStreamer's CUDA library is tests/plugin/gstcuda.
#include <dlfcn.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "plugin/allocation.h"
#include "tests/plugin/gstcuda/fake_gstcuda.h"
#include "tests/plugin/harness.h"

namespace cnn::test {
namespace {

constexpr const char* caps_of_frames = "video/x-raw(memory:CUDAMemory),format=NV12,width=64,height=48,framerate=25/1";

template <class Function>
Function function_of(void* library, const char* name) {
  return library ? reinterpret_cast<Function>(dlsym(library, name)) : nullptr;
}

template <class Function>
Function of_device(const char* name) {
  return function_of<Function>(dlopen(std::getenv("CNN_CUDA_MODULE"), RTLD_NOW | RTLD_NOLOAD), name);
}

class CudaFrames : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(library);
    gst = function_of<const FakeGstCuda* (*)()>(library, "fake_gstcuda")();
    gst->set_stream(nullptr);
  }
  void TearDown() override {
    if (const auto fail = of_device<void (*)(bool)>("cnn_simulated_fail")) fail(false);
  }
  /// The context that a decoder above the element is given; null: none.
  GstObject* context_of(ClassifyHarness& harness) {
    GstQuery* query = gst_query_new_context("gst.cuda.context");
    GstContext* context = nullptr;
    GstObject* object = nullptr;
    if (gst_pad_peer_query(harness.get()->srcpad, query)) gst_query_parse_context(query, &context);
    if (context)
      gst_structure_get(gst_context_get_structure(context), "gst.cuda.context", GST_TYPE_OBJECT, &object, nullptr);
    gst_query_unref(query);
    shared.reset(object);
    return object;
  }
  /// Pushes a frame of one colour and tells what left. Its confidences are the colour's.
  void expect_classified(ClassifyHarness& harness, GstObject* context) {
    GstVideoInfo info;
    gst_video_info_set_format(&info, GST_VIDEO_FORMAT_NV12, 64, 48);
    GstBuffer* frame = gst->frame(context, &info, 123, 91, 175);
    const GstMemory* memory = gst_buffer_peek_memory(frame, 0);
    GST_BUFFER_PTS(frame) = 0;
    ASSERT_EQ(gst_harness_push(harness.get(), frame), GST_FLOW_OK);
    const auto left = Owned<GstBuffer>(gst_harness_pull(harness.get()));
    ASSERT_TRUE(left);
    EXPECT_EQ(gst_buffer_peek_memory(left.get(), 0), memory) << "frames leave as they came";
    ClassificationMeta meta;
    ASSERT_TRUE(read_classification(left.get(), meta));
    ASSERT_EQ(meta.classes.size(), 3u);
    EXPECT_NEAR(meta.classes[0].confidence, 200 / 255., 0.03);
    EXPECT_NEAR(meta.classes[1].confidence, 100 / 255., 0.03);
    EXPECT_NEAR(meta.classes[2].confidence, 50 / 255., 0.03);
  }
  /// Of the element's sink pad.
  bool offers_cuda_caps(ClassifyHarness& harness) {
    const Owned<GstCaps> offered(gst_pad_peer_query_caps(harness.get()->srcpad, nullptr));
    const Owned<GstCaps> wanted(gst_caps_from_string(caps_of_frames));
    const Owned<GstCaps> system(
        gst_caps_from_string("video/x-raw,format=NV12,width=64,height=48,framerate=25/1"));
    EXPECT_TRUE(gst_caps_can_intersect(offered.get(), system.get()));
    return gst_caps_can_intersect(offered.get(), wanted.get());
  }

  void* library = dlopen("libgstcuda-1.0.so.0", RTLD_NOW);
  const FakeGstCuda* gst = nullptr;
  Owned<GstObject> shared;
};

TEST_F(CudaFrames, AreReadWhereTheyAre) {
  for (const char* properties : {"device=cuda precision=fp32", "device=cuda precision=fp32 video-delay=none live-policy=all"}) {
    ClassifyHarness harness(properties);
    GstObject* context = context_of(harness);
    ASSERT_TRUE(context);
    gst_harness_set_src_caps_str(harness.get(), caps_of_frames);
    const auto copied = of_device<int (*)()>("cnn_simulated_planes");
    const int planes = copied(), downloads = gst->downloads(), syncs = gst->syncs();
    if (std::string(properties).ends_with("fp32")) {
      expect_classified(harness, context);
    } else {
      GstVideoInfo info;
      gst_video_info_set_format(&info, GST_VIDEO_FORMAT_NV12, 64, 48);
      ASSERT_EQ(gst_harness_push(harness.get(), gst->frame(context, &info, 1, 2, 3)), GST_FLOW_OK);
      ASSERT_TRUE(Owned<GstBuffer>(gst_harness_pull(harness.get())));
    }
    EXPECT_EQ(copied(), planes) << "a plane was uploaded";
    EXPECT_EQ(gst->downloads(), downloads);
    EXPECT_EQ(gst->syncs(), syncs + 1);
  }
}

TEST_F(CudaFrames, AreWaitedForInTheirStream) {
  ClassifyHarness harness("device=cuda precision=fp32");
  GstObject* context = context_of(harness);
  gst_harness_set_src_caps_str(harness.get(), caps_of_frames);
  const auto waits = of_device<int (*)()>("cnn_simulated_waits");
  const int before = waits(), syncs = gst->syncs();
  expect_classified(harness, context);
  EXPECT_EQ(waits(), before);
  int stream = 0;
  gst->set_stream(&stream);
  expect_classified(harness, context);
  EXPECT_EQ(waits(), before + 1);
  EXPECT_EQ(gst->syncs(), syncs + 1);
}

TEST_F(CudaFrames, OfAnotherContextComeByTheHost) {
  ClassifyHarness harness("device=cuda precision=fp32");
  gst_harness_set_src_caps_str(harness.get(), caps_of_frames);
  int other = 0;
  const auto wrap = function_of<GstObject* (*)(void*, int)>(library, "gst_cuda_context_new_wrapped");
  const Owned<GstObject> context(wrap(&other, 0));
  const int downloads = gst->downloads();
  expect_classified(harness, context.get());
  EXPECT_EQ(gst->downloads(), downloads + 2) << "by plane";
}

TEST_F(CudaFrames, AreNotLostWhenTheDeviceFails) {
  ClassifyHarness harness("device=auto precision=fp32");
  GstObject* context = context_of(harness);
  gst_harness_set_src_caps_str(harness.get(), caps_of_frames);
  expect_classified(harness, context);
  EXPECT_TRUE(offers_cuda_caps(harness));
  of_device<void (*)(bool)>("cnn_simulated_fail")(true);
  const int downloads = gst->downloads();
  expect_classified(harness, context);
  expect_classified(harness, context);
  EXPECT_EQ(gst->downloads(), downloads + 4) << "two frames by plane";
  EXPECT_EQ(harness.error(), "");
  EXPECT_FALSE(offers_cuda_caps(harness)) << "others had better bring them to the host";
}

TEST_F(CudaFrames, AreOfferedByADeviceAlone) {
  ClassifyHarness gpu("device=cuda precision=fp32");
  EXPECT_TRUE(offers_cuda_caps(gpu));
  ClassifyHarness cpu("device=cpu");
  EXPECT_FALSE(offers_cuda_caps(cpu));
  EXPECT_FALSE(context_of(cpu));
}

TEST_F(CudaFrames, ThatAreKeptAreAskedOfTheirPool) {
  const Owned<GstCaps> cuda(gst_caps_from_string(caps_of_frames));
  GstQuery* query = gst_query_new_allocation(cuda.get(), TRUE);
  ASSERT_TRUE(begin_cuda_allocation(query));
  amend_allocation(query, 3);
  ASSERT_EQ(gst_query_get_n_allocation_pools(query), 1u);
  GstBufferPool* pool = nullptr;
  guint size = 0, least = 0;
  gst_query_parse_nth_allocation_pool(query, 0, &pool, &size, &least, nullptr);
  EXPECT_FALSE(pool);
  EXPECT_EQ(least, 3u);
  EXPECT_TRUE(gst_query_find_allocation_meta(query, GST_VIDEO_META_API_TYPE, nullptr));
  gst_query_unref(query);
  const Owned<GstCaps> system(gst_caps_from_string("video/x-raw,format=NV12,width=64,height=48"));
  query = gst_query_new_allocation(system.get(), TRUE);
  EXPECT_FALSE(begin_cuda_allocation(query));
  gst_query_unref(query);
}

}  // namespace
}  // namespace cnn::test
