#include "kernels/attention/cached_attention.h"

#include <cmath>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/table.h"
#include "tensor/dtype.h"

namespace quern::kernels {
namespace {

struct Case {
  int n_heads;
  int n_kv_heads;
  int d_head;
  int n_positions;
  int window;
  float softcap;
};

/// A cache filled with random keys and values, and random queries for all its positions.
struct Cache {
  Cache(const Case& c, KvType type) : shape{type, c.n_kv_heads, c.d_head} {
    std::mt19937 rng(7);
    std::normal_distribution<float> normal;
    const auto fill = [&](std::vector<float>& to, int width) {
      to.resize(static_cast<std::size_t>(c.n_positions * width));
      for (float& x : to) x = normal(rng);
    };
    fill(q, c.n_heads * c.d_head);
    fill(k, c.n_kv_heads * c.d_head);
    fill(v, c.n_kv_heads * c.d_head);
    const int n_pages = (c.n_positions + kKvPageTokens - 1) / kKvPageTokens;
    storage.resize(static_cast<std::size_t>(n_pages) * shape.page_bytes() + 64, std::byte{0xff});
    auto base = reinterpret_cast<std::uintptr_t>(storage.data());
    auto* at = storage.data() + (64 - base % 64) % 64;
    for (int i = 0; i < n_pages; ++i) pages.push_back(at + i * shape.page_bytes());
    for (int p = 0; p < c.n_positions; ++p) {
      write_kv(shape, p % kKvPageTokens, k.data() + p * c.n_kv_heads * c.d_head,
               v.data() + p * c.n_kv_heads * c.d_head, pages[p / kKvPageTokens]);
    }
  }

