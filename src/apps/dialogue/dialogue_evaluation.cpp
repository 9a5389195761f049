#include "apps/dialogue/dialogue_evaluation.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <random>
#include <unordered_map>

#include "apps/dialogue/vector_math.h"
#include "text/analysis/analyzer.h"

namespace quern::apps {
namespace {

// A mean over dialogues drawn again and again, of which each has a sum and how many: turns of one
// are no independent draws.
double bootstrap_margin(const std::vector<std::pair<double, double>>& by_dialogue) {
  constexpr int kRounds = 400;
  std::mt19937_64 random(1);
  std::vector<double> means;
  for (int round = 0; round < kRounds; ++round) {
    double sum = 0, n = 0;
    for (std::size_t i = 0; i < by_dialogue.size(); ++i) {
      const auto& [its_sum, its_n] = by_dialogue[random() % by_dialogue.size()];
      sum += its_sum;
      n += its_n;
    }
    means.push_back(n > 0 ? sum / n : 0);
  }
  std::sort(means.begin(), means.end());
  return (means[kRounds * 975 / 1000] - means[kRounds * 25 / 1000]) / 2;
}

/// The words of each turn, and how many turns have a word.
struct Words {
  std::vector<std::vector<std::map<std::string, int>>> turns;
  std::vector<std::vector<double>> lengths;
  std::unordered_map<std::string, double> n_with;
  double n_turns = 0;
  double mean_length = 0;
};

std::shared_ptr<const Words> words_of(std::span<const DialogueVectors> dialogues) {
  auto out = std::make_shared<Words>();
  text::Analyzer analyzer("english");
  for (const DialogueVectors& dialogue : dialogues) {
    out->turns.emplace_back();
    out->lengths.emplace_back();
    for (const std::string& text : dialogue.texts) {
      std::map<std::string, int> counts;
      double length = 0;
      analyzer.analyze(text, [&](const text::Term& term) {
        ++counts[std::string(term.text)];
        ++length;
      });
      for (const auto& [word, n] : counts) ++out->n_with[word];
      out->turns.back().push_back(std::move(counts));
      out->lengths.back().push_back(length);
      out->mean_length += length;
      ++out->n_turns;
    }
  }
  if (out->n_turns > 0) out->mean_length /= out->n_turns;
  return out;
}

}  // namespace

ChoiceMetrics measure(const std::string& name, std::span<const ChoiceSet> sets,
                      const ScoreCandidates& score) {
  ChoiceMetrics out = {.name = name, .n = sets.size()};
  std::vector<std::pair<double, double>> right, reciprocal;  // By dialogue.
  for (std::size_t s = 0; s < sets.size(); ++s) {
    const std::vector<float> scores = score(sets[s]);
    const auto rank = 1 + std::count_if(scores.begin() + 1, scores.end(),
                                        [&](float other) { return !(other < scores[0]); });
    out.recall_1 += rank <= 1;
    out.recall_2 += rank <= 2;
    out.recall_5 += rank <= 5;
    out.recall_10 += rank <= 10;
    out.mrr += 1 / static_cast<double>(rank);
    if (s == 0 || sets[s].i_dialogue != sets[s - 1].i_dialogue) {
      right.emplace_back();
      reciprocal.emplace_back();
    }
    right.back().first += rank <= 1;
    ++right.back().second;
    reciprocal.back().first += 1 / static_cast<double>(rank);
    ++reciprocal.back().second;
  }
  if (sets.empty()) return out;
  for (double* sum : {&out.recall_1, &out.recall_2, &out.recall_5, &out.recall_10, &out.mrr}) {
    *sum /= static_cast<double>(out.n);
  }
  out.margin = bootstrap_margin(right);
  out.mrr_margin = bootstrap_margin(reciprocal);
  return out;
}

ScoreCandidates score_by_vectors(const std::vector<std::vector<float>>& predicted,
                                 std::span<const DialogueVectors> turns) {
  return [&predicted, turns](const ChoiceSet& set) {
    const auto d = static_cast<std::size_t>(turns[set.i_dialogue].d);
    const auto wanted = std::span(predicted[set.i_dialogue]).subspan(set.i_turn * d, d);
    std::vector<float> out;
    for (const TurnPlace& place : set.candidates) {
      out.push_back(dot(wanted, turns[place.i_dialogue].turn(place.i_turn)));
    }
    return out;
  };
}

ScoreCandidates score_by_words(std::span<const DialogueVectors> dialogues) {
  return [words = words_of(dialogues)](const ChoiceSet& set) {
    constexpr double kK1 = 1.2, kB = 0.75;
    std::vector<float> out;
    for (const TurnPlace& place : set.candidates) {
      const auto& has = words->turns[place.i_dialogue][place.i_turn];
      const double length = words->lengths[place.i_dialogue][place.i_turn];
      double score = 0;
      for (const auto& [word, n] : words->turns[set.i_dialogue][set.i_turn]) {
        const auto found = has.find(word);
        if (found == has.end()) continue;
        const double n_with = words->n_with.at(word), tf = found->second;
        const double idf = std::log(1 + (words->n_turns - n_with + 0.5) / (n_with + 0.5));
        score += n * idf * tf / (tf + kK1 * (1 - kB + kB * length / words->mean_length));
      }
      out.push_back(static_cast<float>(score));
    }
    return out;
  };
}

ScoreCandidates score_by_chance(std::uint64_t seed) {
  return [random = std::mt19937_64(seed)](const ChoiceSet& set) mutable {
    std::vector<float> out;
    for (std::size_t i = 0; i < set.candidates.size(); ++i) {
      out.push_back(static_cast<float>(random() >> 40));
    }
    return out;
  };
}

std::vector<std::vector<float>> context_means(std::span<const DialogueVectors> dialogues) {
  std::vector<std::vector<float>> out;
  for (const DialogueVectors& dialogue : dialogues) {
    const auto d = static_cast<std::size_t>(dialogue.d);
    std::vector<float> sum(d, 0.0f), means;
    for (std::size_t t = 0; t < dialogue.n_turns(); ++t) {
      const std::span<const float> turn = dialogue.turn(t);
      for (std::size_t i = 0; i < d; ++i) sum[i] += turn[i];
      const float length = std::sqrt(dot(sum, sum));
      for (std::size_t i = 0; i < d; ++i) means.push_back(length > 0 ? sum[i] / length : 0);
    }
    out.push_back(std::move(means));
  }
  return out;
}

ConfidenceMetrics measure_confidence(std::vector<SureChoice> choices) {
  ConfidenceMetrics out;
  if (choices.empty()) return out;
  double sum[10] = {}, right[10] = {};
  for (const SureChoice& choice : choices) {
    const int bin = std::clamp(static_cast<int>(choice.confidence * 10), 0, 9);
    sum[bin] += choice.confidence;
    right[bin] += choice.is_right;
    out.accuracy += choice.is_right;
  }
  const double n = static_cast<double>(choices.size());
  out.accuracy /= n;
  for (int bin = 0; bin < 10; ++bin) out.ece += std::abs(sum[bin] - right[bin]) / n;
  std::stable_sort(choices.begin(), choices.end(), [](const SureChoice& a, const SureChoice& b) {
    return a.confidence > b.confidence;
  });
  const std::size_t n_sure = std::max<std::size_t>(1, choices.size() * 8 / 10);
  for (std::size_t i = 0; i < n_sure; ++i) out.accuracy_80 += choices[i].is_right;
  out.accuracy_80 /= static_cast<double>(n_sure);
  return out;
}

}  // namespace quern::apps
