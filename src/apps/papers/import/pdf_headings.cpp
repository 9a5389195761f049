#include "apps/papers/import/pdf_headings.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "apps/papers/import/clean_text.h"
#include "apps/papers/import/heading_numbers.h"
#include "apps/papers/import/pdf_prose.h"
#include "base/char_class.h"
#include "base/utf8.h"

namespace quern::apps {
namespace {

constexpr std::size_t kMaxHeadingBytes = 160;
constexpr std::size_t kMaxHeadingWords = 16;

// Letters of headings that stand out among the body's.
constexpr float kLarger = 1.07F;
// Another font of the same size has other heights, if hardly.
constexpr float kSameFont = 0.004F;

constexpr std::string_view kKnownHeadings[] = {"abstract",
                                               "summary",
                                               "introduction",
                                               "background",
                                               "motivation",
                                               "overview",
                                               "related work",
                                               "related works",
                                               "previous work",
                                               "prior work",
                                               "literature review",
                                               "preliminaries",
                                               "notation",
                                               "problem statement",
                                               "problem formulation",
                                               "method",
                                               "methods",
                                               "methodology",
                                               "materials and methods",
                                               "approach",
                                               "our approach",
                                               "model",
                                               "models",
                                               "proposed method",
                                               "system overview",
                                               "data",
                                               "dataset",
                                               "datasets",
                                               "experiments",
                                               "experiment",
                                               "experimental setup",
                                               "experimental results",
                                               "experiments and results",
                                               "implementation",
                                               "implementation details",
                                               "evaluation",
                                               "results",
                                               "analysis",
                                               "error analysis",
                                               "results and discussion",
                                               "results and analysis",
                                               "discussion",
                                               "discussions",
                                               "conclusion",
                                               "conclusions",
                                               "concluding remarks",
                                               "discussion and conclusion",
                                               "discussion and conclusions",
                                               "conclusion and future work",
                                               "conclusions and future work",
                                               "future work",
                                               "limitations",
                                               "broader impact",
                                               "ethics statement",
                                               "ethical considerations",
                                               "acknowledgement",
                                               "acknowledgements",
                                               "acknowledgment",
                                               "acknowledgments",
                                               "references",
                                               "bibliography",
                                               "literature cited",
                                               "appendix",
                                               "appendices",
                                               "supplementary material",
                                               "author contributions",
                                               "competing interests",
                                               "conflict of interest",
                                               "data availability",
                                               "funding",
                                               "keywords",
                                               "index terms",
                                               "ccs concepts",
                                               "categories and subject descriptors"};

// Of "a b s t r a c t" and "A B S T R A C T".
std::string without_spacing(std::string_view words) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const bool is_apart = i % 2 == 1;
    if (is_apart && words[i] != ' ') return std::string(words);
    if (!is_apart) out += words[i];
  }
  return out.size() > 3 ? out : std::string(words);
}

// Most of what a heading says are letters, some of them side by side, and the first is no small
// one.
bool looks_like_words(std::string_view words) {
  std::size_t n_letters = 0, n_others = 0, n_run = 0, n_longest = 0;
  for (std::size_t at = 0; at < words.size();) {
    const Decoded c = decode_utf8(words, at);
    at += static_cast<std::size_t>(c.n_bytes);
    const bool is_one = is_letter(c.code);
    n_run = is_one ? n_run + 1 : 0;
    n_longest = std::max(n_longest, n_run);
    ++(is_one || c.code == ' ' ? n_letters : n_others);
  }
  const bool is_small = !words.empty() && words[0] >= 'a' && words[0] <= 'z';
  return !is_small && n_longest >= 3 && n_letters >= 2 * n_others;
}

std::string in_capitals(std::string_view words) {
  std::string out(words);
  for (char& c : out) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  return out;
}

bool ends_sentence(std::string_view words) {
  return words.ends_with('.') || words.ends_with(',') || words.ends_with(';') ||
         words.ends_with(':') || words.ends_with('-');
}

enum class Certainty { kSure, kAny };

class HeadingFinder {
 public:
  explicit HeadingFinder(PdfFlow& flow) : flow_(flow) {}

  // First those that are sure: they show what the others look like.
  std::vector<PdfHeading> find(std::size_t begin) {
    for (const Certainty wanted : {Certainty::kSure, Certainty::kAny}) {
      numbers_ = {};
      out_.clear();
      for (std::size_t i = begin; i < flow_.size(); ++i) {
        if (flow_.roles[i] != LineRole::kBody || !may_be_heading(i)) continue;
        HeadingText text = text_at(i);
        if (!is_heading(i, text, wanted)) continue;
        if (!text.number.empty()) numbers_.take(text.number);
        take(i, std::move(text));
        i += out_.back().n_lines - 1;
      }
      if (wanted == Certainty::kSure) learn();
    }
    for (const PdfHeading& heading : out_) mark(heading);
    return std::move(out_);
  }

 private:
  const PdfLine& line(std::size_t i) const { return flow_.lines[i].line; }

