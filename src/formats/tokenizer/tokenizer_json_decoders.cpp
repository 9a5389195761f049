// "decoder" of tokenizer.json.

#include <algorithm>
#include <iterator>

#include "formats/tokenizer/tokenizer_json_parts.h"

namespace quern::formats {
namespace {

namespace decoders = text::decoders;
using text::Decoder;

// What these do depends on a token's neighbours: see text::decoders.
constexpr std::string_view kOfSequences[] = {"WordPiece", "Fuse", "Strip", "CTC"};

Result<Decoder> read_metaspace(Json part) {
  decoders::Metaspace metaspace;
  QUERN_ASSIGN(const std::string_view replacement, string_member(part, "replacement"));
  if (replacement.empty()) return {Code::kBadInput, "'replacement' is empty"};
  metaspace.replacement = replacement;
  return Decoder(std::move(metaspace));
}

Result<Decoder> read_bpe(Json part) {
  std::string_view suffix = "</w>";
  if (has_member(part, "suffix")) {
    QUERN_ASSIGN(suffix, string_member(part, "suffix"));
  }
  return Decoder(decoders::Bpe{std::string(suffix)});
}

Result<Decoder> read_replace(Json part) {
  text::Replace replace;
  QUERN_ASSIGN(replace.pattern, read_pattern(part));
  QUERN_ASSIGN(const std::string_view content, string_member(part, "content"));
  replace.content = content;
  return Decoder(std::move(replace));
}

Result<Decoder> read_decoder(std::string_view type, Json part) {
  if (type == "ByteLevel") return Decoder(decoders::ByteLevel{});
  if (type == "Metaspace") return read_metaspace(part);
  if (type == "ByteFallback") return Decoder(decoders::ByteFallback{});
  if (type == "BPEDecoder") return read_bpe(part);
  if (type == "Replace") return read_replace(part);
  return unknown_component("decoder", type,
                           "WordPiece, ByteLevel, Metaspace, BPEDecoder, ByteFallback, Fuse, "
                           "Strip, Replace, CTC or Sequence");
}

}  // namespace

Status read_decoders(Json root, text::TokenizerSpec& spec) {
  return read_parts(root, "decoder", "decoders", [&](std::string_view type, Json part) {
    if (std::find(std::begin(kOfSequences), std::end(kOfSequences), type) !=
        std::end(kOfSequences)) {
      return Status();
    }
    QUERN_ASSIGN(Decoder decoder, read_decoder(type, part));
    spec.decoders.push_back(std::move(decoder));
    return Status();
  });
}

}  // namespace quern::formats
