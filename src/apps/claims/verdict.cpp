#include "apps/claims/verdict.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>

#include <fmt/format.h>

namespace quern::apps {
namespace {

// Below this cosine a sentence speaks of something else.
constexpr double kLeastCosine = 0.5;
constexpr double kConflict = 0.3;
constexpr double kLeastLead = 0.5;

NliScores scores_of(const NliLogits& logits, double temperature) {
  const double e = logits.entailment / temperature;
  const double c = logits.contradiction / temperature;
  const double n = logits.neutral / temperature;
  const double most = std::max({e, c, n});
  const double sum = std::exp(e - most) + std::exp(c - most) + std::exp(n - most);
  return {std::exp(e - most) / sum, std::exp(c - most) / sum, std::exp(n - most) / sum};
}

double relevance_of(const Nearness& nearness) {
  return nearness.cosine ? std::clamp(*nearness.cosine, 0.0, 1.0) : 1.0;
}

SentenceVoice voice_of(const JudgedPair& pair, const Calibration& calibration) {
  SentenceVoice voice;
  voice.scores = scores_of(pair.logits, calibration.temperature);
  voice.relevance = relevance_of(pair.nearness);
  const NliScores& p = voice.scores;
  if (voice.relevance < kLeastCosine) {
    voice.voice = Voice::kIrrelevant;
  } else if (p.neutral >= std::max(p.entailment, p.contradiction)) {
    voice.voice = Voice::kNeutral;
  } else if (p.entailment >= p.contradiction) {
    voice.voice = Voice::kSupports;
    voice.weight = voice.relevance * p.entailment;
  } else {
    voice.voice = Voice::kRefutes;
    voice.weight = voice.relevance * p.contradiction;
  }
  return voice;
}

/// 1 - product of (1 - w), smallest first: the same bits in whatever order they come.
double any_of(std::vector<double> weights) {
  std::sort(weights.begin(), weights.end());
  double none = 1;
  for (const double weight : weights) none *= 1 - weight;
  return 1 - none;
}

/// The strongest of each source; the others repeat it.
double strength_of(Voice side, std::span<const JudgedPair> pairs,
                   std::vector<SentenceVoice>& voices) {
  std::map<std::string_view, std::size_t> best;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    if (voices[i].voice != side) continue;
    const auto [at, is_first] = best.emplace(pairs[i].source, i);
    if (is_first) continue;
    const bool is_stronger = voices[i].weight > voices[at->second].weight;
    SentenceVoice& weaker = voices[is_stronger ? at->second : i];
    if (is_stronger) at->second = i;
    weaker.voice = Voice::kRepeats;
    weaker.weight = 0;
  }
  std::vector<double> weights;
  for (const auto& [source, i] : best) weights.push_back(voices[i].weight);
  return any_of(std::move(weights));
}

}  // namespace

const char* verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::kSupported:
      return "SUPPORTED";
    case Verdict::kRefuted:
      return "REFUTED";
    case Verdict::kNotEnoughInfo:
      break;
  }
  return "NOT_ENOUGH_INFO";
}

Result<Verdict> verdict_from_name(std::string_view name) {
  std::string plain;
  for (const char c : name) {
    if (c >= 'a' && c <= 'z') plain += static_cast<char>(c - 'a' + 'A');
    if (c >= 'A' && c <= 'Z') plain += c;
  }
  for (const char* known : {"SUPPORTED", "SUPPORTS", "SUPPORT"}) {
    if (plain == known) return Verdict::kSupported;
  }
  for (const char* known :
       {"REFUTED", "REFUTES", "REFUTE", "CONTRADICT", "CONTRADICTS", "CONTRADICTED"}) {
    if (plain == known) return Verdict::kRefuted;
  }
  for (const char* known :
       {"NOTENOUGHINFO", "NOTENOUGHEVIDENCE", "NOINFO", "NEI", "INSUFFICIENT", "UNCERTAIN"}) {
    if (plain == known) return Verdict::kNotEnoughInfo;
  }
  return Status(Code::kBadInput,
                fmt::format("'{}' is no verdict, want SUPPORTED, REFUTED or NOT_ENOUGH_INFO (or "
                            "SUPPORTS, SUPPORT, REFUTES, CONTRADICT, NEI, INSUFFICIENT, UNCERTAIN)",
                            name.substr(0, 40)));
}

Result<Judgement> judge(std::span<const JudgedPair> pairs, const Calibration& calibration) {
  Judgement out;
  for (const JudgedPair& pair : pairs) {
    const NliLogits& logits = pair.logits;
    if (!std::isfinite(logits.entailment) || !std::isfinite(logits.contradiction) ||
        !std::isfinite(logits.neutral)) {
      return Status(Code::kBadInput, "logits that are no numbers");
    }
    out.voices.push_back(voice_of(pair, calibration));
  }
  const double supports = strength_of(Voice::kSupports, pairs, out.voices);
  const double refutes = strength_of(Voice::kRefutes, pairs, out.voices);
  // Both sides at once is no evidence for either.
  const double for_it = supports * (1 - refutes);
  const double against_it = refutes * (1 - supports);
  out.scores = {for_it, against_it, 1 - for_it - against_it};
  out.is_conflicting = supports >= kConflict && refutes >= kConflict;
  if (std::max(for_it, against_it) >= kLeastLead) {
    out.verdict = for_it >= against_it ? Verdict::kSupported : Verdict::kRefuted;
  } else {
    out.is_abstention = std::max(for_it, against_it) > 0;
  }
  out.confidence = out.scores[static_cast<std::size_t>(out.verdict)];
  out.reason = pairs.empty() ? "there is no evidence" : "";
  return out;
}

}  // namespace quern::apps
