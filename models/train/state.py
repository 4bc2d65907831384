# SPDX-License-Identifier: MIT
"""Everything that a training run carries from one step to the next, and its checkpoint."""

import copy
import os
import time
from pathlib import Path

import torch

from network import Network


class Averaged:
    """Exponential moving average of weights and running statistics; the exported network is this one."""

    def __init__(self, network, decay=0.9985):
        self.network = copy.deepcopy(network).eval().requires_grad_(False)
        self.decay = decay
        self.steps = 0

    @torch.no_grad()
    def update(self, network):
        self.steps += 1
        decay = min(self.decay, self.steps / (self.steps + 10))
        mine, theirs = self.network.state_dict(), network.state_dict()
        floats = [name for name in mine if mine[name].is_floating_point()]
        torch._foreach_lerp_([mine[name] for name in floats], [theirs[name] for name in floats], 1 - decay)


def make_optimizer(network, args):
    decayed = [parameter for parameter in network.parameters() if parameter.dim() > 1]
    free = [parameter for parameter in network.parameters() if parameter.dim() <= 1]
    groups = [{"params": decayed, "weight_decay": args.decay}, {"params": free, "weight_decay": 0.0}]
    return torch.optim.SGD(groups, lr=args.rate, momentum=0.9, nesterov=True)


def normalisation(pixels):
    """(mean, 1 / standard deviation) per channel over a sample, rounded so that the bundle can state them exactly."""
    sample = pixels[:: max(1, len(pixels) // 4000)].float()
    scale = (1 / sample.std((0, 2, 3)).clamp(min=1.0)).mul(1e5).round().div(1e5)
    return sample.mean((0, 2, 3)).mul(100).round().div(100).cpu(), scale.cpu()


class Run:
    """The state of one training: what a checkpoint holds."""

    def __init__(self, args, train, device):
        self.args, self.device = args, device
        self.classes = train.classes
        self.mean, self.scale = normalisation(train.pixels)
        layout = torch.channels_last
        self.network = Network(len(train.classes), args.variant).to(device, memory_format=layout)
        self.averaged = Averaged(self.network)
        self.optimizer = make_optimizer(self.network, args)
        self.generator = torch.Generator().manual_seed(args.seed)
        self.epoch, self.spent = 0, 0.0
        self.path = Path(args.work) / "checkpoint.pt"

    def save(self):
        state = {
            "network": self.network.state_dict(),
            "averaged": self.averaged.network.state_dict(),
            "steps": self.averaged.steps,
            "optimizer": self.optimizer.state_dict(),
            "generator": self.generator.get_state(),
            "dropout": torch.get_rng_state(),
            "epoch": self.epoch,
            "spent": self.spent,
            "bundle": self.bundle(),
        }
        self.path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self.path.with_suffix(".part")
        torch.save(state, temporary)
        os.replace(temporary, self.path)

    def bundle(self):
        """What export.py needs beside the weights."""
        return {
            "classes": self.classes,
            "variant": self.args.variant,
            "size": self.args.size,
            "mean": self.mean.tolist(),
            "scale": self.scale.tolist(),
        }

    def resume(self):
        if not self.path.exists():
            return
        state = torch.load(self.path, map_location=self.device, weights_only=True)
        self.network.load_state_dict(state["network"])
        self.averaged.network.load_state_dict(state["averaged"])
        self.averaged.steps = state["steps"]
        self.optimizer.load_state_dict(state["optimizer"])
        self.generator.set_state(state["generator"].cpu())
        torch.set_rng_state(state["dropout"].cpu())
        self.epoch, self.spent = state["epoch"], state["spent"]
        print(f"going on after epoch {self.epoch}, {self.spent / 60:.1f} minutes spent", flush=True)

    def normalise(self, batch):
        shape = (1, 3, 1, 1)
        mean, scale = self.mean.to(batch.device).view(shape), self.scale.to(batch.device).view(shape)
        return ((batch - mean) * scale).contiguous(memory_format=torch.channels_last)

    def progress(self, began, step, steps):
        if self.args.epochs:
            return (self.epoch + step / steps) / self.args.epochs
        return (self.spent + time.monotonic() - began) / (self.args.minutes * 60)
