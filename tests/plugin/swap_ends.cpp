// SPDX-License-Identifier: MIT
// What ends a stream while a model is being loaded.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <thread>

#include "tests/plugin/swap_stream.h"

namespace cnn::test {
namespace {

class SwapEnds : public SwapTest {
 protected:
  /// The state changes while a model is being opened.
  void end_while_loading(const std::function<void(Stream&)>& end) {
    {
      Stream stream("batch-size=1");
      push(stream, 1, 1);
      world.control.gate_opening(true);
      stream.set_model("new");
      world.control.wait_until_opening();
      std::thread ending([&] { end(stream); });
      world.control.gate_opening(false);
      ending.join();
      EXPECT_EQ(stream.pop_warning(), "");
    }
    world.cache.reset();
    EXPECT_EQ(world.control.alive, 0);
  }
};

TEST_F(SwapEnds, WithReady) {
  end_while_loading([](Stream& stream) {
    stream.cycle();
    EXPECT_EQ(stream.text("model"), "new");
    EXPECT_EQ(stream.stat("model-changes"), 0u);
    push(stream, 2, 2);
  });
}

TEST_F(SwapEnds, WithNull) {
  end_while_loading([](Stream& stream) { gst_element_set_state(stream.element(), GST_STATE_NULL); });
}

TEST_F(SwapEnds, WithEos) {
  end_while_loading([](Stream& stream) {
    stream.push_event(gst_event_new_eos());
    stream.drain();
    EXPECT_EQ(stream.left().back().event, "eos");
  });
}

TEST_F(SwapEnds, NotWithAFlush) {
  end_while_loading([](Stream& stream) {
    stream.flush();
    stream.wait_for_swap("ready");
    push(stream, 2, 2);
    EXPECT_EQ(labels(stream), "1:stub 2:new");
  });
}

TEST_F(SwapEnds, WithReadyWhileAModelIsReady) {
  end_while_loading([](Stream& stream) {
    stream.wait_for_swap("ready");
    gst_element_set_state(stream.element(), GST_STATE_READY);
    EXPECT_EQ(stream.text("swap"), "idle");
  });
}

}  // namespace
}  // namespace cnn::test
