#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Prints what cnnclassify saw: read_labels.py 'filesrc location=a.mp4 ! decodebin ! cnnclassify ! fakesink name=sink
signal-handoffs=true'. Needs python3-gi and gir1.2-gstreamer-1.0."""
import sys

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402


def show(_sink, buffer, _pad):
    meta = buffer.get_custom_meta("cnn-classification")
    if not meta:
        return
    result = meta.get_structure()
    labels = ", ".join(f"{label} {confidence:.0%}" for label, confidence
                       in zip(result.get_value("labels"), result.get_value("confidences")))
    features = result.get_value("features")  # GLib.Bytes of float32: numpy.frombuffer(features.get_data(), "f4")
    print(f"{buffer.pts / Gst.SECOND:.3f} {labels}", f"({features.get_size() // 4} features)" if features else "")


Gst.init(None)
pipeline = Gst.parse_launch(sys.argv[1])
pipeline.get_by_name("sink").connect("handoff", show)
pipeline.set_state(Gst.State.PLAYING)
message = pipeline.get_bus().timed_pop_filtered(Gst.CLOCK_TIME_NONE, Gst.MessageType.EOS | Gst.MessageType.ERROR)
pipeline.set_state(Gst.State.NULL)
sys.exit(message.parse_error()[0].message if message.type == Gst.MessageType.ERROR else 0)
