// What block_avx2_vnni.cpp is made of, with AVX512-VL's form of its one instruction: so it runs on
// machines with AVX-512 that lack AVX-VNNI.

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <immintrin.h>

#include "kernels/block/block_isa.h"
#include "kernels/block/test_block_weights.h"

#define QUERN_TARGET __attribute__((target("avx2,fma,f16c,avx512f,avx512vl,avx512vnni")))
#define QUERN_INLINE QUERN_TARGET __attribute__((always_inline)) inline
#define QUERN_DOT4 _mm256_dpbusd_epi32

namespace quern::kernels {
namespace {

constexpr bool kVnni = true;

#include "kernels/block/block_ymm.inc"

TEST(block_ymm_vnni, gives_the_bits_of_plain) {
  if (!__builtin_cpu_supports("avx512vnni") || !__builtin_cpu_supports("avx512vl")) {
    GTEST_SKIP() << "needs AVX512-VNNI";
  }
  constexpr int kIn = 768, kRows = 13;
  std::vector<float> x(kIn * kRows);
  std::mt19937 engine(2);
  for (float& v : x) v = std::normal_distribution<float>()(engine);
  const AlignedBlock bytes = aligned_block(block_rows_bytes(kRows, kIn));
  const BlockRows rows{bytes.get(), kRows, kIn};
  for (int r = 0; r < kRows; ++r) quantise(x.data() + r * kIn, kIn / 32, rows.record(r));

  for (const BlockShape& shape : kBlockShapes) {
    const PackedBlocks w(shape.format, 32, kIn);
    struct alignas(64) Sums {
      float at[kRows * 32];
    } want, got;
    BlockPanels p{.shape = &shape,
                  .panel = w.weight.packed,
                  .n_panels = 2,
                  .n_blocks = kIn / 32,
                  .rows = rows.record(0),
                  .row_bytes = static_cast<std::ptrdiff_t>(rows.row_bytes()),
                  .n_rows = kRows,
                  .c = want.at,
                  .c_stride = 32};
    block_plain.panels(p);
    p.c = got.at;
    panels(p);
    for (int i = 0; i < kRows * 32; ++i) {
      ASSERT_EQ(got.at[i], want.at[i]) << block_layout(shape.format).name << " " << i;
    }
  }
}

}  // namespace
}  // namespace quern::kernels
