#include "text/tokenizer.h"

#include "text/bert/word_piece_tokenizer.h"
#include "text/known_pipelines.h"
#include "text/pipeline/pipeline_tokenizer.h"

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
  if (const auto rules = bert_rules_of(spec)) return make_word_piece_tokenizer(spec, *rules);
  if (const auto rules = byte_level_rules_of(spec)) return make_byte_bpe_tokenizer(spec, *rules);
  if (const auto rules = sentence_piece_rules_of(spec)) {
    return make_sentence_piece_tokenizer(spec, *rules);
  }
  return make_pipeline_tokenizer(spec);
}

}  // namespace quern::text
