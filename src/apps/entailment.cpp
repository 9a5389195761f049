#include "apps/entailment.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "apps/text_windows.h"
#include "engine/scoring/zero_shot.h"

namespace quern::apps {
namespace {

enum Meaning { kEntailment, kContradiction, kNeutral };

// Below the least that a model says, so that a label which it does not have gets no probability.
constexpr float kUnsaid = 60;

Result<std::vector<int>> meanings_of(const std::vector<std::string>& labels) {
  const auto found = engine::find_entailment(labels);
  QUERN_TRY(found.status());
  const bool has_all = labels.size() == 2 || (labels.size() == 3 && found->neutral);
  if (!has_all) {
    return Status(
        Code::kBadInput,
        fmt::format("its labels are '{}', want entailment, contradiction and neutral, or "
                    "entailment and another",
                    fmt::join(labels.begin(),
                              labels.begin() + static_cast<std::ptrdiff_t>(
                                                   std::min<std::size_t>(labels.size(), 10)),
                              "', '")));
  }
  std::vector<int> meanings(labels.size());
  meanings[found->entailment] = kEntailment;
  meanings[found->contradiction] = kContradiction;
  // Last: "not_entailment" is both, and what is not entailed need not be contradicted.
  if (found->neutral) meanings[*found->neutral] = kNeutral;
  return meanings;
}

NliAnswer answer_of(const engine::Outcome& outcome, const std::vector<int>& meanings) {
  NliAnswer answer = {
      .status = outcome.status, .n_tokens = outcome.n_tokens, .n_dropped = outcome.n_dropped};
  if (!answer.status.ok()) return answer;
  const auto is_finite = [](float logit) { return std::isfinite(logit); };
  if (outcome.values.size() != meanings.size() ||
      !std::all_of(outcome.values.begin(), outcome.values.end(), is_finite)) {
    answer.status = {Code::kBadInput, "the model answers with logits that are no numbers"};
    return answer;
  }
  const float unsaid = *std::min_element(outcome.values.begin(), outcome.values.end()) - kUnsaid;
  answer.entailment = answer.contradiction = answer.neutral = unsaid;
  for (std::size_t i = 0; i < meanings.size(); ++i) {
    float& logit = meanings[i] == kEntailment      ? answer.entailment
                   : meanings[i] == kContradiction ? answer.contradiction
                                                   : answer.neutral;
    logit = outcome.values[i];
  }
  return answer;
}

}  // namespace

Result<Entailment> Entailment::open(engine::Engine& engine, const std::string& model) {
  QUERN_ASSIGN(const engine::ModelInfo info, engine.describe(model));
  if (info.task != engine::Task::kClassify) {
    return Status(Code::kBadInput, fmt::format("model '{}' {}, want one that {}", model,
                                               engine::what_it_does(info.task),
                                               engine::what_it_does(engine::Task::kClassify)));
  }
  Entailment made;
  made.engine_ = &engine;
  made.model_ = model;
  QUERN_ASSIGN(made.meaning_, meanings_of(info.labels).in(fmt::format("model '{}'", model)));
  made.labels_ = info.labels;
  made.max_tokens_ = info.max_tokens;
  QUERN_ASSIGN(made.encoder_, engine.text_encoder(model));
  if (!made.encoder_->has_pair_template()) {
    return Status(Code::kBadInput, fmt::format("model '{}' takes no pairs of texts", model));
  }
  QUERN_ASSIGN(made.digest_, engine.model_digest(model));
  return made;
}

int Entailment::room_beside(std::string_view hypothesis) const {
  return max_tokens_ - static_cast<int>(encoder_->encode_pair("", hypothesis, 0).ids.size());
}

Result<std::vector<std::string_view>> Entailment::pieces_of(std::string_view premise,
                                                            int room) const {
  // Tokens of the pair's own are in the room already, those of a single text are none of it.
  const std::size_t n_own = encoder_->encode("", 0).ids.size();
  return text_windows(premise, room, 0, [&](std::string_view piece) {
    return static_cast<int>(encoder_->encode(piece, 0).ids.size() - n_own);
  });
}

Result<std::vector<NliAnswer>> Entailment::judge(std::span<const NliPair> pairs,
                                                 engine::WorkClass work_class) const {
  std::vector<NliAnswer> answers;
  if (pairs.empty()) return answers;
  engine::Request request;
  request.model = model_;
  request.task = engine::Task::kClassify;
  request.work_class = work_class;
  for (const NliPair& pair : pairs) {
    request.inputs.emplace_back();
    request.inputs.back().text = pair.premise;
    request.inputs.back().text_pair = pair.hypothesis;
  }
  const engine::Response response = engine_->run(std::move(request));
  QUERN_TRY(response.status);
  for (const engine::Outcome& outcome : response.outcomes) {
    answers.push_back(answer_of(outcome, meaning_));
  }
  return answers;
}

}  // namespace quern::apps
