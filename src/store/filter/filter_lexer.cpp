#include "store/filter/filter_lexer.h"

#include <fmt/format.h>

namespace quern::store {
namespace {

bool is_word_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '.' || c == '-';
}

}  // namespace

Status filter_error(std::size_t at, std::string_view what) {
  return {Code::kBadInput, fmt::format("filter, byte {}: {}", at, what)};
}

Result<FilterToken> FilterLexer::next() {
  while (at_ < text_.size() &&
         (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r')) {
    ++at_;
  }
  if (at_ == text_.size()) {
    return FilterToken{.kind = FilterTokenKind::kEnd, .text = "the end", .at = at_};
  }
  const char c = text_[at_];
  if (c == '"') return string();
  if (is_word_char(c)) return word();
  return sign();
}

Result<FilterToken> FilterLexer::string() {
  FilterToken token{.kind = FilterTokenKind::kString, .text = {}, .at = at_};
  for (std::size_t i = at_ + 1; i < text_.size(); ++i) {
    char c = text_[i];
    if (c == '"') {
      at_ = i + 1;
      return token;
    }
    if (c == '\\') {
      if (++i == text_.size()) break;
      c = text_[i];
      if (c != '"' && c != '\\') return filter_error(i, "want \\\" or \\\\ after a backslash");
    }
    token.text.push_back(c);
  }
  return filter_error(token.at, "a string without its closing quote");
}

FilterToken FilterLexer::word() {
  const std::size_t begin = at_;
  while (at_ < text_.size() && is_word_char(text_[at_])) ++at_;
  const std::string_view word = text_.substr(begin, at_ - begin);
  const bool is_number = word[0] == '-' || (word[0] >= '0' && word[0] <= '9');
  return FilterToken{.kind = is_number ? FilterTokenKind::kNumber : FilterTokenKind::kWord,
                     .text = std::string(word),
                     .at = begin};
}

Result<FilterToken> FilterLexer::sign() {
  for (const std::string_view sign : {"!=", "<=", ">=", "==", "=", "<", ">", "(", ")", ","}) {
    if (!text_.substr(at_).starts_with(sign)) continue;
    const std::size_t begin = at_;
    at_ += sign.size();
    return FilterToken{.kind = FilterTokenKind::kSign,
                       .text = sign == "==" ? "=" : std::string(sign),
                       .at = begin};
  }
  return filter_error(at_, "a character that no filter has");
}

}  // namespace quern::store
