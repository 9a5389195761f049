// The tokenizer.json reader: every id it hands on lies inside the vocabulary. What it reads is run,
// component by component, on a few texts.

#include "formats/tokenizer/tokenizer_json.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "text/pipeline/pipeline_tokenizer.h"
#include "text/tokenizer.h"

namespace {

using quern::text::Tokenizer;

const char* const kTexts[] = {"", " ", "a<s> b  a\n", "Aa1 \u6F22\u00E9e\u0301\u0323 x-y--z",
                              "\xFF\u2581\uFB01\u00BD aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};

void run(const Tokenizer& tokenizer) {
  for (const char* text : kTexts) {
    for (const auto specials : {quern::text::Specials::kAsToken, quern::text::Specials::kAsText}) {
      std::vector<quern::text::TokenId> ids;
      tokenizer.encode(text, specials, ids);
      std::string shown;
      for (const auto id : ids) {
        QUERN_CHECK(id >= 0 && id < tokenizer.n_vocab());
        tokenizer.decode(id, shown);
      }
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t n) {
  const std::string_view json(reinterpret_cast<const char*>(data), n);
  const auto spec = quern::formats::parse_tokenizer_json(json);
  if (!spec.ok()) return 0;
  const auto n_vocab = static_cast<quern::text::TokenId>(spec->vocab.size());
  QUERN_CHECK(spec->unk_id < n_vocab);
  for (const auto& token : spec->added) QUERN_CHECK(token.id >= 0 && token.id < n_vocab);
  for (const auto* pieces : {&spec->single, &spec->pair}) {
    for (const auto& piece : *pieces) QUERN_CHECK(piece.id >= 0 && piece.id < n_vocab);
  }
  const auto fastest = quern::text::make_tokenizer(*spec);
  if (fastest.ok()) run(**fastest);
  const auto general = quern::text::make_pipeline_tokenizer(*spec);
  if (general.ok()) run(**general);
  return 0;
}
