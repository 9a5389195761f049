// Vectors and their codes for the benchmarks of searches among them.

#pragma once

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <random>
#include <span>
#include <string>
#include <vector>

#include <sys/mman.h>
#include <unistd.h>

#include "base/thread_pool.h"
#include "kernels/codes/codes.h"
#include "store/vector/rescore.h"

namespace quern::bench {

[[noreturn]] inline void fail(const std::string& what) {
  std::fprintf(stderr, "%s\n", what.c_str());
  std::exit(1);
}

/// The i-th number has the deviation (1 + i)^-0.5, about as the principal components of sentence
/// embeddings fall; a rotation would change no product.
inline std::vector<float> made_up(std::size_t n, int d, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> out(n * static_cast<std::size_t>(d));
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = normal(random) / std::sqrt(1.0f + static_cast<float>(i % static_cast<std::size_t>(d)));
  }
  return out;
}

inline std::vector<float> read_floats(const std::string& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) fail("cannot read " + path);
  std::vector<float> out(static_cast<std::size_t>(file.tellg()) / sizeof(float));
  file.seekg(0);
  file.read(reinterpret_cast<char*>(out.data()),
            static_cast<std::streamsize>(out.size() * sizeof(float)));
  return out;
}

/// Bytes in a mapped file that is deleted already, or on the heap.
inline std::span<std::uint8_t> bytes_in(const std::string& memory, std::size_t n) {
  int file = -1;
  if (memory == "mapped") {
    std::FILE* made = std::tmpfile();
    if (made == nullptr || ftruncate(fileno(made), static_cast<off_t>(n)) != 0) fail("no room");
    file = fileno(made);
  }
  void* at = mmap(nullptr, n, PROT_READ | PROT_WRITE,
                  file < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED, file, 0);
  if (at == MAP_FAILED) fail("cannot map");
  if (memory == "huge") madvise(at, n, MADV_HUGEPAGE);
  return {static_cast<std::uint8_t*>(at), n};
}

struct Rows {
  std::span<std::uint8_t> hi;
  std::vector<std::uint8_t> lo;
  std::vector<float> scales;
  store::CodesView view;
};

inline Rows quantise_all(const std::vector<float>& x, const std::string& memory, int d_row,
                         ThreadPool& pool) {
  const auto d = static_cast<std::size_t>(d_row);
  const auto d_padded = static_cast<std::size_t>(kernels::padded_codes(d_row));
  const std::size_t n = x.size() / d;
  Rows rows{bytes_in(memory, n * d_padded),
            std::vector<std::uint8_t>(n * d_padded),
            std::vector<float>(n),
            {}};
  constexpr std::size_t kPart = 4096;
  const auto n_parts = static_cast<int>((n + kPart - 1) / kPart);
  pool.parallel_for(n_parts, [&](int part, int) {
    const std::size_t first = static_cast<std::size_t>(part) * kPart;
    for (std::size_t i = first; i < std::min(first + kPart, n); ++i) {
      const auto made = store::quantise(std::span(x).subspan(i * d, d), store::Metric::kCosine,
                                        rows.hi.subspan(i * d_padded, d_padded),
                                        std::span(rows.lo).subspan(i * d_padded, d_padded));
      if (!made.ok()) fail(made.status().message());
      rows.scales[i] = made->scale;
    }
  });
  // Else the disk writes while the scan is measured.
  if (memory == "mapped") msync(rows.hi.data(), rows.hi.size(), MS_SYNC);
  rows.view = {.metric = store::Metric::kCosine,
               .d = d_row,
               .hi = rows.hi,
               .scales = rows.scales,
               .norms2 = {}};
  return rows;
}

inline store::ReadLow read_low(const Rows& rows) {
  return [&rows](std::span<const std::uint32_t> ids, std::span<std::uint8_t> out) -> Status {
    const auto d_padded = static_cast<std::size_t>(kernels::padded_codes(rows.view.d));
    for (std::size_t i = 0; i < ids.size(); ++i) {
      std::memcpy(out.data() + i * d_padded, rows.lo.data() + ids[i] * d_padded, d_padded);
    }
    return {};
  };
}

}  // namespace quern::bench
