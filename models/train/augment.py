# SPDX-License-Identifier: MIT
"""Augmentation of whole batches as tensor operations. Values are floats in 0..255 until the network scales them."""

import math

import torch
import torch.nn.functional as F


def crops(batch, size, generator, least_area=0.35, widest=16 / 9):
    """Random mirrored crops resampled to `size`. The aspect ratio goes to `widest` and its inverse: a video frame
    stretched to a square is a picture squeezed by as much."""
    n = len(batch)
    draw = lambda low, high: low + (high - low) * torch.rand(n, generator=generator)
    area = draw(least_area, 1.0)
    ratio = torch.exp(draw(-math.log(widest), math.log(widest)) * draw(0.0, 1.0))
    width = (area * ratio).sqrt().clamp(max=1.0)
    height = (area / ratio).sqrt().clamp(max=1.0)
    angle = draw(-0.17, 0.17) * (torch.rand(n, generator=generator) < 0.3)
    mirror = torch.where(torch.rand(n, generator=generator) < 0.5, -1.0, 1.0)
    theta = torch.zeros(n, 2, 3)
    theta[:, 0, 0] = width * angle.cos() * mirror
    theta[:, 0, 1] = -height * angle.sin()
    theta[:, 1, 0] = width * angle.sin() * mirror
    theta[:, 1, 1] = height * angle.cos()
    theta[:, 0, 2] = draw(-1.0, 1.0) * (1 - width)
    theta[:, 1, 2] = draw(-1.0, 1.0) * (1 - height)
    grid = F.affine_grid(theta.to(batch.device), [n, 3, size, size], align_corners=False)
    return F.grid_sample(batch, grid, mode="bilinear", padding_mode="reflection", align_corners=False)


def colours(batch, generator, amount=0.4, grey=0.12):
    """Brightness, contrast, saturation and a slight cast per channel; some pictures lose their colour altogether.
    All of it is linear in the channels, so each picture needs one 3x3 matrix and one offset."""
    n = len(batch)
    draw = lambda *shape: torch.rand(n, *shape, generator=generator) * 2 - 1
    luma = torch.tensor([0.299, 0.587, 0.114])
    saturation = torch.where(torch.rand(n, generator=generator) < grey, 0.0, 1 + amount * draw()).view(n, 1, 1)
    gain = (1 + amount * draw(1)) * (1 + 0.06 * draw(3))
    contrast = 1 + amount * draw(1)
    level = batch.mean((2, 3)).cpu() @ luma
    matrix = saturation * torch.eye(3) + (1 - saturation) * luma.expand(3, 3)
    matrix = (gain * contrast).view(n, 3, 1) * matrix
    offset = gain * (1 - contrast) * level.view(n, 1)
    flat = torch.baddbmm(offset.view(n, 3, 1).to(batch.device), matrix.to(batch.device), batch.flatten(2))
    return flat.clamp_(0, 255).view_as(batch)


def soften(batch, generator, share=0.15):
    """Some pictures lose detail: half the resolution, as from a distant or compressed frame."""
    chosen = torch.nonzero(torch.rand(len(batch), generator=generator) < share).flatten().to(batch.device)
    if len(chosen):
        size = batch.shape[-1]
        small = F.interpolate(batch[chosen], scale_factor=0.5, mode="area")
        batch[chosen] = F.interpolate(small, size=(size, size), mode="bilinear", align_corners=False)
    return batch


def erase(batch, generator, share=0.2):
    """A grey-noise rectangle hides up to a sixth of some pictures."""
    size = batch.shape[-1]
    for index in torch.nonzero(torch.rand(len(batch), generator=generator) < share).flatten().tolist():
        sides = (torch.rand(2, generator=generator) * 0.28 + 0.12) * size
        height, width = int(sides[0]), int(sides[1])
        top, left = (torch.rand(2, generator=generator) * torch.tensor([size - height, size - width])).int().tolist()
        fill = torch.rand(3, 1, 1, generator=generator) * 255
        batch[index, :, top : top + height, left : left + width] = fill.to(batch.device)
    return batch


def mix(batch, targets, generator, share=0.5, cut=0.5):
    """Blends (mixup) or pastes a rectangle of (CutMix) another picture of the batch, and the targets alike."""
    if torch.rand(1, generator=generator).item() >= share:
        return batch, targets
    other = torch.randperm(len(batch), generator=generator).to(batch.device)
    kept = torch.rand(1, generator=generator).item()
    if torch.rand(1, generator=generator).item() >= cut:
        kept = max(kept, 1 - kept) ** 0.5
        return batch * kept + batch[other] * (1 - kept), targets * kept + targets[other] * (1 - kept)
    size = batch.shape[-1]
    side = (1 - kept) ** 0.5 / 2
    middle = torch.rand(2, generator=generator).tolist()
    top, bottom = (int(max(0, min(1, middle[0] + s)) * size) for s in (-side, side))
    left, right = (int(max(0, min(1, middle[1] + s)) * size) for s in (-side, side))
    batch = batch.clone()
    batch[:, :, top:bottom, left:right] = batch[other, :, top:bottom, left:right]
    kept = 1 - (bottom - top) * (right - left) / size**2
    return batch, targets * kept + targets[other] * (1 - kept)


def augment(pixels, size, generator, strength=1.0):
    """pixels: uint8 [n, 3, h, w]. Returns float [n, 3, size, size] in 0..255. strength 0 leaves only mirrored crops."""
    batch = crops(pixels.float(), size, generator, least_area=1 - 0.65 * max(strength, 0.3))
    if strength > 0:
        batch = colours(batch, generator, amount=0.4 * strength)
        batch = soften(batch, generator, share=0.15 * strength)
        batch = erase(batch, generator, share=0.2 * strength)
    return batch
