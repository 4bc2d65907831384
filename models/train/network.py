# SPDX-License-Identifier: MIT
"""Compact classifiers for small pictures. Only operators that every ONNX engine has: Conv, BatchNormalization, Relu,
Add, Sigmoid, Mul, GlobalAveragePool, Flatten, Gemm."""

import torch
from torch import nn


class Residual(nn.Module):
    """Two 3x3 convolutions around an identity (He et al. 2016, arXiv:1512.03385)."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.relu1 = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.shortcut = None
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential()
            self.shortcut.add_module("conv", nn.Conv2d(inputs, outputs, 1, stride, bias=False))
            self.shortcut.add_module("bn", nn.BatchNorm2d(outputs))
        self.relu2 = nn.ReLU(inplace=True)
        nn.init.zeros_(self.bn2.weight)

    def forward(self, x):
        y = self.bn2(self.conv2(self.relu1(self.bn1(self.conv1(x)))))
        return self.relu2(y + (x if self.shortcut is None else self.shortcut(x)))


class Gate(nn.Module):
    """Squeeze and excitation: scales each channel by what the whole map shows (Hu et al. 2018, arXiv:1709.01507)."""

    def __init__(self, channels, reduction=8):
        super().__init__()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.squeeze = nn.Conv2d(channels, channels // reduction, 1)
        self.relu = nn.ReLU(inplace=True)
        self.excite = nn.Conv2d(channels // reduction, channels, 1)
        self.sigmoid = nn.Sigmoid()

    def forward(self, x):
        return x * self.sigmoid(self.excite(self.relu(self.squeeze(self.pool(x)))))


class Gated(Residual):
    """A residual block whose branch passes a gate where the channels are many and the maps small."""

    def __init__(self, inputs, outputs, stride):
        super().__init__(inputs, outputs, stride)
        self.gate = Gate(outputs) if outputs >= 96 else nn.Identity()

    def forward(self, x):
        y = self.gate(self.bn2(self.conv2(self.relu1(self.bn1(self.conv1(x))))))
        return self.relu2(y + (x if self.shortcut is None else self.shortcut(x)))


class Separable(nn.Module):
    """Expand, depthwise 3x3, project (Sandler et al. 2018, arXiv:1801.04381)."""

    def __init__(self, inputs, outputs, stride, expand=4):
        super().__init__()
        middle = inputs * expand
        self.conv1 = nn.Conv2d(inputs, middle, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(middle)
        self.relu1 = nn.ReLU(inplace=True)
        self.depthwise = nn.Conv2d(middle, middle, 3, stride, 1, groups=middle, bias=False)
        self.bn2 = nn.BatchNorm2d(middle)
        self.relu2 = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(middle, outputs, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outputs)
        self.identity = stride == 1 and inputs == outputs

    def forward(self, x):
        y = self.relu1(self.bn1(self.conv1(x)))
        y = self.bn3(self.conv2(self.relu2(self.bn2(self.depthwise(y)))))
        return x + y if self.identity else y


VARIANTS = {
    "gated": dict(block=Gated, stem=24, widths=(24, 48, 104, 176), depths=(1, 1, 2, 2)),
    "residual": dict(block=Residual, stem=16, widths=(32, 48, 96, 176), depths=(1, 1, 2, 2)),
    "separable": dict(block=Separable, stem=32, widths=(32, 48, 96, 160), depths=(1, 3, 4, 3)),
}


class Network(nn.Module):
    """Takes normalised floats [n, 3, side, side], side a multiple of 16 at best; gives logits [n, classes]."""

    def __init__(self, classes, variant="gated", dropout=0.1):
        super().__init__()
        plan = VARIANTS[variant]
        width = plan["stem"]
        self.stem = nn.Sequential()
        self.stem.add_module("conv", nn.Conv2d(3, width, 3, 2, 1, bias=False))
        self.stem.add_module("bn", nn.BatchNorm2d(width))
        self.stem.add_module("relu", nn.ReLU(inplace=True))
        for number, (outputs, depth) in enumerate(zip(plan["widths"], plan["depths"]), 1):
            blocks = []
            for i in range(depth):
                blocks.append(plan["block"](width, outputs, 2 if i == 0 and number > 1 else 1))
                width = outputs
            self.add_module(f"layer{number}", nn.Sequential(*blocks))
        self.stages = len(plan["widths"])
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(width, classes)

    def features(self, x):
        x = self.stem(x)
        for number in range(1, self.stages + 1):
            x = getattr(self, f"layer{number}")(x)
        return torch.flatten(self.pool(x), 1)

    def forward(self, x):
        return self.classifier(self.dropout(self.features(x)))


def cost(network, side):
    """(multiply-accumulates of one picture, parameters) of the convolutions and the linear layer."""
    total = 0

    def count(module, inputs, output):
        nonlocal total
        if isinstance(module, nn.Conv2d):
            total += output[0].numel() * module.weight[0].numel()
        elif isinstance(module, nn.Linear):
            total += module.weight.numel()

    hooks = [module.register_forward_hook(count) for module in network.modules()]
    training = network.training
    network.eval()
    with torch.no_grad():
        network(torch.zeros(1, 3, side, side, device=next(network.parameters()).device))
    network.train(training)
    for hook in hooks:
        hook.remove()
    return total, sum(parameter.numel() for parameter in network.parameters())
