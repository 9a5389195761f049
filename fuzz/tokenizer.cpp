// Hostile text through each kind of tokenizer.

#include "text/tokenizer.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "text/test_pipelines.h"

namespace {

using quern::text::BertRules;
using quern::text::BpeWords;
using quern::text::ByteLevelRules;
using quern::text::SentencePieceRules;
using quern::text::TextEncoder;
using quern::text::TokenizerSpec;

TokenizerSpec spec_with(bool on) {
  using Kind = quern::text::TemplatePiece::Kind;
  TokenizerSpec spec;
  spec.vocab = {"[UNK]", "[CLS]", "a", "b", "##a", "ab", "##b", "\u6F22", "\u00E9", ".", "e"};
  spec.unk_id = 0;
  spec.max_chars_per_word = 8;
  set_pipeline(
      spec,
      BertRules{
          .clean_text = on, .handle_chinese_chars = on, .strip_accents = {}, .lowercase = on});
  spec.added = {{.id = 1, .content = "[CLS]", .special = true, .lstrip = true, .rstrip = true},
                {.id = 11, .content = "a\u00E9", .normalized = true, .single_word = true}};
  spec.single = {{.kind = Kind::kToken, .id = 1}, {.kind = Kind::kTextA}};
  spec.pair = {{.kind = Kind::kTextA}, {.kind = Kind::kTextB, .id = 0, .type_id = 1}};
  return spec;
}

TokenizerSpec byte_bpe_spec(BpeWords words) {
  TokenizerSpec spec = spec_with(true);
  spec.merges = {{"a", "b"}, {"ab", "a"}};
  spec.vocab.push_back("aba");
  set_pipeline(spec, ByteLevelRules{.words = words,
                                    .nfc = true,
                                    .whole_words = true,
                                    .add_prefix_space = words == BpeWords::kGpt2});
  return spec;
}

TokenizerSpec sentence_piece_spec() {
  TokenizerSpec spec = spec_with(true);
  set_pipeline(spec, SentencePieceRules{});
  spec.vocab.insert(spec.vocab.end(), {"\u2581", "\u2581a", "<0xFF>", "<0xC3>", "<0x80>"});
  spec.scores.assign(spec.vocab.size(), -1.0f);
  return spec;
}

TextEncoder made(const TokenizerSpec& spec) {
  auto encoder = TextEncoder::make(spec);
  QUERN_CHECK(encoder.ok());
  return std::move(*encoder);
}

void check(const quern::text::Encoding& encoding, int max_tokens, int n_vocab) {
  QUERN_CHECK(encoding.ids.size() == encoding.type_ids.size());
  QUERN_CHECK(max_tokens == 0 || encoding.ids.size() <= static_cast<std::size_t>(max_tokens));
  QUERN_CHECK(encoding.n_dropped >= 0);
  for (const auto id : encoding.ids) QUERN_CHECK(id >= 0 && id < n_vocab);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t n_bytes) {
  static const TextEncoder encoders[] = {made(spec_with(true)),
                                         made(spec_with(false)),
                                         made(byte_bpe_spec(BpeWords::kGpt2)),
                                         made(byte_bpe_spec(BpeWords::kLlama3)),
                                         made(byte_bpe_spec(BpeWords::kSmolLm)),
                                         made(sentence_piece_spec())};
  const std::string_view text(reinterpret_cast<const char*>(data), n_bytes);
  const int max_tokens = n_bytes == 0 ? 0 : 1 + data[0] % 32;
  for (const TextEncoder& encoder : encoders) {
    const int n_vocab = encoder.tokenizer().n_vocab();
    check(encoder.encode(text, 0), 0, n_vocab);
    check(encoder.encode(text, max_tokens), max_tokens, n_vocab);
    check(encoder.encode_pair(text.substr(0, n_bytes / 2), text.substr(n_bytes / 2), max_tokens),
          max_tokens, n_vocab);
    std::string shown;
    for (int id = -1; id <= n_vocab; ++id) encoder.tokenizer().decode(id, shown);
  }
  return 0;
}
