#include "cli/bench_report.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/check.h"
#include "cli/json_line.h"
#include "cli/progress.h"

namespace quern::cli {
namespace {

double megabytes(std::size_t bytes) { return static_cast<double>(bytes) / (1 << 20); }

/// The numbers both forms show.
struct Figures {
  double seconds;  // Of the middle run.
  double texts_per_s;
  double tokens_per_s;
  double spread;  // (slowest - fastest) / middle.
  double p50_ms;
  double p99_ms;
  double gops;
  double peak_share;
};

Figures figures_of(const BenchReport& r) {
  Figures f{};
  f.seconds = quantile(r.seconds, 0.5);
  f.texts_per_s = static_cast<double>(r.n_texts) / f.seconds;
  f.tokens_per_s = static_cast<double>(r.n_tokens) / f.seconds;
  const auto [fast, slow] = std::minmax_element(r.seconds.begin(), r.seconds.end());
  f.spread = (*slow - *fast) / f.seconds;
  f.p50_ms = quantile(r.single_ms, 0.5);
  f.p99_ms = quantile(r.single_ms, 0.99);
  f.gops = r.n_ops / f.seconds * 1e-9;
  f.peak_share = r.peak_gops > 0 ? f.gops / r.peak_gops : 0;
  return f;
}

}  // namespace

double quantile(std::vector<double> values, double q) {
  QUERN_CHECK(!values.empty());
  const double rank = std::ceil(q * static_cast<double>(values.size()));
  const auto at = static_cast<std::ptrdiff_t>(std::max(rank - 1, 0.0));
  std::nth_element(values.begin(), values.begin() + at, values.end());
  return values[static_cast<std::size_t>(at)];
}

double bert_ops(const formats::EncoderConfig& config, std::span<const int> lengths) {
  const double d = config.d_model, d_ff = config.d_ff;
  const double n_ff = config.is_gated ? 3 : 2;
  double n_ops = 0;
  for (const int length : lengths) {
    n_ops += length * (2 * (4 * d * d + n_ff * d * d_ff) + 4.0 * length * d);
  }
  return n_ops * config.n_layers;
}

std::string table_of(const BenchReport& r) {
  const Figures f = figures_of(r);
  std::string table = fmt::format("{}  {}  {}  {} thread{}\n", r.model, r.precision, r.isa,
                                  r.n_threads, r.n_threads == 1 ? "" : "s");
  const auto row = [&](const char* name, const std::string& value) {
    table += fmt::format("  {:<12}  {}\n", name, value);
  };
  row("texts", fmt::format("{} ({} tokens, {} cut)", grouped(r.n_texts), grouped(r.n_tokens),
                           grouped(r.n_truncated)));
  row("speed",
      fmt::format("{:.1f} texts/s, {} tokens/s (middle of {} runs, spread {:.1f} %)", f.texts_per_s,
                  grouped(std::lround(f.tokens_per_s)), r.seconds.size(), 100 * f.spread));
  row("single text", fmt::format("p50 {:.2f} ms, p99 {:.2f} ms ({} texts)", f.p50_ms, f.p99_ms,
                                 r.single_ms.size()));
  row("arithmetic", fmt::format("{:.1f} of {:.1f} Gop/s, {:.0f} % of this machine's peak", f.gops,
                                r.peak_gops, 100 * f.peak_share));
  row("memory", fmt::format("{:.0f} MB resident, {:.0f} MB at most", megabytes(r.rss_bytes),
                            megabytes(r.peak_rss_bytes)));
  return table;
}

std::string json_of(const BenchReport& r) {
  const Figures f = figures_of(r);
  std::string json = "{\"model\":";
  append_json_string(r.model, json);
  json += fmt::format(
      ",\"precision\":\"{}\",\"isa\":\"{}\",\"threads\":{},\"texts\":{},\"tokens\":{},"
      "\"truncated\":{},\"repeats\":{},\"seconds\":{:.6f},\"spread\":{:.4f},"
      "\"texts_per_s\":{:.2f},\"tokens_per_s\":{:.1f},\"singles\":{},\"p50_ms\":{:.4f},"
      "\"p99_ms\":{:.4f},\"rss_mb\":{:.1f},\"peak_rss_mb\":{:.1f},\"gops\":{:.2f},"
      "\"peak_gops\":{:.2f},\"peak_share\":{:.4f}}}",
      r.precision, r.isa, r.n_threads, r.n_texts, r.n_tokens, r.n_truncated, r.seconds.size(),
      f.seconds, f.spread, f.texts_per_s, f.tokens_per_s, r.single_ms.size(), f.p50_ms, f.p99_ms,
      megabytes(r.rss_bytes), megabytes(r.peak_rss_bytes), f.gops, r.peak_gops, f.peak_share);
  return json;
}

}  // namespace quern::cli
