#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""OpenCV's side of the comparison of preprocessing, beside engine_worker.cpp: the same JSON lines, the same frames.

    opencv_worker.py area|linear|planes

area: to RGB at full size, INTER_AREA, normalised: antialiased as ours is. linear: INTER_LINEAR instead, which reads
four pixels for each result whatever the ratio. planes: NV12 and I420 only, each plane shrunk with INTER_AREA and
converted afterwards, as a careful user would write it by hand."""

import json
import os
import sys
import time

import cv2
import numpy

MEAN = numpy.array([123.675, 116.28, 103.53], numpy.float32)
DEVIATION = numpy.array([58.395, 57.12, 57.375], numpy.float32)
# Planes of each format as in ring.h: bytes of a group of pixels, log2 of the group's width and height.
PLANES = {"NV12": [(1, 0, 0), (2, 1, 1)], "I420": [(1, 0, 0), (1, 1, 1), (1, 1, 1)], "YUY2": [(4, 1, 0)],
          "RGB": [(3, 0, 0)], "BGRx": [(4, 0, 0)]}
TO_RGB = {"NV12": cv2.COLOR_YUV2RGB_NV12, "I420": cv2.COLOR_YUV2RGB_I420, "YUY2": cv2.COLOR_YUV2RGB_YUY2,
          "BGRx": cv2.COLOR_BGRA2RGB}
LIMITED_BT601 = numpy.array([[1.164384, 0, 1.596027], [1.164384, -0.391762, -0.812968], [1.164384, 2.017232, 0]])


def frame(name, width, height):
    """The gradient of ring.h."""
    planes = []
    for step, shift_x, shift_y in PLANES[name]:
        columns, rows = width >> shift_x, height >> shift_y
        x, y, b = numpy.arange(columns), numpy.arange(rows), numpy.arange(step)
        offset = numpy.where((shift_x == 1) & (b == 2), 0, 20 * b)
        plane = 60 + offset + 60 * x[:, None] // columns + (50 * y // rows)[:, None, None]
        planes.append(plane.astype(numpy.uint8).ravel())
    return numpy.concatenate(planes)


class Steps:
    """Buffers are made once: only the work is timed."""

    def __init__(self, variant, case):
        self.variant, self.format, side = variant, case["load"], case["side"]
        self.width, self.height, self.size = case["width"], case["height"], (side, side)
        one = frame(self.format, self.width, self.height)
        self.frames = [one.copy() for _ in range(max(1, case["ring"] // one.size))]
        self.turn = 0
        self.rgb = numpy.empty((self.height, self.width, 3), numpy.uint8)
        self.small = numpy.empty((side, side, 3), numpy.uint8)
        self.floats = numpy.empty((side, side, 3), numpy.float32)
        self.result = numpy.empty((side, side, 3), numpy.float32)
        self.normalise = numpy.hstack([numpy.diag(1 / DEVIATION), (-MEAN / DEVIATION)[:, None]])
        offset = LIMITED_BT601 @ numpy.array([-16, -128, -128])
        self.convert = numpy.hstack([LIMITED_BT601, offset[:, None]])

    def run(self):
        data = self.frames[self.turn % len(self.frames)]
        self.turn += 1
        if self.variant == "planes":
            self.shrink_planes(data)
        else:
            self.shrink_rgb(data)
        numpy.copyto(self.floats, self.small)
        cv2.transform(self.floats, self.normalise, dst=self.result)

    def shrink_rgb(self, data):
        shape = {"NV12": (self.height * 3 // 2, self.width), "I420": (self.height * 3 // 2, self.width),
                 "YUY2": (self.height, self.width, 2), "RGB": (self.height, self.width, 3),
                 "BGRx": (self.height, self.width, 4)}[self.format]
        picture = data.reshape(shape)
        if self.format in TO_RGB:
            picture = cv2.cvtColor(picture, TO_RGB[self.format], dst=self.rgb)
        method = cv2.INTER_LINEAR if self.variant == "linear" else cv2.INTER_AREA
        cv2.resize(picture, self.size, dst=self.small, interpolation=method)

    def shrink_planes(self, data):
        luma = self.width * self.height
        shape = (self.height // 2, self.width // 2)
        planes = [cv2.resize(data[:luma].reshape(self.height, self.width), self.size, interpolation=cv2.INTER_AREA)]
        if self.format == "NV12":
            planes.append(cv2.resize(data[luma:].reshape(*shape, 2), self.size, interpolation=cv2.INTER_AREA))
        else:
            for chroma in data[luma:].reshape(2, *shape):
                planes.append(cv2.resize(chroma, self.size, interpolation=cv2.INTER_AREA))
        cv2.transform(cv2.merge(planes), self.convert, dst=self.small)

    def sample(self):
        values = self.result.ravel()
        return [float(values[i * (values.size - 1) // 47]) for i in range(48)]


def milliseconds(function):
    start = time.perf_counter()
    function()
    return (time.perf_counter() - start) * 1e3


def load(variant, case):
    start = time.perf_counter()
    if variant == "planes" and case["load"] not in ("NV12", "I420"):
        raise ValueError("only for formats with planes")
    steps = Steps(variant, case)
    load_ms = (time.perf_counter() - start) * 1e3
    first_ms = milliseconds(steps.run)
    return steps, {"ok": True, "load_ms": load_ms, "first_ms": first_ms, "sample": steps.sample()}


def main():
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    cv2.setNumThreads(1)
    steps = None
    for line in sys.stdin:
        request = json.loads(line)
        if "load" in request:
            try:
                steps, answer = load(sys.argv[1], request)
            except (ValueError, cv2.error) as failure:
                answer = {"ok": False, "error": str(failure)[:200]}
        else:
            answer = {"ms": [milliseconds(steps.run) for _ in range(request["run"])]}
        print(json.dumps(answer), file=answers)


if __name__ == "__main__":
    main()
