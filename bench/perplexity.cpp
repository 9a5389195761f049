// Perplexity of a generating model on a text file, as llama.cpp counts it: windows of --context
// tokens, the second half of each predicted. Logits go straight from the model: no sampling.
//
// usage: bench_perplexity MODEL FILE [--tokens 20000] [--context 512]
// Prints one JSON object. bench/perplexity.py runs llama.cpp on the same tokens.

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "base/machine.h"
#include "formats/model_folder.h"
#include "models/decoder.h"
#include "text/tokenizer.h"

namespace {

using namespace quern;

double log_sum_exp(std::span<const float> row) {
  double largest = row[0];
  for (const float v : row) largest = std::max(largest, static_cast<double>(v));
  double sum = 0;
  for (const float v : row) sum += std::exp(static_cast<double>(v) - largest);
  return largest + std::log(sum);
}

Status run(const std::string& path, const std::string& file, int n_wanted, int context) {
  ByteLedger ledger(memory_limit_bytes());
  ThreadPool pool(usable_cpus());
  QUERN_ASSIGN(const formats::DecoderModel facts, formats::read_decoder(path));
  QUERN_ASSIGN(const text::TokenizerSpec spec, formats::read_tokenizer(path));
  QUERN_ASSIGN(const text::TextEncoder encoder, text::TextEncoder::make(spec));
  QUERN_ASSIGN(const models::Decoder model, models::load_decoder(facts, ledger, pool));
  QUERN_ASSIGN(const std::string text, read_file(file, std::size_t{1} << 30));
  const std::vector<text::TokenId> front = encoder.wrap({}, 0).ids;
  std::vector<text::TokenId> ids;
  encoder.tokenizer().encode(
      std::string_view(text).substr(0, static_cast<std::size_t>(n_wanted) * 8),
      text::Specials::kAsText, ids);
  ids.resize(std::min(ids.size(), static_cast<std::size_t>(n_wanted)));

  const int n_windows = static_cast<int>(ids.size()) / context;
  const int n_vocab = model.config.n_vocab;
  const int half = context / 2;
  models::KvPool kv_pool(facts.config, kernels::KvType::kF16, ledger, "kv");
  constexpr int kStep = 64;  // Logits of so many rows at a time.
  QUERN_ASSIGN(const Buffer scratch,
               Buffer::make(ledger, "scratch",
                            models::decoder_scratch_bytes(model, kernels::KvType::kF16, kStep,
                                                          kStep, pool.n_threads())));
  std::vector<float> logits(static_cast<std::size_t>(kStep) * static_cast<std::size_t>(n_vocab));
  double loss = 0;
  long n = 0;
  for (int w = 0; w < n_windows; ++w) {
    std::vector<text::TokenId> window(ids.begin() + w * context, ids.begin() + (w + 1) * context);
    std::copy(front.begin(), front.end(), window.begin());
    models::KvSequence kv(kv_pool);
    for (int first = 0; first < context; first += kStep) {
      const int n_rows = std::min(kStep, context - first);
      QUERN_TRY(kv.reserve(first + n_rows));
      const models::DecoderStep step{.ids = std::span(window).subspan(first, n_rows),
                                     .kv = &kv,
                                     .n_logits = n_rows,
                                     .longest = context};
      const Matrix<float> out(logits.data(), n_rows, n_vocab);
      models::decoder_forward(model, {&step, 1}, scratch.as<std::byte>(), pool, out);
      for (int i = std::max(first, half); i < first + n_rows && i + 1 < context; ++i) {
        const std::span<const float> row = out.row(i - first);
        loss += log_sum_exp(row) -
                row[static_cast<std::size_t>(window[static_cast<std::size_t>(i) + 1])];
        ++n;
      }
    }
  }
  std::printf("{\"runtime\":\"quern\",\"tokens\":%zu,\"predicted\":%ld,\"perplexity\":%.6f}\n",
              ids.size(), n, std::exp(loss / static_cast<double>(n)));
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  int n_tokens = 20000;
  int context = 512;
  for (int i = 3; i + 1 < argc; i += 2) {
    if (std::strcmp(argv[i], "--tokens") == 0) n_tokens = std::atoi(argv[i + 1]);
    if (std::strcmp(argv[i], "--context") == 0) context = std::atoi(argv[i + 1]);
  }
  if (argc < 3 || n_tokens < context || context < 2) {
    std::fprintf(stderr, "usage: bench_perplexity MODEL FILE [--tokens 20000] [--context 512]\n");
    return 2;
  }
  const Status status = run(argv[1], argv[2], n_tokens, context);
  if (!status.ok()) std::fprintf(stderr, "bench_perplexity: %s\n", status.message().c_str());
  return status.ok() ? 0 : 1;
}
