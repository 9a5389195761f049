// Templates to tokens. White space control as transformers sets it: trim_blocks, lstrip_blocks.
// Source: jinja2/lexer.py.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace quern::jinja {

struct Token {
  enum class Kind {
    kText,
    kBlockBegin,
    kBlockEnd,
    kPrintBegin,
    kPrintEnd,
    kName,
    kString,
    kInt,
    kFloat,
    kSymbol,
    kEnd
  };
  Kind kind = Kind::kEnd;
  std::string text;
  int line = 1;
};

/// Ends with a kEnd token. Errors: kBadInput with the line.
Result<std::vector<Token>> lex_template(std::string_view source);

}  // namespace quern::jinja
