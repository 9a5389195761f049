#include "engine/load/encoder_servable.h"

#include <algorithm>
#include <utility>

#include "base/machine.h"
#include "engine/batch.h"

namespace quern::engine {
namespace {

class EncoderServable : public Servable {
 public:
  EncoderServable(std::shared_ptr<const ModelCard> card, models::Encoder model)
      : card_(std::move(card)), model_(std::move(model)) {}

  models::SectionStream* stream() const override { return model_.weights.stream(); }

  formats::OutputShape shape_of(const OutputForm& form) const override {
    return head().shape_of(form.kind, model_.config.n_vocab);
  }

  int batch_tokens() const override {
    return default_batch_tokens(model_.config.d_model, model_.config.d_ff, cache_sizes());
  }

  std::size_t scratch_bytes(int n_tokens, int longest, int n_threads) const override {
    // What becomes of hidden rows begins where the pass has ended. A sequence has a token at least.
    const int d = model_.config.d_model;
    return hidden_bytes(n_tokens) +
           std::max({models::encoder_scratch_bytes(model_, n_tokens, longest, n_threads),
                     models::vector_scratch_bytes(model_.head, d, n_tokens),
                     models::row_scratch_bytes(model_.rows, d, n_tokens),
                     models::row_scratch_bytes(model_.terms_of_rows, d, n_tokens),
                     models::term_scratch_bytes(model_.terms, n_tokens)});
  }

  void forward(const OutputForm& form, const models::RaggedBatch& batch,
               std::span<std::byte> scratch, ThreadPool& pool, Matrix<float> out) const override {
    const Matrix<float> hidden(reinterpret_cast<float*>(scratch.data()), batch.n_tokens(),
                               model_.config.d_model);
    const auto rest = scratch.subspan(hidden_bytes(batch.n_tokens()));
    models::encoder_forward(model_, batch, rest, pool, hidden);
    const auto last = form.leaves_last_norm ? models::LastNorm::kLeftOut : models::LastNorm::kDone;
    switch (form.kind) {
      case OutputKind::kVector:
        return models::pool_sequences(model_.head, batch, hidden, rest, pool, out, last);
      case OutputKind::kLogits:
        return models::classify_sequences(model_.classifier, batch, hidden, out);
      case OutputKind::kRows:
      case OutputKind::kTags:
        return models::map_rows(model_.rows, hidden, last, rest, pool, out);
      case OutputKind::kSparse:
        if (!model_.terms.empty()) {
          return models::weigh_terms(model_.terms, batch, hidden, rest, pool, out);
        }
        return models::map_rows(model_.terms_of_rows, hidden, last, rest, pool, out);
    }
  }

 private:
  const formats::HeadFacts& head() const { return card_->as_encoder().folder.head; }

  std::size_t hidden_bytes(int n_tokens) const {
    const std::size_t bytes = static_cast<std::size_t>(n_tokens) *
                              static_cast<std::size_t>(model_.config.d_model) * sizeof(float);
    return (bytes + Buffer::kAlignment - 1) / Buffer::kAlignment * Buffer::kAlignment;
  }

  const std::shared_ptr<const ModelCard> card_;
  const models::Encoder model_;
};

}  // namespace

std::shared_ptr<const Servable> make_encoder_servable(std::shared_ptr<const ModelCard> card,
                                                      models::Encoder model) {
  return std::make_shared<EncoderServable>(std::move(card), std::move(model));
}

}  // namespace quern::engine
