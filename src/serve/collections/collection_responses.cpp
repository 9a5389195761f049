#include "serve/collections/collection_responses.h"

#include <iterator>

#include <fmt/format.h>

#include "serve/json/json_text.h"

namespace quern::serve {
namespace {

template <typename... Args>
void append(std::string& out, fmt::format_string<Args...> format, Args&&... args) {
  fmt::format_to(std::back_inserter(out), format, std::forward<Args>(args)...);
}

void append_comma(std::string& out) {
  if (out.back() != '[' && out.back() != '{') out += ',';
}

void append_field(std::string& out, const char* name, std::string_view text) {
  append_comma(out);
  append(out, R"("{}":)", name);
  append_json_string(out, text);
}

void append_score(std::string& out, const char* name, std::optional<double> score) {
  if (!score) return;
  append(out, R"(,"{}":)", name);
  append_json_float(out, static_cast<float>(*score));
}

void append_terms(std::string& out, const std::vector<store::TermScore>& terms) {
  if (terms.empty()) return;
  out += R"(,"terms":[)";
  for (const store::TermScore& term : terms) {
    append_comma(out);
    out += '{';
    append_field(out, "field", term.field);
    append_field(out, "text", term.text);
    append_score(out, "score", term.score);
    out += '}';
  }
  out += ']';
}

// What was stored came as an object of JSON, and goes out as it came.
void append_hit(std::string& out, const store::SearchHit& found,
                std::optional<float> rerank_score) {
  out += R"({"id":)";
  append_json_string(out, found.hit.key);
  append_score(out, "score", double{found.hit.score});
  append_score(out, "bm25", found.sides.lexical);
  append_score(out, "dense", found.sides.dense);
  append_score(out, "rerank_score", rerank_score);
  append_terms(out, found.sides.terms);
  if (!found.hit.stored.empty()) append(out, R"(,"document":{})", found.hit.stored);
}

void append_hits(std::string& out, const std::vector<apps::RetrievedHit>& hits) {
  out += R"("hits":[)";
  for (const apps::RetrievedHit& one : hits) {
    append_comma(out);
    append_hit(out, one.found, one.rerank_score);
    out += '}';
  }
  out += ']';
}

void append_groups(std::string& out, const std::vector<store::GroupHit>& groups) {
  out += R"("groups":[)";
  for (const store::GroupHit& group : groups) {
    append_comma(out);
    out += '{';
    append_field(out, "parent", group.parent);
    append_score(out, "score", double{group.score});
    append(out, R"(,"found":{},"hits":[)", group.n_found);
    for (const store::Hit& hit : group.children) {
      append_comma(out);
      append_hit(out, {.hit = hit, .sides = {}}, {});
      out += '}';
    }
    out += "]}";
  }
  out += ']';
}

void append_vectors(std::string& out, const store::Generation& generation) {
  out += R"(,"vectors":[)";
  for (const store::SpaceRow& row : generation.spaces()) {
    append_comma(out);
    out += '{';
    append_field(out, "model", row.space.model);
    append(out, R"(,"dimensions":{},"metric":"{}","long_texts":"{}",)", row.space.d,
           store::metric_name(row.space.metric), store::long_texts_name(row.space.long_texts));
    append(out, R"("state":"{}","without_vector":{}}})", store::space_state_name(row.state),
           generation.n_missing(row.id));
  }
  out += ']';
}

void append_damage(std::string& out, const store::Generation& generation) {
  if (generation.damaged().empty()) return;
  out += R"(,"damaged":[)";
  for (const Status& damaged : generation.damaged()) {
    append_comma(out);
    append_json_string(out, damaged.message());
  }
  out += ']';
}

}  // namespace

std::string collection_json(const apps::Collection& collection,
                            const apps::CollectionState& state) {
  const store::Generation& generation = *state.snapshot;
  std::uint64_t n_bytes = 0;
  for (const store::SegmentView& view : generation.segments()) {
    n_bytes += store::bytes_of_files(view.row);
  }
  std::string out = R"({"object":"collection")";
  append_field(out, "name", collection.name());
  append(out, R"(,"documents":{},"generation":{},"segments":{},"bytes":{},"fields":[)",
         generation.row().n_live, generation.id(), generation.segments().size(), n_bytes);
  for (std::size_t i = 0; i < collection.schema().fields.size(); ++i) {
    const store::TextField& field = collection.schema().fields[i];
    append_comma(out);
    out += '{';
    append_field(out, "name", field.name);
    append_field(out, "analyzer", field.analyzer);
    append(out, R"(,"documents":{},"terms":{}}})", generation.row().fields[i].n_docs,
           generation.row().fields[i].n_tokens);
  }
  out += R"(],"attributes":[)";
  for (const store::Attribute& attribute : collection.schema().attributes) {
    append_comma(out);
    out += '{';
    append_field(out, "name", attribute.name);
    append_field(out, "type", store::attribute_type_name(attribute.type));
    out += '}';
  }
  out += ']';
  append_vectors(out, generation);
  append(out, R"(,"waiting_writes":{},"is_embedding":{})", state.n_waiting, state.is_embedding);
  if (!state.embedding_problem.empty()) {
    append_field(out, "embedding_problem", state.embedding_problem);
  }
  if (state.recall.n_searches > 0) {
    append(out, R"(,"graph_searches":{},"recall_receipts":{})", state.recall.n_searches,
           state.recall.n_receipts);
  }
  if (state.recall.n_receipts > 0) append(out, R"(,"recall_at_10":{:.4f})", state.recall.recall());
  append_damage(out, generation);
  out += '}';
  return out;
}

std::string report_json(const apps::IngestReport& report, const std::vector<std::string>& refused) {
  std::string out = fmt::format(
      R"({{"added":{},"unchanged":{},"refused":{},"vectors":{},"generation":{},"problems":[)",
      report.n_written, report.n_unchanged, report.n_refused, report.n_vectors, report.generation);
  for (const std::string& problem : refused) {
    append_comma(out);
    append_json_string(out, problem);
  }
  return out + "]}";
}

std::string erasure_json(const apps::ErasureReport& report) {
  return fmt::format(R"({{"deleted":{},"generation":{}}})", report.n_erased, report.generation);
}

std::string search_json(const apps::Retrieved& answer, const apps::CollectionState& state) {
  const store::SearchResult& found = answer.found;
  std::string out = R"({"object":"search",)";
  if (answer.groups) {
    append_groups(out, *answer.groups);
  } else {
    append_hits(out, answer.hits);
  }
  append(out, R"(,"mode":"{}","generation":{},"approximate":{})", store::mode_name(found.answered),
         found.generation, found.is_approximate);
  if (!found.why_one_side.empty()) append_field(out, "why_one_side", found.why_one_side);
  if (!answer.fusion_note.empty()) append_field(out, "fusion_note", answer.fusion_note);
  const bool is_fresh = found.n_without_vector == 0 && state.n_waiting == 0;
  append(out, R"(,"fresh":{},"without_vector":{},"waiting_writes":{})", is_fresh,
         found.n_without_vector, state.n_waiting);
  if (!answer.rerank_note.empty()) append_field(out, "reranked", answer.rerank_note);
  if (answer.rerank) {
    append(out, R"(,"reranked":"{} of {}","rerank_scale":"{}")", answer.rerank->n_done,
           answer.rerank->n_wanted, engine::scale_name(answer.rerank->scale));
  }
  if (!found.why_empty.empty()) append_field(out, "why_empty", found.why_empty);
  append(out, R"(,"timings":{{"vector_ms":{:.3f},"filter_ms":{:.3f},"bm25_ms":{:.3f},)",
         answer.timings.vector_ms, found.timings.filter_ms, found.timings.lexical_ms);
  append(out, R"("dense_ms":{:.3f},"fuse_ms":{:.3f},"read_ms":{:.3f},)", found.timings.dense_ms,
         found.timings.fuse_ms, found.timings.read_ms);
  append(out, R"("rerank_ms":{:.3f},"total_ms":{:.3f}}})", answer.timings.rerank_ms,
         answer.timings.total_ms);
  if (!found.damaged.empty()) {
    out += ',';
    append_json_strings(out, "damaged", found.damaged);
  }
  out += '}';
  return out;
}

}  // namespace quern::serve
