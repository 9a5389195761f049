// Speed of the eight-bit product on the shapes of encoder models, beside the machine's measured
// int8 peak: a loop of dot products that never leaves the registers, timed between the runs, so
// that a busy or slower-clocked machine slows both.
//
// usage: bench_kernels_int8 [--rows N]... [--isa NAME] [--threads N] [--seconds S] [--json]
//   rows default to 1, 12 and 2048; seconds (0.3) per line.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <immintrin.h>

#include "base/machine.h"
#include "base/thread_pool.h"
#include "kernels/int8.h"
#include "kernels/int8_isa.h"
#include "tensor/buffer.h"

namespace {

using namespace quern;
using namespace quern::kernels;
using Clock = std::chrono::steady_clock;

// One thread is timed by its own processor time, which other programs do not lengthen.
double now_seconds(int n_threads) {
  timespec t;
  clock_gettime(n_threads == 1 ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

struct Shape {
  const char* name;
  int n_out, n_in;
};
constexpr Shape kShapes[] = {
    {"minilm.attn_out", 384, 384},      {"minilm.qkv", 1152, 384},
    {"minilm.ff_in", 1536, 384},        {"minilm.ff_out", 384, 1536},
    {"bge-base.attn_out", 768, 768},    {"bge-base.qkv", 2304, 768},
    {"bge-base.ff_in", 3072, 768},      {"bge-base.ff_out", 768, 3072},
    {"bge-large.attn_out", 1024, 1024}, {"bge-large.qkv", 3072, 1024},
    {"bge-large.ff_in", 4096, 1024},    {"bge-large.ff_out", 1024, 4096},
};

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

#define VNNI512 __attribute__((target("avx512f,avx512vnni"), noinline))
#define AVX2 __attribute__((target("avx2"), noinline))

// 16 independent chains. Returns operations done.
VNNI512 double dots_512(long n) {
  __m512i a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, b0, b1, b2, b3, b4, b5;
  __asm__("" : "=v"(a0), "=v"(a1), "=v"(a2), "=v"(a3), "=v"(a4), "=v"(a5), "=v"(a6), "=v"(a7));
  __asm__("" : "=v"(a8), "=v"(a9), "=v"(b0), "=v"(b1), "=v"(b2), "=v"(b3), "=v"(b4), "=v"(b5));
#define DOT(x) "vpdpbusd %%zmm31, %%zmm31, %" #x "\n"
  for (long i = 0; i < n; ++i) {
    __asm__ volatile(DOT(0) DOT(1) DOT(2) DOT(3) DOT(4) DOT(5) DOT(6) DOT(7)
                     : "+v"(a0), "+v"(a1), "+v"(a2), "+v"(a3), "+v"(a4), "+v"(a5), "+v"(a6),
                       "+v"(a7)
                     :
                     : "xmm31");
    __asm__ volatile(DOT(0) DOT(1) DOT(2) DOT(3) DOT(4) DOT(5) DOT(6) DOT(7)
                     : "+v"(a8), "+v"(a9), "+v"(b0), "+v"(b1), "+v"(b2), "+v"(b3), "+v"(b4),
                       "+v"(b5)
                     :
                     : "xmm31");
  }
  return static_cast<double>(n) * 16 * 64 * 2;
}

// vpmaddwd and vpaddd on 10 chains, as the AVX2 version must.
AVX2 double dots_256(long n) {
#define STEP(x) "vpmaddwd %%ymm14, %%ymm15, %%ymm13\n vpaddd %%ymm13, %%ymm" #x ", %%ymm" #x "\n"
  for (long i = 0; i < n; ++i) {
    __asm__ volatile(STEP(0) STEP(1) STEP(2) STEP(3) STEP(4) STEP(5) STEP(6) STEP(7) STEP(8) STEP(9)
                     :
                     :
                     : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8",
                       "xmm9", "xmm13", "xmm14", "xmm15");
  }
  return static_cast<double>(n) * 10 * 16 * 2;
}

/// Operations per second of one core, over about 50 us.
double peak_once(std::string_view isa) {
  const bool wide = isa == "avx512_vnni";
  const double start = now_seconds(1);
  const double ops = wide ? dots_512(10000) : dots_256(20000);
  return ops / (now_seconds(1) - start);
}

struct Quantiles {
  double p10, median, p90;
};
Quantiles quantiles(std::vector<double> v) {
  std::sort(v.begin(), v.end());
  return {v[v.size() / 10], v[v.size() / 2], v[v.size() * 9 / 10]};
}

struct Options {
  std::vector<int> rows;
  std::string isa;
  int n_threads = 1;
  double seconds = 0.3;
  bool json = false;
};

class Bench {
 public:
  explicit Bench(const Options& options) : options_(options), pool_(options.n_threads) {}

  void run(const Shape& shape, int n_rows, const Int8Isa& isa) {
    int8_set_active(isa);
    std::mt19937 rng(1);
    std::normal_distribution<float> normal;
    std::vector<float> w(static_cast<std::size_t>(shape.n_out) * shape.n_in);
    for (float& v : w) v = normal(rng);
    std::vector<float> x(static_cast<std::size_t>(n_rows) * shape.n_in);
    for (float& v : x) v = normal(rng);
    const std::vector<float> bias(shape.n_out, 1.0f);
    Buffer packed = buffer(packed_bytes(Precision::kInt8, shape.n_out, shape.n_in));
    const Weight weight =
        pack_weight(Precision::kInt8, w.data(), shape.n_out, shape.n_in, packed.as<std::byte>());
    Buffer row_bytes = buffer(int8_rows_bytes(n_rows, shape.n_in));
    const Int8Rows rows{row_bytes.data(), n_rows, shape.n_in};
    const Matrix<const float> x_view(x.data(), n_rows, shape.n_in);
    int8_quantise(x_view, {}, pool_, rows);
    std::vector<float> out(static_cast<std::size_t>(n_rows) * shape.n_out);
    const Int8Out store = {.to = {.bias = bias, .out = {out.data(), n_rows, shape.n_out}}};
    Buffer next_bytes = buffer(int8_rows_bytes(n_rows, shape.n_out));
    const Int8Out requantise = {.to = {.bias = bias},
                                .quantised = {next_bytes.data(), n_rows, shape.n_out}};

    const double ops = 2.0 * n_rows * shape.n_out * shape.n_in;
    measure(shape.name, n_rows, shape, isa, ops, [&] { matmul_int8(rows, weight, store, pool_); });
    if (std::strstr(shape.name, "ff_in")) {
      measure("  and requantise", n_rows, shape, isa, ops,
              [&] { matmul_int8(rows, weight, requantise, pool_); });
    }
  }

 private:
  template <typename F>
  void measure(const char* name, int n_rows, const Shape& shape, const Int8Isa& isa, double ops,
               const F& fn) {
    fn();
    std::vector<double> rates, shares;
    const auto begin = Clock::now();
    while (rates.size() < 20 || seconds_since(begin) < options_.seconds) {
      const double before = peak_once(isa.isa);
      const double start = now_seconds(pool_.n_threads());
      fn();
      const double rate = ops / (now_seconds(pool_.n_threads()) - start);
      const double peak = std::max(before, peak_once(isa.isa)) * pool_.n_threads();
      rates.push_back(rate);
      shares.push_back(rate / peak);
      if (rates.size() >= 5 && seconds_since(begin) > 20 * options_.seconds) break;
    }
    const Quantiles rate = quantiles(rates);
    const Quantiles share = quantiles(shares);
    if (options_.json) {
      std::printf(
          "{\"name\":\"%s\",\"rows\":%d,\"n_out\":%d,\"n_in\":%d,\"isa\":\"%s\",\"threads\":%d,"
          "\"gops\":%.1f,\"share\":%.3f,\"share_p10\":%.3f,\"share_p90\":%.3f}\n",
          name, n_rows, shape.n_out, shape.n_in, isa.isa, pool_.n_threads(), rate.median / 1e9,
          share.median, share.p10, share.p90);
    } else {
      std::printf("%-20s %5d x %4d x %4d  %-12s %8.1f Gop/s  share of peak %.3f (%.3f to %.3f)\n",
                  name, n_rows, shape.n_out, shape.n_in, isa.isa, rate.median / 1e9, share.median,
                  share.p10, share.p90);
    }
    std::fflush(stdout);
  }

  Buffer buffer(std::size_t n_bytes) {
    Result<Buffer> made = Buffer::make(ledger_, "bench", n_bytes);
    if (!made.ok()) {
      std::fprintf(stderr, "%s\n", made.status().message().c_str());
      std::exit(1);
    }
    return std::move(*made);
  }

  Options options_;
  ThreadPool pool_;
  ByteLedger ledger_{std::size_t{4} << 30};
};

Options parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view flag = argv[i];
    const char* value = i + 1 < argc ? argv[i + 1] : "";
    if (flag == "--json") {
      options.json = true;
      continue;
    }
    if (flag == "--rows") options.rows.push_back(std::atoi(value));
    if (flag == "--isa") options.isa = value;
    if (flag == "--threads") options.n_threads = std::max(1, std::atoi(value));
    if (flag == "--seconds") options.seconds = std::atof(value);
    ++i;
  }
  if (options.rows.empty()) options.rows = {1, 12, 2048};
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = parse(argc, argv);
  Bench bench(options);
  if (!options.json) std::printf("%s, %d threads\n", cpu_name().c_str(), options.n_threads);
  for (const Int8Isa* isa : int8_runnable()) {
    if (options.isa.empty() ? isa == &int8_plain : options.isa != isa->isa) continue;
    for (const int n_rows : options.rows) {
      for (const Shape& shape : kShapes) bench.run(shape, n_rows, *isa);
    }
  }
  return 0;
}
