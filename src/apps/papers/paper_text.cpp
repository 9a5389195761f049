#include "apps/papers/paper_text.h"

#include <algorithm>

#include "store/byte_cursor.h"
#include "text/analysis/sentences.h"

namespace quern::apps {
namespace {

// What a small embedder reads whole, and a person at one glance.
constexpr std::size_t kWordsOfPassage = 180;
// An abstract is one passage up to so many.
constexpr std::size_t kWordsOfAbstract = 350;

std::size_t n_words(std::string_view text) {
  std::size_t n = 0;
  bool is_in_word = false;
  for (const char c : text) {
    const bool is_blank = static_cast<unsigned char>(c) <= ' ';
    n += !is_blank && !is_in_word ? 1 : 0;
    is_in_word = !is_blank;
  }
  return n;
}

ByteSpan append_part(std::string& text, std::string_view part) {
  if (part.empty()) return {text.size(), text.size()};
  if (!text.empty()) text += "\n\n";
  const std::size_t begin = text.size();
  text += part;
  return {begin, text.size()};
}

std::string heading_of(const PaperSection& section) {
  if (section.number.empty() || section.heading.starts_with(section.number)) {
    return section.heading;
  }
  return section.heading.empty() ? section.number : section.number + " " + section.heading;
}

/// Passages of one stretch, as even in length as its sentences allow: adds them like `as`.
void cut_stretch(const FullText& text, ByteSpan stretch, std::size_t most_words,
                 const PaperPassage& as, std::vector<PaperPassage>& out) {
  const ByteSpans sentences = text::sentences_of(text.part(stretch));
  std::vector<std::size_t> words;
  std::size_t n_all = 0;
  for (const ByteSpan& span : sentences) {
    words.push_back(n_words(text.part({stretch.begin + span.begin, stretch.begin + span.end})));
    n_all += words.back();
  }
  const std::size_t n_parts = (n_all + most_words - 1) / most_words;
  std::size_t first = 0, n_before = 0, i_part = 0;
  for (std::size_t i = 0; i < sentences.size(); ++i) {
    n_before += words[i];
    if (i + 1 < sentences.size() && n_before * n_parts < (i_part + 1) * n_all) continue;
    PaperPassage& passage = out.emplace_back(as);
    passage.span = {stretch.begin + sentences[first].begin, stretch.begin + sentences[i].end};
    first = i + 1;
    while (i_part + 1 < n_parts && n_before * n_parts >= (i_part + 1) * n_all) ++i_part;
  }
}

}  // namespace

std::string_view FullText::body() const {
  const std::size_t begin = abstract.end > abstract.begin ? abstract.end : title.end;
  std::string_view rest = std::string_view(text).substr(std::max(begin, title.end));
  while (!rest.empty() && rest.front() == '\n') rest.remove_prefix(1);
  return rest;
}

FullText full_text_of(const Paper& paper) {
  FullText out;
  out.title = append_part(out.text, paper.title);
  out.abstract = append_part(out.text, paper.abstract);
  for (const PaperSection& section : paper.sections) {
    std::string heading = heading_of(section);
    append_part(out.text, heading);
    const ByteSpan span = append_part(out.text, section.text);
    out.sections.push_back({.heading = std::move(heading), .span = span});
  }
  return out;
}

std::vector<PaperPassage> passages_of(const FullText& text) {
  std::vector<PaperPassage> out;
  cut_stretch(
      text, text.abstract,
      n_words(text.part(text.abstract)) <= kWordsOfAbstract ? kWordsOfAbstract : kWordsOfPassage,
      {.kind = SnippetKind::kAbstract, .span = {}}, out);
  for (const SectionPlace& section : text.sections) {
    cut_stretch(text, section.span, kWordsOfPassage, {.heading = section.heading, .span = {}}, out);
  }
  if (out.empty() && text.title.end > text.title.begin) {
    out.push_back({.kind = SnippetKind::kTitle, .span = text.title});
  }
  return out;
}

std::string bytes_from_sections(const FullText& text) {
  const std::string_view body = text.body();
  const auto body_begin = static_cast<std::size_t>(body.data() - text.text.data());
  std::string out;
  store::append_varint(out, kPaperTextVersion);
  store::append_varint(out, text.sections.size());
  std::size_t at = body_begin;
  for (const SectionPlace& section : text.sections) {
    store::append_varint(out, section.heading.size());
    store::append_varint(out, section.span.begin - at);
    store::append_varint(out, section.span.end - section.span.begin);
    at = section.span.end;
    out += section.heading;
  }
  return out;
}

Result<std::vector<PaperSection>> sections_from_bytes(std::string_view bytes,
                                                      std::string_view body) {
  store::ByteCursor cursor(store::bytes_of(bytes));
  std::vector<PaperSection> out;
  const std::uint64_t version = cursor.varint();
  const std::uint64_t n = cursor.varint();
  std::size_t at = 0;
  for (std::uint64_t i = 0; i < n && cursor.is_ok(); ++i) {
    const std::uint64_t n_heading = cursor.varint();
    const std::uint64_t gap = cursor.varint();
    const std::uint64_t n_text = cursor.varint();
    PaperSection& section = out.emplace_back();
    section.heading = cursor.text(n_heading);
    if (gap > body.size() - at || n_text > body.size() - at - gap) break;
    section.text = body.substr(at + gap, n_text);
    at += gap + n_text;
  }
  if (version == kPaperTextVersion && cursor.is_ok() && cursor.n_left() == 0 && out.size() == n) {
    return out;
  }
  return {Code::kBadInput, "the sections of a paper are damaged"};
}

}  // namespace quern::apps
