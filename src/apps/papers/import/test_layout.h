// Pages of words for tests, set as a printer would: ten points of size, five points a character.

#pragma once

#include <algorithm>
#include <string>
#include <utility>

#include "apps/papers/import/pdf_layout.h"

namespace quern::apps {

/// A line of words from a point on; a character is half as wide as it is high.
inline PdfLine set_line(float left, float top, const std::string& text, float size = 10) {
  std::vector<PdfWord> words;
  float at = left;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    const std::string word = text.substr(begin, end - begin);
    const float width = 0.5F * size * static_cast<float>(word.size());
    if (!word.empty()) words.push_back({.box = {at, top, at + width, top + size}, .text = word});
    at += width + 0.3F * size;
    begin = end + 1;
  }
  return line_of_words(std::move(words));
}

/// Puts lines below each other, twelve points apart.
class PageSetter {
 public:
  explicit PageSetter(PdfPage& page, float left = 50, float top = 60, int n_said = 0)
      : page_(page), left_(left), top_(top), n_(n_said) {}

  PageSetter& line(const std::string& text, float size = 10, float indent = 0) {
    page_.lines.push_back(set_line(left_ + indent, top_, text, size));
    top_ += 1.2F * size;
    return *this;
  }
  PageSetter& space(float n) {
    top_ += n;
    return *this;
  }
  /// Lines of prose, each with a word of its own: "xaaa", "xbaa", ...
  PageSetter& prose(int n_lines, int n_chars = 80) {
    for (int i = 0; i < n_lines; ++i) {
      std::string text = "words of prose like x";
      for (int n = n_++, k = 0; k < 3; ++k, n /= 26) text += static_cast<char>('a' + n % 26);
      while (text.size() + 6 < static_cast<std::size_t>(n_chars)) text += " again";
      line(text);
    }
    return *this;
  }

 private:
  PdfPage& page_;
  float left_;
  float top_;
  int n_ = 0;
};

}  // namespace quern::apps