  // "A Proofs": behind numbers a letter is one, too.
  HeadingText text_at(std::size_t i) const {
    HeadingText out = heading_text_of(text_of_line(line(i)));
    const bool is_lettered = out.number.empty() && has_numbers() && flow_.scale(i) > 1.03F &&
                             out.words.size() > 3 && out.words[1] == ' ' && out.words[0] >= 'A' &&
                             out.words[0] <= 'Z';
    if (is_lettered && numbers_.may_follow(out.words.substr(0, 1))) {
      return {.number = out.words.substr(0, 1), .words = out.words.substr(2)};
    }
    return out;
  }

  bool may_be_heading(std::size_t i) const {
    const std::size_t n = line(i).n_chars();
    return n >= 3 && n <= kMaxHeadingBytes && line(i).words.size() <= kMaxHeadingWords;
  }

  void learn() {
    for (const PdfHeading& heading : out_) {
      sure_sizes_.push_back(line(heading.i_line).size);
      if (!heading.text.number.empty()) ++n_numbered_;
    }
  }

  void mark(const PdfHeading& heading) {
    flow_.roles[heading.i_line] = LineRole::kHeading;
    for (std::size_t n = 1; n < heading.n_lines; ++n) {
      flow_.roles[heading.i_line + n] = LineRole::kHeadingRest;
    }
  }

  bool is_heading(std::size_t i, const HeadingText& text, Certainty wanted) const {
    const std::string_view words = text.words;
    const bool is_other_font = std::abs(flow_.scale(i) - 1) > kSameFont;
    const bool stands_out = flow_.is_apart(i) || flow_.scale(i) > 1.03F;
    // Smaller letters than the body's are notes and cells, but for small capitals.
    if (flow_.scale(i) < 0.95F && in_capitals(words) != words) return false;
    const bool is_end = words.ends_with('.') && !is_other_font;
    if (is_known_heading(words) && looks_like_words(words) && !is_end) {
      return stands_out || is_other_font;
    }
    if (!looks_like_words(words) || !stands_out) return false;
    const bool is_larger = flow_.scale(i) >= kLarger;
    if (!text.number.empty()) return is_numbered(i, text, is_larger);
    if (wanted == Certainty::kSure || ends_sentence(words) || !is_alone(i)) return false;
    // Where headings are numbered, those without a number look like them.
    if (has_numbers()) return flow_.scale(i) > 1.03F && has_sure_look(i);
    return is_larger || (flow_.is_apart(i) && is_other_font && has_sure_look(i));
  }

  // Items of lists are numbered, too: they have the body's letters and are sentences.
  bool is_numbered(std::size_t i, const HeadingText& text, bool is_larger) const {
    if (!numbers_.may_follow(text.number)) return false;
    if (is_larger) return true;
    return !ends_sentence(text.words) && flow_.is_apart(i) && is_alone(i);
  }

  // It does not run on: it ends before the column does, or its font ends with it.
  bool is_alone(std::size_t i) const {
    const FlowLine& flow = flow_.lines[i];
    const bool is_short = line(i).box.right < flow.right - 1.5F * flow_.body_size;
    const bool is_last = i + 1 >= flow_.size() || !flow_.is_in_same_column(i, i + 1);
    return is_short || is_last || flow_.is_apart(i + 1) ||
           std::abs(line(i).size / line(i + 1).size - 1) > kSameFont;
  }

  bool has_numbers() const { return n_numbered_ >= 3; }

  bool has_sure_look(std::size_t i) const {
    return std::any_of(sure_sizes_.begin(), sure_sizes_.end(),
                       [&](float size) { return std::abs(line(i).size / size - 1) <= kSameFont; });
  }

  void take(std::size_t i, HeadingText text) {
    PdfHeading heading = {.i_line = i, .text = std::move(text)};
    const bool is_other_font = std::abs(flow_.scale(i) - 1) > kSameFont;
    for (std::size_t j = i + 1; is_other_font && j < flow_.size() && j < i + 4; ++j) {
      const bool goes_on = flow_.is_in_same_column(i, j) && flow_.roles[j] == LineRole::kBody &&
                           std::abs(line(j).size / line(i).size - 1) <= kSameFont &&
                           flow_.lines[j].gap < 0.6F * line(i).size && is_long(j - 1) &&
                           heading_text_of(line(j).text()).number.empty();
      if (!goes_on) break;
      heading.text.words += " " + text_of_line(line(j));
      ++heading.n_lines;
    }
    out_.push_back(std::move(heading));
  }

  // So long that the next word may not have had room.
  bool is_long(std::size_t i) const {
    const FlowLine& flow = flow_.lines[i];
    return line(i).box.width() > 0.6F * (flow.right - flow.left);
  }

  PdfFlow& flow_;
  HeadingNumbers numbers_;
  std::size_t n_numbered_ = 0;  // Of those that are sure.
  std::vector<float> sure_sizes_;
  std::vector<PdfHeading> out_;
};

}  // namespace

bool is_known_heading(std::string_view words) {
  std::string small = in_small_letters(without_spacing(words));
  while (small.ends_with('.') || small.ends_with(':')) small.pop_back();
  return std::find(std::begin(kKnownHeadings), std::end(kKnownHeadings), small) !=
         std::end(kKnownHeadings);
}

std::vector<PdfHeading> mark_headings(std::size_t begin, PdfFlow& flow) {
  return HeadingFinder(flow).find(begin);
}

}  // namespace quern::apps
