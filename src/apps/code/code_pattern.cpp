#include "apps/code/code_pattern.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "apps/code/code_filter.h"
#include "store/pattern_search.h"

namespace quern::apps {
namespace {

constexpr std::size_t kTextField = 2;  // Of code_schema().

// More documents than lines are wanted: matches in names and paths are none, and globs come after.
constexpr std::uint32_t kMinDocuments = 1000;

}  // namespace

Result<CodeMatches> search_code_pattern(const store::Snapshot& snapshot,
                                        const CodePatternAsk& ask) {
  const CodeScope scope = {.languages = ask.languages, .roles = ask.roles, .paths = ask.paths};
  store::PatternSearch wanted;
  wanted.pattern.text = ask.pattern;
  wanted.pattern.letters =
      ask.ignores_case ? store::LetterCase::kIgnored : store::LetterCase::kExact;
  wanted.filter = filter_of(scope);
  wanted.n_wanted = std::max(kMinDocuments, ask.n_wanted);
  wanted.time_limit = ask.time_limit;
  QUERN_ASSIGN(store::PatternSearcher searcher, store::PatternSearcher::create(code_schema()));
  QUERN_ASSIGN(const store::PatternSearchResult found, searcher.search(*snapshot, wanted));
  CodeMatches out;
  const PathScope paths(ask.paths);
  bool has_more = found.effort.has_more;
  for (const store::PatternHit& hit : found.hits) {
    const std::string_view path = path_of_key(hit.key);
    if (!paths.has(path)) continue;
    QUERN_ASSIGN(const StoredChunk chunk, chunk_from_bytes(hit.document.stored));
    const std::string& text = hit.document.fields[kTextField];
    int last_line = 0;
    for (const store::FieldMatch& match : hit.matches) {
      const int line = chunk.span.first_line + static_cast<int>(match.line) - 1;
      if (match.field != kTextField || line == last_line) continue;
      last_line = line;
      if (out.matches.size() == ask.n_wanted) {
        has_more = true;
        break;
      }
      const auto [begin, end] = std::pair(match.line_span.begin, match.line_span.end);
      CodeMatch& one = out.matches.emplace_back();
      one.path = path;
      one.chunk = chunk;
      one.line = line;
      one.column = match.span.begin - begin + 1;
      one.end_column = std::min(match.span.end, end) - begin + 1;
      one.is_cut = end - begin > kMaxMatchLineBytes;
      one.text = text.substr(begin, std::min(end - begin, kMaxMatchLineBytes));
    }
  }
  for (const std::string& damaged : found.damaged) out.notes.push_back(damaged);
  const store::PatternEffort& effort = found.effort;
  if (effort.is_out_of_time) {
    out.notes.push_back(fmt::format("the time was over when {} of {} pieces were read",
                                    effort.n_read, effort.n_candidates));
  }
  if (effort.n_too_hard > 0) {
    out.notes.push_back(fmt::format("{} pieces were too hard for the pattern, {} the first",
                                    effort.n_too_hard, path_of_key(effort.first_too_hard)));
  }
  if (has_more)
    out.notes.push_back(fmt::format("there are more than {} lines", out.matches.size()));
  if (out.matches.empty()) {
    out.notes.push_back("nothing found: " + (found.why_empty.empty()
                                                 ? std::string("no line of the text matches")
                                                 : found.why_empty));
  }
  return out;
}

}  // namespace quern::apps
