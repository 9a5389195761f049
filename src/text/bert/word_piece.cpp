#include "text/bert/word_piece.h"

#include <algorithm>

#include "base/utf8.h"

namespace quern::text {

WordPiece::WordPiece(const TokenizerSpec& spec)
    : whole_(spec.vocab),
      continued_(spec.vocab, spec.continuing_prefix),
      unk_id_(spec.unk_id),
      max_chars_per_word_(static_cast<std::size_t>(std::max(0, spec.max_chars_per_word))) {}

WordPiece::Found WordPiece::longest_prefix(const PieceTable& table, std::string_view text,
                                           Scratch& scratch) {
  std::size_t n = std::min(text.size(), table.longest_bytes());
  if (scratch.size() < n + 1) scratch.resize(n + 1);
  PieceHash hash = kEmptyHash;
  for (std::size_t i = 0; i < n; ++i) {
    hash = extend_hash(hash, text[i]);
    scratch[i + 1] = hash;
  }
  for (; n > 0; --n) {
    if (n < text.size() && is_continuation_byte(text[n])) continue;  // Inside a character.
    const TokenId id = table.find(text.substr(0, n), scratch[n]);
    if (id >= 0) return {n, id};
  }
  return {};
}

void WordPiece::encode_word(std::string_view word, Scratch& scratch,
                            std::vector<TokenId>& out) const {
  const std::size_t n_before = out.size();
  bool is_unknown = word.size() > max_chars_per_word_ && count_chars(word) > max_chars_per_word_;
  const PieceTable* table = &whole_;
  for (std::string_view rest = word; !is_unknown && !rest.empty(); table = &continued_) {
    const Found found = longest_prefix(*table, rest, scratch);
    is_unknown = found.id < 0;
    out.push_back(found.id);
    rest.remove_prefix(found.n_bytes);
  }
  if (!is_unknown) return;
  out.resize(n_before);
  out.push_back(unk_id_);
}

std::size_t WordPiece::resident_bytes() const {
  return whole_.resident_bytes() + continued_.resident_bytes();
}

}  // namespace quern::text
