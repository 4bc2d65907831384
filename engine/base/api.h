// SPDX-License-Identifier: MIT
#pragma once

/// Marks what libcnn.so offers to programs; everything else stays hidden.
#define CNN_API __attribute__((visibility("default")))
