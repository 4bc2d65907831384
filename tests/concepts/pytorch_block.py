#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Prints the numbers in pytorch_block.cpp: what PyTorch makes of its tutorials' first block.

    tests/concepts/pytorch_block.py      (needs torch; made with 2.15)

All numbers that go in are fractions of powers of two made from their position, so that both sides have the same ones.
"""
import torch
from torch import nn


def ramp(shape, step, modulus, divisor, offset=0.0):
    count = torch.Size(shape).numel()
    values = (torch.arange(count) * step % modulus - modulus // 2).double() / divisor + offset
    return values.reshape(shape)


block = nn.Sequential(nn.Conv2d(3, 64, 3, padding=1), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(2, 2)).eval()
with torch.no_grad():
    conv, norm = block[0], block[1]
    conv.weight.copy_(ramp((64, 3, 3, 3), 37, 101, 256))
    conv.bias.copy_(ramp((64,), 11, 31, 64))
    norm.weight.copy_(ramp((64,), 7, 23, 64, 1))
    norm.bias.copy_(ramp((64,), 5, 29, 32))
    norm.running_mean.copy_(ramp((64,), 3, 19, 16))
    norm.running_var.copy_(ramp((64,), 13, 37, 64, 1))
    for image in range(3):
        x = ramp((1, 3, 32, 32), (29, 53, 71)[image], 127, 64)
        y = block(x.float())
        print(f"image {image}: {list(y.shape)}, sum {y.double().sum():.9g}, squares {y.double().square().sum():.9g}")
        for c, row, column in ((0, 0, 0), (1, 3, 15), (17, 8, 8), (31, 15, 0), (40, 7, 2), (63, 15, 15)):
            print(f"  {{{c}, {row}, {column}, {y[0, c, row, column]:.9g}f}},")
