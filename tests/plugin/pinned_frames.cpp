// SPDX-License-Identifier: MIT
// Memory that the engine's device reads by itself: offered upstream, recognised, and kept until the result is there.
#include <gst/video/video.h>
#include <gtest/gtest.h>

#include <optional>
#include <thread>

#include "plugin/pinned_memory.h"
#include "tests/plugin/harness.h"
#include "tests/plugin/stream.h"

namespace cnn::test {
namespace {

/// A device with so many bytes for frames.
class FakeSlots final : public FrameSlots {
 public:
  explicit FakeSlots(size_t left) : left_(left) {}
  Result<std::unique_ptr<FrameIntake>> make_intake() const override { return std::unique_ptr<FrameIntake>(); }
  std::shared_ptr<std::byte> host_memory(size_t bytes) const override {
    if (bytes > left_) return {};
    left_ -= bytes;
    return {new std::byte[bytes], std::default_delete<std::byte[]>()};
  }
  void* context() const override { return nullptr; }

 private:
  mutable size_t left_;
};

class PinnedFrames : public testing::Test {
 protected:
  void open(const std::string& properties = "", bool with_device = true) {
    if (with_device) world.control.frame_slots = std::make_shared<FakeSlots>(1 << 20);
    stream.emplace(properties);
  }
  /// The pool and the allocator that upstream is offered; null: none.
  GstBufferPool* ask(const char* caps_text = "video/x-raw,format=GRAY8,width=4,height=4,framerate=25/1") {
    const Owned<GstCaps> caps(gst_caps_from_string(caps_text));
    GstQuery* query = gst_query_new_allocation(caps.get(), TRUE);
    EXPECT_TRUE(gst_pad_peer_query(stream->harness()->srcpad, query));
    GstBufferPool* offered = nullptr;
    guint size = 0;
    if (gst_query_get_n_allocation_pools(query) > 0)
      gst_query_parse_nth_allocation_pool(query, 0, &offered, &size, &least, nullptr);
    gst_query_unref(query);
    pool.reset(GST_OBJECT(offered));
    return offered;
  }
  /// A frame from what was offered, worth `index`.
  GstBuffer* frame(int index) {
    GstBuffer* buffer = nullptr;
    EXPECT_EQ(gst_buffer_pool_acquire_buffer(GST_BUFFER_POOL(pool.get()), &buffer, nullptr), GST_FLOW_OK);
    gst_buffer_memset(buffer, 0, static_cast<guint8>(index), gst_buffer_get_size(buffer));
    GST_BUFFER_OFFSET(buffer) = static_cast<guint64>(index);
    GST_BUFFER_PTS(buffer) = static_cast<guint64>(index) * 40 * GST_MSECOND;
    return buffer;
  }
  /// The newest; the first of all is the picture that every engine is tried with.
  Frame staged() {
    const std::lock_guard lock(world.control.mutex);
    return world.control.staged.back();
  }

