// Passages of papers.

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "serve/json/json_members.h"
#include "serve/semantic_scholar/paper_call.h"
#include "serve/semantic_scholar/paper_fields.h"
#include "serve/semantic_scholar/paper_filters.h"
#include "serve/semantic_scholar/snippet_json.h"

namespace quern::serve {
namespace {

constexpr std::int64_t kUsualSnippets = 10;
constexpr std::int64_t kMaxSnippets = 1000;
constexpr std::size_t kMaxPaperIds = 1000;

using PapersById = std::map<std::int64_t, apps::KnownPaper>;

Result<PapersById> papers_of(apps::PaperLibrary& library,
                             std::span<const apps::PaperSnippet> snippets) {
  std::vector<std::int64_t> ids;
  for (const apps::PaperSnippet& snippet : snippets) ids.push_back(snippet.corpus_id);
  std::ranges::sort(ids);
  const auto repeated = std::ranges::unique(ids);
  ids.erase(repeated.begin(), repeated.end());
  QUERN_ASSIGN(auto papers, library.papers(ids));
  PapersById out;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (papers[i]) out.emplace(ids[i], std::move(*papers[i]));
  }
  return out;
}

/// The papers of `names` that there are.
Result<std::vector<std::int64_t>> known_ids(apps::PaperLibrary& library,
                                            std::span<const std::string> names) {
  std::vector<std::int64_t> out;
  for (const std::string& name : names) {
    const Result<std::int64_t> id = find_paper(library, name);
    if (!id.ok() && id.status().code() != Code::kNotFound) return id.status();
    if (id.ok()) out.push_back(*id);
  }
  return out;
}

Status write_snippets(PaperCall& call, apps::PaperAsk ask, FieldSet<SnippetField> fields,
                      std::span<const std::string> names, std::string& out) {
  apps::SnippetHits found;
  QUERN_ASSIGN(ask.filter.corpus_ids, known_ids(call.library, names));
  // None of the papers asked for is here: an empty filter would let in all others.
  if (names.empty() || !ask.filter.corpus_ids.empty()) {
    QUERN_ASSIGN(found, call.library.snippets(ask));
  }
  QUERN_ASSIGN(const PapersById papers, papers_of(call.library, found.snippets));
  std::map<std::int64_t, std::vector<apps::KnownReference>> references;
  std::string list = "[";
  for (const apps::PaperSnippet& snippet : found.snippets) {
    const auto paper = papers.find(snippet.corpus_id);
    if (paper == papers.end()) continue;  // Removed meanwhile.
    if (list.size() > 1) list += ',';
    std::vector<apps::ReferenceMention> mentions;
    if (fields.has(SnippetField::kRefMentions) && snippet.kind != apps::SnippetKind::kTitle) {
      const auto [of_paper, is_new] = references.try_emplace(snippet.corpus_id);
      if (is_new) {
        QUERN_ASSIGN(of_paper->second, call.library.known_references(snippet.corpus_id));
      }
      mentions = apps::mentions_in(snippet.text, snippet.sentences, of_paper->second);
    }
    append_snippet_hit(snippet, paper->second, mentions, fields, list);
  }
  JsonMembers members(out);
  members.raw("data", list + ']');
  members.text("retrievalVersion", "quern-" QUERN_VERSION);
  members.end();
  return {};
}

}  // namespace

Problem handle_snippet_search(PaperCall& call, std::string& out) {
  apps::PaperAsk ask;
  std::int64_t limit = kUsualSnippets;
  FieldSet<SnippetField> fields;
  const std::vector<std::string> names = call.params.list("paperIds");
  if (Problem problem = parse_query(call.params, ask.text)) return problem;
  if (Problem problem = call.params.read_integer("limit", 1, kMaxSnippets, limit)) return problem;
  if (Problem problem = parse_snippet_fields(call.params.value("fields"), fields)) return problem;
  if (Problem problem = parse_snippet_filter(call.params, ask.filter)) return problem;
  if (names.size() > kMaxPaperIds) {
    return bad_request(
        fmt::format("paperIds: {} are too many, wanted {} at most", names.size(), kMaxPaperIds),
        "paperIds");
  }
  ask.n_wanted = static_cast<std::uint32_t>(limit);
  ask.deadline = call.deadline;
  return problem_of(write_snippets(call, std::move(ask), fields, names, out));
}

}  // namespace quern::serve
