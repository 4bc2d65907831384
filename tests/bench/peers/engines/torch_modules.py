# SPDX-License-Identifier: MIT
"""PyTorch, which has the networks as modules."""

from .engine import Engine


class TorchEager(Engine):
    family = "torch"
    module = "torch"
    packages = {"torch": "torch", "torchvision": "torchvision"}

    def __init__(self, case, values):
        import networks
        import torch
        if not case["network"]:
            raise RuntimeError("needs the network as a PyTorch module")
        torch.set_num_threads(case["threads"])
        torch.set_grad_enabled(False)
        pictures = torch.from_numpy(values).contiguous(memory_format=torch.channels_last)
        module = self.prepared(networks.build(case["network"]).to(memory_format=torch.channels_last), pictures)
        self.run = lambda: module(pictures).numpy()

    def prepared(self, module, _pictures):
        return module


class TorchTraced(TorchEager):
    def prepared(self, module, pictures):
        import torch
        return torch.jit.freeze(torch.jit.trace(module, pictures))


class TorchInductor(TorchEager):
    by_default = False  # compiles for minutes

    def prepared(self, module, _pictures):
        import torch
        import torch._inductor.config
        torch._inductor.config.freezing = True
        return torch.compile(module)
