#include "text/pipeline/pipeline_tokenizer.h"

#include <algorithm>
#include <span>

#include "text/added_vocabulary.h"
#include "text/pipeline/pre_tokenization.h"
#include "text/pipeline/text_normalizer.h"
#include "text/pipeline/token_text.h"
#include "text/pipeline/word_model.h"
#include "text/word_cache.h"

namespace quern::text {
namespace {

struct Components {
  TextNormalizer normalizer;
  PreTokenization pre_tokenization;
  std::unique_ptr<WordModel> model;
  TokenText token_text;
};

/// What one call needs.
struct Scratch {
  explicit Scratch(std::size_t text_bytes)
      : regex(text_bytes), normal(regex), cut(regex), cache(text_bytes) {}
  RegexScratch regex;
  TextNormalizer::Scratch normal;
  PreTokenization::Scratch cut;
  WordScratch word;
  WordCache cache;
};

auto normalize_with(const TextNormalizer& normalizer, Scratch& scratch) {
  return [&](std::string_view text, std::string& storage) {
    return normalizer.normalize(text, scratch.normal, storage);
  };
}

AddedVocabulary added_vocabulary(const TokenizerSpec& spec, const TextNormalizer& normalizer) {
  Scratch scratch(0);
  return {spec.added, normalize_with(normalizer, scratch)};
}

class PipelineTokenizer : public Tokenizer {
 public:
  PipelineTokenizer(const TokenizerSpec& spec, Components parts)
      : parts_(std::move(parts)), added_(added_vocabulary(spec, parts_.normalizer)) {}

  using Tokenizer::encode;

  void encode(std::string_view utf8, Specials specials, const ByteSpans& plain,
              std::vector<TokenId>& out) const override {
    Scratch scratch(utf8.size());
    const auto encode_text = [&](std::string_view text, bool is_front) {
      parts_.pre_tokenization.cut(text, is_front && !scratch.normal.lost_front, scratch.cut,
                                  [&](std::string_view word) { encode_word(word, scratch, out); });
    };
    added_.encode(utf8, {specials, plain}, normalize_with(parts_.normalizer, scratch), encode_text,
                  out);
  }

  void decode(TokenId id, std::string& out) const override {
    if (const std::string* content = added_.find(id)) {
      out += *content;
    } else if (id >= 0 && id < parts_.model->n_vocab()) {
      parts_.token_text.append(parts_.model->piece(id), out);
    }
  }

  int n_vocab() const override { return std::max(parts_.model->n_vocab(), added_.n_vocab()); }

  std::size_t resident_bytes() const override {
    return sizeof(*this) + parts_.normalizer.resident_bytes() +
           parts_.pre_tokenization.resident_bytes() + parts_.model->resident_bytes() +
           parts_.token_text.resident_bytes() + added_.resident_bytes();
  }

 private:
  void encode_word(std::string_view word, Scratch& scratch, std::vector<TokenId>& out) const {
    const PieceHash hash = hash_of(word);
    if (scratch.cache.append_if_known(word, hash, out)) return;
    const std::size_t n_before = out.size();
    parts_.model->encode(word, scratch.word, out);
    scratch.cache.add(word, hash, std::span(out).subspan(n_before));
  }

  const Components parts_;
  const AddedVocabulary added_;
};

}  // namespace

Result<std::unique_ptr<Tokenizer>> make_pipeline_tokenizer(const TokenizerSpec& spec) {
  Components parts;
  QUERN_ASSIGN(parts.normalizer, TextNormalizer::make(spec.normalizers));
  QUERN_ASSIGN(parts.pre_tokenization, PreTokenization::make(spec.pre_tokenizers));
  QUERN_ASSIGN(parts.model, make_word_model(spec));
  QUERN_ASSIGN(parts.token_text, TokenText::make(spec.decoders));
  return std::unique_ptr<Tokenizer>(std::make_unique<PipelineTokenizer>(spec, std::move(parts)));
}

}  // namespace quern::text
