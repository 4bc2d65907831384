// SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <thread>

#include "tests/plugin/harness.h"
#include "tests/plugin/stream.h"

namespace cnn::test {

/// Streams whose models are stubs: the name of a model's file is its name, and the label of all its results.
class SwapTest : public ::testing::Test {
 protected:
  SwapTest() { world.control.common_below = 0; }

  /// "1:a 2:b": the frames that left, with the labels of their own results; "1:-" without one.
  static std::string labels(Stream& stream) {
    std::string text;
    for (const Left& left : stream.left()) {
      if (left.index < 0) continue;
      EXPECT_EQ(left.label, left.model) << left.index;
      if (!text.empty()) text += ' ';
      text += std::to_string(left.index);
      text += left.inferred ? ':' + left.label : ":-";
    }
    return text;
  }
  static void push(Stream& stream, int first, int last) {
    for (int i = first; i <= last; ++i) EXPECT_EQ(stream.push(i), GST_FLOW_OK);
  }
  static Owned<GstStructure> change(Stream& stream) {
    while (Owned<GstMessage> message{stream.pop_message(GST_MESSAGE_ELEMENT)}) {
      const GstStructure* structure = gst_message_get_structure(message.get());
      if (gst_structure_has_name(structure, "cnnclassify-model-changed"))
        return Owned<GstStructure>(gst_structure_copy(structure));
    }
    return nullptr;
  }
  /// Sets the model and returns when it only waits for a frame, or has been refused.
  static void swap(Stream& stream, const std::string& model) {
    stream.set_model(model);
    while (stream.text("swap") == "loading") std::this_thread::yield();
  }

  StubWorld world{true};
};

}  // namespace cnn::test
