# SPDX-License-Identifier: MIT
"""The command line. Standard library only: also read before the virtual environment exists."""

import argparse
import os
import pathlib

import families

ROOT = pathlib.Path(__file__).resolve().parents[2]
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "gst-cnn"

DATA = pathlib.Path(os.environ.get("CNN_TEST_DATA") or ROOT.parent / "shared" / "data")


def parse(arguments):
    parser = argparse.ArgumentParser(prog="tests/peers/run", description="Compares the answers of our engine with those of "
                                     "ONNX Runtime and PyTorch on networks of every family.")
    parser.add_argument("--families", nargs="+", choices=families.FAMILIES, default=list(families.FAMILIES),
                        metavar="FAMILY", help=", ".join(families.FAMILIES))
    parser.add_argument("--exporters", nargs="+", choices=families.EXPORTERS, default=list(families.EXPORTERS))
    parser.add_argument("--light", nargs="?", const=DATA / "onnx-conformance" / "light", type=pathlib.Path, metavar="FOLDER",
                        help="instead of the families: ONNX's light networks with random weights (default: %(const)s)")
    parser.add_argument("--integers", nargs="*", type=pathlib.Path, metavar="MODEL",
                        help="instead of the families: quantised models, integer for integer; without MODEL those that "
                             "onnxruntime.quantization makes of --families")
    parser.add_argument("--json", type=pathlib.Path, help="a file for the results")
    parser.add_argument("--venv", type=pathlib.Path, default=CACHE / "peers-venv", help="(default: %(default)s)")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build", help="(default: %(default)s)")
    options = parser.parse_args(arguments)
    options.venv, options.build = options.venv.expanduser().absolute(), options.build.absolute()
    return options
