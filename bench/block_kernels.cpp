// Speed of the products with block formats on the shapes of decoders, beside the machine's measured
// read bandwidth (few rows) and int8 peak (many rows), both timed between the runs, so that a busy
// machine slows all alike. Few rows pass through 256 MB of weights, which no cache holds.
//
// usage: bench_block_kernels [--rows N]... [--format NAME]... [--shape OUTxIN]... [--isa NAME]
//                            [--threads N] [--seconds S] [--megabytes M]
//   rows default to 1, 8 and 512; seconds (0.15) per line; megabytes (256) of weights passed
//   through: fewer stay in a cache, which shows the speed of the arithmetic.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <random>
#include <string>
#include <vector>

#include "base/machine.h"
#include "base/thread_pool.h"
#include "kernels/block/block_isa.h"
#include "kernels/block/block_weight.h"
#include "kernels/linear.h"
#include "kernels/peak.h"

namespace {

using namespace quern;
using namespace quern::kernels;

// One thread is timed by its own processor time, which other programs do not lengthen.
template <typename F>
double seconds_of(const F& work, const ThreadPool& pool) {
  const auto now = [&] {
    timespec t;
    clock_gettime(pool.n_threads() == 1 ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &t);
    return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
  };
  const double start = now();
  work();
  return now() - start;
}

constexpr std::size_t kPoolBytes = std::size_t{256} << 20;
constexpr std::size_t kReadBytes = std::size_t{512} << 20;

struct Shape {
  int n_out, n_in;
};
// SmolLM2-135M, Gemma3-270M, a model of 1B.
constexpr Shape kShapes[] = {{576, 576},  {1536, 576}, {576, 1536},  {49152, 576}, {2048, 640},
                             {640, 2048}, {1024, 640}, {2048, 2048}, {8192, 2048}, {2048, 8192}};

struct Options {
  std::vector<int> rows;
  std::vector<BlockFormat> formats;
  std::vector<Shape> shapes;
  int n_threads = usable_cpus();
  double seconds = 0.15;
  std::size_t weight_bytes = kPoolBytes;
};

struct Buffer {
  explicit Buffer(std::size_t n) : data(static_cast<std::byte*>(std::aligned_alloc(64, n))) {}
  ~Buffer() { std::free(data); }
  std::byte* data;
};

double read_gb_per_s(const Buffer& buffer, ThreadPool& pool) {
  const std::size_t part = std::size_t{1} << 20;
  const int n_parts = static_cast<int>(kReadBytes / part);
  const auto read_all = [&] {
    pool.parallel_for(n_parts, [&](int i, int) {
      const auto* p = reinterpret_cast<const std::uint64_t*>(buffer.data + i * part);
      std::uint64_t sum[8] = {};
      for (std::size_t k = 0; k < part / 8; k += 8) {
        for (std::size_t j = 0; j < 8; ++j) sum[j] += p[k + j];
      }
      volatile std::uint64_t sink =
          sum[0] + sum[1] + sum[2] + sum[3] + sum[4] + sum[5] + sum[6] + sum[7];
      static_cast<void>(sink);
    });
  };
  double best = 1e9;
  for (int run = 0; run < 2; ++run) {
    best = std::min(best, seconds_of(read_all, pool));
  }
  return static_cast<double>(kReadBytes) / best / 1e9;
}

// One random panel over and over: the values do not change the speed.
void fill(BlockFormat format, int n_in, Buffer& buffer, std::size_t n_bytes) {
  const BlockLayout& layout = block_layout(format);
  std::vector<std::byte> rows(static_cast<std::size_t>(16 * n_in / layout.n_elements) *
                              layout.n_bytes);
  std::mt19937 engine(1);
  for (std::byte& b : rows) b = static_cast<std::byte>(engine() & 0x3b);  // No NaN anywhere.
  const std::size_t panel = block_panel_bytes(format, n_in);
  pack_block_panel(format, rows.data(), 16, n_in, {buffer.data, panel});
  for (std::size_t at = panel; at + panel <= n_bytes; at += panel) {
    std::memcpy(buffer.data + at, buffer.data, panel);
  }
}

void run(const Options& options, BlockFormat format, Shape shape, int n_rows, Buffer& weights,
         const Buffer& read, ThreadPool& pool) {
  const std::size_t bytes =
      weight_bytes({WeightFormat::Kind::kStored, format}, shape.n_out, shape.n_in);
  const int n_copies = std::max<int>(1, static_cast<int>(options.weight_bytes / bytes));
  std::vector<float> x(static_cast<std::size_t>(n_rows) * shape.n_in, 0.5f);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i % 37) - 18;
  std::vector<float> out(static_cast<std::size_t>(n_rows) * shape.n_out);
  Buffer record((block_rows_bytes(n_rows, shape.n_in) + 63) / 64 * 64);
  Activations input = Matrix<float>(x.data(), n_rows, shape.n_in);
  if (takes_block_rows(format)) input.blocks = {record.data, n_rows, shape.n_in};

