#include "kernels/peak.h"

#include <algorithm>
#include <chrono>
#include <string_view>

#include <immintrin.h>

#include "kernels/amx/amx_block.h"
#include "kernels/int8/int8_isa.h"
#include "kernels/table.h"

namespace quern::kernels {
namespace {

constexpr int kAccumulators = 12;  // Hides a latency of 4-5 cycles at two instructions a cycle.
constexpr int kRounds = 20000;

// The compiler must not see that the loop's input never changes.
#define QUERN_PEAK_LOOP(acc, step)                                     \
  for (int round = 0; round < kRounds; ++round) {                      \
    _Pragma("GCC unroll 12") for (int i = 0; i < kAccumulators; ++i) { \
      acc[i] = step;                                                   \
      asm volatile("" : "+v"(acc[i]));                                 \
    }                                                                  \
  }

__attribute__((target("avx2,fma"))) float peak_avx2_f32() {
  __m256 acc[kAccumulators] = {};
  const __m256 x = _mm256_set1_ps(0.5f);
  QUERN_PEAK_LOOP(acc, _mm256_fmadd_ps(x, x, acc[i]))
  return _mm256_cvtss_f32(acc[0]);
}

// What stands in for a dot product before VNNI: products of pairs, then a sum.
__attribute__((target("avx2"))) float peak_avx2_int8() {
  __m256i acc[kAccumulators] = {};
  const __m256i x = _mm256_set1_epi16(3);
  for (int round = 0; round < kRounds; ++round) {
#pragma GCC unroll 12
    for (int i = 0; i < kAccumulators; ++i) {
      __m256i product;
      asm volatile("vpmaddwd %2, %2, %1\n\tvpaddd %1, %0, %0"
                   : "+x"(acc[i]), "=&x"(product)
                   : "x"(x));
    }
  }
  return static_cast<float>(_mm256_cvtsi256_si32(acc[0]));
}

__attribute__((target("avx512f"))) float peak_avx512_f32() {
  __m512 acc[kAccumulators] = {};
  const __m512 x = _mm512_set1_ps(0.5f);
  QUERN_PEAK_LOOP(acc, _mm512_fmadd_ps(x, x, acc[i]))
  return _mm512_cvtss_f32(acc[0]);
}

__attribute__((target("avx512f,avx512bf16"))) float peak_avx512_bf16() {
  __m512 acc[kAccumulators] = {};
  const auto x = reinterpret_cast<__m512bh>(_mm512_set1_epi32(0x3f003f00));
  QUERN_PEAK_LOOP(acc, _mm512_dpbf16_ps(acc[i], x, x))
  return _mm512_cvtss_f32(acc[0]);
}

__attribute__((target("avx512f,avx512vnni"))) float peak_avx512_int8() {
  __m512i acc[kAccumulators] = {};
  const __m512i x = _mm512_set1_epi8(3);
  QUERN_PEAK_LOOP(acc, _mm512_dpbusd_epi32(acc[i], x, x))
  return static_cast<float>(_mm512_cvtsi512_si32(acc[0]));
}

__attribute__((target("avx2,avxvnni"))) float peak_avx2_vnni_int8() {
  __m256i acc[kAccumulators] = {};
  const __m256i x = _mm256_set1_epi8(3);
  QUERN_PEAK_LOOP(acc, _mm256_dpbusd_avx_epi32(acc[i], x, x))
  return static_cast<float>(_mm256_cvtsi256_si32(acc[0]));
}

// As a product of 2 x 2 registers: four results, so that none is waited for.
template <typename Product>
QUERN_AMX float peak_amx() {
  alignas(64) static constexpr std::byte kZeros[kAmxRows * kAmxRowBytes]{};
  _tile_loadconfig(&amx_config(kAmxTileRows));
  amx_clear<true, true>();
  _tile_loadd(4, kZeros, kAmxRowBytes);
  _tile_loadd(5, kZeros, kAmxRowBytes);
  _tile_loadd(6, kZeros, kAmxRowBytes);
  _tile_loadd(7, kZeros, kAmxRowBytes);
  for (int i = 0; i < kRounds * kAccumulators / 4; ++i) {
    Product::upper_left();
    Product::upper_right();
    Product::lower_left();
    Product::lower_right();
  }
  _tile_release();
  return 0;
}

float peak_plain() {
  float acc[kAccumulators] = {};
  for (int round = 0; round < kRounds; ++round) {
    for (float& a : acc) {
      a = a * 0.5f + 0.25f;
      asm volatile("" : "+x"(a));
    }
  }
  return acc[0];
}

struct Peak {
  float (*loop)();
  int ops_per_step;  // Multiply-adds count twice.
};

Peak choose(Precision precision) {
  const std::string_view isa = active().isa;
  if (isa == "plain") return {peak_plain, 2};
  if (precision == Precision::kInt8) {
    if (active().int8 == &int8_amx) return {peak_amx<AmxInt8>, 32768};
    if (active().int8 == &int8_avx512_vnni) return {peak_avx512_int8, 128};
    if (active().int8 == &int8_avx2_vnni) return {peak_avx2_vnni_int8, 64};
    return {peak_avx2_int8, 32};
  }
  if (isa == "avx2" || isa == "avx2_vnni") return {peak_avx2_f32, 16};
  if (precision == Precision::kBf16 && isa == "avx512_bf16") return {peak_avx512_bf16, 64};
  if (precision == Precision::kBf16 && isa == "amx") return {peak_amx<AmxBf16>, 16384};
  return {peak_avx512_f32, 32};
}

}  // namespace

double measured_peak_gops(Precision precision, ThreadPool& pool) {
  const Peak peak = choose(precision);
  double best = 0;
  for (int run = 0; run < 5; ++run) {
    // Some 2 ms a thread: a sleeping worker needs part of one to wake up.
    const int n_parts = 32 * pool.n_threads();
    const auto start = std::chrono::steady_clock::now();
    pool.parallel_for(n_parts, [&](int, int) {
      volatile float sink = peak.loop();
      static_cast<void>(sink);
    });
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
    const double ops = 1.0 * n_parts * kRounds * kAccumulators * peak.ops_per_step;
    best = std::max(best, ops / time.count() / 1e9);
  }
  return best;
}

}  // namespace quern::kernels
