# SPDX-License-Identifier: MIT
"""Labelled pictures held in memory: a folder `<class>/*.jpg` or the same layout inside a .tar.xz."""

import io
import tarfile
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps

SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp", ".webp"}


class Pictures:
    """pixels: uint8 [n, 3, size, size], RGB. labels: int64 [n]. sources: file stem up to the first underscore."""

    def __init__(self, pixels, labels, classes, sources):
        self.pixels = pixels
        self.labels = labels
        self.classes = classes
        self.sources = sources

    def __len__(self):
        return len(self.labels)


def decode(data, size):
    """The stored sizes pass untouched; anything else is cropped to its middle square first."""
    picture = ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB")
    if picture.size != (size, size):
        side = min(picture.size)
        left, top = (picture.width - side) // 2, (picture.height - side) // 2
        picture = picture.crop((left, top, left + side, top + side)).resize((size, size), Image.LANCZOS)
    return np.asarray(picture).transpose(2, 0, 1)


def folder_entries(root):
    for path in sorted(root.glob("*/*")):
        if path.suffix.lower() in SUFFIXES:
            yield path.parent.name, path.name, path.read_bytes()


def archive_entries(path):
    with tarfile.open(path) as archive:
        for member in archive:
            name = Path(member.name)
            if member.isfile() and name.suffix.lower() in SUFFIXES and len(name.parts) >= 2:
                yield name.parts[-2], name.name, archive.extractfile(member).read()


def locate(root, split):
    """The folder `root/split` or the archive `root/split.tar.xz`; None where neither exists."""
    root = Path(root)
    for candidate in (root / split, root / f"{split}.tar.xz"):
        if candidate.exists():
            return candidate
    return None


def class_names(root, entries):
    listing = Path(root) / "classes.txt"
    if listing.exists():
        return listing.read_text(encoding="utf-8").splitlines()
    return sorted({label for label, _, _ in entries})


def load(root, split, size, classes=None):
    path = locate(root, split)
    if path is None:
        raise SystemExit(f"{root}: neither a folder {split} nor an archive {split}.tar.xz")
    entries = sorted(folder_entries(path) if path.is_dir() else archive_entries(path), key=lambda entry: entry[:2])
    if not entries:
        raise SystemExit(f"{path}: no pictures in class folders")
    classes = classes or class_names(root, entries)
    index = {name: i for i, name in enumerate(classes)}
    unknown = sorted({label for label, _, _ in entries} - set(index))
    if unknown:
        raise SystemExit(f"{path}: class folders missing from the list of classes: {', '.join(unknown)}")
    pixels = np.stack([decode(data, size) for _, _, data in entries])
    labels = np.array([index[label] for label, _, _ in entries], dtype=np.int64)
    sources = [name.split("_")[0] if "_" in name else "" for _, name, _ in entries]
    return Pictures(torch.from_numpy(pixels), torch.from_numpy(labels), classes, sources)


def balanced_order(labels, classes, generator, emphasis=None, strength=0.5):
    """One epoch of indices. Each class is drawn in proportion to count ** (1 - strength), times its factor in `emphasis`
    (class index -> factor), so that small and hard classes repeat and the epoch keeps its length; within a class every
    picture comes before any comes again."""
    counts = torch.bincount(labels, minlength=classes).double()
    share = torch.where(counts > 0, counts ** (1 - strength), counts)
    for index, factor in (emphasis or {}).items():
        share[index] *= factor
    wanted = (share / share.sum() * len(labels)).round().long()
    order = []
    for index in range(classes):
        members = torch.nonzero(labels == index).flatten()
        while len(members) and wanted[index] > 0:
            taken = members[torch.randperm(len(members), generator=generator)][: int(wanted[index])]
            order.append(taken)
            wanted[index] -= len(taken)
    order = torch.cat(order)
    return order[torch.randperm(len(order), generator=generator)]
