// SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>

#include <vector>

#include "engine/cuda/convolution.h"

namespace cnn::test {

/// Stands for cuDNN on a SimulatedDevice: convolutions by their definition, and what the canonical form promises is
/// checked: sizes, strides and addresses that allow 16-byte loads, a bias, nothing but finite numbers in the padding.
class ReferencePlanner final : public cuda::ConvolutionPlanner {
 public:
  /// How many problems were planned goes to `planned`, which must outlive the network.
  explicit ReferencePlanner(int& planned) : planned_(planned) {}

  /// Whatever can be computed in another form is.
  bool is_faster(const cuda::ConvolutionProblem&, const cuda::ConvolutionProblem&) override { return true; }
  Result<std::unique_ptr<cuda::ConvolutionPlan>> plan(const cuda::ConvolutionProblem& problem) override {
    ++planned_;
    for (int64_t multiple :
         {problem.channels, problem.outputs, problem.x_pixel, problem.y_pixel, problem.residual_pixel})
      EXPECT_EQ(multiple % 8, 0);
    EXPECT_EQ(problem.channels % problem.groups + problem.outputs % problem.groups, 0);
    EXPECT_GE(problem.x_pixel, problem.channels);
    EXPECT_GE(problem.y_pixel, problem.outputs);
    const auto extent = [](int64_t in, int64_t pads, int64_t kernel, int64_t dilation, int64_t stride) {
      return (in + pads - (kernel - 1) * dilation - 1) / stride + 1;
    };
    EXPECT_EQ(problem.out_height, extent(problem.height, problem.pad_top + problem.pad_bottom, problem.kernel_h,
                                         problem.dilation_h, problem.stride_h));
    EXPECT_EQ(problem.out_width, extent(problem.width, problem.pad_left + problem.pad_right, problem.kernel_w,
                                        problem.dilation_w, problem.stride_w));
    return std::unique_ptr<cuda::ConvolutionPlan>(std::make_unique<Plan>(problem));
  }

 private:
  class Plan final : public cuda::ConvolutionPlan {
   public:
    explicit Plan(const cuda::ConvolutionProblem& problem) : p_(problem) {}
    size_t workspace_bytes() const override { return 128; }
    std::string algorithm() const override { return "reference"; }
    Status enqueue(const cuda::ConvolutionAddresses& a, const cuda::Queue&) const override {
      for (const void* address : {a.x, a.weights, a.bias, a.residual, static_cast<const void*>(a.y)})
        EXPECT_EQ(reinterpret_cast<uintptr_t>(address) % 16, 0u);
      EXPECT_NE(a.bias, nullptr);
      EXPECT_EQ(a.residual != nullptr, p_.residual_pixel != 0);
      cuda::with_number(p_.number, [&]<class T>(T) { compute<T>(a); });
      return {};
    }

   private:
    template <class T>
    void compute(const cuda::ConvolutionAddresses& a) const {
      std::vector<float> sums(static_cast<size_t>(p_.outputs));
      for (int64_t pixel = 0; pixel < p_.images * p_.out_height * p_.out_width; ++pixel) {
        for (int64_t m = 0; m < p_.outputs; ++m) {
          float& sum = sums[static_cast<size_t>(m)];
          sum = cuda::to_float(static_cast<const T*>(a.bias)[m]);
          if (a.residual) sum += cuda::to_float(static_cast<const T*>(a.residual)[pixel * p_.residual_pixel + m]);
        }
        add_taps<T>(a, pixel, sums);
        for (int64_t m = 0; m < p_.outputs; ++m) {
          const float sum = sums[static_cast<size_t>(m)];
          static_cast<T*>(a.y)[pixel * p_.y_pixel + m] = cuda::from_float<T>(p_.relu && sum < 0 ? 0 : sum);
        }
      }
    }
    template <class T>
    void add_taps(const cuda::ConvolutionAddresses& a, int64_t pixel, std::vector<float>& sums) const {
      const int64_t x = pixel % p_.out_width, y = pixel / p_.out_width % p_.out_height;
      const int64_t image = pixel / p_.out_width / p_.out_height;
      for (int64_t kh = 0; kh < p_.kernel_h; ++kh)
        for (int64_t kw = 0; kw < p_.kernel_w; ++kw) {
          const int64_t row = y * p_.stride_h - p_.pad_top + kh * p_.dilation_h;
          const int64_t column = x * p_.stride_w - p_.pad_left + kw * p_.dilation_w;
          if (row < 0 || column < 0 || row >= p_.height || column >= p_.width) continue;
          const T* from = static_cast<const T*>(a.x) + ((image * p_.height + row) * p_.width + column) * p_.x_pixel;
          const int64_t group_channels = p_.channels / p_.groups, group_outputs = p_.outputs / p_.groups;
          for (int64_t m = 0; m < p_.outputs; ++m) {
            const T* w = static_cast<const T*>(a.weights) + ((m * p_.kernel_h + kh) * p_.kernel_w + kw) * group_channels;
            const T* of_group = from + m / group_outputs * group_channels;
            for (int64_t c = 0; c < group_channels; ++c)
              sums[static_cast<size_t>(m)] += cuda::to_float(of_group[c]) * cuda::to_float(w[c]);
          }
        }
    }
    cuda::ConvolutionProblem p_;
  };

  int& planned_;
};

}  // namespace cnn::test
