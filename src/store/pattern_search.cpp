#include "store/pattern_search.h"

#include <algorithm>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "base/pace.h"
#include "store/lexical/trigram_search.h"

namespace quern::store {
namespace {

/// Documents that may match, by segment, and what they are among.
struct Candidates {
  AllowedDocs docs;
  std::uint64_t n_among = 0;
};

Result<Candidates> find_candidates(const Generation& generation, const PatternSearch& wanted,
                                   const TrigramQuery& needs) {
  std::shared_ptr<const AllowedDocs> allowed;
  if (wanted.filter) {
    QUERN_ASSIGN(allowed, generation.allowed(*wanted.filter));
  }
  Candidates out;
  const auto& segments = generation.segments();
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const Segment& segment = *segments[i].segment;
    const Bitmap& within = allowed == nullptr ? *segments[i].live : (*allowed)[i];
    out.n_among += within.count();
    if (!segment.has_trigrams()) {
      out.docs.push_back(within);
      continue;
    }
    QUERN_ASSIGN(const LexicalPart* part, segment.lexical());
    QUERN_ASSIGN(Bitmap docs, docs_with_trigrams(*part, needs, within, [&](const TermInfo& list) {
                   return segment.check_list(list);
                 }));
    out.docs.push_back(std::move(docs));
  }
  return out;
}

/// The members of a bitmap in order, with their keys.
class CandidateCursor {
 public:
  CandidateCursor(std::size_t i_segment, const Bitmap& docs, const KeyColumn& keys)
      : i_segment_(i_segment), keys_(keys) {
    docs.for_each([&](std::uint32_t doc) { docs_.push_back(doc); });
  }

  Result<bool> next() {
    if (at_ == docs_.size()) return false;
    QUERN_TRY(keys_.go_to(docs_[at_++]));
    return true;
  }

  std::size_t i_segment() const { return i_segment_; }
  std::uint32_t doc() const { return docs_[at_ - 1]; }
  const Key& key() const { return keys_.key(); }

 private:
  std::size_t i_segment_;
  KeyCursor keys_;
  std::vector<std::uint32_t> docs_;
  std::size_t at_ = 0;
};

/// All candidates of all segments in order of their keys.
class CandidatesByKey {
 public:
  static Result<CandidatesByKey> open(const Generation& generation, const AllowedDocs& docs) {
    CandidatesByKey out;
    for (std::size_t i = 0; i < docs.size(); ++i) {
      QUERN_ASSIGN(const KeyColumn* keys, generation.segments()[i].segment->keys());
      CandidateCursor cursor(i, docs[i], *keys);
      QUERN_ASSIGN(const bool is_one, cursor.next());
      if (is_one) out.heap_.push_back(std::move(cursor));
    }
    std::make_heap(out.heap_.begin(), out.heap_.end(), is_behind);
    return out;
  }

  bool at_end() const { return heap_.empty(); }
  const CandidateCursor& first() const { return heap_.front(); }

  Status next() {
    std::pop_heap(heap_.begin(), heap_.end(), is_behind);
    QUERN_ASSIGN(const bool is_one, heap_.back().next());
    if (!is_one) {
      heap_.pop_back();
      return {};
    }
    std::push_heap(heap_.begin(), heap_.end(), is_behind);
    return {};
  }

 private:
  static bool is_behind(const CandidateCursor& a, const CandidateCursor& b) {
    return a.key().bytes > b.key().bytes;
  }

  std::vector<CandidateCursor> heap_;
};

// Lines of matches that ascend.
void append_with_lines(std::size_t field, std::string_view text,
                       const std::vector<PatternMatch>& matches, std::vector<FieldMatch>& out) {
  std::size_t line = 1;
  std::size_t line_begin = 0;
  for (const PatternMatch& match : matches) {
    for (;;) {
      const std::size_t end = text.find('\n', line_begin);
      if (end == std::string_view::npos || end >= match.begin) break;
      ++line;
      line_begin = end + 1;
    }
    std::size_t line_end = std::min(text.find('\n', line_begin), text.size());
    if (line_end > line_begin && text[line_end - 1] == '\r') --line_end;
    out.push_back({.field = field,
                   .span = match,
                   .line = line,
                   .line_span = {.begin = line_begin, .end = line_end}});
  }
}

/// Reads documents and says which match.
class Reading {
 public:
  Reading(const Generation& generation, const PatternSearch& wanted, const Pattern& pattern)
      : generation_(&generation),
        n_matches_(std::max<std::size_t>(1, wanted.n_matches)),
        pattern_(&pattern),
        matcher_(pattern, std::chrono::steady_clock::now() + wanted.time_limit),
        readers_(generation.segments().size()) {}

