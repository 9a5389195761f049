#include "apps/papers/import/pdf_front.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "apps/papers/import/author_lines.h"
#include "apps/papers/import/clean_text.h"
#include "apps/papers/import/pdf_headings.h"
#include "apps/papers/import/pdf_prose.h"

namespace quern::apps {
namespace {

constexpr std::size_t kMaxTitleBytes = 400;

// Consecutive lines of one size: first and last.
struct TitleRun {
  std::size_t begin = 0;
  std::size_t end = 0;
  float size = 0;
  std::string text = {};
};

std::string letters_of(std::string_view text) {
  std::string out;
  for (const char c : in_small_letters(text)) {
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c & 0x80) != 0) out += c;
  }
  return out;
}

std::size_t n_words_of(std::string_view text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), ' ')) + 1;
}

// What journals print above titles.
bool is_banner(std::string_view text) {
  const std::string small = in_small_letters(text);
  for (const char* label :
       {"article", "articles", "letter", "letters", "review", "research article",
        "original article", "research", "open access", "original research", "technical report",
        "report", "preprint", "survey", "tutorial", "editorial", "working paper", "research paper",
        "review article"}) {
    if (small == label) return true;
  }
  for (const char* begin :
       {"journal of ", "the journal of ", "acta ", "proceedings of", "ieee transactions",
        "acm transactions", "available online", "contents lists", "arxiv:", "vol."}) {
    if (small.starts_with(begin)) return true;
  }
  for (const char* mark : {"sciencedirect", "www.", "://"}) {
    if (small.find(mark) != small.npos) return true;
  }
  return false;
}

std::vector<TitleRun> runs_of_first_page(const PdfFlow& flow) {
  std::vector<TitleRun> out;
  for (std::size_t i = 0; i < flow.size() && flow.lines[i].i_page == 0; ++i) {
    const FlowLine& line = flow.lines[i];
    TitleRun* const last = out.empty() ? nullptr : &out.back();
    const bool goes_on = last != nullptr && last->end == i && !line.is_first &&
                         std::abs(line.line.size / last->size - 1) < 0.04F &&
                         line.gap < 1.2F * last->size;
    const std::string text = text_of_line(line.line);
    if (goes_on) {
      last->end = i + 1;
      const bool is_parted = last->text.ends_with('-');
      last->text += is_parted ? text : " " + text;
    } else {
      out.push_back({.begin = i, .end = i + 1, .size = line.line.size, .text = text});
    }
  }
  return out;
}

bool may_be_title(const PdfFlow& flow, const TitleRun& run, float page_height) {
  const std::size_t n = letters_of(run.text).size();
  return n >= 4 && run.text.size() <= kMaxTitleBytes && !is_banner(run.text) &&
         !is_known_heading(heading_text_of(run.text).words) &&
         !in_small_letters(heading_text_of(run.text).words).starts_with("introduction ") &&
         flow.lines[run.begin].line.box.top < 0.6F * page_height &&
         run.text.find('@') == run.text.npos;
}

// Some names and no more; one alone may be a title's words.
bool is_of_people(std::string_view text) {
  return text.find(':') == text.npos && names_in_line(text).size() >= 2;
}

// Of a title: marks of notes at its end.
std::string without_marks(std::string text) {
  for (bool is_cut = true; is_cut;) {
    is_cut = false;
    for (const std::string_view mark : {"∗", "*", "†", "‡", "✩", "⋆", " ", "§"}) {
      if (!text.ends_with(mark)) continue;
      text.resize(text.size() - mark.size());
      is_cut = true;
    }
  }
  return text;
}

// A name or two of the journal may be larger than the title.
bool is_better(const TitleRun& one, const TitleRun& best) {
  // People and places may be printed as large as what they wrote.
  const bool is_other = is_of_people(one.text);
  if (is_other != is_of_people(best.text)) {
    return is_other ? one.size > 1.4F * best.size : one.size > 0.72F * best.size;
  }
  if (n_words_of(best.text) <= 2 && n_words_of(one.text) >= 4 && one.size > 0.7F * best.size &&
      one.begin > best.begin) {
    return true;
  }
  const bool is_short = n_words_of(one.text) <= 2 && n_words_of(best.text) >= 4;
  return one.size > best.size * (is_short ? 1.4F : 1.02F);
}

std::optional<TitleRun> find_title(const FirstPage& page, const PdfFlow& flow) {
  const std::string told = letters_of(page.title_of_file);
  std::optional<TitleRun> best;
  for (TitleRun& run : runs_of_first_page(flow)) {
    if (!may_be_title(flow, run, page.height)) continue;
    if (told.size() >= 12 && letters_of(run.text) == told) return run;
    if (!best || is_better(run, *best)) best = std::move(run);
  }
  if (best || flow.size() == 0) return best;
  // Nothing is set off by its letters: the first line, where it is no sentence.
  const std::string first = text_of_line(flow.lines[0].line);
  const std::size_t n = n_words_of(first);
  if (n < 2 || n > 20 || first.ends_with('.') || letters_of(first).size() < 8) return best;
  return TitleRun{.begin = 0, .end = 1, .size = flow.lines[0].line.size, .text = first};
}

// The text begins with its abstract, its first heading, or three long lines below each other.
bool begins_text(const PdfFlow& flow, std::size_t i) {
  const std::string text = flow.lines[i].line.text();
  const std::string small = in_small_letters(text.substr(0, 12));
  for (const char* word : {"abstract", "summary"}) {
    if (small.starts_with(word)) return true;
  }
  const HeadingText heading = heading_text_of(text);
  if (is_known_heading(heading.words)) return true;
  if (heading.number == "1" && heading.words.size() > 3) return true;
  std::size_t n = 0;
  while (n < 3 && i + n < flow.size() && (n == 0 || flow.is_in_same_column(i, i + n)) &&
         flow.lines[i + n].line.words.size() >= 6 &&
         names_in_line(flow.lines[i + n].line.text()).empty() &&
         (n == 0 || !flow.is_apart(i + n)) &&
         flow.lines[i + n].line.text().find('@') == std::string::npos) {
    ++n;
  }
  return n == 3 && !is_place(text);
}

}  // namespace

PdfFront take_front(const FirstPage& page, PdfFlow& flow) {
  PdfFront out;
  const std::optional<TitleRun> title = find_title(page, flow);
  if (!title) return out;
  out.title = without_marks(title->text);
  std::size_t end = title->end;
  while (end < flow.size() && flow.lines[end].i_page == 0 && !begins_text(flow, end)) ++end;
  std::vector<const PdfLine*> below;
  for (std::size_t i = title->end; i < end; ++i) below.push_back(&flow.lines[i].line);
  out.authors = authors_of_lines(std::move(below));
  for (std::size_t i = 0; i < end; ++i) flow.roles[i] = LineRole::kFront;
  out.n_lines = end;
  return out;
}

}  // namespace quern::apps
