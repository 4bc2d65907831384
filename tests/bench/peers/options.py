# SPDX-License-Identifier: MIT
"""The command line. Standard library only: also read before the virtual environment exists."""

import argparse
import os
import pathlib

import engines

ROOT = pathlib.Path(__file__).resolve().parents[3]
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "gst-cnn"
NETWORKS = ("squeezenet1_1", "mobilenet_v2", "mobilenet_v3_large", "shufflenet_v2_x1_0", "efficientnet_b0", "resnet18",
            "resnet50", "densenet121", "vgg16", "convnext_tiny")
QUICK_NETWORKS = ("squeezenet1_1", "mobilenet_v2", "resnet18")


def real_models():
    folder = pathlib.Path(os.environ.get("CNN_TEST_DATA") or ROOT.parent / "shared" / "data") / "models"
    return sorted(str(path) for path in folder.glob("*.onnx"))


def engine_names(text):
    """A family ("torch") stands for its variants, except those that must be asked for by name."""
    if text in engines.PEERS:
        return [text]
    names = [name for name, engine in engines.PEERS.items() if engine.family == text and engine.by_default]
    if not names:
        known = dict.fromkeys([*engines.PEERS, *(engine.family for engine in engines.PEERS.values())])
        raise argparse.ArgumentTypeError(f"no engine {text}; there are {', '.join(known)}")
    return names


def parse(arguments):
    parser = argparse.ArgumentParser(prog="tests/bench/peers/run", formatter_class=argparse.RawDescriptionHelpFormatter,
                                     description="Times our engine beside others in one interleaved run.",
                                     epilog="networks: " + " ".join(NETWORKS))
    parser.add_argument("--models", nargs="+", metavar="MODEL", help="names of networks and paths of .onnx files "
                        "(default: all networks, and the models of ../shared/data where there are any)")
    parser.add_argument("--batch", type=int, nargs="+", default=[1, 8], help="images per run (default: 1 8)")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2], help="(default: 1 2)")
    parser.add_argument("--engines", type=engine_names, nargs="+", metavar="ENGINE",
                        help=f"of {', '.join(engines.PEERS)}, or a family of them (default: all but torch-inductor)")
    parser.add_argument("--rounds", type=int, help="turns that each engine takes (default: 9)")
    parser.add_argument("--quick", action="store_true", help="few networks, batch 1, short turns, three rounds")
    parser.add_argument("--startup", action="store_true", help="opening times and memory instead, at batch 1")
    parser.add_argument("--json", type=pathlib.Path, default=CACHE / "peers.json", help="where the results go "
                        "(default: %(default)s)")
    parser.add_argument("--venv", type=pathlib.Path, default=CACHE / "peers-venv", help="(default: %(default)s)")
    parser.add_argument("--cache", type=pathlib.Path, default=CACHE / "peers-models",
                        help="exported and converted models (default: %(default)s)")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build", help="(default: %(default)s)")
    options = parser.parse_args(arguments)
    if options.models is None:
        options.models = list(QUICK_NETWORKS) if options.quick else [*NETWORKS, *real_models()]
    if options.quick:
        options.batch = options.batch[:1]
    if options.startup:
        options.batch = [1]
    options.rounds = options.rounds or (3 if options.quick else 9)
    options.turn_ms = 50 if options.quick else 150
    defaults = [[name for name, engine in engines.PEERS.items() if engine.by_default]]
    options.engines = list(dict.fromkeys(name for names in options.engines or defaults for name in names))
    for path in ("json", "venv", "cache", "build"):
        setattr(options, path, getattr(options, path).expanduser().absolute())
    for model in options.models:
        if model not in NETWORKS and not pathlib.Path(model).is_file():
            parser.error(f"{model} is neither a network nor a file; networks are {' '.join(NETWORKS)}")
    return options
