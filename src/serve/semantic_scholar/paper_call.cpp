#include "serve/semantic_scholar/paper_call.h"

#include <fmt/format.h>

namespace quern::serve {
namespace {

constexpr std::size_t kMaxShownId = 200;

Status paper_not_found(std::string_view id) {
  return {Code::kNotFound, fmt::format("Paper with id {} not found", id.substr(0, kMaxShownId))};
}

/// The arXiv's id in the DOI that it gives to each of its papers; "" of other ids.
std::string arxiv_of_doi(std::string_view id) {
  constexpr std::string_view kArxiv = "10.48550/arxiv.";
  std::string lower(id);
  for (char& c : lower) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
  const std::size_t begin = lower.find(kArxiv);
  return begin == lower.npos ? "" : std::string(id.substr(begin + kArxiv.size()));
}

}  // namespace

Problem problem_of(const Status& status) {
  if (status.ok()) return {};
  return error_of(status);
}

Result<std::int64_t> find_paper(apps::PaperLibrary& library, const std::string& id) {
  // The examples of the official client have DOIs without a prefix.
  auto found = library.find(id.starts_with("10.") ? "DOI:" + id : id);
  const bool is_missing = found.ok() && !*found;
  if (const std::string arxiv = arxiv_of_doi(id); is_missing && !arxiv.empty()) {
    found = library.find("ARXIV:" + arxiv);
  }
  if (found.status().code() == Code::kBadInput) return paper_not_found(id);
  if (!found.ok()) return found.status();
  if (!*found) return paper_not_found(id);
  return **found;
}

Result<apps::KnownPaper> get_paper(apps::PaperLibrary& library, const std::string& id) {
  QUERN_ASSIGN(const std::int64_t corpus_id, find_paper(library, id));
  QUERN_ASSIGN(auto papers, library.papers({&corpus_id, 1}));
  if (papers.empty() || !papers[0]) return paper_not_found(id);
  return std::move(*papers[0]);
}

bool take_last_part(std::string& path, std::string_view part) {
  if (!path.ends_with(part) || path.size() <= part.size()) return false;
  const std::size_t slash = path.size() - part.size() - 1;
  if (path[slash] != '/') return false;
  path.resize(slash);
  return true;
}

Problem parse_query(const QueryParams& params, std::string& out) {
  const std::string_view text = params.value("query");
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == text.npos) {
    return bad_request("query: is missing or empty, wanted what to search for", "query");
  }
  out = text.substr(begin, text.find_last_not_of(" \t\r\n") + 1 - begin);
  return {};
}

Problem read_id_list(JsonValue value, std::string_view name, std::size_t n_most,
                     std::vector<std::string>& out) {
  return read_list(
      value, {name}, "a list of ids", [&](JsonValue item, const JsonPlace& place) -> Problem {
        if (out.size() >= n_most) {
          return bad_request(fmt::format("{}: more than {} ids", name, n_most), std::string(name));
        }
        return read_string(item, place, out.emplace_back());
      });
}

HttpError missing_ids(std::string_view name) {
  return bad_request(fmt::format("{}: is missing, wanted a list of ids", name), std::string(name));
}

Problem parse_ids(std::string& body, std::size_t n_most, std::vector<std::string>& out) {
  bool is_there = false;
  Problem problem = read_fields(body, [&](std::string_view key, JsonValue value) -> Problem {
    if (key != "ids") return skip_json(value, {key});
    is_there = true;
    return read_id_list(value, key, n_most, out);
  });
  if (problem) return problem;
  if (!is_there) return missing_ids("ids");
  return {};
}

}  // namespace quern::serve
