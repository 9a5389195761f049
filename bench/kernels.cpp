// Speed of the kernels on the shapes of encoder models, beside the machine's measured peak, which
// is taken before and after every run: a busy or slower-clocked machine slows both.
//
// usage: bench_kernels [--every-isa] [--threads N] [--rows 96,512,2048] [--models minilm,...]
//                      [--precisions f32,bf16,int8] [--activation none|gelu] [--seconds S]
//                      [--kinds matmul,attention] [--ops qkv,...]
// Prints one JSON object a line. "op":"all" stands for one layer's products together. The
// instruction set is QUERN_ISA's, or with --every-isa each in turn, in a process of its own.

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"
#include "base/machine.h"
#include "bench/measure.h"
#include "kernels/attention/attention.h"
#include "kernels/linear.h"
#include "kernels/peak.h"
#include "kernels/table.h"
#include "tensor/buffer.h"
#include "tensor/dtype.h"

namespace quern::bench {
namespace {

using namespace quern::kernels;

struct Options {
  std::vector<int> rows = {96, 512, 2048};
  std::vector<int> lengths = {512, 2048};
  std::vector<std::string> models, ops;
  std::vector<std::string> precisions = {"f32", "bf16", "int8"};
  std::vector<std::string> kinds = {"matmul", "attention"};
  std::string activation = "none";
  int threads = 1;
  double seconds = 0.2;
  bool every_isa = false;
};

/// What becomes of a product in a model: its result goes to attention, onto the residual stream, or
/// into the next product.
enum class Use { kToAttention, kOntoResidual, kToProduct };

struct Shape {
  const char* model;
  const char* op;
  int n_out, n_in;
  Use use;
};

constexpr Shape kShapes[] = {
    {"minilm", "qkv", 1152, 384, Use::kToAttention},
    {"minilm", "attn_out", 384, 384, Use::kOntoResidual},
    {"minilm", "ff_in", 1536, 384, Use::kToProduct},
    {"minilm", "ff_out", 384, 1536, Use::kOntoResidual},
    {"bge-base", "qkv", 2304, 768, Use::kToAttention},
    {"bge-base", "attn_out", 768, 768, Use::kOntoResidual},
    {"bge-base", "ff_in", 3072, 768, Use::kToProduct},
    {"bge-base", "ff_out", 768, 3072, Use::kOntoResidual},
    {"bge-large", "qkv", 3072, 1024, Use::kToAttention},
    {"bge-large", "attn_out", 1024, 1024, Use::kOntoResidual},
    {"bge-large", "ff_in", 4096, 1024, Use::kToProduct},
    {"bge-large", "ff_out", 1024, 4096, Use::kOntoResidual},
    {"nomic", "qkv", 2304, 768, Use::kToAttention},
    {"nomic", "attn_out", 768, 768, Use::kOntoResidual},
    {"nomic", "ff_in", 6144, 768, Use::kToProduct},
    {"nomic", "ff_out", 768, 3072, Use::kOntoResidual},
    {"0.6b", "qkv", 4096, 1024, Use::kToAttention},
    {"0.6b", "attn_out", 1024, 2048, Use::kOntoResidual},
    {"0.6b", "ff_in", 6144, 1024, Use::kToProduct},
    {"0.6b", "ff_out", 1024, 3072, Use::kOntoResidual},
};

struct Heads {
  const char* model;
  int n_heads, d_head;
  int n_relative = 0;  // Of DeBERTa's distances, one row each as far as they go.
};
constexpr Heads kHeads[] = {
    {"minilm", 12, 32}, {"bge-base", 12, 64}, {"bge-large", 16, 64}, {"deberta-base", 12, 64, 512}};

// One thread is timed by its own processor time, which other programs do not lengthen.
double now_seconds(int n_threads) {
  timespec t;
  clock_gettime(n_threads == 1 ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

bool has(const std::vector<std::string>& list, std::string_view name) {
  return list.empty() || std::find(list.begin(), list.end(), name) != list.end();
}

class Bench {
 public:
  explicit Bench(const Options& options) : o_(options), pool_(options.threads) {}

  void run() {
    for (const std::string& name : o_.precisions) {
      const Precision precision = *parse_precision(name);
      if (has(o_.kinds, "matmul")) {
        for (const int rows : o_.rows) run_matmuls(precision, rows);
      }
      if (has(o_.kinds, "attention") && precision != Precision::kInt8) {
        for (const int length : o_.lengths) run_attention(precision, length);
      }
    }
  }

 private:
  struct Speed {
    Spread gops, share;
  };

  void run_matmuls(Precision precision, int rows) {
    double ops = 0, seconds = 0, peak_seconds = 0;
    for (const Shape& s : kShapes) {
      if (!has(o_.models, s.model) || !has(o_.ops, s.op)) continue;
      const double n = 2.0 * rows * s.n_out * s.n_in;
      const Speed speed = product_speed(s, precision, rows, n);
      print_matmul(s, s.op, precision, rows, speed);
      ops += n;
      seconds += n / speed.gops.median;
      peak_seconds += n / speed.gops.median * speed.share.median;
      if (std::string_view(s.op) != "ff_out") continue;  // The last of a layer.
      const double gops = ops / seconds, share = peak_seconds / seconds;
      print_matmul(s, "all", precision, rows, {{gops, gops, gops}, {share, share, share}});
      ops = seconds = peak_seconds = 0;
    }
  }

  Speed product_speed(const Shape& s, Precision precision, int rows, double ops) {
    Product product{.linear = {.weight = weight_of(s, precision), .bias = bias_of(s)},
                    .activation = activation_of(s),
                    .out = rows_of(rows, s.n_out, out_form(s, precision))};
    if (s.use == Use::kOntoResidual) product.residual = product.out.f32;
    const RowForm form = product.linear.weight.format.row_form();
    Activations x = rows_of(rows, s.n_in, form);
    x.f32 = random_rows(rows, s.n_in);
    convert_rows(x, pool_);
    return measure(precision, ops, [&] { multiply(x, product, pool_); });
  }

  // What a model of this precision asks of the product.
  static RowForm out_form(const Shape& s, Precision precision) {
    const bool is_int8 = precision == Precision::kInt8;
    if (s.use == Use::kOntoResidual || precision == Precision::kF32) return RowForm::kF32;
    if (s.use == Use::kToProduct) return is_int8 ? RowForm::kInt8 : RowForm::kBf16;
    return is_int8 && !active().native_bf16 ? RowForm::kF32 : RowForm::kBf16;
  }

  Activations rows_of(int rows, int cols, RowForm form) {
    Activations out;
    out.n_rows = rows;
    out.n_cols = cols;
    if (form == RowForm::kF32) out.f32 = random_rows(rows, cols);
    if (form == RowForm::kBf16) {
      const auto n = static_cast<std::size_t>(rows) * static_cast<std::size_t>(cols);
      out.bf16 = {reinterpret_cast<std::uint16_t*>(bytes(n * 2).data()), rows, cols};
    }
    if (form == RowForm::kInt8) {
      out.int8 = {bytes(int8_rows_bytes(rows, cols)).data(), rows, cols};
    }
    return out;
  }

  void run_attention(Precision precision, int length) {
    for (const Heads& h : kHeads) {
      if (!has(o_.models, h.model)) continue;
      const int d = h.n_heads * h.d_head;
      const std::vector<std::int32_t> starts = {0, length};
      const Matrix<float> qkv = random_rows(length, 3 * d);
      const Matrix<std::uint16_t> qkv_bf16 = as_bf16(qkv);
      Matrix<float> out = random_rows(length, d);
      const auto scratch =
          bytes(attention_scratch_bytes(length, h.d_head, o_.threads, h.n_relative));
      AttentionSpec spec{.n_heads = h.n_heads,
                         .n_kv_heads = h.n_heads,
                         .scale = 1.0f / std::sqrt(static_cast<float>(h.d_head))};
      std::vector<std::int32_t> places;
      if (h.n_relative > 0) spec.relative = relative_rows(h, length, precision, places);
      const auto attend = [&]<typename T>(Matrix<const T> rows) {
        const AttentionRows<T, float> all{rows.columns(0, d), rows.columns(d, d),
                                          rows.columns(2 * d, d), out};
        attention(spec, all, starts, scratch, pool_);
      };
      const Speed speed = measure(precision, 4.0 * length * length * d, [&] {
        if (precision == Precision::kF32) {
          attend(Matrix<const float>(qkv));
        } else {
          attend(Matrix<const std::uint16_t>(qkv_bf16));
        }
      });
      print(
          fmt::format(R"("bench":"attention","model":"{}","op":"attention","rows":{},"d_head":{})",
                      h.model, length, h.d_head),
          precision, speed);
      buffers_.clear();
    }
  }

  RelativeRows relative_rows(const Heads& h, int length, Precision precision,
                             std::vector<std::int32_t>& places) {
    for (int offset = -length + 1; offset < length; ++offset) {
      places.push_back(std::clamp(offset + h.n_relative / 2, 0, h.n_relative - 1));
    }
    const WeightFormat format = weight_format(
        precision == Precision::kF32 ? Precision::kF32 : Precision::kBf16, BlockFormat::kF32);
    const Matrix<float> rows = random_rows(h.n_relative, h.d_head);
    const std::size_t per_head = weight_bytes(format, h.n_relative, h.d_head);
    const std::span<std::byte> packed = bytes(per_head * static_cast<std::size_t>(h.n_heads));
    for (int i = 0; i < h.n_heads; ++i) {
      pack_weight(format, rows.data, h.n_relative, h.d_head,
                  packed.subspan(per_head * static_cast<std::size_t>(i), per_head));
    }
    return {.n = h.n_relative, .keys = packed.data(), .queries = packed.data(), .at = places};
  }

  template <typename F>
  Speed measure(Precision precision, double ops, const F& fn) {
    fn();
    // Long enough beside the peak's 10 ms.
    const double once = seconds_of(fn);
    const int n_loops = std::max(1, static_cast<int>(0.01 / once));
    std::vector<double> gops, share;
    const double begin = now_seconds(0);
    double before = measured_peak_gops(precision, pool_);
    while (gops.size() < 7 || now_seconds(0) - begin < o_.seconds) {
      const double start = now_seconds(o_.threads);
      for (int i = 0; i < n_loops; ++i) fn();
      gops.push_back(ops * n_loops / (now_seconds(o_.threads) - start) / 1e9);
      const double after = measured_peak_gops(precision, pool_);
      share.push_back(gops.back() / std::max(before, after));
      before = after;
    }
    return {spread(gops), spread(share)};
  }

  void print_matmul(const Shape& s, const char* op, Precision precision, int rows,
                    const Speed& speed) {
    print(fmt::format(R"("bench":"matmul","model":"{}","op":"{}","rows":{},"activation":"{}")",
                      s.model, op, rows, o_.activation),
          precision, speed);
    buffers_.clear();
  }

  void print(const std::string& what, Precision precision, const Speed& speed) const {
    fmt::print(
        "{{{},\"precision\":\"{}\",\"isa\":\"{}\",\"threads\":{},\"gops\":{:.1f},"
        "\"gops_p10\":{:.1f},\"gops_p90\":{:.1f},\"peak_share\":{:.3f},\"share_p10\":{:.3f},"
        "\"share_p90\":{:.3f}}}\n",
        what, precision_name(precision), active().isa, o_.threads, speed.gops.median,
        speed.gops.p10, speed.gops.p90, speed.share.median, speed.share.p10, speed.share.p90);
    std::fflush(stdout);
  }

  std::span<std::byte> bytes(std::size_t n) {
    Result<Buffer> made = Buffer::make(ledger_, "bench", n);
    QUERN_CHECK(made.ok());
    buffers_.push_back(std::move(*made));
    return buffers_.back().as<std::byte>();
  }

  Matrix<float> random_rows(int rows, int cols) {
    const std::size_t n = static_cast<std::size_t>(rows) * static_cast<std::size_t>(cols);
    auto* data = reinterpret_cast<float*>(bytes(n * sizeof(float)).data());
    for (std::size_t i = 0; i < n; ++i) data[i] = uniform_(random_);
    return {data, rows, cols};
  }

  Matrix<std::uint16_t> as_bf16(Matrix<const float> x) {
    const std::size_t n = static_cast<std::size_t>(x.rows) * static_cast<std::size_t>(x.cols);
    auto* data = reinterpret_cast<std::uint16_t*>(bytes(n * 2).data());
    for (std::size_t i = 0; i < n; ++i) data[i] = bf16_from_f32(x.data[i]);
    return {data, x.rows, x.cols};
  }

  Weight weight_of(const Shape& s, Precision precision) {
    const WeightFormat format = weight_format(precision, BlockFormat::kF32);
    const Matrix<float> w = random_rows(s.n_out, s.n_in);
    return pack_weight(format, w.data, s.n_out, s.n_in,
                       bytes(weight_bytes(format, s.n_out, s.n_in)));
  }

  std::span<const float> bias_of(const Shape& s) { return random_rows(1, s.n_out).row(0); }

  Activation activation_of(const Shape& s) const {
    const bool activated = s.use == Use::kToProduct && o_.activation == "gelu";
    return activated ? Activation::kGelu : Activation::kNone;
  }

  const Options& o_;
  ThreadPool pool_;
  ByteLedger ledger_{memory_limit_bytes()};
  std::vector<Buffer> buffers_;  // Of one measurement.
  std::minstd_rand random_{1};
  std::uniform_real_distribution<float> uniform_{-1, 1};
};

/// Runs this program again for every instruction set but the plain one. The exit code of a failure.
int run_every_isa(char** argv) {
  for (const Table* table : runnable()) {
    if (std::string_view(table->isa) == "plain") continue;
    const pid_t child = fork();
    if (child == 0) {
      setenv("QUERN_ISA", table->isa, 1);
      execv("/proc/self/exe", argv);
      _exit(127);
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0) return 1;
  }
  return 0;
}

int main(int argc, char** argv) {
  Options o;
  CLI::App app("Kernel speed on the shapes of encoder models");
  app.add_option("--rows", o.rows, "rows of the products")->delimiter(',');
  app.add_option("--lengths", o.lengths, "tokens of attention's sequence")->delimiter(',');
  app.add_option("--models", o.models, "minilm, bge-base, ...")->delimiter(',');
  app.add_option("--ops", o.ops, "qkv, attn_out, ff_in, ff_out")->delimiter(',');
  app.add_option("--precisions", o.precisions, "f32, bf16, int8")
      ->delimiter(',')
      ->check(CLI::IsMember({"f32", "bf16", "int8"}));
  app.add_option("--kinds", o.kinds, "matmul, attention")->delimiter(',');
  app.add_option("--activation", o.activation, "of ff_in")->check(CLI::IsMember({"none", "gelu"}));
  app.add_option("--threads", o.threads, "threads")->check(CLI::Range(1, 1024));
  app.add_option("--seconds", o.seconds, "at least, per line");
  app.add_flag("--every-isa", o.every_isa, "each instruction set in turn");
  CLI11_PARSE(app, argc, argv);
  if (o.every_isa && std::getenv("QUERN_ISA") == nullptr) return run_every_isa(argv);
  Bench(o).run();
  return 0;
}

}  // namespace
}  // namespace quern::bench

int main(int argc, char** argv) { return quern::bench::main(argc, argv); }
