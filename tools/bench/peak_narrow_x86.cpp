// SPDX-License-Identifier: MIT
// Intrinsics, as the oldest Highway that the project builds with has none of these instructions.
#include <immintrin.h>

#include "tools/bench/peak_narrow.h"

namespace cnn::tools {
namespace {

/// Sums that do not wait for each other: enough to hide the latency, few enough for sixteen registers.
constexpr int sums = 12;

__attribute__((target("avx512f,avx512vnni"))) double int8_avx512(int64_t rounds, float& result) {
  const __m512i ones = _mm512_set1_epi32(0x01010101);
  __m512i sum[sums];
  for (int i = 0; i < sums; ++i) sum[i] = _mm512_set1_epi32(i);
  for (int64_t round = 0; round < rounds; ++round) {
#pragma GCC unroll 12
    for (int i = 0; i < sums; ++i) sum[i] = _mm512_dpbusd_epi32(sum[i], ones, ones);
  }
  for (int i = 1; i < sums; ++i) sum[0] = _mm512_add_epi32(sum[0], sum[i]);
  result = static_cast<float>(_mm_cvtsi128_si32(_mm512_castsi512_si128(sum[0])));
  return static_cast<double>(rounds) * sums * 64 * 2;
}

__attribute__((target("avx2,avxvnni"))) double int8_avx2(int64_t rounds, float& result) {
  const __m256i ones = _mm256_set1_epi32(0x01010101);
  __m256i sum[sums];
  for (int i = 0; i < sums; ++i) sum[i] = _mm256_set1_epi32(i);
  for (int64_t round = 0; round < rounds; ++round) {
#pragma GCC unroll 12
    for (int i = 0; i < sums; ++i) sum[i] = _mm256_dpbusd_avx_epi32(sum[i], ones, ones);
  }
  for (int i = 1; i < sums; ++i) sum[0] = _mm256_add_epi32(sum[0], sum[i]);
  result = static_cast<float>(_mm_cvtsi128_si32(_mm256_castsi256_si128(sum[0])));
  return static_cast<double>(rounds) * sums * 32 * 2;
}

/// Products of int16, which bytes become: of one number that changes by some that do not, so that neither leaves the
/// loop. Only additions wait for each other.
constexpr int factors = 6;

__attribute__((target("avx2"))) double int16_avx2(int64_t rounds, float& result) {
  __m256i x = _mm256_set1_epi16(1), sum[factors], factor[factors];
  for (int i = 0; i < factors; ++i) factor[i] = sum[i] = _mm256_set1_epi16(static_cast<short>(i + 1));
  for (int64_t round = 0; round < rounds; ++round) {
    x = _mm256_add_epi16(x, factor[0]);
#pragma GCC unroll 6
    for (int i = 0; i < factors; ++i) sum[i] = _mm256_add_epi32(sum[i], _mm256_madd_epi16(x, factor[i]));
  }
  for (int i = 1; i < factors; ++i) sum[0] = _mm256_add_epi32(sum[0], sum[i]);
  result = static_cast<float>(_mm_cvtsi128_si32(_mm256_castsi256_si128(sum[0])));
  return static_cast<double>(rounds) * factors * 16 * 2;
}

__attribute__((target("avx512f,avx512bw"))) double int16_avx512(int64_t rounds, float& result) {
  __m512i x = _mm512_set1_epi16(1), sum[factors], factor[factors];
  for (int i = 0; i < factors; ++i) factor[i] = sum[i] = _mm512_set1_epi16(static_cast<short>(i + 1));
  for (int64_t round = 0; round < rounds; ++round) {
    x = _mm512_add_epi16(x, factor[0]);
#pragma GCC unroll 6
    for (int i = 0; i < factors; ++i) sum[i] = _mm512_add_epi32(sum[i], _mm512_madd_epi16(x, factor[i]));
  }
  for (int i = 1; i < factors; ++i) sum[0] = _mm512_add_epi32(sum[0], sum[i]);
  result = static_cast<float>(_mm_cvtsi128_si32(_mm512_castsi512_si128(sum[0])));
  return static_cast<double>(rounds) * factors * 32 * 2;
}

__attribute__((target("avx512f,avx512bf16"))) double bf16_avx512(int64_t rounds, float& result) {
  const auto ones = (__m512bh)_mm512_set1_epi32(0x3f803f80);  // the type's elements differ from compiler to compiler
  __m512 sum[sums];
  for (int i = 0; i < sums; ++i) sum[i] = _mm512_set1_ps(static_cast<float>(i));
  for (int64_t round = 0; round < rounds; ++round) {
#pragma GCC unroll 12
    for (int i = 0; i < sums; ++i) sum[i] = _mm512_dpbf16_ps(sum[i], ones, ones);
  }
  for (int i = 1; i < sums; ++i) sum[0] = _mm512_add_ps(sum[0], sum[i]);
  result = _mm512_cvtss_f32(sum[0]);
  return static_cast<double>(rounds) * sums * 32 * 2;
}

}  // namespace

DotProducts int8_dot_products() {
  if (__builtin_cpu_supports("avx512vnni")) return int8_avx512;
  if (__builtin_cpu_supports("avxvnni")) return int8_avx2;
  if (__builtin_cpu_supports("avx512bw")) return int16_avx512;
  return __builtin_cpu_supports("avx2") ? int16_avx2 : nullptr;
}

DotProducts bf16_dot_products() { return __builtin_cpu_supports("avx512bf16") ? bf16_avx512 : nullptr; }

}  // namespace cnn::tools
