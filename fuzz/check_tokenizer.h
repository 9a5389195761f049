// For the fuzz targets that read tokenizers: every id that a reader hands on lies inside the
// vocabulary, and what it read can be run, on the fast path and component by component.

#pragma once

#include <string>
#include <vector>

#include "base/check.h"
#include "text/pipeline/pipeline_tokenizer.h"
#include "text/tokenizer.h"

namespace quern::fuzz {

inline const char* const kTexts[] = {"", " ", "a<s> b  a\n", "Aa1 \u6F22\u00E9e\u0301\u0323 x-y--z",
                                     "\xFF\u2581\uFB01\u00BD aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};

inline void run_tokenizer(const text::Tokenizer& tokenizer) {
  for (const char* text : kTexts) {
    for (const auto specials : {text::Specials::kAsToken, text::Specials::kAsText}) {
      std::vector<text::TokenId> ids;
      tokenizer.encode(text, specials, ids);
      std::string shown;
      for (const auto id : ids) {
        QUERN_CHECK(id >= 0 && id < tokenizer.n_vocab());
        tokenizer.decode(id, shown);
      }
    }
  }
}

inline void check_tokenizer(const text::TokenizerSpec& spec) {
  const auto n_vocab = static_cast<text::TokenId>(spec.vocab.size());
  QUERN_CHECK(spec.unk_id < n_vocab);
  for (const auto& token : spec.added) QUERN_CHECK(token.id >= 0 && token.id < n_vocab);
  for (const auto* pieces : {&spec.single, &spec.pair}) {
    for (const auto& piece : *pieces) QUERN_CHECK(piece.id >= 0 && piece.id < n_vocab);
  }
  const auto fastest = text::make_tokenizer(spec);
  if (fastest.ok()) run_tokenizer(**fastest);
  const auto general = text::make_pipeline_tokenizer(spec);
  if (general.ok()) run_tokenizer(**general);
}

}  // namespace quern::fuzz
