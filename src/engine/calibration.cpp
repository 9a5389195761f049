#include "engine/calibration.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "engine/calibration_texts.h"
#include "tensor/buffer.h"

namespace quern::engine {
namespace {

constexpr int kMaxTokens = 512;

std::vector<text::Encoding> encode_texts(const ModelCard& card) {
  std::vector<text::Encoding> out;
  const int max_tokens = std::min(kMaxTokens, card.folder.config.n_positions);
  for (const std::string& text : calibration_texts()) {
    out.push_back(card.encoder->encode(text, max_tokens));
  }
  return out;
}

Result<Buffer> scratch_for(const models::BertModel& model, int n_tokens, int n_threads,
                           ByteLedger& ledger) {
  return Buffer::make(ledger, "calibration",
                      models::bert_scratch_bytes(model, n_tokens, n_tokens, n_threads));
}

/// The vector of one text, as Faithfulness says.
Result<std::vector<float>> run_text(const ModelCard& card, const models::BertModel& model,
                                    const text::Encoding& text, ByteLedger& ledger,
                                    ThreadPool& pool) {
  const int n = static_cast<int>(text.ids.size());
  const int d = model.config.d_model;
  const std::vector<std::int32_t> starts = {0, n};
  const models::RaggedBatch batch{.ids = text.ids, .type_ids = text.type_ids, .seq_starts = starts};
  QUERN_ASSIGN(const Buffer scratch, scratch_for(model, n, pool.n_threads(), ledger));
  std::vector<float> hidden(static_cast<std::size_t>(n) * static_cast<std::size_t>(d));
  const Matrix<float> rows(hidden.data(), n, d);
  models::bert_forward(model, batch, scratch.as<std::byte>(), pool, rows);
  std::vector<float> out(static_cast<std::size_t>(d));
  const bool classify = card.task() == Task::kClassify;
  models::pool_sequences(batch, rows, classify ? formats::Pooling::kCls : card.folder.pooling, true,
                         {out.data(), 1, d});
  return out;
}

double dot(const std::vector<float>& a, const std::vector<float>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += static_cast<double>(a[i]) * b[i];
  return sum;
}

}  // namespace

Result<models::Int8Calibration> calibrate(const ModelCard& card, const models::BertModel& f32,
                                          ByteLedger& ledger) {
  models::Int8Calibration seen;
  for (const text::Encoding& text : encode_texts(card)) {
    const int n = static_cast<int>(text.ids.size());
    const std::vector<std::int32_t> starts = {0, n};
    QUERN_ASSIGN(const Buffer scratch, scratch_for(f32, n, 1, ledger));
    models::observe_bert(f32, {.ids = text.ids, .type_ids = text.type_ids, .seq_starts = starts},
                         scratch.as<std::byte>(), seen);
  }
  return seen;
}

Result<Faithfulness> measure_faithfulness(const ModelCard& card, const models::BertModel& f32,
                                          const models::BertModel& other, ByteLedger& ledger,
                                          ThreadPool& pool) {
  Faithfulness out{.mean_cosine = 0, .min_cosine = 1};
  const std::vector<text::Encoding> texts = encode_texts(card);
  for (const text::Encoding& text : texts) {
    QUERN_ASSIGN(const std::vector<float> want, run_text(card, f32, text, ledger, pool));
    QUERN_ASSIGN(const std::vector<float> got, run_text(card, other, text, ledger, pool));
    const double cosine = dot(want, got);
    out.mean_cosine += cosine / static_cast<double>(texts.size());
    out.min_cosine = std::min(out.min_cosine, cosine);
  }
  return out;
}

}  // namespace quern::engine
