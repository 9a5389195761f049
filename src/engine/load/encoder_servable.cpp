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

  int n_values() const override { return card_->n_values(); }

  int batch_tokens() const override {
    return default_batch_tokens(model_.config.d_model, model_.config.d_ff, cache_sizes());
  }

  std::size_t scratch_bytes(int n_tokens, int longest, int n_threads) const override {
    // Pooling begins where the pass has ended. A sequence has a token at least.
    return hidden_bytes(n_tokens) +
           std::max(models::encoder_scratch_bytes(model_, n_tokens, longest, n_threads),
                    models::vector_scratch_bytes(model_.head, model_.config.d_model, n_tokens));
  }

  void forward(const models::RaggedBatch& batch, std::span<std::byte> scratch, ThreadPool& pool,
               Matrix<float> out) const override {
    const Matrix<float> hidden(reinterpret_cast<float*>(scratch.data()), batch.n_tokens(),
                               model_.config.d_model);
    const auto rest = scratch.subspan(hidden_bytes(batch.n_tokens()));
    models::encoder_forward(model_, batch, rest, pool, hidden);
    if (card_->task() == Task::kClassify) {
      models::classify_sequences(model_.classifier, batch, hidden, out);
    } else {
      models::pool_sequences(model_.head, batch, hidden, rest, pool, out);
    }
  }

  void finish(const Plan& plan, std::vector<float>& values) const override {
    if (plan.slice_to == 0) return;
    if (plan.slice == Slice::kCutOnly) {
      values.resize(static_cast<std::size_t>(plan.slice_to));
    } else {
      models::slice_and_normalize(values, plan.slice_to);
    }
  }

 private:
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
