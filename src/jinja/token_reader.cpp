#include "jinja/token_reader.h"

#include <algorithm>

namespace quern::jinja {

using Kind = Token::Kind;

void TokenReader::fail(const std::string& what, Code code) {
  if (failed()) return;
  const std::string near = peek().text.empty() ? "" : " near '" + peek().text.substr(0, 40) + "'";
  status_ = Status(code, "template line " + std::to_string(line()) + ": " + what + near);
  pos_ = tokens_.size() - 1;
}

const Token& TokenReader::peek_next() const {
  return tokens_[std::min(pos_ + 1, tokens_.size() - 1)];
}

Token TokenReader::take() {
  Token token = peek();
  if (!at(Kind::kEnd)) ++pos_;
  return token;
}

void TokenReader::expect_symbol(std::string_view s) {
  if (!failed() && !take_symbol(s)) fail("expected '" + std::string(s) + "'");
}

std::string TokenReader::expect_name() {
  if (!failed() && !at(Kind::kName)) fail("expected a name");
  return failed() ? "" : take().text;
}

void TokenReader::expect(Kind kind, const char* what) {
  if (failed()) return;
  if (!at(kind)) return fail(std::string("expected ") + what);
  take();
}

}  // namespace quern::jinja
