#include "cli/store_lines.h"

#include <cstdint>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/json_line.h"

namespace quern::cli {
namespace {

using nlohmann::json;

Status bad(std::string message) { return {Code::kBadInput, std::move(message)}; }

bool has_blank(std::string_view text) {
  return text.find_first_of(" \t\r\n\v\f") != std::string_view::npos;
}

/// The lines of a TREC run for one query.
class RunLines {
 public:
  RunLines(std::string_view query_id, std::string& out) : query_id_(query_id), out_(&out) {}

  Status check() const {
    if (!query_id_.empty() && !has_blank(query_id_)) return {};
    return bad(fmt::format("query id '{}': a run wants one without white space", query_id_));
  }

  Status add(std::string_view key, float score) {
    QUERN_TRY(check());
    if (has_blank(key)) {
      return bad(
          fmt::format("key '{}': a run wants keys without white space", store::printable_key(key)));
    }
    *out_ += fmt::format("{} Q0 {} {} {} quern\n", query_id_, key, ++rank_, score);
    return {};
  }

 private:
  std::string_view query_id_;
  std::string* out_;
  std::size_t rank_ = 0;
};

void append_field(const char* name, std::string& out) {
  if (out.back() != '{') out += ',';
  out += fmt::format("\"{}\":", name);
}

void append_score(const char* name, std::optional<double> score, std::string& out) {
  if (!score) return;
  append_field(name, out);
  append_json_number(static_cast<float>(*score), out);
}

void append_text(const char* name, std::string_view text, std::string& out) {
  append_field(name, out);
  append_json_string(text, out);
}

void append_text_if_any(const char* name, std::string_view text, std::string& out) {
  if (!text.empty()) append_text(name, text, out);
}

template <typename T>
void append_count(const char* name, T n, std::string& out) {
  append_field(name, out);
  out += fmt::format("{}", n);
}

void append_terms(const std::vector<store::TermScore>& terms, std::string& out) {
  if (terms.empty()) return;
  append_field("terms", out);
  out += '[';
  for (const store::TermScore& term : terms) {
    out += out.ends_with('[') ? "{" : ",{";
    append_text("field", term.field, out);
    append_text("text", term.text, out);
    append_score("score", term.score, out);
    out += '}';
  }
  out += ']';
}

// What was stored is a line of JSON if it came from one; other bytes become a string.
void append_document(const store::Hit& hit, HitHighlights* highlights, std::string& out) {
  append_field("document", out);
  if (json::accept(hit.stored)) {
    out += hit.stored;
  } else {
    append_json_string(hit.stored, out);
  }
  if (highlights != nullptr) highlights->append_json(hit.stored, out);
}

void append_hits(const std::vector<apps::RetrievedHit>& hits, HitHighlights* highlights,
                 std::string& out) {
  append_field("hits", out);
  out += '[';
  for (const apps::RetrievedHit& one : hits) {
    out += out.ends_with('[') ? "{" : ",{";
    append_text("key", one.found.hit.key, out);
    append_score("score", one.found.hit.score, out);
    append_score("bm25", one.found.sides.lexical, out);
    append_score("dense", one.found.sides.dense, out);
    append_score("rerank_score", one.rerank_score, out);
    append_terms(one.found.sides.terms, out);
    append_document(one.found.hit, highlights, out);
    out += '}';
  }
  out += ']';
}

void append_groups(const std::vector<store::GroupHit>& groups, HitHighlights* highlights,
                   std::string& out) {
  append_field("groups", out);
  out += '[';
  for (const store::GroupHit& group : groups) {
    out += out.ends_with('[') ? "{" : ",{";
    append_text("parent", group.parent, out);
    append_score("score", group.score, out);
    append_count("found", group.n_found, out);
    append_field("hits", out);
    out += '[';
    for (const store::Hit& hit : group.children) {
      out += out.ends_with('[') ? "{" : ",{";
      append_text("key", hit.key, out);
      append_score("score", hit.score, out);
      append_document(hit, highlights, out);
      out += '}';
    }
    out += "]}";
  }
  out += ']';
}

void append_timings(const apps::Retrieved& answer, std::string& out) {
  const store::SearchTimings& search = answer.found.timings;
  append_field("timings", out);
  out += fmt::format(
      R"({{"vector_ms":{:.3f},"filter_ms":{:.3f},"bm25_ms":{:.3f},"dense_ms":{:.3f},)"
      R"("fuse_ms":{:.3f},"read_ms":{:.3f},"rerank_ms":{:.3f},"total_ms":{:.3f}}})",
      answer.timings.vector_ms, search.filter_ms, search.lexical_ms, search.dense_ms,
      search.fuse_ms, search.read_ms, answer.timings.rerank_ms, answer.timings.total_ms);
}

std::string shown(const store::Hit& hit, HitHighlights* highlights) {
  return highlights != nullptr ? highlights->line(hit.stored) : beginning_of(hit.stored);
}

}  // namespace

Status append_run_lines(std::string_view query_id, const apps::Retrieved& answer,
                        std::string& out) {
  RunLines lines(query_id, out);
  std::size_t n_left = answer.hits.size();
  for (const apps::RetrievedHit& one : answer.hits) {
    const float countdown = static_cast<float>(n_left--);
    QUERN_TRY(lines.add(one.found.hit.key,
                        answer.rerank || answer.is_diverse ? countdown : one.found.hit.score));
  }
  return lines.check();
}

Status append_group_run_lines(std::string_view query_id, const std::vector<store::GroupHit>& groups,
                              std::string& out) {
  RunLines lines(query_id, out);
  for (const store::GroupHit& group : groups) QUERN_TRY(lines.add(group.parent, group.score));
  return lines.check();
}

void append_group_lines(const std::vector<store::GroupHit>& groups, HitHighlights* highlights,
                        std::string& out) {
  std::size_t rank = 0;
  for (const store::GroupHit& group : groups) {
    out += fmt::format("{}\t{:.4f}\t{}\t{} found\n", ++rank, group.score, in_one_line(group.parent),
                       group.n_found);
    for (const store::Hit& hit : group.children) {
      out += fmt::format("\t{:.4f}\t{}\t{}\n", hit.score, in_one_line(hit.key),
                         shown(hit, highlights));
    }
  }
}

void append_hit_lines(const apps::Retrieved& answer, HitHighlights* highlights, std::string& out) {
  std::size_t rank = 0;
  for (const apps::RetrievedHit& one : answer.hits) {
    const store::Hit& hit = one.found.hit;
    out += fmt::format("{}\t{:.4f}\t{}\t{}\n", ++rank, one.rerank_score.value_or(hit.score),
                       in_one_line(hit.key), shown(hit, highlights));
  }
}

void append_result_json(const apps::QueryLine& query, const apps::Retrieved& answer,
                        std::span<const AttributeCounts> counts, HitHighlights* highlights,
                        std::string& out) {
  const store::SearchResult& found = answer.found;
  out += '{';
  append_text_if_any("id", query.id, out);
  append_text("query", query.text, out);
  if (answer.groups) {
    append_groups(*answer.groups, highlights, out);
  } else {
    append_hits(answer.hits, highlights, out);
  }
  if (!counts.empty()) {
    out += ',';
    append_counts_json(counts, out);
  }
  append_text("mode", store::mode_name(found.answered), out);
  append_text_if_any("why_one_side", found.why_one_side, out);
  append_text_if_any("fusion_note", answer.fusion_note, out);
  append_count("generation", found.generation, out);
  append_count("approximate", found.is_approximate, out);
  append_count("without_vector", found.n_without_vector, out);
  append_text_if_any("reranked", answer.rerank_note, out);
  if (answer.rerank) {
    append_text("reranked", fmt::format("{} of {}", answer.rerank->n_done, answer.rerank->n_wanted),
                out);
    append_text("rerank_scale", engine::scale_name(answer.rerank->scale), out);
  }
  append_field("search_ms", out);
  out += fmt::format("{:.3f}", answer.timings.total_ms);
  append_timings(answer, out);
  append_text_if_any("why_empty", found.why_empty, out);
  if (!found.damaged.empty()) {
    append_field("damaged", out);
    out += '[';
    for (const std::string& message : found.damaged) {
      if (!out.ends_with('[')) out += ',';
      append_json_string(message, out);
    }
    out += ']';
  }
  out += "}\n";
}

}  // namespace quern::cli
