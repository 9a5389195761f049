// One step of a decoder by the number of sequences that decode together, and prompts by their
// length: the model alone, without engine, sampling or text.
//
// usage: bench_decoder MODEL [--seqs N]... [--prompt N]... [--position N] [--seconds S] [--threads
// T]

#include "models/decoder.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include "base/machine.h"
#include "bench/measure.h"

namespace {

using namespace quern;

struct Options {
  std::vector<int> seqs, prompts;
  int position = 64;  // Tokens that each sequence has behind it.
  double seconds = 1;
  int n_threads = 0;
};

class Bench {
 public:
  Bench(models::Decoder model, int n_threads)
      : pool_(n_threads),
        model_(std::move(model)),
        kv_pool_(model_.config, kernels::KvType::kF16, ledger_, "kv") {}

  /// Steps of n_seqs sequences that each bring n_rows tokens at `position`; a step starts anew from
  /// the same caches.
  Status run(int n_seqs, int n_rows, int position, double seconds) {
    std::vector<std::int32_t> ids(static_cast<std::size_t>(std::max(n_rows, position)));
    for (std::size_t i = 0; i < ids.size(); ++i) {
      ids[i] =
          static_cast<std::int32_t>((i * 7919) % static_cast<std::size_t>(model_.config.n_vocab));
    }
    std::vector<std::unique_ptr<models::KvSequence>> filled;
    for (int s = 0; s < n_seqs; ++s) {
      filled.push_back(std::make_unique<models::KvSequence>(kv_pool_));
      if (position > 0) QUERN_TRY(step(*filled.back(), ids, position));
    }
    std::vector<double> times;
    for (double spent = 0; spent < seconds || times.size() < 5; spent += times.back()) {
      std::vector<models::KvSequence> kv;
      std::vector<models::DecoderStep> steps;
      for (const auto& from : filled) {
        QUERN_ASSIGN(models::KvSequence fork, from->fork(position));
        QUERN_TRY(fork.reserve(position + n_rows));
        kv.push_back(std::move(fork));
      }
      for (models::KvSequence& sequence : kv) {
        steps.push_back({.ids = std::span(ids).first(static_cast<std::size_t>(n_rows)),
                         .kv = &sequence,
                         .n_logits = 1,
                         .longest = position + n_rows});
      }
      QUERN_ASSIGN(const double t, forward(steps));
      times.push_back(t);
    }
    const bench::Spread t = bench::spread(times);
    std::printf("%2d x %4d rows at %4d  median %8.3f ms (%.3f .. %.3f)  %9.1f tokens/s\n", n_seqs,
                n_rows, position, t.median * 1e3, t.p10 * 1e3, t.p90 * 1e3,
                n_seqs * n_rows / t.median);
    std::fflush(stdout);
    return {};
  }

 private:
  Status step(models::KvSequence& kv, const std::vector<std::int32_t>& ids, int n) {
    QUERN_TRY(kv.reserve(n));
    const models::DecoderStep s{.ids = std::span(ids).first(static_cast<std::size_t>(n)),
                                .kv = &kv,
                                .n_logits = 0,
                                .longest = n};
    return forward({&s, 1}).status();
  }

  Result<double> forward(std::span<const models::DecoderStep> steps) {
    int n_rows = 0;
    int n_logits = 0;
    for (const models::DecoderStep& s : steps) {
      n_rows += static_cast<int>(s.ids.size());
      n_logits += s.n_logits;
    }
    const std::size_t wanted = models::decoder_scratch_bytes(model_, kernels::KvType::kF16, n_rows,
                                                             n_logits, pool_.n_threads());
    if (scratch_.size() < wanted) {
      QUERN_ASSIGN(scratch_, Buffer::make(ledger_, "scratch", wanted));
    }
    logits_.resize(static_cast<std::size_t>(n_logits) *
                   static_cast<std::size_t>(model_.config.n_vocab));
    return bench::seconds_of([&] {
      models::decoder_forward(model_, steps, scratch_.as<std::byte>(), pool_,
                              {logits_.data(), n_logits, model_.config.n_vocab});
    });
  }

  ByteLedger ledger_{memory_limit_bytes()};
  ThreadPool pool_;
  models::Decoder model_;
  models::KvPool kv_pool_;
  Buffer scratch_;
  std::vector<float> logits_;
};

Options parse(int argc, char** argv) {
  Options o;
  for (int i = 2; i + 1 < argc; i += 2) {
    const char* value = argv[i + 1];
    if (std::strcmp(argv[i], "--seqs") == 0) o.seqs.push_back(std::atoi(value));
    if (std::strcmp(argv[i], "--prompt") == 0) o.prompts.push_back(std::atoi(value));
    if (std::strcmp(argv[i], "--position") == 0) o.position = std::atoi(value);
    if (std::strcmp(argv[i], "--seconds") == 0) o.seconds = std::atof(value);
    if (std::strcmp(argv[i], "--threads") == 0) o.n_threads = std::atoi(value);
  }
  if (o.seqs.empty() && o.prompts.empty()) {
    o.seqs = {1, 2, 4, 8};
    o.prompts = {128, 512};
  }
  if (o.n_threads == 0) o.n_threads = usable_cpus();
  return o;
}

Status run(const char* path, const Options& o) {
  ByteLedger ledger(memory_limit_bytes());
  ThreadPool pool(o.n_threads);
  QUERN_ASSIGN(const formats::DecoderModel facts, formats::read_decoder(path));
  QUERN_ASSIGN(models::Decoder model, models::load_decoder(facts, ledger, pool));
  Bench bench(std::move(model), o.n_threads);
  for (const int n : o.seqs) QUERN_TRY(bench.run(n, 1, o.position, o.seconds));
  for (const int n : o.prompts) QUERN_TRY(bench.run(1, n, 0, o.seconds));
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr,
                 "usage: bench_decoder MODEL [--seqs N]... [--prompt N]... [--position N] "
                 "[--seconds S] [--threads T]\n");
    return 2;
  }
  const Status status = run(argv[1], parse(argc, argv));
  if (!status.ok()) std::fprintf(stderr, "bench_decoder: %s\n", status.message().c_str());
  return status.ok() ? 0 : 1;
}
