// Documents with a substring or a match of a regular expression. Trigrams say which can have one,
// where the schema has patterns; each of these is read, and PCRE2 decides. docs/patterns.md.

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "store/catalog/generation.h"
#include "store/filter/filter.h"
#include "store/lexical/pattern.h"
#include "store/text_search.h"
#include "store/undamaged.h"

namespace quern::store {

struct PatternSearch {
  PatternSpec pattern;
  // With a question, the documents that it finds, best first; without, all in order of their keys.
  std::string question = {};
  QuerySyntax syntax = QuerySyntax::kPlain;
  std::optional<Filter> filter = {};
  std::uint32_t n_wanted = 10;
  std::size_t n_matches = 100;  // Of each document.
  std::chrono::milliseconds time_limit = std::chrono::seconds(10);
};

struct FieldMatch {
  std::size_t field = 0;   // Of the schema.
  PatternMatch span;       // Bytes of the field.
  std::size_t line = 1;    // The line in which it begins, from 1,
  PatternMatch line_span;  // and that line's bytes, without its end.

  bool operator==(const FieldMatch&) const = default;
};

struct PatternHit {
  std::string key = {};
  std::uint32_t n_parent = 0;
  float score = 0;  // With a question.
  std::vector<FieldMatch> matches = {};
  StoredDocument document = {};
};

/// How the documents were found, and what is not known.
struct PatternEffort {
  std::string needs = {};             // The trigrams that each must have, for people.
  std::string why_all_are_read = {};  // Empty: trigrams say which ones.
  std::uint64_t n_documents = 0;      // Live ones that the filter allows.
  std::uint64_t n_candidates = 0;     // Of these, those that may match.
  std::uint64_t n_read = 0;
  bool is_out_of_time = false;      // Not all that should be read were.
  bool has_more = false;            // Enough were found before all were read.
  std::uint64_t n_too_hard = 0;     // Documents on which the pattern takes too many steps,
  std::string first_too_hard = {};  // the first one's key.
};

struct PatternSearchResult {
  std::vector<PatternHit> hits = {};
  GenerationId generation = 0;
  PatternEffort effort = {};
  std::string why_empty = {};
  std::vector<std::string> damaged = {};
};

/// Threads: one object per thread.
class PatternSearcher {
 public:
  /// Errors: kBadInput for an analyzer that there is not.
  static Result<PatternSearcher> create(const Schema& schema);

  /// Asks Pace::current() before each document. Errors: kBadInput for the pattern, saying where it
  /// is wrong, or the question; kCancelled; kIo.
  Result<PatternSearchResult> search(const Generation& generation, const PatternSearch& wanted);

 private:
  PatternSearcher(Schema schema, TextSearcher texts)
      : schema_(std::move(schema)), texts_(std::move(texts)) {}
  Result<PatternSearchResult> search_whole(const Generation& generation,
                                           const PatternSearch& wanted, const Pattern& pattern);

  Schema schema_;
  TextSearcher texts_;
};

}  // namespace quern::store
