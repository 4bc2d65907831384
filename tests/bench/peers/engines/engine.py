# SPDX-License-Identifier: MIT
"""What every peer has in common."""

import pathlib


class Engine:
    """One network in one engine, at that engine's best settings. Made with `case`, the load request of worker.py, and
    `values`, the input as a float32 array of case["shape"]; after that run() computes one batch and returns the first
    output. What does not work raises, with the reason."""

    family = ""  # variants of one family compete, the fastest stands for it
    module = ""  # the library itself
    precision = "fp32"
    packages = {}  # module that is imported -> package that has it
    by_default = True

    @staticmethod
    def fits(batch, threads):
        """Whether this variant differs from its siblings there."""
        return True

    @staticmethod
    def convert(case):
        """Writes the model in the engine's own format into case["folder"], unless that was done before."""


def is_newer(made, source):
    return made.exists() and made.stat().st_mtime >= pathlib.Path(source).stat().st_mtime
