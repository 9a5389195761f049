#include "apps/papers/import/pdf_paper.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "apps/papers/import/clean_text.h"
#include "apps/papers/import/page_furniture.h"
#include "apps/papers/import/paper_citations.h"
#include "apps/papers/import/paper_id_text.h"
#include "apps/papers/import/paper_json_fields.h"
#include "apps/papers/import/pdf_front.h"
#include "apps/papers/import/pdf_headings.h"
#include "apps/papers/import/pdf_prose.h"
#include "apps/papers/import/pdf_references.h"
#include "apps/papers/import/pdf_roles.h"
#include "apps/papers/import/reference_text.h"

namespace quern::apps {
namespace {

// Words with their places take some ten times the room of the words.
constexpr std::size_t kMaxBboxBytes = std::size_t{192} << 20;

// A stretch of lines below a heading, or before the first.
struct PdfPart {
  const PdfHeading* heading = nullptr;
  std::vector<std::size_t> i_lines = {};
};

std::vector<PdfPart> parts_of_flow(const PdfFlow& flow, const std::vector<PdfHeading>& headings,
                                   std::size_t begin) {
  std::vector<PdfPart> out(1);
  std::size_t i_heading = 0;
  for (std::size_t i = begin; i < flow.size(); ++i) {
    if (i_heading < headings.size() && headings[i_heading].i_line == i) {
      out.push_back({.heading = &headings[i_heading++]});
    }
    // Bibliographies are printed smaller, as notes and cells are.
    const PdfHeading* const heading = out.back().heading;
    const bool is_entry =
        heading != nullptr && is_bibliography_heading(heading->text.words) &&
        (flow.roles[i] == LineRole::kFootnote || flow.roles[i] == LineRole::kTable);
    if (flow.roles[i] == LineRole::kBody || is_entry) out.back().i_lines.push_back(i);
  }
  return out;
}

// "Abstract" with what follows it on the line: "Abstract—We ...", "Abstract. We ..."; but not
// "Abstract interpretation".
bool takes_abstract_word(std::string& text) {
  const std::string small = in_small_letters(text.substr(0, 8));
  if (small != "abstract") return false;
  std::size_t at = 8;
  for (bool is_sign = true; is_sign && at < text.size();) {
    is_sign = false;
    for (const std::string_view sign : {" ", "\n", ".", ":", "-", "—", "–"}) {
      if (!std::string_view(text).substr(at).starts_with(sign)) continue;
      at += sign.size();
      is_sign = true;
    }
  }
  if (at < text.size() && text[at] >= 'a' && text[at] <= 'z') return false;
  text.erase(0, at);
  return true;
}

// Keywords behind an abstract are none of it.
void cut_keywords(std::string& text) {
  for (const char* mark : {"\n\nKeywords", "\n\nIndex Terms", "\n\nKEYWORDS", "\n\nKey words",
                           "\n\nCCS Concepts", "\n\nCategories and Subject", "\n\nKey Words"}) {
    text.resize(std::min(text.find(mark), text.size()));
  }
}

constexpr std::size_t kFewestAbstractBytes = 200;
constexpr std::size_t kMostAbstractBytes = 6000;

bool is_abstract_heading(const PdfHeading& heading) {
  std::string words = in_small_letters(heading.text.words);
  std::erase(words, ' ');
  return words == "abstract" || words == "summary" || words == "abstract.";
}

// Above what is no prose.
bool is_list_heading(std::string_view words) {
  const std::string small = in_small_letters(words);
  for (const char* name : {"keywords", "index terms", "general terms", "ccs concepts", "contents",
                           "table of contents", "categories and subject descriptors", "key words",
                           "acm reference format", "acm reference format:"}) {
    if (small == name) return true;
  }
  return false;
}

// In a text of words, most are letters alone; fonts that do not say which characters they show give
// none.
bool is_of_words(const PdfLayout& layout) {
  std::size_t n_all = 0, n_words = 0;
  for (const PdfPage& page : layout.pages) {
    for (const PdfLine& line : page.lines) {
      for (const PdfWord& word : line.words) {
        std::string_view text = word.text;
        while (!text.empty() && std::string_view(".,;:)").find(text.back()) != text.npos) {
          text.remove_suffix(1);
        }
        const bool is_one = text.size() >= 2 && std::all_of(text.begin(), text.end(), [](char c) {
                              const char small = static_cast<char>(c | 32);
                              return (small >= 'a' && small <= 'z') || (c & 0x80) != 0;
                            });
        ++n_all;
        if (is_one) ++n_words;
      }
    }
  }
  return n_all < 100 || 5 * n_words >= n_all;
}

class PdfAssembly {
 public:
  PdfAssembly(const PdfFlow& flow, Paper& out) : flow_(flow), forms_(flow), out_(out) {}

