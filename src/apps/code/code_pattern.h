// Lines of an index that match a regular expression, by the store's trigrams.

#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "apps/code/code_documents.h"
#include "base/status.h"
#include "store/catalog/generation.h"

namespace quern::apps {

struct CodePatternAsk {
  std::string pattern;  // PCRE2.
  bool ignores_case = false;
  std::uint32_t n_wanted = 100;  // Lines.
  std::vector<std::string> languages = {};
  std::vector<std::string> kinds = {};
  std::vector<std::string> roles = {};
  std::vector<std::string> paths = {};       // Globs as in ignore files.
  std::vector<std::string> extensions = {};  // ".py"
  std::string below = {};                    // A folder or file, from the root; "": all.
  std::chrono::milliseconds time_limit = std::chrono::seconds(10);
};

struct CodeMatch {
  std::string path;
  StoredChunk chunk;
  int line = 1;
  std::size_t column = 1;      // The first byte of the match in its line, from 1,
  std::size_t end_column = 1;  // and the first behind it, or the line's end.
  std::string text;            // The line without its end, kMaxMatchLineBytes of it.
  bool is_cut = false;
};
inline constexpr std::size_t kMaxMatchLineBytes = 1000;

struct CodeMatches {
  std::vector<CodeMatch> matches;  // By path and line, a line once.
  bool has_more = false;
  std::vector<std::string> notes;  // What was not looked at, why nothing is found; for people.
};

/// A match lies in one piece: none goes over the end of a definition. Errors: kBadInput for the
/// pattern, saying where it is wrong; kCancelled; kIo.
Result<CodeMatches> search_code_pattern(const store::Snapshot& snapshot, const CodePatternAsk& ask);

}  // namespace quern::apps
