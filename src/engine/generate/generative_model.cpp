#include "engine/generate/generative_model.h"

#include <algorithm>

namespace quern::engine {

std::size_t GenerativeModel::longest_token_bytes() const {
  std::call_once(measured_, [&] {
    const text::Tokenizer& tokenizer = card->encoder->tokenizer();
    std::string token;
    for (text::TokenId id = 0; id < tokenizer.n_vocab(); ++id) {
      token.clear();
      tokenizer.decode(id, token);
      longest_token_bytes_ = std::max(longest_token_bytes_, token.size());
    }
  });
  return longest_token_bytes_;
}

bool GenerativeModel::ends(text::TokenId id) const {
  const std::vector<text::TokenId>& ends = card->as_decoder().model.end_ids;
  return std::binary_search(ends.begin(), ends.end(), id);
}

void GenerativeModel::append_bytes(text::TokenId id, std::string& out) const {
  const text::Tokenizer& tokenizer = card->encoder->tokenizer();
  if (id < tokenizer.n_vocab() && !card->as_decoder().hidden_ids.contains(id))
    tokenizer.decode(id, out);
}

}  // namespace quern::engine
