// A generating model, loaded: weights, tokenizer, and which tokens end or are no text.

#pragma once

#include <memory>
#include <string>

#include "engine/model_card.h"
#include "engine/servable.h"
#include "models/decoder.h"

namespace quern::engine {

struct GenerativeModel : LoadedWeights {
  std::shared_ptr<const ModelCard> card;
  models::Decoder decoder;

  models::SectionStream* stream() const override { return decoder.weights.stream(); }

  bool ends(text::TokenId id) const;
  /// Appends what the token adds to a text; nothing for control tokens.
  void append_bytes(text::TokenId id, std::string& out) const;
};

}  // namespace quern::engine