  const Pattern& pattern() const { return *pattern_; }
  bool is_out_of_time() const { return matcher_.is_out_of_time(); }

  /// Whether any field matches; `matches` gets where, n_most at most of all fields together.
  Result<Matched> match(std::size_t i_segment, std::uint32_t doc, std::size_t n_most,
                        std::vector<FieldMatch>& matches) {
    const Segment& segment = *generation_->segments()[i_segment].segment;
    auto& reader = readers_[i_segment];
    if (reader == nullptr) reader = std::make_unique<StoredTextReader>(segment.stored_text());
    QUERN_ASSIGN(view_, reader->view(doc));
    Matched all = Matched::kNo;
    matches.clear();
    for (std::size_t field = 0; field < view_.fields.size() && matches.size() < n_most; ++field) {
      found_.clear();
      const Matched one = matcher_.find(view_.fields[field], n_most - matches.size(), found_);
      if (one == Matched::kYes) append_with_lines(field, view_.fields[field], found_, matches);
      if (all == Matched::kNo || one == Matched::kYes) all = one;
      if (one == Matched::kOutOfTime) break;
    }
    return all;
  }

  Result<Matched> match(std::size_t i_segment, std::uint32_t doc,
                        std::vector<FieldMatch>& matches) {
    return match(i_segment, doc, n_matches_, matches);
  }

  /// Of the document that was matched last.
  StoredDocument document() const {
    return {.fields = {view_.fields.begin(), view_.fields.end()},
            .stored = std::string(view_.stored)};
  }

 private:
  const Generation* generation_;
  std::size_t n_matches_;
  const Pattern* pattern_;
  PatternMatcher matcher_;
  std::vector<std::unique_ptr<StoredTextReader>> readers_;  // By segment, where one was needed.
  StoredView view_;
  std::vector<PatternMatch> found_;
};

Status ask_pace() {
  if (Pace::current().go_on()) return {};
  return {Code::kCancelled, "cancelled while texts were read"};
}

void note_too_hard(std::string_view key, PatternEffort& effort) {
  if (effort.n_too_hard++ == 0) effort.first_too_hard = printable_key(key);
}

// In order of keys, until there are enough.
Status find_by_key(const Generation& generation, const Candidates& candidates,
                   const PatternSearch& wanted, Reading& reading, PatternSearchResult& result) {
  QUERN_ASSIGN(CandidatesByKey next, CandidatesByKey::open(generation, candidates.docs));
  std::vector<FieldMatch> matches;
  while (!next.at_end()) {
    if (result.hits.size() == wanted.n_wanted) {
      result.effort.has_more = true;
      return {};
    }
    QUERN_TRY(ask_pace());
    const CandidateCursor& first = next.first();
    QUERN_ASSIGN(const Matched matched, reading.match(first.i_segment(), first.doc(), matches));
    ++result.effort.n_read;
    if (matched == Matched::kTooHard) note_too_hard(first.key().bytes, result.effort);
    if (matched == Matched::kYes) {
      result.hits.push_back({.key = first.key().bytes,
                             .n_parent = first.key().n_parent,
                             .matches = matches,
                             .document = reading.document()});
    }
    QUERN_TRY(next.next());
    result.effort.is_out_of_time =
        matched == Matched::kOutOfTime || (!next.at_end() && reading.is_out_of_time());
    if (result.effort.is_out_of_time) return {};
  }
  return {};
}

// Of all segments those that match.
Result<AllowedDocs> keep_matching(const Candidates& candidates, const Generation& generation,
                                  Reading& reading, PatternEffort& effort) {
  AllowedDocs out;
  std::vector<FieldMatch> matches;
  for (std::size_t i = 0; i < candidates.docs.size(); ++i) {
    Bitmap& kept = out.emplace_back(candidates.docs[i].n_bits());
    std::vector<std::uint32_t> docs;
    candidates.docs[i].for_each([&](std::uint32_t doc) { docs.push_back(doc); });
    for (const std::uint32_t doc : docs) {
      if (reading.is_out_of_time()) {
        effort.is_out_of_time = true;
        break;
      }
      QUERN_TRY(ask_pace());
      QUERN_ASSIGN(const Matched matched, reading.match(i, doc, 1, matches));
      ++effort.n_read;
      if (matched == Matched::kYes) kept.set(doc);
      if (matched != Matched::kTooHard) continue;
      QUERN_ASSIGN(const KeyColumn* keys, generation.segments()[i].segment->keys());
      QUERN_ASSIGN(const Key key, keys->key(doc));
      note_too_hard(key.bytes, effort);
    }
  }
  return out;
}

// Best first for a question.
Status find_by_score(const Generation& generation, const Candidates& candidates,
                     const PatternSearch& wanted, TextSearcher& texts, Reading& reading,
                     PatternSearchResult& result) {
  QUERN_ASSIGN(AllowedDocs matching, keep_matching(candidates, generation, reading, result.effort));
  const TextSearch question{.text = wanted.question,
                            .syntax = wanted.syntax,
                            .n_wanted = wanted.n_wanted,
                            .give = Give::kKeysOnly};
  QUERN_ASSIGN(const TextSearchResult found,
               texts.search_within(generation, question,
                                   std::make_shared<const AllowedDocs>(std::move(matching))));
  result.why_empty = found.why_empty;
  // These matched before: the time is only for what is not known.
  Reading again(generation, {.pattern = {}, .n_matches = wanted.n_matches}, reading.pattern());
  for (const Hit& hit : found.hits) {
    QUERN_ASSIGN(const Place place, find_key(generation.segments(), hit.key));
    std::vector<FieldMatch> matches;
    QUERN_TRY(again.match(place.i_segment, place.doc, matches).status());
    result.hits.push_back({.key = hit.key,
                           .n_parent = hit.n_parent,
                           .score = hit.score,
                           .matches = std::move(matches),
                           .document = again.document()});
  }
  return {};
}

std::string why_all(const Schema& schema, const TrigramQuery& needs) {
  if (!schema.patterns) return "the store has no trigrams: it was made without patterns";
  if (needs.op != TrigramOp::kAll) return {};
  return "there are no three bytes that every match has";
}

std::string why_nothing(const Generation& generation, const PatternSearch& wanted,
                        const PatternEffort& effort) {
  if (generation.row().n_live == 0) return "the store is empty";
  if (wanted.filter && effort.n_documents == 0) {
    return fmt::format("the filter allows none of the {} documents", generation.row().n_live);
  }
  if (effort.is_out_of_time) {
    return fmt::format("no match in {} of the {} documents that may have one: the time was over",
                       effort.n_read, effort.n_candidates);
  }
  if (effort.n_candidates == 0) {
    return fmt::format("none of {} documents has the trigrams that a match needs: {}",
                       effort.n_documents, effort.needs);
  }
  return fmt::format("no match in any of {} documents", effort.n_documents);
}

}  // namespace

