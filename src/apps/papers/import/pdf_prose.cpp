#include "apps/papers/import/pdf_prose.h"

#include <algorithm>

#include "apps/papers/import/clean_text.h"

namespace quern::apps {
namespace {

constexpr std::string_view kSoftHyphen = "\xc2\xad";

bool is_small_letter(char c) { return (c >= 'a' && c <= 'z') || (c & 0x80) != 0; }

// Marks of notes and affiliations: figures, stars, daggers.
bool is_mark_text(std::string_view text) {
  return text.find_first_not_of("0123456789,;*#") == text.npos || text == "∗" || text == "†" ||
         text == "‡" || text == "§" || text == "¶" || text == "∗†" || text == "♠" || text == "♣";
}

bool is_raised(const PdfWord& word, const PdfLine& line) {
  return word.box.height() < 0.85F * line.size &&
         word.box.bottom < line.box.bottom - 0.1F * line.size;
}

// Of a line's last word; "" where it does not end with a hyphen behind a letter.
std::string_view parted_head(std::string_view text) {
  const std::size_t blank = text.rfind(' ');
  std::string_view word = blank == text.npos ? text : text.substr(blank + 1);
  if (word.size() < 2 || word.back() != '-') return {};
  word.remove_suffix(1);
  return is_small_letter(word.back()) || (word.back() >= 'A' && word.back() <= 'Z')
             ? word
             : std::string_view();
}

std::string_view first_word(std::string_view text) { return text.substr(0, text.find(' ')); }

// Letters alone, small: without the stop or comma behind a word.
std::string form_of(std::string_view word) {
  while (!word.empty() && std::string_view(".,;:()[]\"'").find(word.back()) != word.npos) {
    word.remove_suffix(1);
  }
  while (!word.empty() && std::string_view("([\"'").find(word.front()) != word.npos) {
    word.remove_prefix(1);
  }
  return in_small_letters(word);
}

bool ends_sentence_here(std::string_view text) {
  return text.ends_with('.') || text.ends_with('?') || text.ends_with('!') || text.ends_with(':');
}

// What stands before it on the page goes on in it.
bool begins_paragraph(const PdfFlow& flow, std::size_t before, std::size_t i,
                      std::string_view text_before) {
  const FlowLine& line = flow.lines[i];
  const FlowLine& above = flow.lines[before];
  const float indent = line.line.box.left - line.left;
  const float indent_above = above.line.box.left - above.left;
  const bool is_indented = indent > 0.6F * flow.body_size && indent < 4 * flow.body_size &&
                           indent > indent_above + 0.5F * flow.body_size;
  if (!flow.is_in_same_column(before, i)) return is_indented && ends_sentence_here(text_before);
  if (line.gap > flow.body_gap + 0.45F * flow.body_size) return true;
  const bool is_short_above = above.line.box.right < above.right - 2 * flow.body_size;
  return (is_indented && line.line.words.size() > 3) ||
         (is_short_above && ends_sentence_here(text_before) &&
          line.gap > flow.body_gap + 0.1F * flow.body_size);
}

}  // namespace

WordForms::WordForms(const PdfFlow& flow) {
  for (const FlowLine& line : flow.lines) {
    for (const PdfWord& word : line.line.words) {
      const std::string form = form_of(word.text);
      if (form.size() > 3 && form.back() != '-') words_.insert(form);
    }
  }
}

std::string WordForms::joined(std::string_view head, std::string_view tail) const {
  const std::string plain = std::string(head) + std::string(tail);
  const std::string hyphened = std::string(head) + "-" + std::string(tail);
  if (words_.contains(form_of(plain))) return plain;
  if (words_.contains(form_of(hyphened))) return hyphened;
  // "state-" and "of-the-art": where there is one hyphen, there are more.
  const bool is_compound = tail.find('-') != tail.npos || head.find('-') != head.npos;
  return is_compound || !is_small_letter(tail[0]) ? hyphened : plain;
}

std::string text_of_line(const PdfLine& line) {
  std::string out;
  const PdfWord* before = nullptr;
  for (const PdfWord& word : line.words) {
    const float gap = before == nullptr ? 0 : word.box.left - before->box.right;
    const bool is_near = before != nullptr && gap < 0.08F * line.size;
    if (line.words.size() > 1 && is_raised(word, line) && is_mark_text(word.text)) {
      const bool is_exponent = is_near && !out.empty() && out.back() >= '0' && out.back() <= '9' &&
                               word.text[0] >= '0' && word.text[0] <= '9';
      if (is_exponent) out += "^" + word.text;
      before = &word;
      continue;
    }
    if (!out.empty() && !is_near) out += ' ';
    out += word.text;
    before = &word;
  }
  return out;
}

std::string prose_of_lines(const PdfFlow& flow, const std::vector<std::size_t>& i_lines,
                           const WordForms& forms) {
  std::string out;
  for (std::size_t n = 0; n < i_lines.size(); ++n) {
    const std::string text = text_of_line(flow.lines[i_lines[n]].line);
    if (text.empty()) continue;
    if (out.empty()) {
      out = text;
      continue;
    }
    const std::string_view head = parted_head(out);
    if (out.ends_with(kSoftHyphen)) {
      out.resize(out.size() - kSoftHyphen.size());
      out += text;
    } else if (!head.empty()) {
      const std::string_view tail = first_word(text);
      const std::string whole = forms.joined(head, tail);
      out.resize(out.size() - head.size() - 1);
      out += whole + text.substr(tail.size());
    } else {
      out += begins_paragraph(flow, i_lines[n - 1], i_lines[n], out) ? "\n\n" : " ";
      out += text;
    }
  }
  return in_paragraphs(out);
}

}  // namespace quern::apps
