#include "apps/papers/import/paper_citations.h"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>

#include "apps/papers/import/citing_sentences.h"
#include "apps/papers/import/clean_text.h"
#include "apps/papers/paper_identity.h"
#include "text/analysis/sentences.h"

namespace quern::apps {
namespace {

// A range of more is no list of citations.
constexpr std::size_t kMostInRange = 30;

bool is_cipher(char c) { return c >= '0' && c <= '9'; }

std::size_t take_cited_number(std::string_view text, std::size_t& at) {
  std::size_t out = 0;
  const std::size_t begin = at;
  while (at < text.size() && at < begin + 4 && is_cipher(text[at])) {
    out = 10 * out + static_cast<std::size_t>(text[at++] - '0');
  }
  return at == begin ? 0 : out;
}

// The numbers of "1, 3-5" between brackets; none where anything else stands there.
std::vector<std::size_t> numbers_in_brackets(std::string_view inside) {
  std::vector<std::size_t> out;
  for (std::size_t at = 0; at < inside.size();) {
    if (inside[at] == ' ' || inside[at] == ',' || inside[at] == ';') {
      ++at;
      continue;
    }
    const std::size_t first = take_cited_number(inside, at);
    if (first == 0) return {};
    std::size_t last = first;
    for (const std::string_view dash : {"-", "–"}) {
      if (!inside.substr(at).starts_with(dash)) continue;
      at += dash.size();
      last = take_cited_number(inside, at);
      break;
    }
    if (last < first || last - first > kMostInRange) return {};
    for (std::size_t n = first; n <= last; ++n) out.push_back(n);
  }
  return out;
}

void add_by_number(std::string_view sentence, Paper& paper) {
  for (std::size_t at = sentence.find('['); at != sentence.npos; at = sentence.find('[', at + 1)) {
    const std::size_t end = sentence.find(']', at);
    if (end == sentence.npos) return;
    for (const std::size_t n : numbers_in_brackets(sentence.substr(at + 1, end - at - 1))) {
      if (n > paper.references.size()) continue;
      add_context(one_line(sentence), paper.references[n - 1].contexts);
    }
  }
}

// By year, then by the first author's last name.
using ReferencesOfYear = std::multimap<int, std::pair<std::string, std::size_t>>;

ReferencesOfYear references_by_year(const Paper& paper) {
  ReferencesOfYear out;
  for (std::size_t i = 0; i < paper.references.size(); ++i) {
    const PaperReference& one = paper.references[i];
    if (one.year == 0 || one.authors.empty()) continue;
    const std::string name = last_name(one.authors[0]);
    if (name.size() > 1) out.emplace(one.year, std::pair(name, i));
  }
  return out;
}

// Where the name stands a few words before a year.
constexpr std::size_t kNearYearBytes = 60;

void add_by_name(std::string_view sentence, const ReferencesOfYear& by_year, Paper& paper) {
  for (std::size_t at = 0; at + 4 <= sentence.size(); ++at) {
    const bool begins = is_cipher(sentence[at]) && (at == 0 || !is_cipher(sentence[at - 1]));
    const int year = begins ? year_in(sentence.substr(at, 4)) : 0;
    if (year == 0) continue;
    const std::size_t first = at - std::min(at, kNearYearBytes);
    const std::string_view before = sentence.substr(first, at - first);
    const auto [begin, end] = by_year.equal_range(year);
    for (auto one = begin; one != end; ++one) {
      const auto& [name, i] = one->second;
      if (before.find(name) == before.npos) continue;
      add_context(one_line(sentence), paper.references[i].contexts);
    }
  }
}

bool cites_by_number(const Paper& paper) {
  std::size_t n = 0;
  for (const PaperSection& section : paper.sections) {
    for (std::size_t at = section.text.find('['); at != section.text.npos;
         at = section.text.find('[', at + 1)) {
      const std::size_t end = section.text.find(']', at);
      if (end == section.text.npos) break;
      const std::string_view inside = std::string_view(section.text).substr(at + 1, end - at - 1);
      if (end - at < 40 && !numbers_in_brackets(inside).empty()) ++n;
    }
  }
  return n >= 3;
}

}  // namespace

void add_citing_sentences(Paper& paper) {
  if (paper.references.empty()) return;
  const bool is_by_number = cites_by_number(paper);
  const ReferencesOfYear by_year = references_by_year(paper);
  for (const PaperSection& section : paper.sections) {
    const std::string_view text = section.text;
    for (const ByteSpan& span : text::sentences_of(text)) {
      const std::string_view sentence = text.substr(span.begin, span.end - span.begin);
      if (is_by_number) {
        add_by_number(sentence, paper);
      } else {
        add_by_name(sentence, by_year, paper);
      }
    }
  }
}

}  // namespace quern::apps
