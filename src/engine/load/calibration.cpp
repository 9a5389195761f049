#include "engine/load/calibration.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "engine/load/calibration_texts.h"
#include "models/pooling.h"
#include "tensor/buffer.h"

namespace quern::engine {
namespace {

constexpr int kMaxTokens = 512;
constexpr int kMaxWorkers = 8;  // Each holds the activations of a longest sample.

int n_tokens_of(const text::Encoding& sample) { return static_cast<int>(sample.ids.size()); }

std::vector<Input> sample_texts(const ModelCard& card) {
  const std::vector<std::string>& texts = calibration_texts();
  const bool in_pairs = card.task() == Task::kClassify && card.as_encoder().n_pair_template > 0;
  std::vector<Input> out;
  for (std::size_t i = 0; i < texts.size(); i += in_pairs ? 2 : 1) {
    out.push_back({.text = texts[i], .text_pair = {}, .ids = {}});
    if (in_pairs && i + 1 < texts.size()) out.back().text_pair = texts[i + 1];
  }
  return out;
}

/// What one worker needs: its activations, and what it sees.
struct Worker {
  std::span<std::byte> bytes;
  models::Int8Calibration seen;
};

std::size_t hidden_bytes(const models::Encoder& model, int n_tokens) {
  const std::size_t bytes = static_cast<std::size_t>(n_tokens) *
                            static_cast<std::size_t>(model.config.d_model) * sizeof(float);
  return (bytes + Buffer::kAlignment - 1) / Buffer::kAlignment * Buffer::kAlignment;
}

std::size_t scratch_bytes(const models::Encoder& model, int longest) {
  return std::max(models::encoder_scratch_bytes(model, longest, longest, 1),
                  models::vector_scratch_bytes(model.head, model.config.d_model, 1));
}

class SampleRun {
 public:
  SampleRun(const models::Encoder& model, SampleResults& out) : model_(model), out_(out) {}

  /// Results into row i of the output.
  void run(const text::Encoding& sample, int i, bool observe, Worker& worker) const {
    const int n = n_tokens_of(sample);
    const int d = model_.config.d_model;
    const std::vector<std::int32_t> starts = {0, n};
    const models::RaggedBatch batch{
        .ids = sample.ids, .type_ids = sample.type_ids, .seq_starts = starts};
    const Matrix<float> hidden(reinterpret_cast<float*>(worker.bytes.data()), n, d);
    const auto scratch = worker.bytes.subspan(hidden_bytes(model_, n));
    if (observe) {
      models::observe_encoder(model_, batch, scratch, hidden, worker.seen);
    } else {
      models::encoder_forward(model_, batch, scratch, ThreadPool::serial(), hidden);
    }
    const Matrix<float> state(out_.states.data() + std::ptrdiff_t{i} * out_.d_state, 1,
                              out_.d_state);
    if (out_.n_labels > 0) {
      models::pool_rows(model_.classifier.pooling, hidden, 0, state.row(0));
      models::classify_sequences(
          model_.classifier, batch, hidden,
          {out_.logits.data() + std::ptrdiff_t{i} * out_.n_labels, 1, out_.n_labels});
    } else {
      models::pool_sequences(model_.head, batch, hidden, scratch, ThreadPool::serial(), state);
    }
  }

 private:
  const models::Encoder& model_;
  SampleResults& out_;
};

}  // namespace

std::vector<text::Encoding> sample_inputs(const ModelCard& card) {
  const Plan plan{.prompt = {},
                  .max_tokens = std::min(kMaxTokens, card.as_encoder().folder.config.n_positions),
                  .truncation = Truncation::kCut};
  std::vector<text::Encoding> out;
  for (const Input& input : sample_texts(card)) {
    Result<text::Encoding> encoding = encode_input(card, plan, input);
    if (encoding.ok()) out.push_back(std::move(*encoding));
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const auto& a, const auto& b) { return n_tokens_of(a) > n_tokens_of(b); });
  return out;
}

Result<SampleResults> run_samples(const ModelCard& card, const models::Encoder& model,
                                  const std::vector<text::Encoding>& samples, ByteLedger& ledger,
                                  ThreadPool& pool, models::Int8Calibration* seen) {
  SampleResults out;
  if (samples.empty()) return out;
  out.n_samples = static_cast<int>(samples.size());
  out.n_labels = card.task() == Task::kClassify ? model.classifier.n_labels() : 0;
  const int d = model.config.d_model;
  out.d_state = out.n_labels > 0 ? d : model.head.n_values(d);
  out.states.resize(samples.size() * static_cast<std::size_t>(out.d_state));
  out.logits.resize(samples.size() * static_cast<std::size_t>(out.n_labels));

  const int n_workers = std::min(pool.n_threads(), kMaxWorkers);
  const int longest = n_tokens_of(samples[0]);
  const std::size_t each = hidden_bytes(model, longest) + scratch_bytes(model, longest);
  QUERN_ASSIGN(const Buffer bytes,
               Buffer::make(ledger, "calibration", each * static_cast<std::size_t>(n_workers)));
  std::vector<Worker> workers(static_cast<std::size_t>(n_workers));
  const SampleRun run(model, out);
  std::atomic<int> next{0};
  pool.parallel_for(n_workers, [&](int w, int) {
    const auto i_worker = static_cast<std::size_t>(w);
    workers[i_worker].bytes = bytes.as<std::byte>().subspan(i_worker * each, each);
    for (int i = next++; i < out.n_samples; i = next++) {
      run.run(samples[static_cast<std::size_t>(i)], i, seen != nullptr, workers[i_worker]);
    }
  });
  if (seen != nullptr) {
    for (const Worker& worker : workers) models::merge_maxima(worker.seen, *seen);
  }
  return out;
}

}  // namespace quern::engine
