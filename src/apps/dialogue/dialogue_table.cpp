#include "apps/dialogue/dialogue_table.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "apps/json_object.h"

namespace quern::apps {
namespace {

using json = nlohmann::ordered_json;

constexpr std::pair<const char*, double ChoiceMetrics::*> kNumbers[] = {
    {"recall_1", &ChoiceMetrics::recall_1}, {"recall_2", &ChoiceMetrics::recall_2},
    {"recall_5", &ChoiceMetrics::recall_5}, {"recall_10", &ChoiceMetrics::recall_10},
    {"mrr", &ChoiceMetrics::mrr},           {"margin", &ChoiceMetrics::margin}};

bool is_share(const json& value) {
  return value.is_number() && value.get<double>() >= 0 && value.get<double>() <= 1;
}

Result<TableRow> row_of(const std::string& name, const TurnPredictor& predictor,
                        std::span<const DialogueVectors> dialogues, std::span<const ChoiceSet> sets,
                        ThreadPool& pool) {
  QUERN_ASSIGN(const auto predicted, predictor.predict(dialogues, pool));
  const std::vector<DialogueVectors> centred = predictor.centred(dialogues);
  const ScoreCandidates score = score_by_vectors(predicted, centred);
  std::vector<SureChoice> choices;
  for (const ChoiceSet& set : sets) {
    const std::vector<float> scores = score(set);
    const bool is_right =
        std::all_of(scores.begin() + 1, scores.end(), [&](float s) { return s < scores[0]; });
    choices.push_back({predictor.confidence(signs_of(scores)), is_right});
  }
  return TableRow{.choices = measure(name, sets, score),
                  .confidence = measure_confidence(std::move(choices))};
}

}  // namespace

Result<std::vector<TableRow>> dialogue_table(PredictorFile& file,
                                             std::span<const DialogueVectors> dialogues,
                                             const TableAsk& ask, ThreadPool& pool) {
  if (ask.n_candidates < 2 || ask.n_candidates > 1000) {
    return {Code::kBadInput,
            fmt::format("one of {} candidates, wanted 2 to 1000", ask.n_candidates)};
  }
  const std::vector<ChoiceSet> sets = choice_sets(dialogues, ask.n_candidates, ask.seed);
  if (sets.empty()) return {Code::kBadInput, "no turn follows another one"};
  std::vector<TableRow> out;
  out.push_back({measure("random", sets, score_by_chance(ask.seed))});
  out.push_back({measure("BM25, last turn", sets, score_by_words(dialogues))});
  std::vector<std::vector<float>> last;
  for (const DialogueVectors& dialogue : dialogues) last.push_back(dialogue.turns);
  out.push_back({measure("cosine, last turn", sets, score_by_vectors(last, dialogues))});
  out.push_back({measure("cosine, mean of turns", sets,
                         score_by_vectors(context_means(dialogues), dialogues))});
  std::vector<std::string> names;
  for (const std::string& name : file.names()) {
    if (name != kMainPredictor) names.push_back(name);
  }
  names.emplace_back(kMainPredictor);
  for (const std::string& name : names) {
    QUERN_ASSIGN(const TurnPredictor predictor, file.predictor(name));
    QUERN_ASSIGN(TableRow row, row_of(name, predictor, dialogues, sets, pool));
    out.push_back(std::move(row));
  }
  return out;
}

std::string json_from_row(const TableRow& row) {
  json out = {{"name", row.choices.name}, {"n", row.choices.n}};
  for (const auto& [name, member] : kNumbers) out[name] = row.choices.*member;
  out["mrr_margin"] = row.choices.mrr_margin;
  if (row.confidence) {
    out["ece"] = row.confidence->ece;
    out["accuracy"] = row.confidence->accuracy;
    out["accuracy_80"] = row.confidence->accuracy_80;
  }
  return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<TableRow> row_from_json(std::string_view text) {
  QUERN_ASSIGN(const json object, object_from_json(text));
  TableRow out;
  const auto wrong = [](const char* name) {
    return Status(Code::kBadInput, fmt::format("a row's \"{}\" is missing or not right", name));
  };
  const auto name = object.find("name"), n = object.find("n");
  if (name == object.end() || !name->is_string()) return wrong("name");
  if (n == object.end() || !n->is_number_unsigned()) return wrong("n");
  out.choices.name = name->get<std::string>();
  out.choices.n = n->get<std::size_t>();
  for (const auto& [field, member] : kNumbers) {
    const auto value = object.find(field);
    if (value == object.end() || !is_share(*value)) return wrong(field);
    out.choices.*member = value->get<double>();
  }
  // Rows of programs that know of none have none.
  if (const auto margin = object.find("mrr_margin"); margin != object.end()) {
    if (!is_share(*margin)) return wrong("mrr_margin");
    out.choices.mrr_margin = margin->get<double>();
  }
  return out;
}

}  // namespace quern::apps
