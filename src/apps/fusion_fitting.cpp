#include "apps/fusion_fitting.h"

#include <algorithm>
#include <charconv>
#include <sstream>
#include <utility>

#include <fmt/format.h>

#include "store/rank/saved_fusion.h"

namespace quern::apps {
namespace {

std::optional<int> number_from(std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::string fingerprint_of(const store::Generation& generation) {
  const store::SpaceRow* space = generation.active_space();
  return space == nullptr ? "" : space->space.fingerprint;
}

store::JudgedQuery judged(store::Candidates candidates, const std::map<std::string, int>& gains) {
  store::JudgedQuery out;
  for (const store::Scored& scored : candidates.query.candidates) {
    const auto found = gains.find(candidates.keys[scored.id]);
    out.gains.push_back(found == gains.end() ? 0 : std::max(0, found->second));
  }
  for (const auto& [key, gain] : gains) out.judged_gains.push_back(std::max(0, gain));
  out.query = std::move(candidates.query);
  return out;
}

}  // namespace

Result<Judgements> read_judgements(std::istream& in) {
  Judgements out;
  std::string line;
  for (std::size_t n_line = 1; std::getline(in, line); ++n_line) {
    std::istringstream words(line);
    std::vector<std::string> columns;
    for (std::string word; words >> word;) columns.push_back(std::move(word));
    if (columns.empty()) continue;
    const bool is_trec = columns.size() == 4;
    const std::optional<int> gain =
        columns.size() == 3 || is_trec ? number_from(columns.back()) : std::nullopt;
    if (!gain && n_line == 1) continue;
    if (!gain) {
      return {Code::kBadInput,
              fmt::format("line {}: want a question's id, a document's, and a gain", n_line)};
    }
    out[columns[0]][columns[is_trec ? 2 : 1]] = *gain;
  }
  if (in.bad()) return {Code::kIo, "cannot read the judgements"};
  return out;
}

Result<store::FusionFit> fit_questions(Retriever& retriever, const store::Snapshot& snapshot,
                                       const std::vector<QueryLine>& questions,
                                       const Judgements& judgements, std::uint32_t window,
                                       const std::function<bool()>& is_stopped) {
  // Folds go by order: the same questions in any order give the same fit.
  std::vector<const QueryLine*> in_order;
  for (const QueryLine& question : questions) {
    if (judgements.contains(question.id)) in_order.push_back(&question);
  }
  std::sort(in_order.begin(), in_order.end(),
            [](const QueryLine* a, const QueryLine* b) { return a->id < b->id; });
  std::vector<store::JudgedQuery> all;
  for (const QueryLine* question : in_order) {
    if (is_stopped && is_stopped()) return {Code::kCancelled, "interrupted"};
    Ask ask;
    ask.text = question->text;
    ask.vector = question->vector;
    ask.window = window;
    QUERN_ASSIGN(store::Candidates candidates,
                 retriever.candidates(snapshot, ask).in("question '" + question->id + "'"));
    all.push_back(judged(std::move(candidates), judgements.at(question->id)));
  }
  return store::fit_fusion(all);
}

store::FitRow row_of_fit(const store::FusionFit& fit, const store::Generation& generation) {
  return {.name = store::kFusionFit,
          .fingerprint = fingerprint_of(generation),
          .body = store::json_from_fusion(fit)};
}

Result<LearntFusion> learnt_fusion(const store::Generation& generation) {
  for (const store::FitRow& row : generation.fits()) {
    if (row.name != store::kFusionFit) continue;
    if (row.fingerprint != fingerprint_of(generation)) {
      return LearntFusion{
          .why_not =
              "the store's fusion was learnt for other vectors: 'quern store fit' learns it anew"};
    }
    QUERN_ASSIGN(store::FusionFit fit, store::fusion_from_json(row.body));
    return LearntFusion{.choice = std::move(fit.choice)};
  }
  return LearntFusion();
}

}  // namespace quern::apps
