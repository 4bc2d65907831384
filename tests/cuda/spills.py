#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""spills.py NVCC ROOT FILE...: compiles the kernels of the files for sm_90 and fails where ptxas keeps anything of one in
local memory: registers that were spilled, or arrays that are indexed at run time."""
import re
import subprocess
import sys


def local_memory(nvcc, root, path):
    """Bytes by kernel, and how many registers each takes."""
    command = [nvcc, "-std=c++20", "-O3", "-cubin", "-arch=sm_90", "-I", root, "--expt-relaxed-constexpr",
               "--diag-suppress=20012", "-DNDEBUG", "-Xptxas=-v", "-o", "/dev/null", path]
    printed = subprocess.run(command, capture_output=True, text=True)
    if printed.returncode:
        sys.exit(printed.stderr)
    found = re.findall(r"Compiling entry function '(\w+)'.*?(\d+) bytes stack frame, (\d+) bytes spill stores.*?Used (\d+)",
                       printed.stderr, re.S)
    return [(name, int(stack) + int(spilled), int(registers)) for name, stack, spilled, registers in found]


def main():
    failed = False
    for path in sys.argv[3:]:
        kernels = local_memory(sys.argv[1], sys.argv[2], path)
        if not kernels:
            sys.exit(f"{path} has no kernel")
        print(f"{path}: {len(kernels)} kernels, at most {max(registers for _, _, registers in kernels)} registers")
        for name, size, _ in kernels:
            if size:
                failed = True
                print(f"  {size} bytes of local memory: {name}")
    sys.exit(1 if failed else 0)


main()
