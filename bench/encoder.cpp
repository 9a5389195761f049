// Speed of the whole encoder on one model folder, over lengths and batch sizes.
//
// Prints one JSON object a line: tokens_per_s, gops (attention counted), share of the peak
// measured between the repeats. Ids are random: speed does not depend on them. --mixed adds
// batches of random lengths with about the same mean, to show what raggedness costs.

#include "models/encoder.h"

#include <random>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/machine.h"
#include "bench/measure.h"
#include "formats/model_folder.h"
#include "kernels/peak.h"
#include "kernels/table.h"

namespace quern::bench {
namespace {

struct Options {
  std::string model;
  std::string precision = "f32";
  int threads = usable_cpus();
  std::vector<int> lengths = {8, 16, 32, 64, 128, 256, 512};
  std::vector<int> batches = {1, 4, 16, 64, 256};
  int repeats = 7;
  int max_tokens = 16384;
  bool mixed = false;
};

double ops_of(const formats::EncoderConfig& c, const std::vector<int>& lengths) {
  const double d = c.d_model;
  double ops = 0;
  for (const double n : lengths) {
    ops += c.n_layers * (2 * n * (4 * d * d + 2 * d * c.d_ff) + 4 * n * n * d);
  }
  return ops;
}

struct Batch {
  Batch(const std::vector<int>& lengths, int n_vocab) {
    std::mt19937 random(1);
    starts.push_back(0);
    for (const int n : lengths) {
      for (int i = 0; i < n; ++i) {
        ids.push_back(static_cast<std::int32_t>(random() % static_cast<unsigned>(n_vocab)));
      }
      starts.push_back(static_cast<std::int32_t>(ids.size()));
      longest = std::max(longest, n);
    }
    types.assign(ids.size(), 0);
  }
  std::vector<std::int32_t> ids, starts;
  std::vector<std::uint8_t> types;
  int longest = 0;
};

void run(const models::Encoder& model, const Options& o, const std::vector<int>& lengths,
         const char* kind, ByteLedger& ledger, ThreadPool& pool) {
  const Batch batch(lengths, model.config.n_vocab);
  const models::RaggedBatch ragged{
      .ids = batch.ids, .type_ids = batch.types, .seq_starts = batch.starts};
  const int n = ragged.n_tokens();
  const int d = model.config.d_model;
  auto scratch = Buffer::make(ledger, "activations",
                              models::encoder_scratch_bytes(model, n, batch.longest, o.threads));
  auto hidden = Buffer::make(ledger, "activations", static_cast<std::size_t>(n) * d * 4);
  if (!scratch.ok() || !hidden.ok()) return;
  const auto pass = [&] {
    models::encoder_forward(model, ragged, scratch->as<std::byte>(), pool,
                            {hidden->as<float>().data(), n, d});
  };
  pass();
  const double ops = ops_of(model.config, lengths);
  const int loops = std::max(1, static_cast<int>(0.05 / seconds_of(pass)));
  std::vector<double> gops, share;
  for (int r = 0; r < o.repeats; ++r) {
    const double peak = kernels::measured_peak_gops(model.precision, pool);
    const double t = seconds_of([&] {
      for (int i = 0; i < loops; ++i) pass();
    });
    gops.push_back(ops * loops / t / 1e9);
    share.push_back(gops.back() / peak);
  }
  const Spread g = spread(gops);
  fmt::print(
      "{{\"bench\":\"encoder\",\"kind\":\"{}\",\"isa\":\"{}\",\"precision\":\"{}\",\"threads\":{},"
      "\"length\":{},\"batch\":{},\"tokens\":{},\"tokens_per_s\":{:.0f},\"ms\":{:.3f},"
      "\"gops\":{:.1f},\"gops_p10\":{:.1f},\"gops_p90\":{:.1f},\"peak_share\":{:.3f}}}\n",
      kind, kernels::active().isa, o.precision, o.threads, batch.longest, lengths.size(), n,
      g.median * 1e9 / ops * n, ops / g.median / 1e6, g.median, g.p10, g.p90, spread(share).median);
  std::fflush(stdout);
}

std::vector<int> random_lengths(int mean, int n_seqs) {
  std::mt19937 random(3);
  std::vector<int> out;
  for (int i = 0; i < n_seqs; ++i) {
    out.push_back(2 + static_cast<int>(random() % static_cast<unsigned>(2 * mean - 3)));
  }
  return out;
}

int fail(const Status& status) {
  fmt::print(stderr, "bench_encoder: {}\n", status.message());
  return 1;
}

int run_all(const Options& o) {
  ByteLedger ledger(memory_limit_bytes());
  ThreadPool pool(o.threads);
  const auto precision = kernels::parse_precision(o.precision);
  if (!precision.ok()) return fail(precision.status());
  auto folder = formats::read_model_folder(o.model);
  if (!folder.ok()) return fail(folder.status());
  auto files = models::TensorSource::open(folder->path, folder->weights);
  if (!files.ok()) return fail(files.status());
  auto model = models::load_encoder({.folder = *folder, .precision = *precision}, std::move(*files),
                                    ledger, pool);
  if (!model.ok()) return fail(model.status());
  for (const int n : o.lengths) {
    for (const int b : o.batches) {
      if (n > model->config.n_positions || n * b > o.max_tokens) continue;
      run(*model, o, std::vector<int>(static_cast<std::size_t>(b), n), "equal", ledger, pool);
      if (o.mixed && b >= 16 && 2 * n <= model->config.n_positions) {
        run(*model, o, random_lengths(n, b), "random", ledger, pool);
      }
    }
  }
  return 0;
}

}  // namespace
}  // namespace quern::bench

int main(int argc, char** argv) {
  quern::bench::Options o;
  CLI::App app("Encoder speed over lengths and batch sizes");
  app.add_option("model", o.model, "model folder")->required();
  app.add_option("--precision", o.precision, "f32, bf16 or int8");
  app.add_option("--threads", o.threads, "threads");
  app.add_option("--lengths", o.lengths, "tokens per sequence")->delimiter(',');
  app.add_option("--batches", o.batches, "sequences per batch")->delimiter(',');
  app.add_option("--repeats", o.repeats, "timed repeats");
  app.add_option("--max-tokens", o.max_tokens, "skip larger batches");
  app.add_flag("--mixed", o.mixed, "also random lengths");
  CLI11_PARSE(app, argc, argv);
  return quern::bench::run_all(o);
}
