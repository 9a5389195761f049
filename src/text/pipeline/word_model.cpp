#include "text/pipeline/word_model.h"

#include "text/pipeline/bpe_model.h"
#include "text/pipeline/unigram_model.h"

namespace quern::text {
namespace {

Status check_unk(const TokenizerSpec& spec) {
  if (spec.unk_id >= 0 && static_cast<std::size_t>(spec.unk_id) < spec.vocab.size()) return {};
  return {Code::kBadInput, "the unknown token has id " + std::to_string(spec.unk_id) +
                               ", the vocabulary has " + std::to_string(spec.vocab.size())};
}

class WordPieceModel : public WordModel {
 public:
  explicit WordPieceModel(const TokenizerSpec& spec) : pieces_(spec) {}

  void encode(std::string_view word, WordScratch& scratch,
              std::vector<TokenId>& out) const override {
    pieces_.encode_word(word, scratch.prefix_hashes, out);
  }
  std::string_view piece(TokenId id) const override { return pieces_.pieces().piece(id); }
  int n_vocab() const override { return pieces_.pieces().n_pieces(); }
  std::size_t resident_bytes() const override { return sizeof(*this) + pieces_.resident_bytes(); }

 private:
  const WordPiece pieces_;
};

/// A word is a token, or unknown.
class WordLevelModel : public WordModel {
 public:
  explicit WordLevelModel(const TokenizerSpec& spec) : words_(spec.vocab), unk_id_(spec.unk_id) {}

  void encode(std::string_view word, WordScratch&, std::vector<TokenId>& out) const override {
    const TokenId id = words_.find(word);
    out.push_back(id >= 0 ? id : unk_id_);
  }
  std::string_view piece(TokenId id) const override { return words_.piece(id); }
  int n_vocab() const override { return words_.n_pieces(); }
  std::size_t resident_bytes() const override { return sizeof(*this) + words_.resident_bytes(); }

 private:
  const PieceTable words_;
  const TokenId unk_id_;
};

/// The spec without the texts of its special tokens.
TokenizerSpec without_specials(const TokenizerSpec& spec) {
  TokenizerSpec copy = spec;
  for (const AddedToken& token : spec.added) {
    const auto id = static_cast<std::size_t>(token.id);
    if (token.special && id < copy.vocab.size()) copy.vocab[id].clear();
  }
  return copy;
}

}  // namespace

Result<std::unique_ptr<WordModel>> make_word_model(const TokenizerSpec& spec) {
  using Made = std::unique_ptr<WordModel>;
  switch (spec.model) {
    case TokenizerSpec::Model::kWordPiece:
      QUERN_TRY(check_unk(spec));
      return Made(std::make_unique<WordPieceModel>(without_specials(spec)));
    case TokenizerSpec::Model::kBpe:
      if (spec.unk_id >= 0) QUERN_TRY(check_unk(spec));
      return make_bpe_model(spec);
    case TokenizerSpec::Model::kUnigram:
      if (spec.unk_id >= 0) QUERN_TRY(check_unk(spec));
      return make_unigram_model(without_specials(spec));
    case TokenizerSpec::Model::kWordLevel:
      QUERN_TRY(check_unk(spec));
      return Made(std::make_unique<WordLevelModel>(without_specials(spec)));
  }
  return {Code::kUnsupported, "unknown tokenizer model"};
}

}  // namespace quern::text
