#include "text/tokenizer.h"

#include "text/bert/word_piece_tokenizer.h"
#include "text/bpe/byte_bpe_tokenizer.h"
#include "text/bpe/sentence_piece_tokenizer.h"

namespace quern::text {

Result<std::unique_ptr<Tokenizer>> make_tokenizer(const TokenizerSpec& spec) {
  constexpr std::size_t kMaxVocab = 1u << 24;
  if (spec.vocab.empty()) return {Code::kBadInput, "the vocabulary is empty"};
  std::size_t n_bytes = 0;
  for (const std::string& piece : spec.vocab) n_bytes += piece.size();
  if (spec.vocab.size() > kMaxVocab || n_bytes >= 1u << 31) {
    return {Code::kUnsupported,
            "a vocabulary of " + std::to_string(spec.vocab.size()) + " pieces is too large"};
  }
  for (const AddedToken& token : spec.added) {
    if (token.id < 0 || static_cast<std::size_t>(token.id) >= kMaxVocab) {
      return {Code::kBadInput,
              "added token '" + token.content + "' has id " + std::to_string(token.id)};
    }
  }
  switch (spec.model) {
    case TokenizerSpec::Model::kWordPiece:
      return make_word_piece_tokenizer(spec);
    case TokenizerSpec::Model::kBpe:
      return make_byte_bpe_tokenizer(spec);
    case TokenizerSpec::Model::kSentencePieceBpe:
      return make_sentence_piece_tokenizer(spec);
    case TokenizerSpec::Model::kUnigram:
      return {Code::kUnsupported, "Unigram tokenizers are not supported"};
  }
  return {Code::kUnsupported, "unknown tokenizer model"};
}

}  // namespace quern::text
