// SPDX-License-Identifier: MIT
#include "engine/kernels/qaffine.h"

#include "tests/reference/kernel_case.h"
#include "tests/reference/quantized_convolution.h"
#include "tests/support/guarded_bytes.h"

namespace cnn {
namespace {

TEST(Qaffine, EqualsTheReferenceForEveryChannelCount) {
  reference::on_every_target([] {
    for (int64_t channels : {1, 3, 7, 8, 9, 16, 31, 33, 64, 70})
      for (bool is_signed : {false, true}) {
        SCOPED_TRACE(testing::Message() << channels << " channels");
        constexpr int64_t pixels = 5, gap = 6;
        const auto x = reference::random_bytes(pixels * (channels + gap), is_signed, 1, 3);
        auto factor = reference::random_values(channels, 4), summand = reference::random_values(channels, 5);
        std::vector<float> low, high;
        for (size_t c = 0; c < factor.size(); ++c) {
          if (c % 3 == 0) factor[c] = 0.5f;  // halves
          summand[c] = c % 3 == 0 ? -1 : 50 * summand[c];
          low.push_back(c % 2 ? -100.0f : -20.0f);
          high.push_back(c % 5 ? 118.0f : 60.0f);
        }
        const int32_t zero = is_signed ? -9 : 100;
        std::vector<int32_t> expected;
        for (int64_t i = 0; i < pixels * channels; ++i) {
          const auto c = static_cast<size_t>(i % channels);
          // volatile keeps the product and the sum apart.
          volatile float product = static_cast<float>(x.at(i / channels * (channels + gap) + i % channels)) * factor[c];
          volatile float value = product + summand[c];
          const double bounded = std::clamp<double>(value, low[c], high[c]);
          expected.push_back(static_cast<uint8_t>(static_cast<int32_t>(std::nearbyint(bounded)) + zero));
        }
        // The last pixel ends where readable memory does.
        test::GuardedBytes bytes(x.bytes.size() - gap);
        std::copy_n(x.bytes.data(), x.bytes.size() - gap, bytes.data());
        reference::GuardedResults y(QgemmResult::Byte, pixels, channels, channels + 3);
        apply_qaffine({bytes.data(), channels + gap, is_signed, static_cast<int32_t>(x.zero()), factor.data(),
                       summand.data(), low.data(), high.data(), zero, y.data(), channels + 3, pixels, channels});
        y.expect(expected);
      }
  });
}

}  // namespace
}  // namespace cnn
