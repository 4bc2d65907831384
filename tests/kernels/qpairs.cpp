// SPDX-License-Identifier: MIT
#include "engine/kernels/qpairs.h"

#include <cmath>

#include "tests/reference/kernel_case.h"
#include "tests/reference/quantized_convolution.h"

namespace cnn {
namespace {

/// The same in float32 without vectors, rounded where QpairArguments says.
uint8_t reference_pair(const QpairArguments& work, int64_t a, int64_t b) {
  const auto p = static_cast<float>(a), q = static_cast<float>(b);
  // volatile keeps each product and sum apart.
  volatile float left = p * work.a_scale, right = q * work.b_scale;
  volatile float sum = left + right, product = work.a_scale * work.b_scale;
  volatile float ratio = product / work.y_scale;
  volatile float value = work.multiplies ? p * q * ratio : sum / work.y_scale;
  const double bounded = std::clamp<double>(value, work.low, work.high);
  return static_cast<uint8_t>(static_cast<int32_t>(std::nearbyint(bounded)) + work.y_zero);
}

TEST(Qpairs, EqualsTheReferenceAtEverySize) {
  reference::on_every_target([] {
    for (int64_t count = 0; count < 70; ++count)
      for (int variant = 0; variant < 8; ++variant) {
        const bool is_signed = variant & 1, multiplies = variant & 2, one_b = variant & 4;
        const auto a = reference::random_bytes(count, is_signed, 1, static_cast<unsigned>(count) + 1);
        const auto b = reference::random_bytes(std::max<int64_t>(1, count), is_signed, 1, 77);
        reference::GuardedResults y(QgemmResult::Byte, 1, count, count);
        const QpairArguments work{a.bytes.data(),
                                  b.bytes.data(),
                                  y.data(),
                                  one_b ? 0 : 1,
                                  count,
                                  is_signed,
                                  multiplies,
                                  static_cast<int32_t>(a.zero()),
                                  static_cast<int32_t>(b.zero()),
                                  is_signed ? -9 : 100,
                                  variant % 3 ? 0.013f : 0.5f,
                                  variant % 3 ? 0.021f : 0.25f,
                                  multiplies ? 0.9f : 0.5f,
                                  variant % 3 ? -100.0f : -20.0f,
                                  118.0f};
        combine_qpairs(work);
        std::vector<int32_t> expected;
        for (int64_t i = 0; i < count; ++i) expected.push_back(reference_pair(work, a.at(i), b.at(one_b ? 0 : i)));
        SCOPED_TRACE(testing::Message() << count << " elements, variant " << variant);
        y.expect(expected);
      }
  });
}

}  // namespace
}  // namespace cnn
