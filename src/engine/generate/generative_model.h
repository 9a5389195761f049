// A generating model, loaded: weights, tokenizer, and which tokens end or are no text.

#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "engine/model_card.h"
#include "engine/servable.h"
#include "models/decoder.h"

namespace quern::engine {

struct GenerativeModel : LoadedWeights {
  std::shared_ptr<const ModelCard> card;
  models::Decoder decoder;

  models::SectionStream* stream() const override { return decoder.weights.stream(); }

  /// Of the text of any token. Found when first asked for. Threads: any.
  std::size_t longest_token_bytes() const;

  bool ends(text::TokenId id) const;
  /// Appends what the token adds to a text; nothing for control tokens.
  void append_bytes(text::TokenId id, std::string& out) const;

 private:
  mutable std::once_flag measured_;
  mutable std::size_t longest_token_bytes_ = 1;
};

}  // namespace quern::engine