Result<PatternSearcher> PatternSearcher::create(const Schema& schema) {
  QUERN_ASSIGN(TextSearcher texts, TextSearcher::create(schema));
  return PatternSearcher(schema, std::move(texts));
}

Result<PatternSearchResult> PatternSearcher::search(const Generation& generation,
                                                    const PatternSearch& wanted) {
  QUERN_ASSIGN(const Pattern pattern, Pattern::compile(wanted.pattern));
  return search_undamaged(
      generation, [&](const Generation& whole) { return search_whole(whole, wanted, pattern); });
}

Result<PatternSearchResult> PatternSearcher::search_whole(const Generation& generation,
                                                          const PatternSearch& wanted,
                                                          const Pattern& pattern) {
  PatternSearchResult result = {.generation = generation.id()};
  for (const Status& damaged : generation.damaged()) result.damaged.push_back(damaged.message());
  Reading reading(generation, wanted, pattern);
  QUERN_ASSIGN(const Candidates candidates, find_candidates(generation, wanted, pattern.needs()));
  PatternEffort& effort = result.effort;
  effort.needs = text_from_query(pattern.needs());
  effort.why_all_are_read = why_all(schema_, pattern.needs());
  effort.n_documents = candidates.n_among;
  for (const Bitmap& docs : candidates.docs) effort.n_candidates += docs.count();
  QUERN_TRY(wanted.question.empty()
                ? find_by_key(generation, candidates, wanted, reading, result)
                : find_by_score(generation, candidates, wanted, texts_, reading, result));
  if (!result.hits.empty()) {
    result.why_empty.clear();
  } else if (result.why_empty.empty() || effort.n_candidates == 0 || effort.is_out_of_time) {
    result.why_empty = why_nothing(generation, wanted, effort);
  }
  return result;
}

}  // namespace quern::store