  int copy = 0;
  const auto product = [&] {
    convert_rows(input, pool);
    const Weight weight{.format = {WeightFormat::Kind::kStored, format},
                        .n_out = shape.n_out,
                        .n_in = shape.n_in,
                        .packed = weights.data + copy * bytes};
    multiply(input,
             {.linear = {.weight = weight}, .out = Matrix<float>(out.data(), n_rows, shape.n_out)},
             pool);
    copy = (copy + 1) % n_copies;
  };
  product();
  const double once = seconds_of(product, pool);
  const int n = std::max(1, static_cast<int>(options.seconds / 4 / once));
  const auto several = [&] {
    for (int i = 0; i < n; ++i) product();
  };
  double best = 1e9;
  double peak = 0;
  double bandwidth = 0;
  for (int repeat = 0; repeat < 4; ++repeat) {
    best = std::min(best, seconds_of(several, pool) / n);
    if (n_rows > 64 && repeat % 2 == 0) {
      peak = std::max(
          peak,
          measured_peak_gops(takes_block_rows(format) ? Precision::kInt8 : Precision::kF32, pool));
    }
    if (n_rows <= 64 && repeat % 2 == 0) bandwidth = std::max(bandwidth, read_gb_per_s(read, pool));
  }
  const double gops = 2.0 * n_rows * shape.n_out * shape.n_in / best / 1e9;
  const double gbs = static_cast<double>(bytes) / best / 1e9;
  std::printf("%-7s %4d rows %6dx%-5d %9.1f us %8.1f Gop/s %6.2f GB/s", block_layout(format).name,
              n_rows, shape.n_out, shape.n_in, best * 1e6, gops, gbs);
  if (peak > 0) std::printf("  %.2f of peak %.0f", gops / peak, peak);
  if (bandwidth > 0) std::printf("  %.2f of bandwidth %.1f", gbs / bandwidth, bandwidth);
  std::printf("\n");
  std::fflush(stdout);
}

Options parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    const char* value = argv[i + 1];
    if (name == "--rows") options.rows.push_back(std::atoi(value));
    if (name == "--threads") options.n_threads = std::atoi(value);
    if (name == "--seconds") options.seconds = std::atof(value);
    if (name == "--megabytes") {
      options.weight_bytes = std::min(kPoolBytes, static_cast<std::size_t>(std::atoi(value)) << 20);
    }
    if (name == "--format") {
      const auto format = block_format_from_name(value);
      if (format && is_block_product(*format)) options.formats.push_back(*format);
    }
    if (name == "--shape") {
      Shape shape{};
      if (std::sscanf(value, "%dx%d", &shape.n_out, &shape.n_in) == 2) {
        options.shapes.push_back(shape);
      }
    }
    if (name == "--isa") {
      for (const BlockIsa* isa : block_runnable()) {
        if (std::string(isa->isa) == value) block_set_active(*isa);
      }
    }
  }
  if (options.rows.empty()) options.rows = {1, 8, 512};
  if (options.formats.empty()) {
    for (std::uint32_t type = 0; type < 64; ++type) {
      const BlockLayout* layout = find_block_layout(type);
      if (layout && is_block_product(layout->format)) options.formats.push_back(layout->format);
    }
  }
  if (options.shapes.empty()) options.shapes.assign(std::begin(kShapes), std::end(kShapes));
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = parse(argc, argv);
  ThreadPool pool(options.n_threads);
  Buffer weights(kPoolBytes);
  Buffer read(kReadBytes);
  std::memset(read.data, 1, kReadBytes);
  std::printf("isa %s, %d threads\n", block_active().isa, options.n_threads);
  for (const BlockFormat format : options.formats) {
    for (const Shape& shape : options.shapes) {
      if (shape.n_in % block_layout(format).n_elements != 0) continue;
      const std::size_t bytes =
          weight_bytes({WeightFormat::Kind::kStored, format}, shape.n_out, shape.n_in);
      if (bytes > kPoolBytes) continue;
      fill(format, shape.n_in, weights, std::max<std::size_t>(1, kPoolBytes / bytes) * bytes);
      for (const int n_rows : options.rows) {
        run(options, format, shape, n_rows, weights, read, pool);
      }
    }
  }
}