  void add(const PdfPart& part, bool is_before_first_heading) {
    if (part.heading != nullptr && is_bibliography_heading(part.heading->text.words)) {
      return add_references(part);
    }
    std::string text = prose_of_lines(flow_, part.i_lines, forms_);
    const bool is_abstract = part.heading != nullptr && is_abstract_heading(*part.heading);
    const bool is_run_in = part.heading == nullptr && takes_abstract_word(text);
    if (out_.abstract.empty() && (is_abstract || is_run_in)) {
      return add_abstract(std::move(text));
    }
    // Some have an abstract without saying so.
    const bool is_untold = is_before_first_heading && text.size() >= kFewestAbstractBytes &&
                           text.size() <= kMostAbstractBytes && out_.abstract.empty();
    if (is_untold) return add_abstract(std::move(text));
    const HeadingText heading = part.heading == nullptr ? HeadingText() : part.heading->text;
    const bool is_list = part.heading != nullptr && is_list_heading(heading.words);
    if (is_list || (text.empty() && heading.words.empty())) return;
    out_.sections.push_back(
        {.heading = heading.words, .number = heading.number, .text = std::move(text)});
  }

 private:
  void add_abstract(std::string text) {
    cut_keywords(text);
    out_.abstract = std::move(text);
  }

  void add_references(const PdfPart& part) {
    for (const std::string& entry : entries_of_lines(flow_, part.i_lines, forms_)) {
      if (out_.references.size() >= kMaxReferences) return;
      out_.references.push_back(reference_of_text(entry));
    }
  }

  const PdfFlow& flow_;
  const WordForms forms_;
  Paper& out_;
};

// What margin, head and foot of the first page say.
void read_imprint(const PageFurniture& furniture, Paper& out) {
  const std::string all = furniture.stamp + "\n" + furniture.running;
  out.ids.arxiv = arxiv_id_in(all);
  out.ids.doi = doi_in(furniture.running);
  complete_ids(out.ids);
  out.year =
      year_in(furniture.stamp.substr(std::min(furniture.stamp.find(']'), furniture.stamp.size())));
  if (out.year == 0) out.year = year_in(furniture.running);
  if (!out.ids.arxiv.empty()) out.is_open_access = true;
}

}  // namespace

Paper paper_of_layout(PdfLayout layout) {
  Paper out;
  read_imprint(take_page_furniture(layout), out);
  PdfFlow flow = flow_of_lines(lines_in_reading_order(layout));
  const float height = layout.pages.empty() ? 0 : layout.pages[0].height;
  PdfFront front = take_front({.title_of_file = layout.title, .height = height}, flow);
  out.title = std::move(front.title);
  out.authors = std::move(front.authors);
  const std::vector<PdfHeading> headings = mark_headings(front.n_lines, flow);
  const std::vector<PdfPart> parts = parts_of_flow(flow, headings, front.n_lines);
  PdfAssembly assembly(flow, out);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    assembly.add(parts[i], i == 0 && parts.size() > 1);
  }
  add_citing_sentences(out);
  return out;
}

Result<Paper> paper_of_pdf(const std::string& path, const PdfReading& reading) {
  PdfReading with_room = reading;
  with_room.limits.text_bytes = std::max(reading.limits.text_bytes, kMaxBboxBytes);
  QUERN_ASSIGN(std::string xhtml,
               run_pdftotext(path, with_room,
                             {"-bbox-layout", "-l", fmt::format("{}", kMaxPdfPaperPages + 1)}));
  QUERN_ASSIGN(PdfLayout layout, layout_from_bbox(xhtml));
  xhtml = std::string();
  if (layout.pages.size() > kMaxPdfPaperPages) {
    return {Code::kTooLarge, fmt::format("the PDF has more than {} pages", kMaxPdfPaperPages)};
  }
  const bool has_text = std::any_of(layout.pages.begin(), layout.pages.end(),
                                    [](const PdfPage& page) { return !page.lines.empty(); });
  if (!has_text) return {Code::kBadInput, "the PDF has no text: its pages may be pictures"};
  if (!is_of_words(layout)) {
    return {Code::kBadInput, "the PDF's text is no words: its fonts do not tell their characters"};
  }
  return paper_of_layout(std::move(layout));
}

}  // namespace quern::apps
