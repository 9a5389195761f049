// Tokens one after another, for the parsers. The first error stays; after it only the end is left,
// so that every loop over tokens stops.

#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "jinja/lexer.h"

namespace quern::jinja {

class TokenReader {
 public:
  /// `tokens` end with a kEnd token.
  explicit TokenReader(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  bool failed() const { return !status_.ok(); }
  const Status& status() const { return status_; }
  void fail(const std::string& what, Code code = Code::kBadInput);

  const Token& peek() const { return tokens_[pos_]; }
  /// The token behind that one.
  const Token& peek_next() const;
  int line() const { return peek().line; }

  bool at(Token::Kind kind) const { return peek().kind == kind; }
  bool at_symbol(std::string_view s) const { return is(peek(), Token::Kind::kSymbol, s); }
  bool at_name(std::string_view s) const { return is(peek(), Token::Kind::kName, s); }

  /// Takes the token if it is that one.
  bool take_symbol(std::string_view s) { return take_if(at_symbol(s)); }
  bool take_name(std::string_view s) { return take_if(at_name(s)); }
  Token take();

  /// Takes it or fails.
  void expect_symbol(std::string_view s);
  std::string expect_name();
  void expect(Token::Kind kind, const char* what);

  static bool is(const Token& token, Token::Kind kind, std::string_view text) {
    return token.kind == kind && token.text == text;
  }

  /// Trees deeper than this are refused, so that walking them cannot exhaust the stack.
  static constexpr int kMaxDepth = 200;

  /// Guards the recursion of the parsers themselves.
  class Nesting {
   public:
    explicit Nesting(TokenReader& reader) : reader_(reader) {
      if (++reader_.depth_ > kMaxDepth) {
        reader_.fail("template nests too deeply", Code::kUnsupported);
      }
    }
    ~Nesting() { --reader_.depth_; }
    Nesting(const Nesting&) = delete;
    Nesting& operator=(const Nesting&) = delete;

   private:
    TokenReader& reader_;
  };

 private:
  bool take_if(bool is_it) {
    pos_ += is_it ? 1 : 0;
    return is_it;
  }

  const std::vector<Token> tokens_;
  std::size_t pos_ = 0;
  int depth_ = 0;
  Status status_;
};

}  // namespace quern::jinja
