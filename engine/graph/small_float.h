// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace cnn {

/// Floating-point types of 8 and 4 bits: in files only, in memory their values are Float32.
/// https://onnx.ai/onnx/technical/float8.html, float4.html; OCP 8-bit Floating Point Specification 1.0.
struct SmallFloat {
  enum class Specials : uint8_t {
    Ieee,     ///< infinities and NaN
    OnlyNan,  ///< "fn": all ones are NaN
    OneNan,   ///< "fnuz": NaN in place of -0
    None,     ///< every pattern is a number
    Exponent  ///< E8M0: powers of two; 255 is NaN
  };
  enum class Rounding : uint8_t { Up, Down, Nearest };  ///< of E8M0; the others round to nearest, ties to even

  int onnx_type;  ///< TensorProto.DataType
  int mantissa_bits;
  int bias;
  float largest;
  Specials specials;

  /// The number that `bits` stand for.
  float value(uint8_t bits) const;
  /// `x` as this type holds it. What is larger becomes the largest number if `saturate`, else infinity or NaN,
  /// whichever exists.
  float rounded(float x, bool saturate, Rounding rounding = Rounding::Up) const;
};

/// The format of TensorProto.DataType `onnx_type`; null if it is another type.
const SmallFloat* small_float(int64_t onnx_type);

}  // namespace cnn
