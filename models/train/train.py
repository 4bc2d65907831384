#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Trains a compact classifier from scratch and writes it as one .onnx bundle.

    train.py --data FOLDER --out my.onnx            FOLDER/{train,val}/<class>/*.jpg or FOLDER/{train,val}.tar.xz

A run that was interrupted goes on from its last checkpoint when started again with the same --work folder."""

import argparse
import os
import time
from pathlib import Path

# Threads that wait at a barrier spin for some 50 microseconds, then sleep. Sleeping at once costs a fifth of the speed on
# an idle machine; spinning for long costs more than half of it beside other work.
os.environ.setdefault("GOMP_SPINCOUNT", "30000")

import torch
import torch.nn.functional as F

import schedule
from augment import augment, mix
from data import balanced_order, load
from evaluate import predict_network
from export import write_bundle
from network import VARIANTS, cost
from state import Run
from teacher import Teacher


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, help="folder with train and val, as folders or .tar.xz")
    parser.add_argument("--out", default="model.onnx", help="bundle to write")
    parser.add_argument("--work", default="train-work", help="folder of checkpoints; an unfinished run in it goes on")
    parser.add_argument("--name", help="model id in the bundle; default: stem of --out")
    parser.add_argument("--variant", choices=sorted(VARIANTS), default="gated")
    parser.add_argument("--epochs", type=int, help="budget in epochs; repeatable")
    parser.add_argument("--minutes", type=float, default=90, help="budget of wall clock where --epochs is not given")
    parser.add_argument("--size", type=int, default=64, help="side of the input in pixels")
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--rate", type=float, default=0.12, help="peak learning rate at batch 128")
    parser.add_argument("--decay", type=float, default=5e-4, help="weight decay")
    parser.add_argument("--smoothing", type=float, default=0.08, help="label smoothing")
    parser.add_argument(
        "--emphasis", nargs="*", default=[], metavar="CLASS=FACTOR", help="draw hard classes more often: dog=1.5 cat=1.2"
    )
    parser.add_argument("--teacher", metavar="BUNDLE", help="an earlier result of this program, whose answers count as labels too")
    parser.add_argument("--teacher-share", type=float, default=0.5, help="weight of the teacher's answers in the labels")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=0, help="CPU threads; 0: PyTorch decides")
    return parser.parse_args()


def emphasis_of(stated, classes):
    """{class index: factor} for ["dog=1.5", ...]."""
    factors = {}
    for item in stated:
        name, _, factor = item.partition("=")
        if name not in classes:
            raise SystemExit(f"--emphasis {item}: there is no class {name}")
        factors[classes.index(name)] = float(factor)
    return factors


def train_epoch(run, train, teacher):
    """(mean loss, pictures per second, last side, progress); stops early where the budget of minutes is spent."""
    args, began = run.args, time.monotonic()
    classes = len(train.classes)
    emphasis = emphasis_of(args.emphasis, list(train.classes))
    order = balanced_order(train.labels, classes, run.generator, emphasis)
    chunks = [chunk for chunk in order.split(args.batch) if len(chunk) == args.batch or len(order) < args.batch]
    total, progress, side = 0.0, 0.0, args.size
    seen = 0
    run.network.train()
    for step, chunk in enumerate(chunks):
        progress = run.progress(began, step, len(chunks))
        if progress >= 1:
            break
        side = schedule.side(progress, args.size)
        for group in run.optimizer.param_groups:
            group["lr"] = schedule.learning_rate(progress, args.rate * args.batch / 128)
        pixels, labels = train.pixels[chunk].to(run.device), train.labels[chunk].to(run.device)
        targets = F.one_hot(labels, classes).float()
        batch = augment(pixels, side, run.generator, schedule.strength(progress))
        batch, targets = mix(batch, targets, run.generator, schedule.mix_share(progress))
        batch, smoothing = run.normalise(batch), args.smoothing
        if teacher:
            targets = torch.lerp(targets, teacher.answers(batch), args.teacher_share)
            smoothing *= 1 - args.teacher_share
        loss = F.cross_entropy(run.network(batch), targets, label_smoothing=smoothing)
        run.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(run.network.parameters(), 5.0)
        run.optimizer.step()
        run.averaged.update(run.network)
        total += loss.item()
        seen += 1
    progress = run.progress(began, len(chunks), len(chunks))
    run.epoch += 1
    run.spent += time.monotonic() - began
    return total / max(1, seen), seen * args.batch / (time.monotonic() - began), side, progress


def main():
    args = arguments()
    torch.manual_seed(args.seed)
    if args.threads:
        torch.set_num_threads(args.threads)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    train = load(args.data, "train", args.size)
    val = load(args.data, "val", args.size, train.classes)
    if device.type == "cuda":
        train.pixels = train.pixels.to(device)
    run = Run(args, train, device)
    macs, parameters = cost(run.network, args.size)
    print(f"{len(train)} pictures, {len(train.classes)} classes, {device}; {macs / 1e6:.1f} MMAC, {parameters} parameters")
    run.resume()
    teacher = None
    if args.teacher:
        teacher = Teacher(args.teacher, run)
        print(f"teacher {args.teacher}: {100 * teacher.accuracy(val):.2f} % on val", flush=True)
    progress = 0.0 if args.epochs is None or run.epoch < args.epochs else 1.0
    while progress < 1 and not (args.epochs is None and run.spent >= args.minutes * 60):
        loss, speed, side, progress = train_epoch(run, train, teacher)
        run.save()
        line = (
            f"epoch {run.epoch:3d}  {100 * progress:5.1f} %  {run.spent / 60:5.1f} min  side {side}  "
            f"rate {run.optimizer.param_groups[0]['lr']:.4f}  loss {loss:.3f}  {speed:.0f} pictures/s"
        )
        if run.epoch % 4 == 0 or progress >= 1:
            logits = predict_network(run.averaged.network, val.pixels, run.normalise, device)
            line += f"  val {100 * (logits.argmax(1) == val.labels).float().mean():.2f} %"
        print(line, flush=True)
    name = args.name or Path(args.out).stem
    difference = write_bundle(run.averaged.network, args.out, name, run.bundle())
    print(f"{args.out}: {os.path.getsize(args.out)} bytes, differs from PyTorch by at most {difference:.1e}")


if __name__ == "__main__":
    main()
