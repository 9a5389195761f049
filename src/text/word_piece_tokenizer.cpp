#include "text/word_piece_tokenizer.h"

#include <algorithm>
#include <string>

#include "text/added_tokens.h"
#include "text/bert_normalizer.h"
#include "text/bert_words.h"
#include "text/utf8.h"
#include "text/word_piece.h"

namespace quern::text {
namespace {

// Added tokens of one kind: those sought in the raw text, or those in the normalised text, whose
// own content is then normalised too.
std::vector<AddedToken> tokens_matched_in(const std::vector<AddedToken>& added, bool normalized,
                                          const BertNormalizer& normalizer) {
  std::vector<AddedToken> found;
  for (const AddedToken& token : added) {
    if (token.normalized != normalized) continue;
    found.push_back(token);
    if (!normalized) continue;
    found.back().content.clear();
    normalizer.normalize(token.content, found.back().content);
  }
  return found;
}

class WordPieceTokenizer : public Tokenizer {
 public:
  explicit WordPieceTokenizer(const TokenizerSpec& spec)
      : normalizer_(spec.bert),
        model_(spec),
        added_(spec.added),
        raw_tokens_(tokens_matched_in(spec.added, false, normalizer_)),
        normalized_tokens_(tokens_matched_in(spec.added, true, normalizer_)),
        n_vocab_(model_.pieces().n_pieces()) {
    for (const AddedToken& token : added_) n_vocab_ = std::max(n_vocab_, token.id + 1);
  }

  void encode(std::string_view utf8, Specials specials, std::vector<TokenId>& out) const override {
    Scratch scratch;
    const std::string_view text = repair_utf8(utf8, scratch.repaired);
    if (raw_tokens_.empty()) return encode_raw_part(text, specials, scratch, out);
    std::vector<TextPart> parts;
    raw_tokens_.split(text, specials, parts);
    for (const TextPart& part : parts) {
      if (part.id >= 0) {
        out.push_back(part.id);
      } else {
        encode_raw_part(part.text, specials, scratch, out);
      }
    }
  }

  void decode(TokenId id, std::string& out) const override {
    const auto added = std::find_if(added_.begin(), added_.end(),
                                    [&](const AddedToken& token) { return token.id == id; });
    if (added != added_.end()) {
      out += added->content;
    } else if (id >= 0 && id < model_.pieces().n_pieces()) {
      out += model_.pieces().piece(id);
    }
  }

  int n_vocab() const override { return n_vocab_; }

  std::size_t resident_bytes() const override {
    return sizeof(*this) + model_.resident_bytes() + 2 * raw_tokens_.resident_bytes() +
           2 * normalized_tokens_.resident_bytes();
  }

 private:
  struct Scratch {
    std::string repaired;
    std::string normal;
    std::vector<TextPart> parts;
    WordPiece::Scratch hashes;
  };

  void encode_raw_part(std::string_view text, Specials specials, Scratch& scratch,
                       std::vector<TokenId>& out) const {
    scratch.normal.clear();
    normalizer_.normalize(text, scratch.normal);
    if (normalized_tokens_.empty()) return encode_words(scratch.normal, scratch, out);
    scratch.parts.clear();
    normalized_tokens_.split(scratch.normal, specials, scratch.parts);
    for (const TextPart& part : scratch.parts) {
      if (part.id >= 0) {
        out.push_back(part.id);
      } else {
        encode_words(part.text, scratch, out);
      }
    }
  }

  void encode_words(std::string_view normal, Scratch& scratch, std::vector<TokenId>& out) const {
    while (!normal.empty()) {
      const std::string_view word = next_bert_word(normal);
      if (!word.empty()) model_.encode_word(word, scratch.hashes, out);
    }
  }

  const BertNormalizer normalizer_;
  const WordPiece model_;
  const std::vector<AddedToken> added_;
  const AddedTokens raw_tokens_;
  const AddedTokens normalized_tokens_;
  int n_vocab_;
};

}  // namespace

Result<std::unique_ptr<Tokenizer>> make_word_piece_tokenizer(const TokenizerSpec& spec) {
  if (spec.unk_id < 0 || static_cast<std::size_t>(spec.unk_id) >= spec.vocab.size()) {
    return {Code::kBadInput, "the unknown token has id " + std::to_string(spec.unk_id) +
                                 ", the vocabulary has " + std::to_string(spec.vocab.size())};
  }
  return std::unique_ptr<Tokenizer>(std::make_unique<WordPieceTokenizer>(spec));
}

}  // namespace quern::text
