#include "text/bert/word_piece_tokenizer.h"

#include <algorithm>
#include <string>

#include "text/added_vocabulary.h"
#include "text/bert/bert_normalizer.h"
#include "text/bert/bert_words.h"
#include "text/bert/word_piece.h"

namespace quern::text {
namespace {

class WordPieceTokenizer : public Tokenizer {
  // First, for its type is deduced.
  auto normalize() const {
    return [this](std::string_view text, std::string& storage) -> std::string_view {
      storage.clear();
      normalizer_.normalize(text, storage);
      return storage;
    };
  }

 public:
  WordPieceTokenizer(const TokenizerSpec& spec, const BertRules& rules)
      : normalizer_(rules), model_(spec), added_(spec.added, normalize()) {}

  using Tokenizer::encode;

  void encode(std::string_view utf8, Specials specials, const ByteSpans& plain,
              std::vector<TokenId>& out) const override {
    WordPiece::Scratch scratch;
    const auto encode_words = [&](std::string_view normal, bool) {
      while (!normal.empty()) {
        const std::string_view word = next_bert_word(normal);
        if (!word.empty()) model_.encode_word(word, scratch, out);
      }
    };
    added_.encode(utf8, {specials, plain}, normalize(), encode_words, out);
  }

  void decode(TokenId id, std::string& out) const override {
    if (const std::string* content = added_.find(id)) {
      out += *content;
    } else if (id >= 0 && id < model_.pieces().n_pieces()) {
      out += model_.pieces().piece(id);
    }
  }

  int n_vocab() const override { return std::max(model_.pieces().n_pieces(), added_.n_vocab()); }

  std::size_t resident_bytes() const override {
    return sizeof(*this) + model_.resident_bytes() + added_.resident_bytes();
  }

 private:
  const BertNormalizer normalizer_;
  const WordPiece model_;
  const AddedVocabulary added_;
};

}  // namespace

Result<std::unique_ptr<Tokenizer>> make_word_piece_tokenizer(const TokenizerSpec& spec,
                                                             const BertRules& rules) {
  if (spec.unk_id < 0 || static_cast<std::size_t>(spec.unk_id) >= spec.vocab.size()) {
    return {Code::kBadInput, "the unknown token has id " + std::to_string(spec.unk_id) +
                                 ", the vocabulary has " + std::to_string(spec.vocab.size())};
  }
  return std::unique_ptr<Tokenizer>(std::make_unique<WordPieceTokenizer>(spec, rules));
}

}  // namespace quern::text
