#include "apps/papers/import/pdf_layout.h"

#include <algorithm>

namespace quern::apps {
namespace {

// The height that half of the characters have at most.
float median_height(const std::vector<PdfWord>& words) {
  std::vector<std::pair<float, std::size_t>> heights;
  std::size_t n_all = 0;
  for (const PdfWord& word : words) {
    heights.emplace_back(word.box.height(), word.text.size());
    n_all += word.text.size();
  }
  std::sort(heights.begin(), heights.end());
  std::size_t n = 0;
  for (const auto& [height, n_chars] : heights) {
    n += n_chars;
    if (2 * n >= n_all) return height;
  }
  return 0;
}

}  // namespace

std::string PdfLine::text() const {
  std::string out;
  for (const PdfWord& word : words) {
    if (!out.empty()) out += ' ';
    out += word.text;
  }
  return out;
}

std::size_t PdfLine::n_chars() const {
  std::size_t out = 0;
  for (const PdfWord& word : words) out += word.text.size();
  return out;
}

PdfLine line_of_words(std::vector<PdfWord> words) {
  PdfLine out;
  out.box = words.front().box;
  for (const PdfWord& word : words) {
    out.box.left = std::min(out.box.left, word.box.left);
    out.box.top = std::min(out.box.top, word.box.top);
    out.box.right = std::max(out.box.right, word.box.right);
    out.box.bottom = std::max(out.box.bottom, word.box.bottom);
  }
  out.size = median_height(words);
  out.words = std::move(words);
  return out;
}

}  // namespace quern::apps