  StubWorld world;
  std::optional<Stream> stream;
  Owned<GstObject> pool;
  guint least = 0;
};

TEST_F(PinnedFrames, AreOfferedRecognisedAndKeptUntilTheResultIsThere) {
  open("batch-size=1");
  ASSERT_TRUE(ask());
  EXPECT_GE(least, 1u);
  ASSERT_TRUE(gst_buffer_pool_set_active(GST_BUFFER_POOL(pool.get()), TRUE));
  world.control.gate(true);
  std::thread pusher([&] { gst_harness_push(stream->harness(), frame(7)); });
  world.control.wait_until_running();
  const Frame seen = staged();
  EXPECT_EQ(seen.memory, FrameMemory::Pinned);
  {
    const auto host = seen.on_host();
    ASSERT_TRUE(host && host->owner) << "the CPU can still take over";
    EXPECT_EQ(host->image.planes[0][0], 7);
    EXPECT_EQ(host->image.width, 4);
  }
  world.control.let_run();
  pusher.join();
  stream->wait_for_frames(1);
  const auto host = seen.on_host();
  ASSERT_TRUE(host);
  EXPECT_FALSE(host->owner) << "nobody keeps a frame that has its result";
  world.control.gate(false);
  gst_buffer_pool_set_active(GST_BUFFER_POOL(pool.get()), FALSE);
}

struct Leaving {
  const GstMemory* memory = nullptr;
  bool writable = false, pinned = false;
};

GstPadProbeReturn look(GstPad*, GstPadProbeInfo* info, gpointer to) {
  GstBuffer* const buffer = GST_PAD_PROBE_INFO_BUFFER(info);
  *static_cast<Leaving*>(to) = {gst_buffer_peek_memory(buffer, 0), gst_buffer_is_writable(buffer) != FALSE,
                                is_pinned(buffer)};
  return GST_PAD_PROBE_OK;
}

TEST_F(PinnedFrames, LeaveAsTheyCame) {
  open("batch-size=1");
  ASSERT_TRUE(ask());
  ASSERT_TRUE(gst_buffer_pool_set_active(GST_BUFFER_POOL(pool.get()), TRUE));
  Leaving left;
  GstPad* src = gst_element_get_static_pad(stream->element(), "src");
  gst_pad_add_probe(src, GST_PAD_PROBE_TYPE_BUFFER, look, &left, nullptr);
  gst_object_unref(src);
  GstBuffer* const sent = frame(3);
  const GstMemory* const memory = gst_buffer_peek_memory(sent, 0);
  ASSERT_EQ(gst_harness_push(stream->harness(), sent), GST_FLOW_OK);
  stream->wait_for_frames(1);
  EXPECT_EQ(left.memory, memory);
  EXPECT_TRUE(left.pinned);
  EXPECT_TRUE(left.writable) << "nobody else holds it";
  gst_buffer_pool_set_active(GST_BUFFER_POOL(pool.get()), FALSE);
}

TEST_F(PinnedFrames, ArePageableFromElsewhere) {
  open("batch-size=1");
  stream->push(1);
  stream->wait_for_frames(1);
  EXPECT_EQ(staged().memory, FrameMemory::Pageable);
  EXPECT_FALSE(staged().on_host);
}

/// They are downstream's as soon as they came: a copy of a frame would cost more than the CPU's preprocessing.
TEST_F(PinnedFrames, AreNotOfferedNorKeptWhereFramesDoNotWait) {
  open("video-delay=none batch-size=1");
  GstBufferPool* const none = ask();
  EXPECT_FALSE(none);
  GstAllocator* allocator = new_pinned_allocator(world.control.frame_slots);
  GstBuffer* buffer = gst_buffer_new_allocate(allocator, 16, nullptr);
  gst_object_unref(allocator);
  EXPECT_TRUE(is_pinned(buffer));
  gst_buffer_memset(buffer, 0, 5, 16);
  GST_BUFFER_OFFSET(buffer) = 5;
  EXPECT_EQ(gst_harness_push(stream->harness(), buffer), GST_FLOW_OK);
  stream->wait_for_frames(1);
  EXPECT_EQ(staged().memory, FrameMemory::Pageable);
}

TEST_F(PinnedFrames, AreNotOfferedWithoutADeviceNorForItsOwnMemory) {
  open("batch-size=1", false);
  EXPECT_FALSE(ask());
  stream.reset();
  open("batch-size=1");
  EXPECT_FALSE(ask("video/x-raw(memory:CUDAMemory),format=NV12,width=4,height=4,framerate=25/1"));
  EXPECT_TRUE(ask());
}

TEST_F(PinnedFrames, GiveWayToDownstreamsOwnMemory) {
  open("batch-size=1");
  GstAllocator* theirs = gst_allocator_find(GST_ALLOCATOR_SYSMEM);
  gst_harness_set_propose_allocator(stream->harness(), theirs, nullptr);
  EXPECT_FALSE(ask());
}

TEST(PinnedAllocator, GivesPlainMemoryWhenThereIsNoMoreAndFreesWhatItGave) {
  gst_init(nullptr, nullptr);
  const std::weak_ptr<const FrameSlots> alive = [] {
    auto slots = std::make_shared<FakeSlots>(100);
    const std::weak_ptr<const FrameSlots> watched = slots;
    GstAllocator* allocator = new_pinned_allocator(std::move(slots));
    GstAllocationParams params;
    gst_allocation_params_init(&params);
    params.prefix = 3;
    params.padding = 5;
    GstBuffer* first = gst_buffer_new_allocate(allocator, 60, &params);
    GstBuffer* second = gst_buffer_new_allocate(allocator, 60, nullptr);
    gst_object_unref(allocator);
    EXPECT_TRUE(is_pinned(first));
    EXPECT_EQ(gst_buffer_get_size(first), 60u);
    EXPECT_FALSE(is_pinned(second));
    EXPECT_EQ(gst_buffer_get_size(second), 60u);
    GstBuffer* part = gst_buffer_copy_region(first, GST_BUFFER_COPY_MEMORY, 10, 20);
    EXPECT_TRUE(is_pinned(part)) << "parts are in the same memory";
    GstBuffer* copy = gst_buffer_copy_deep(first);
    EXPECT_FALSE(is_pinned(copy));
    for (GstBuffer* buffer : {first, second, part, copy}) gst_buffer_unref(buffer);
    return watched;
  }();
  EXPECT_TRUE(alive.expired());
}

}  // namespace
}  // namespace cnn::test
