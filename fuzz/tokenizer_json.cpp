// The tokenizer.json reader: every id it hands on lies inside the vocabulary.

#include "formats/tokenizer/tokenizer_json.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"

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
  return 0;
}
