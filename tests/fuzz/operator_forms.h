// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string_view>

namespace cnn::test {

/// How a node of one operator may look. `inputs` has a letter for each input:
///   x any value   y of the first one's type, or a constant that fits it   s one number of its type   b truth values
///   w t m weights of Conv, ConvTranspose and MatMul   c l floats per channel, and per element of the last axis
///   o floats per result of the weights   q Q weights of bytes   B bytes   z Z a zero point like B, and like the
///   weights S a scale   e r h a shape that the first one expands to, may be reshaped to, and any   f floats per axis
///   a axes   k n one integer, and one per axis   p pads   i j J indices for Gather, GatherElements and GatherND
///   D floats in the first one's shape   M a mask of Attention and Y how many keys count   E H I tables of
///   RotaryEmbedding with and without positions, and these   V lengths for ReverseSequence   G a grid for GridSample A
///   g an affine matrix and its grid's size   U a signal   u what Scatter writes there   - none   ? from here on inputs
///   may be left out
/// `attributes` are "name:kind" with blanks between, a ! behind names that must be there. Kinds:
///   i b N f F an integer, 0 or 1, a small positive integer, a float, floats   x L R an axis, axes, a permutation
///   S P W integers per spatial axis: steps, pads, a window   K the window of the weights   g their groups
///   n integers per axis   d an element type   T a tensor   else texts with | between
struct OperatorForm {
  std::string_view domain, type, inputs;
  int outputs;
  std::string_view attributes, more_attributes = "";
};

/// One form at least for every row of the operator table; what is not listed here reads one value and has no
/// attributes.
std::span<const OperatorForm> operator_forms();

/// Types of nodes, each reading what the one before it made, that passes put together.
std::span<const std::string_view> operator_phrases();

}  // namespace cnn::test
