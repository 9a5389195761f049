#include <algorithm>
#include <cmath>
#include <iterator>

#include <fmt/format.h>

#include "serve/claims/claims_responses.h"
#include "serve/claims/nli_share.h"
#include "serve/json/json_members.h"

namespace quern::serve {

NliShare surest_label(const apps::NliScores& scores) {
  const NliShare labels[] = {{"entailment", scores.entailment},
                             {"contradiction", scores.contradiction},
                             {"neutral", scores.neutral}};
  return *std::max_element(std::begin(labels), std::end(labels),
                           [](const NliShare& a, const NliShare& b) { return a.share < b.share; });
}

std::string nli_scores_json(const apps::NliScores& scores) {
  std::string out;
  JsonMembers members(out);
  members.number("entailment", scores.entailment);
  members.number("contradiction", scores.contradiction);
  members.number("neutral", scores.neutral);
  members.end();
  return out;
}

std::string sentence_id(const apps::EvidenceSentence& sentence) {
  std::string id = fmt::format("{}#{}", sentence.source.key, sentence.i_sentence);
  if (sentence.n_pieces > 1) id += fmt::format(".{}", sentence.i_piece);
  return id;
}

const std::string& source_name(const apps::EvidenceSentence& sentence) {
  return sentence.source.title.empty() ? sentence.source.key : sentence.source.title;
}

/// A cosine as a share: what points away is not near at all.
std::optional<double> similarity_of(const apps::EvidenceSentence& sentence) {
  if (!sentence.nearness.cosine) return {};
  return std::clamp(*sentence.nearness.cosine, 0.0, 1.0);
}

std::string embeddings_json(std::span<const std::vector<float>> vectors, double ms) {
  std::string out = "{\"embeddings\":[";
  for (const std::vector<float>& vector : vectors) {
    if (out.back() != '[') out += ',';
    append_json_floats(out, vector);
  }
  return out + fmt::format("],\"count\":{},\"dimension\":{},\"processing_time_ms\":{:.3f}}}",
                           vectors.size(), vectors.empty() ? 0 : vectors[0].size(), ms);
}

std::string found_json(const EvidenceRequest& request,
                       std::span<const apps::EvidenceSentence> sentences, double ms) {
  std::string out = "{\"results\":[";
  int rank = 0;
  for (const apps::EvidenceSentence& sentence : sentences) {
    if (out.back() != '[') out += ',';
    JsonMembers members(out);
    members.text("evidence_id", sentence_id(sentence));
    members.text("content", sentence.text);
    members.text_or_null("source_url", sentence.source.url);
    members.text("source", source_name(sentence));
    members.number("similarity", similarity_of(sentence).value_or(std::nan("")));
    members.integer("rank", ++rank);
    members.end();
  }
  out += fmt::format("],\"count\":{},\"query\":", rank);
  append_json_string(out, request.query);
  return out + fmt::format(",\"mode\":\"{}\",\"query_time_ms\":{:.3f}}}",
                           search_mode_name(request.mode), ms);
}

std::string nli_json(const NliSaid& said, std::optional<double> ms) {
  const NliShare label = surest_label(said.scores);
  std::string out;
  JsonMembers members(out);
  members.text("label", label.label);
  members.number("confidence", label.share);
  members.raw("scores", nli_scores_json(said.scores));
  if (said.n_dropped > 0) members.integer("n_dropped", said.n_dropped);
  members.raw("processing_time_ms", ms ? fmt::format("{:.3f}", *ms) : "null");
  members.end();
  return out;
}

std::string nli_batch_json(std::span<const NliSaid> said, double ms) {
  std::string out = "{\"results\":[";
  for (const NliSaid& pair : said) {
    if (out.back() != '[') out += ',';
    out += nli_json(pair, {});
  }
  return out + fmt::format("],\"count\":{},\"total_processing_time_ms\":{:.3f}}}", said.size(), ms);
}

}  // namespace quern::serve
