#include "text/bert/bert_words.h"

#include <array>

#include "base/char_class.h"
#include "text/bert/bert_chars.h"

namespace quern::text {
namespace {

enum class Class : unsigned char { kWord, kSpace, kPunctuation };

Class class_of(CodePoint code) {
  if (is_white_space(code)) return Class::kSpace;
  return is_bert_punctuation(code) ? Class::kPunctuation : Class::kWord;
}

const std::array<Class, 128> kAsciiClass = [] {
  std::array<Class, 128> classes{};
  for (CodePoint c = 0; c < 128; ++c) classes[c] = class_of(c);
  return classes;
}();

struct Char {
  Class kind;
  std::size_t n_bytes;
};

Char char_at(std::string_view text, std::size_t pos) {
  const auto byte = static_cast<unsigned char>(text[pos]);
  if (byte < 0x80) return {kAsciiClass[byte], 1};
  const Decoded c = decode_utf8(text, pos);
  return {class_of(c.code), static_cast<std::size_t>(c.n_bytes)};
}

}  // namespace

std::string_view next_bert_word(std::string_view& rest) {
  std::size_t start = 0;
  std::size_t end = 0;
  while (end < rest.size()) {
    const Char c = char_at(rest, end);
    if (c.kind == Class::kWord) {
      end += c.n_bytes;
      continue;
    }
    if (end > start) break;
    end += c.n_bytes;
    if (c.kind == Class::kPunctuation) break;
    start = end;
  }
  const std::string_view word = rest.substr(start, end - start);
  rest.remove_prefix(end);
  return word;
}

}  // namespace quern::text
