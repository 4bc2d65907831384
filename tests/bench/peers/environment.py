# SPDX-License-Identifier: MIT
"""The virtual environment that the peers live in. Standard library only."""

import subprocess
import sys
import venv

import engines

# What is imported, and the package that has it: always, and to export networks.
ALWAYS = {"numpy": "numpy", "onnx": "onnx"}
EXPORT = {"torch": "torch", "torchvision": "torchvision", "onnxscript": "onnxscript"}


def missing_modules(python, modules):
    """Those of `modules` that `python` does not find."""
    program = "import importlib.util, sys; print(*(m for m in sys.argv[1:] if importlib.util.find_spec(m) is None))"
    found = subprocess.run([python, "-c", program, *modules], check=True, capture_output=True, text=True)
    return found.stdout.split()


def prepare(folder, names, exports):
    """Makes the environment where it is missing, installs what the engines `names` need (and, with `exports`, what
    exporting networks needs), returns its interpreter. A package that cannot be installed is left out: its engine says
    so in the results."""
    python = folder / "bin" / "python"
    if not python.exists():
        try:
            venv.create(folder, with_pip=True)
        except (OSError, subprocess.CalledProcessError) as failure:
            sys.exit(f"peers: no virtual environment in {folder}: {failure} (on Debian: apt-get install python3-venv)")
    packages = {**ALWAYS, **(EXPORT if exports else {})}
    for name in names:
        packages.update(engines.PEERS[name].packages)
    for module in missing_modules(python, packages):
        print(f"peers: installing {packages[module]}", file=sys.stderr)
        result = subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
                                 packages[module]], stdout=sys.stderr)
        if result.returncode:
            print(f"peers: {packages[module]} cannot be installed here", file=sys.stderr)
    return python
