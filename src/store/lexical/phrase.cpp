#include "store/lexical/phrase.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "store/lexical/term_positions.h"

namespace quern::store {
namespace {

Status damaged(std::string_view term) {
  return {Code::kBadInput, fmt::format("damaged postings of term '{}'", term)};
}

std::uint32_t exact_frequency(std::span<const std::vector<std::uint32_t>> positions,
                              std::span<const std::uint32_t> offsets) {
  std::uint32_t n = 0;
  for (const std::uint32_t first : positions[0]) {
    bool is_there = true;
    for (std::size_t i = 1; i < positions.size() && is_there; ++i) {
      const std::uint64_t want = std::uint64_t{first} + offsets[i] - offsets[0];
      is_there = std::binary_search(positions[i].begin(), positions[i].end(), want);
    }
    n += is_there ? 1 : 0;
  }
  return n;
}

// A position of a term of a sloppy phrase, as if the term stood at the phrase's start.
struct Place {
  std::size_t i_term;
  std::size_t i_position;
  std::int64_t at;
};

bool shares_position(std::span<const Place> places, const QueryPart& phrase,
                     std::span<const std::vector<std::uint32_t>> positions) {
  for (std::size_t a = 0; a < places.size(); ++a) {
    for (std::size_t b = a + 1; b < places.size(); ++b) {
      const Place& p = places[a];
      const Place& q = places[b];
      if (positions[p.i_term][p.i_position] == positions[q.i_term][q.i_position] &&
          phrase.terms[p.i_term] == phrase.terms[q.i_term]) {
        return true;
      }
    }
  }
  return false;
}

// Moves the hindmost term on and on; a set counts when that term then passes the next one.
float sloppy_frequency(std::span<const std::vector<std::uint32_t>> positions,
                       const QueryPart& phrase) {
  const auto place = [&](std::size_t i_term, std::size_t i_position) {
    return Place{i_term, i_position,
                 std::int64_t{positions[i_term][i_position]} - phrase.offsets[i_term]};
  };
  std::vector<Place> places;
  std::int64_t last = std::numeric_limits<std::int64_t>::min();
  for (std::size_t i = 0; i < positions.size(); ++i) {
    places.push_back(place(i, 0));
    last = std::max(last, places.back().at);
  }
  float frequency = 0;
  while (true) {
    const auto hindmost = std::min_element(
        places.begin(), places.end(), [](const Place& a, const Place& b) { return a.at < b.at; });
    const std::int64_t distance = last - hindmost->at;
    const bool is_last = hindmost->i_position + 1 == positions[hindmost->i_term].size();
    const Place next = is_last ? *hindmost : place(hindmost->i_term, hindmost->i_position + 1);
    std::int64_t second = std::numeric_limits<std::int64_t>::max();
    for (auto it = places.begin(); it != places.end(); ++it) {
      if (it != hindmost) second = std::min(second, it->at);
    }
    const bool gets_closer = !is_last && next.at <= second;
    if (!gets_closer && distance <= phrase.slop && !shares_position(places, phrase, positions)) {
      frequency += 1.0f / static_cast<float>(1 + distance);
    }
    if (is_last) return frequency;
    *hindmost = next;
    last = std::max(last, next.at);
  }
}

}  // namespace

float phrase_frequency(std::span<const std::vector<std::uint32_t>> positions,
                       const QueryPart& phrase) {
  for (const auto& term : positions) {
    if (term.empty()) return 0;
  }
  if (phrase.slop == 0 || positions.size() == 1) {
    return static_cast<float>(exact_frequency(positions, phrase.offsets));
  }
  return sloppy_frequency(positions, phrase);
}

Result<std::vector<ScoredDoc>> find_phrase(const LexicalPart& part, const QueryPart& phrase,
                                           const InverseNorms& inverse_norms) {
  std::vector<TermPositions> terms;
  for (const std::string& term : phrase.terms) {
    QUERN_ASSIGN(const auto info, part.dictionary.find(phrase.field, term));
    if (!info) return std::vector<ScoredDoc>();
    if (info->positions_bytes == 0) {
      return Status(Code::kBadInput,
                    fmt::format("field {} keeps no positions: no phrases in it", phrase.field));
    }
    QUERN_ASSIGN(TermPositions opened, TermPositions::open(part, *info, term));
    terms.push_back(std::move(opened));
  }
  // The rarest leads: each of its documents is looked for in the others, the rarer ones first.
  std::vector<TermPositions*> by_df;
  for (TermPositions& term : terms) by_df.push_back(&term);
  std::sort(by_df.begin(), by_df.end(),
            [](const TermPositions* a, const TermPositions* b) { return a->df() < b->df(); });

  const auto norms = part.norms[static_cast<std::size_t>(phrase.field)];
  std::vector<std::vector<std::uint32_t>> positions(terms.size());
  std::vector<ScoredDoc> found;
  for (std::uint32_t doc = 0; doc < part.n_docs;) {
    std::uint32_t furthest = doc;
    for (TermPositions* term : by_df) {
      QUERN_ASSIGN(const std::uint32_t at, term->seek(doc));
      furthest = std::max(furthest, at);
      if (furthest > doc) break;
    }
    if (furthest > doc) {
      doc = furthest;
      continue;
    }
    for (std::size_t i = 0; i < terms.size(); ++i) QUERN_TRY(terms[i].read(positions[i]));
    const float frequency = phrase_frequency(positions, phrase);
    if (frequency > 0) {
      found.push_back({bm25_part(phrase.weight, frequency, inverse_norms[norms[doc]]), doc});
    }
    ++doc;
  }
  return found;
}

Status collect_terms(const LexicalPart& part, const QueryPart& prefix,
                     std::set<std::string, std::less<>>& terms) {
  const std::string key = term_key(prefix.field, prefix.terms[0]);
  QUERN_ASSIGN(Dictionary::Cursor cursor, part.dictionary.seek(key));
  while (terms.size() <= kMaxPrefixTerms) {
    QUERN_ASSIGN(const bool is_one, cursor.next());
    if (!is_one || !cursor.key().starts_with(key)) break;
    terms.emplace(cursor.term());
  }
  return {};
}

Result<std::vector<ScoredDoc>> find_prefix(const LexicalPart& part, const QueryPart& prefix) {
  const std::string key = term_key(prefix.field, prefix.terms[0]);
  QUERN_ASSIGN(Dictionary::Cursor cursor, part.dictionary.seek(key));
  std::vector<std::uint64_t> bits((part.n_docs + 63) / 64);
  BlockValues docs;
  for (int n_terms = 0;; ++n_terms) {
    QUERN_ASSIGN(const bool is_one, cursor.next());
    if (!is_one || !cursor.key().starts_with(key)) break;
    if (n_terms == kMaxPrefixTerms) {
      return Status(Code::kBadInput, fmt::format("more than {} terms begin with '{}'",
                                                 kMaxPrefixTerms, prefix.terms[0]));
    }
    QUERN_ASSIGN(const Postings postings,
                 Postings::open(part.postings, cursor.info(), part.n_docs));
    for (std::uint32_t block = 0; block < postings.n_blocks(); ++block) {
      const std::uint32_t n = postings.decode_docs(block, docs);
      if (n == 0) return damaged(cursor.term());
      for (std::uint32_t i = 0; i < n; ++i) bits[docs[i] / 64] |= std::uint64_t{1} << docs[i] % 64;
    }
  }
  std::vector<ScoredDoc> found;
  const double score = on_score_grid(prefix.weight);
  for (std::uint32_t doc = 0; doc < part.n_docs; ++doc) {
    if ((bits[doc / 64] >> doc % 64 & 1) != 0) found.push_back({score, doc});
  }
  return found;
}

}  // namespace quern::store
