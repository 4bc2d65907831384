#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes profiles/*.json: GPUs as cuDNN 9.8 and later takes them for one that is not there
(CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION). The numbers are the makers' published ones."""

import json
import pathlib

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30

# Limits of a multiprocessor by compute capability: CUDA C++ Programming Guide, "Technical Specifications per Compute
# Capability": KiB of shared memory for one block, resident blocks, resident threads.
LIMITS = {"8.0": (163, 32, 2048), "8.6": (99, 16, 1536), "8.9": (99, 24, 1536), "9.0": (227, 32, 2048),
          "10.0": (227, 32, 2048), "12.0": (99, 24, 1536)}

# Name, compute capability, multiprocessors, GiB of memory, MHz of the multiprocessors (boost) and of the memory, MiB of the
# second-level cache: data sheets.
GPUS = {"a100": ("NVIDIA A100-SXM4-80GB", "8.0", 108, 80, 1410, 1593, 40),
        "a10": ("NVIDIA A10", "8.6", 72, 24, 1695, 6251, 6),
        "l4": ("NVIDIA L4", "8.9", 58, 24, 2040, 6251, 48),
        "h200": ("NVIDIA H200", "9.0", 132, 141, 1980, 3201, 60),
        "b200": ("NVIDIA B200", "10.0", 148, 180, 1965, 3996, 126),
        "rtx5090": ("NVIDIA GeForce RTX 5090", "12.0", 170, 32, 2407, 14001, 96)}


def profile(name, capability, multiprocessors, memory, clock, memory_clock, cache):
    shared, blocks, threads = LIMITS[capability]
    major, minor = capability.split(".")
    return {"deviceName": name, "deviceVer": int(major) * 100 + int(minor) * 10, "driverVer": 13000, "cudaDeviceId": 0,
            "pciDeviceId": 0, "isTccDriver": 0, "supportCoopLaunch": 1,
            "multiProcessorCount": multiprocessors, "smClockRateKHz": clock * 1000, "warpSize": 32,
            "maxThreadsPerBlock": 1024, "maxBlockSize": [1024, 1024, 64], "maxGridSize": [2**31 - 1, 65535, 65535],
            "regsPerBlock": 65536, "maxRegistersPerSM": 65536, "maxThreadsPerSM": threads, "maxCtasPerSM": blocks,
            "maxSharedMemoryPerBlock": 48 * KIB, "maxSharedMemoryPerBlockOptin": shared * KIB,
            "reservedSharedMemoryPerBlock": KIB,
            "totalGlobalMem": memory * GIB, "memClockRateKHz": memory_clock * 1000, "l2CacheSize": cache * MIB}


folder = pathlib.Path(__file__).parent / "profiles"
for file, facts in GPUS.items():
    (folder / f"{file}.json").write_text(json.dumps(profile(*facts), indent=1) + "\n")