  KvShape shape;
  std::vector<float> q, k, v;
  std::vector<std::byte> storage;
  std::vector<std::byte*> pages;
};

CachedAttention spec_of(const Case& c, const Cache& cache) {
  return {.kv = cache.shape,
          .n_heads = c.n_heads,
          .scale = 0.2f,
          .softcap = c.softcap,
          .window = c.window};
}

/// All positions in pieces of `chunk` rows.
std::vector<float> attend(const Case& c, Cache& cache, int chunk, int n_threads) {
  ThreadPool pool(n_threads);
  const int width = c.n_heads * c.d_head;
  std::vector<float> out(cache.q.size());
  std::vector<std::byte> scratch(cached_attention_scratch_bytes(cache.shape, n_threads) + 64);
  const auto skew = reinterpret_cast<std::uintptr_t>(scratch.data()) % 64;
  const std::span<std::byte> aligned = std::span(scratch).subspan(skew == 0 ? 0 : 64 - skew);
  for (int first = 0; first < c.n_positions; first += chunk) {
    const int n = std::min(chunk, c.n_positions - first);
    std::vector<std::byte*> pages = cache.pages;
    if (c.window > 0) {  // What no row sees may be gone.
      for (int p = 0; (p + 1) * kKvPageTokens <= first - c.window + 1; ++p) pages[p] = nullptr;
    }
    const CachedRows rows[] = {
        {.pages = pages, .first_row = 0, .n_rows = n, .first_position = first}};
    cached_attention(spec_of(c, cache), {cache.q.data() + first * width, n, width}, rows, aligned,
                     pool, {out.data() + first * width, n, width});
  }
  return out;
}

/// Softmax attention written down as the formula has it, in double, from the stored values.
std::vector<double> reference(const Case& c, const Cache& cache) {
  const int d = c.d_head;
  const int padded = cache.shape.padded_width();
  std::vector<double> out(cache.q.size());
  std::vector<float> keys(d * kKvPageTokens), values(padded * kKvPageTokens);
  for (int h = 0; h < c.n_heads; ++h) {
    const int kv_head = h / (c.n_heads / c.n_kv_heads);
    for (int p = 0; p < c.n_positions; ++p) {
      const float* q = cache.q.data() + (p * c.n_heads + h) * d;
      std::vector<double> weights;
      std::vector<std::vector<double>> rows;
      double sum = 0;
      const int first = c.window > 0 ? std::max(0, p - c.window + 1) : 0;
      for (int j = first; j <= p; ++j) {
        if (j == first || j % kKvPageTokens == 0) {
          expand_kv(cache.shape, kv_head, cache.pages[j / kKvPageTokens], keys.data(),
                    values.data());
        }
        const int slot = j % kKvPageTokens;
        double score = 0;
        rows.emplace_back(d);
        for (int i = 0; i < d; ++i) {
          score += double(q[i]) * keys[(slot / 16 * d + i) * 16 + slot % 16];
          rows.back()[i] = values[(i / 16 * kKvPageTokens + slot) * 16 + i % 16];
        }
        score *= 0.2f;
        if (c.softcap > 0) score = c.softcap * std::tanh(score / c.softcap);
        weights.push_back(std::exp(score));
        sum += weights.back();
      }
      for (std::size_t j = 0; j < weights.size(); ++j) {
        for (int i = 0; i < d; ++i) {
          out[(p * c.n_heads + h) * d + i] += weights[j] / sum * rows[j][i];
        }
      }
    }
  }
  return out;
}

const Case kCases[] = {
    {4, 4, 16, 70, 0, 0},   {6, 2, 64, 150, 0, 0},   {8, 1, 32, 300, 0, 0},   {4, 2, 8, 90, 0, 0},
    {4, 2, 32, 200, 33, 0}, {2, 1, 64, 300, 128, 0}, {4, 2, 40, 80, 0, 2.0f}, {1, 1, 256, 66, 1, 0},
};

TEST(cached_attention, is_the_softmax_of_the_formula) {
  for (const Case& c : kCases) {
    for (const KvType type : {KvType::kF32, KvType::kF16, KvType::kQ8_0}) {
      if (type == KvType::kQ8_0 && c.d_head % 32 != 0) continue;
      Cache cache(c, type);
      const std::vector<float> got = attend(c, cache, 13, 1);
      const std::vector<double> want = reference(c, cache);
      for (std::size_t i = 0; i < got.size(); ++i) {
        ASSERT_NEAR(got[i], want[i], 2e-5) << kv_type_name(type) << " at " << i;
      }
    }
  }
}

TEST(cached_attention, bits_do_not_depend_on_how_rows_are_cut_or_on_threads) {
  for (const Case& c : kCases) {
    for (const KvType type : {KvType::kF32, KvType::kF16, KvType::kQ8_0}) {
      if (type == KvType::kQ8_0 && c.d_head % 32 != 0) continue;
      Cache cache(c, type);
      const std::vector<float> one_by_one = attend(c, cache, 1, 1);
      for (const int chunk : {2, 7, 64, 512}) {
        EXPECT_EQ(attend(c, cache, chunk, 1), one_by_one) << "chunk " << chunk;
      }
      EXPECT_EQ(attend(c, cache, 1, 3), one_by_one);
      EXPECT_EQ(attend(c, cache, 100, 2), one_by_one);
    }
  }
}

TEST(cached_attention, many_sequences_give_the_bits_of_each_alone) {
  const Case c = {6, 2, 32, 130, 0, 0};
  Cache cache(c, KvType::kF16);
  const std::vector<float> alone = attend(c, cache, 512, 1);
  const int width = c.n_heads * c.d_head;
  // The same cache as seen from 130 tokens on, from 65, and from 3: three sequences' last rows.
  const CachedRows rows[] = {{cache.pages, 0, 1, 129},
                             {cache.pages, 1, 9, 56},
                             {cache.pages, 10, 0, 0},
                             {cache.pages, 10, 3, 0}};
  std::vector<float> q;
  for (const CachedRows& r : rows) {
    const float* from = cache.q.data() + r.first_position * width;
    q.insert(q.end(), from, from + r.n_rows * width);
  }
  std::vector<float> out(q.size());
  ThreadPool pool(2);
  cached_attention(spec_of(c, cache), {q.data(), 13, width}, rows, {}, pool,
                   {out.data(), 13, width});
  for (const CachedRows& r : rows) {
    for (int i = 0; i < r.n_rows * width; ++i) {
      ASSERT_EQ(out[r.first_row * width + i], alone[r.first_position * width + i]);
    }
  }
}

TEST(kv_page, holds_what_its_type_can) {
  for (const KvType type : {KvType::kF32, KvType::kF16, KvType::kQ8_0}) {
    const KvShape shape{type, 2, 64};
    std::vector<std::byte> page(shape.page_bytes());
    std::mt19937 rng(3);
    std::normal_distribution<float> normal;
    std::vector<float> k(128), v(128), keys(64 * 64), values(64 * 64);
    for (float& x : k) x = normal(rng);
    for (float& x : v) x = normal(rng);
    write_kv(shape, 37, k.data(), v.data(), page.data());
    // q8_0: half a step of a scale rounded to f16; f16: half a unit in the last of 11 bits.
    for (int h = 0; h < 2; ++h) {
      expand_kv(shape, h, page.data(), keys.data(), values.data());
      for (int i = 0; i < 64; ++i) {
        const float tolerance = type == KvType::kF32 ? 0 : type == KvType::kF16 ? 2e-3f : 2e-2f;
        EXPECT_NEAR(keys[(37 / 16 * 64 + i) * 16 + 37 % 16], k[h * 64 + i], tolerance);
        EXPECT_NEAR(values[(i / 16 * 64 + 37) * 16 + i % 16], v[h * 64 + i], tolerance);
      }
    }
  }
}

TEST(kv_page, types_have_names) {
  EXPECT_EQ(*parse_kv_type("q8_0"), KvType::kQ8_0);
  EXPECT_EQ(parse_kv_type("q4").status().code(), Code::kBadInput);
}

}  // namespace
}  // namespace quern::kernels
