#!/bin/bash
# SPDX-License-Identifier: MIT
# usage: check_without_gpu.sh GPU_CHECK: it says that there is no GPU, with 77, or, where there is one, that it lies in no bundle.
output=$("$1" 2>&1)
case $? in
  77) [[ $output == *"no NVIDIA GPU"* ]] ;;
  2) [[ $output == *"is no bundle"* ]] ;;
  *) echo "gpu-check said: $output"; exit 1 ;;
esac
