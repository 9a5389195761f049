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
constexpr std::uint32_t kMaxDocuments = 1'000'000;

Result<CodeMatches> lines_of(const store::PatternSearchResult& found, const PathScope& paths,
                             std::uint32_t n_wanted) {
  CodeMatches out;
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
      if (out.matches.size() == n_wanted) {
        out.has_more = true;
        return out;
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
  return out;
}

void add_notes(const store::PatternSearchResult& found, bool is_short, CodeMatches& out) {
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
  if (is_short) {
    out.notes.push_back(
        fmt::format("only the first {} pieces that match were looked at", found.hits.size()));
  } else if (out.has_more) {
    out.notes.push_back(fmt::format("there are more than {} lines", out.matches.size()));
  }
  if (out.matches.empty() && !is_short) {
    out.notes.push_back("nothing found: " + (found.why_empty.empty()
                                                 ? std::string("no line of these files matches")
                                                 : found.why_empty));
  }
}

}  // namespace

Result<CodeMatches> search_code_pattern(const store::Snapshot& snapshot,
                                        const CodePatternAsk& ask) {
  const CodeScope scope = {.languages = ask.languages,
                           .kinds = ask.kinds,
                           .roles = ask.roles,
                           .paths = ask.paths,
                           .below = ask.below};
  QUERN_TRY(check_scope(scope));
  store::PatternSearch wanted;
  wanted.pattern.text = ask.pattern;
  wanted.pattern.letters =
      ask.ignores_case ? store::LetterCase::kIgnored : store::LetterCase::kExact;
  wanted.filter = filter_of(scope);
  wanted.n_wanted = std::max(kMinDocuments, ask.n_wanted);
  wanted.time_limit = ask.time_limit;
  QUERN_ASSIGN(store::PatternSearcher searcher, store::PatternSearcher::create(code_schema()));
  const PathScope paths(ask.paths, ask.extensions);
  while (true) {
    QUERN_ASSIGN(const store::PatternSearchResult found, searcher.search(*snapshot, wanted));
    QUERN_ASSIGN(CodeMatches out, lines_of(found, paths, ask.n_wanted));
    // Documents that are no lines of these paths took the place of others.
    const bool is_short =
        out.matches.size() < ask.n_wanted && found.effort.has_more && !found.effort.is_out_of_time;
    if (!is_short || wanted.n_wanted == kMaxDocuments) {
      add_notes(found, is_short, out);
      return out;
    }
    wanted.n_wanted = std::min(8 * wanted.n_wanted, kMaxDocuments);
  }
}

}  // namespace quern::apps
