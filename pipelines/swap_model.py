#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Plays a pipeline and gives its cnnclassify another model for each line that is typed, "MODEL.onnx [LABELS.txt]":
swap_model.py 'v4l2src ! videoconvert ! cnnclassify name=c ! cnnoverlay ! videoconvert ! autovideosink'. Needs python3-gi
and gir1.2-gstreamer-1.0."""
import sys

import gi

gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst  # noqa: E402


def typed(_channel, _condition):
    words = sys.stdin.readline().split()
    if words:
        classifier.set_properties(model_file=words[0], labels_file=words[1] if len(words) > 1 else None)
    return bool(words)


def told(_bus, message):
    structure = message.get_structure()
    if message.type in (Gst.MessageType.EOS, Gst.MessageType.ERROR):
        loop.quit()
    if message.type == Gst.MessageType.ERROR:
        errors.append(message.parse_error()[0].message)
    elif message.type == Gst.MessageType.WARNING:
        print(message.parse_warning()[0].message, flush=True)
    elif structure and structure.has_name("cnnclassify-model-changed"):
        print(f"{structure.get_value('running-time') / Gst.SECOND:.3f} {structure.get_string('old-model')} -> "
              f"{structure.get_string('new-model')}", flush=True)


Gst.init(None)
errors = []
pipeline = Gst.parse_launch(sys.argv[1])
classifier = pipeline.get_by_name("c")
loop = GLib.MainLoop()
bus = pipeline.get_bus()
bus.add_signal_watch()
bus.connect("message", told)
GLib.io_add_watch(sys.stdin, GLib.PRIORITY_DEFAULT, GLib.IO_IN | GLib.IO_HUP, typed)
pipeline.set_state(Gst.State.PLAYING)
loop.run()
pipeline.set_state(Gst.State.NULL)
sys.exit(errors[0] if errors else 0)
