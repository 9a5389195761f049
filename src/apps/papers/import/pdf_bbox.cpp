// Reads the XHTML of pdftotext: elements doc, page, flow, block, line and word, one after another.

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "apps/papers/import/clean_text.h"
#include "apps/papers/import/pdf_layout.h"
#include "base/utf8.h"

namespace quern::apps {
namespace {

// Farther away nothing is on a page.
constexpr float kFarthest = 100000;

using NamedEntity = std::pair<std::string_view, std::string_view>;
constexpr NamedEntity kXmlEntities[] = {{"&amp;", "&"},   {"&lt;", "<"},   {"&gt;", ">"},
                                        {"&quot;", "\""}, {"&apos;", "'"}, {"&#39;", "'"}};

constexpr NamedEntity kLigatures[] = {{"\ufb00", "ff"},  {"\ufb01", "fi"},  {"\ufb02", "fl"},
                                      {"\ufb03", "ffi"}, {"\ufb04", "ffl"}, {"\ufb05", "st"},
                                      {"\ufb06", "st"}};

// Each of the texts that begins at a place in place of it, in one pass.
template <std::size_t N>
std::string replaced(std::string_view text, const NamedEntity (&table)[N], char first) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t next = std::min(text.find(first, at), text.size());
    out += text.substr(at, next - at);
    at = next;
    if (at == text.size()) break;
    std::size_t n = 1;
    std::string_view as = text.substr(at, 1);
    for (const NamedEntity& one : table) {
      if (!text.substr(at).starts_with(one.first)) continue;
      n = one.first.size();
      as = one.second;
      break;
    }
    out += as;
    at += n;
  }
  return out;
}

std::string word_text(std::string_view text) {
  const std::string plain = replaced(text, kXmlEntities, '&');
  return one_line(replaced(plain, kLigatures, '\xef'));
}

// A number of an element's attribute; nothing where it is none.
std::optional<float> number_in(std::string_view element, std::string_view attribute) {
  const std::size_t at = element.find(attribute);
  if (at == element.npos) return std::nullopt;
  const std::string_view rest = element.substr(at + attribute.size());
  float out = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), out);
  if (error != std::errc() || !std::isfinite(out)) return std::nullopt;
  return std::clamp(out, -kFarthest, kFarthest);
}

class BboxReader {
 public:
  explicit BboxReader(std::string_view text) : text_(text) {}

  Result<PdfLayout> read() {
    if (text_.find("<doc>") == text_.npos) return {Code::kBadInput, "there is no <doc> in it"};
    while (std::optional<std::string_view> element = next_element()) {
      QUERN_TRY(take(*element));
    }
    end_line();
    return std::move(layout_);
  }

 private:
  // What stands between < and >; nothing at the end.
  std::optional<std::string_view> next_element() {
    const std::size_t begin = text_.find('<', at_);
    if (begin == text_.npos) return std::nullopt;
    const std::size_t end = text_.find('>', begin);
    if (end == text_.npos) return std::nullopt;
    at_ = end + 1;
    return text_.substr(begin + 1, end - begin - 1);
  }

  // Up to the next element.
  std::string_view content() const { return text_.substr(at_, text_.find('<', at_) - at_); }

  Status take(std::string_view element) {
    if (element == "title") layout_.title = word_text(content());
    if (element.starts_with("page ")) return begin_page(element);
    if (element.starts_with("line ") || element.starts_with("/line")) end_line();
    if (element.starts_with("word ")) return take_word(element);
    return {};
  }

  Status begin_page(std::string_view element) {
    end_line();
    const auto width = number_in(element, "width=\"");
    const auto height = number_in(element, "height=\"");
    if (!width || !height) return {Code::kBadInput, "a page has no size"};
    layout_.pages.push_back({.width = *width, .height = *height});
    return {};
  }

  Status take_word(std::string_view element) {
    const auto left = number_in(element, "xMin=\"");
    const auto top = number_in(element, "yMin=\"");
    const auto right = number_in(element, "xMax=\"");
    const auto bottom = number_in(element, "yMax=\"");
    if (!left || !top || !right || !bottom) return {Code::kBadInput, "a word has no place"};
    PdfWord word = {.box = {*left, *top, *right, *bottom}, .text = word_text(content())};
    const bool is_there = word.box.width() > 0 && word.box.height() > 0;
    if (word.text.empty() || !is_there) return {};
    if (!words_.empty() && are_small_capitals(words_.back(), word)) {
      words_.back().text += word.text;
      words_.back().box.right = word.box.right;
    } else {
      words_.push_back(std::move(word));
    }
    return {};
  }

  // "I NTRODUCTION": a capital, and the rest of its word in smaller ones right behind it.
  static bool are_small_capitals(const PdfWord& first, const PdfWord& rest) {
    const auto is_capital_letter = [](char c) { return (c >= 'A' && c <= 'Z') || c == '-'; };
    const float gap = rest.box.left - first.box.right;
    return std::all_of(first.text.begin(), first.text.end(), is_capital_letter) &&
           std::all_of(rest.text.begin(), rest.text.end(), is_capital_letter) &&
           rest.box.height() < 0.9F * first.box.height() && gap < 0.1F * first.box.height();
  }

  void end_line() {
    if (!words_.empty() && !layout_.pages.empty()) {
      layout_.pages.back().lines.push_back(line_of_words(std::move(words_)));
    }
    words_.clear();
  }

  std::string_view text_;
  std::size_t at_ = 0;
  PdfLayout layout_;
  std::vector<PdfWord> words_;  // Of the line that is read.
};

}  // namespace

Result<PdfLayout> layout_from_bbox(std::string_view xhtml) { return BboxReader(xhtml).read(); }

}  // namespace quern::apps
