// Pieces of a vocabulary back into text, token by token.
// Source: huggingface/tokenizers, decoders/.

#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "text/pipeline/matcher.h"
#include "text/tokenizer_spec.h"

namespace quern::text {

class TokenText {
 public:
  /// Errors: kUnsupported for a regex.
  static Result<TokenText> make(const std::vector<Decoder>& list);

  /// Appends what `piece` stands for to `out`; its bytes may be part of a character.
  void append(std::string_view piece, std::string& out) const;

  std::size_t resident_bytes() const { return steps_.capacity() * sizeof(Step); }

 private:
  struct Replacing {
    Matcher matcher;
    std::string content;
  };
  using Step = std::variant<decoders::ByteLevel, decoders::ByteFallback, Replacing>;

  static Result<Step> make_step(const Decoder& decoder);

  std::vector<Step> steps_;
};

}  // namespace quern::text
