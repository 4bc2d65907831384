// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <memory>

#include "engine/kernels/fourier.h"
#include "engine/ops/gemm_packed_input.h"
#include "engine/ops/input_checks.h"

namespace cnn {

/// What the operators that transform lines share.

constexpr int64_t most_transformed_samples = 1 << 22;

/// One whole number, at least 1.
inline Result<int64_t> known_count(std::span<const InputInfo> inputs, size_t index, std::string_view name) {
  CNN_TRY(numbers, known_integers(inputs, index, name));
  if (numbers.size() != 1 || numbers[0] < 1)
    return error(ErrorCode::InvalidModel, name, " must be one number, 1 or more");
  return numbers[0];
}

inline Status check_length(int64_t length) {
  if (length >= 1 && length <= most_transformed_samples) return {};
  return error(ErrorCode::Unsupported, "a transform of ", length, " samples, 1 to ", most_transformed_samples,
               " are supported");
}

inline Status check_parts(const TensorType& type, std::string_view name, size_t least_rank) {
  if (type.dtype != DataType::Float32)
    return error(ErrorCode::Unsupported, name, " is ", to_string(type.dtype), ", float32 is needed");
  if (type.shape.size() < least_rank || type.shape.back() < 1 || type.shape.back() > 2)
    return error(ErrorCode::InvalidModel, name, " is ", to_string(type.shape),
                 ", real and imaginary parts (1 or 2) are needed as its last axis");
  return {};
}

inline Fourier::Complex number(const float* at, int64_t parts) { return {at[0], parts == 2 ? at[1] : 0.0f}; }

/// Transforms many lines: load(line, x [length]) reads one, store(line, y [length]) writes its transform.
class LineTransforms {
 public:
  using Complex = Fourier::Complex;
  LineTransforms(int64_t length, int64_t lines, int threads)
      : fourier_(std::make_shared<Fourier>(length)),
        lines_(lines),
        chunks_(std::clamp<int64_t>(lines, 1, std::max(1, threads))),
        chunk_size_(2 * length + fourier_->work_size()) {}
  size_t scratch_bytes() const { return static_cast<size_t>(chunks_ * chunk_size_) * sizeof(Complex); }

  template <class Load, class Store>
  void run(const StepArguments& a, Load&& load, Store&& store) const {
    a.workers.parallel_for(lines_ == 0 ? 0 : chunks_, 1, [&](int64_t begin, int64_t end) {
      for (int64_t chunk = begin; chunk < end; ++chunk) {
        Complex* x = at<Complex>(a.scratch, 0) + chunk * chunk_size_;
        Complex *y = x + fourier_->length(), *work = y + fourier_->length();
        for (int64_t line = lines_ * chunk / chunks_; line < lines_ * (chunk + 1) / chunks_; ++line) {
          load(line, x);
          fourier_->forward(x, y, work);
          store(line, static_cast<const Complex*>(y));
        }
      }
    });
  }

 private:
  std::shared_ptr<const Fourier> fourier_;
  int64_t lines_, chunks_, chunk_size_;
};

}  // namespace cnn
