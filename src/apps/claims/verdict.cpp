#include "apps/claims/verdict.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <tuple>

#include <fmt/format.h>

namespace quern::apps {
namespace {

// Both sides at least so strong: sources contradict each other.
constexpr double kConflict = 0.3;
// Then a side needs so much of both to be believed: about two to one.
constexpr double kClearlyAhead = 0.65;
// Probabilities are kept so far from 0 and 1 where their logarithm is taken.
constexpr double kEdge = 1e-6;
constexpr double kLeastSaid = 1e-3;
// Relevance and stance of a sentence that states the claim: nothing is left to judge, but that the
// same words may mean something else where they stand.
constexpr double kSameWords = 0.99;

bool is_ascii_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

template <std::size_t n>
double log_odds(double bias, const std::array<double, n>& weights,
                const std::array<double, n>& signals) {
  for (std::size_t i = 0; i < n; ++i) bias += weights[i] * signals[i];
  return bias;
}

bool is_finite(const NliLogits& logits) {
  return std::isfinite(logits.entailment) && std::isfinite(logits.contradiction) &&
         std::isfinite(logits.neutral);
}

/// A signal that is not known, or no number, is as usual.
double known_or(const std::optional<double>& signal, double usual) {
  return signal && std::isfinite(*signal) ? *signal : usual;
}

SentenceVoice voice_of(const JudgedPair& pair, const Calibration& calibration) {
  SentenceVoice voice;
  voice.scores = scores_at(pair.logits, calibration.temperature);
  voice.relevance = sigmoid(log_odds(calibration.relevance_bias, calibration.relevance_weights,
                                     relevance_signals(pair, calibration)));
  voice.stance = sigmoid(log_odds(calibration.stance_bias, calibration.stance_weights,
                                  stance_signals(pair, calibration)));
  const NliLogits& logits = pair.logits;
  if (pair.is_cut) {
    voice.voice = Voice::kUnread;
  } else if (pair.is_claim) {
    voice.relevance = voice.stance = kSameWords;
    voice.voice = Voice::kSupports;
    voice.weight = voice.relevance * voice.stance;
  } else if (voice.relevance < calibration.gate) {
    voice.voice = Voice::kIrrelevant;
  } else if (logits.neutral >= std::max(logits.entailment, logits.contradiction)) {
    voice.voice = Voice::kNeutral;
  } else {
    voice.voice = voice.stance >= 0.5 ? Voice::kSupports : Voice::kRefutes;
    voice.weight = voice.relevance * std::max(voice.stance, 1 - voice.stance);
  }
  return voice;
}

bool is_heard(const SentenceVoice& voice) {
  return voice.voice == Voice::kSupports || voice.voice == Voice::kRefutes;
}

/// More relevant; of equal ones, so that order says nothing, the surer one, then the supporting one
/// and then by its words.
bool speaks_before(const SentenceVoice& a, std::string_view said_a, const SentenceVoice& b,
                   std::string_view said_b) {
  const auto key = [](const SentenceVoice& v, std::string_view said) {
    return std::tuple(v.relevance, std::abs(v.stance - 0.5), v.stance, said);
  };
  return key(a, said_a) > key(b, said_b);
}

void silence(SentenceVoice& voice) {
  voice.voice = Voice::kRepeats;
  voice.weight = 0;
}

/// Leaves each source one voice; the others repeat it. By source.
std::map<std::string_view, std::size_t> one_of_each_source(std::span<const JudgedPair> pairs,
                                                           std::vector<SentenceVoice>& voices) {
  std::map<std::string_view, std::size_t> best;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    if (!is_heard(voices[i])) continue;
    const auto [at, is_first] = best.emplace(pairs[i].source, i);
    if (is_first) continue;
    const std::size_t was = at->second;
    const bool is_better = speaks_before(voices[i], pairs[i].said, voices[was], pairs[was].said);
    silence(voices[is_better ? was : i]);
    if (is_better) at->second = i;
  }
  return best;
}

/// Leaves sources that say the same words one voice: the most relevant, of equal ones that of the
/// first key.
void one_of_each_text(std::span<const JudgedPair> pairs, std::vector<SentenceVoice>& voices,
                      std::map<std::string_view, std::size_t>& by_source) {
  std::map<std::string_view, std::size_t> best;
  for (const auto& [source, i] : by_source) {
    if (pairs[i].said.empty()) continue;
    const auto [at, is_first] = best.emplace(pairs[i].said, i);
    if (is_first) continue;
    const bool is_better = speaks_before(voices[i], {}, voices[at->second], {});
    silence(voices[is_better ? at->second : i]);
    if (is_better) at->second = i;
  }
  std::erase_if(by_source, [&](const auto& of) { return !is_heard(voices[of.second]); });
}

/// 1 - product of (1 - p), smallest first: the same bits in whatever order they come.
double any_of(std::vector<double> probabilities) {
  std::sort(probabilities.begin(), probabilities.end());
  double none = 1;
  for (const double p : probabilities) none *= 1 - p;
  return 1 - none;
}

struct Sides {
  std::vector<double> supporting;  // Relevance of the sources on each side.
  std::vector<double> refuting;
  std::size_t n_unread = 0;  // Sentences.
  bool has_claim = false;    // One of the supporting ones states the claim.
};

Sides sides_of(std::span<const JudgedPair> pairs, std::span<const SentenceVoice> voices) {
  Sides sides;
  for (std::size_t i = 0; i < voices.size(); ++i) {
    const SentenceVoice& voice = voices[i];
    if (voice.voice == Voice::kSupports) {
      sides.supporting.push_back(voice.relevance);
      sides.has_claim = sides.has_claim || pairs[i].is_claim;
    }
    if (voice.voice == Voice::kRefutes) sides.refuting.push_back(voice.relevance);
    if (voice.voice == Voice::kUnread) ++sides.n_unread;
  }
  return sides;
}

std::string sources(std::size_t n) { return fmt::format("{} source{}", n, n == 1 ? "" : "s"); }

std::string reason_for(const Judgement& judgement, const Sides& sides, std::size_t n_pairs) {
  const std::size_t n_for = sides.supporting.size();
  const std::size_t n_against = sides.refuting.size();
  if (n_pairs == 0) return "there is no evidence";
  if (sides.n_unread > 0) {
    return fmt::format(
        "the claim is too long for the model, which could not read {} of {} sentences beside it: "
        "not decided",
        sides.n_unread, n_pairs);
  }
  if (n_for + n_against == 0) {
    return fmt::format("none of {} sentences is near enough to the claim and says something of it",
                       n_pairs);
  }
  const std::string for_it =
      sources(n_for) + " for it" + (sides.has_claim ? ", in its very words" : "");
  const std::string who = n_against == 0 ? for_it + ", none against it"
                          : n_for == 0   ? sources(n_against) + " against it, none for it"
                                         : fmt::format("{}, {} against it", for_it, n_against);
  if (judgement.is_conflicting) {
    return who + ": they contradict each other" +
           (judgement.is_abstention ? ", not sure enough to decide" : "");
  }
  return judgement.is_abstention ? who + ": not sure enough to decide" : who;
}

/// The verdict that nothing can be said, as the scores stand: any may be right.
void leave_open(Judgement& out) {
  out.is_abstention = true;
  out.confidence = out.scores[static_cast<std::size_t>(out.verdict)];
  out.conformal_set = {Verdict::kSupported, Verdict::kRefuted, Verdict::kNotEnoughInfo};
}

void decide(const Calibration& calibration, bool is_heard, Judgement& out) {
  const double ahead = std::max(out.scores[0], out.scores[1]);
  const bool leads = is_heard && ahead >= out.scores[2];
  const bool is_clear =
      !out.is_conflicting || ahead >= kClearlyAhead * (out.scores[0] + out.scores[1]);
  if (leads && is_clear && ahead > calibration.least) {
    out.verdict = out.scores[0] >= out.scores[1] ? Verdict::kSupported : Verdict::kRefuted;
  } else {
    out.is_abstention = leads;
  }
  const auto of_verdict = static_cast<std::size_t>(out.verdict);
  out.confidence = out.scores[of_verdict];
  if (calibration.conformal_level <= 0) return;
  for (std::size_t i = 0; i < 3; ++i) {
    if (i != of_verdict && out.scores[i] < calibration.conformal_least) continue;
    out.conformal_set.push_back(static_cast<Verdict>(i));
  }
}

}  // namespace

double log_odds_of(double p) {
  const double kept = std::clamp(p, kEdge, 1 - kEdge);
  return std::log(kept / (1 - kept));
}

std::string said_words(std::string_view sentence) {
  std::string out;
  for (const char c : sentence) {
    if (!is_ascii_blank(c)) {
      out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  const std::size_t last = out.find_last_not_of(" .!?;:,");
  out.resize(last == std::string::npos ? 0 : last + 1);
  return out;
}

bool says_claim(std::string_view claim, std::string_view sentence) {
  const std::size_t last = sentence.find_last_not_of(" \t\r\n");
  if (last == sentence.npos || sentence[last] == '?') return false;
  const std::string said = said_words(sentence);
  return !said.empty() && said == said_words(claim);
}

NliScores scores_at(const NliLogits& logits, double temperature) {
  const double e = logits.entailment / temperature;
  const double c = logits.contradiction / temperature;
  const double n = logits.neutral / temperature;
  const double most = std::max({e, c, n});
  const double sum = std::exp(e - most) + std::exp(c - most) + std::exp(n - most);
  return {std::exp(e - most) / sum, std::exp(c - most) / sum, std::exp(n - most) / sum};
}

std::array<double, kRelevanceSignals> relevance_signals(const JudgedPair& pair,
                                                        const Calibration& calibration) {
  const std::array<double, kRelevanceSignals>& usual = calibration.usual;
  const Nearness& near = pair.nearness;
  const double n_words = static_cast<double>(std::max<std::size_t>(pair.reading.n_claim_words, 1));
  const double neutral = scores_at(pair.logits, calibration.temperature).neutral;
  std::array<double, kRelevanceSignals> out = {};
  out[kCosine] = known_or(near.cosine, usual[kCosine]);
  out[kPassageCosine] = known_or(near.passage_cosine, usual[kPassageCosine]);
  out[kOverlap] = pair.reading.overlap;
  out[kRank] = near.passage_rank > 0 ? 1.0 / near.passage_rank : usual[kRank];
  out[kSaysSomething] = std::log(1 - neutral + kLeastSaid);
  out[kLexical] =
      near.lexical ? known_or(*near.lexical / n_words, usual[kLexical]) : usual[kLexical];
  out[kPassageLexical] = near.passage_lexical
                             ? known_or(*near.passage_lexical / n_words, usual[kPassageLexical])
                             : usual[kPassageLexical];
  return out;
}

std::array<double, kStanceSignals> stance_signals(const JudgedPair& pair,
                                                  const Calibration& calibration) {
  const double ahead = static_cast<double>(pair.logits.entailment) - pair.logits.contradiction;
  const PairReading& reading = pair.reading;
  const bool has_amount = reading.has(MismatchKind::kNumber) || reading.has(MismatchKind::kDate) ||
                          reading.has(MismatchKind::kUnit);
  std::array<double, kStanceSignals> out = {};
  out[kNliStance] = std::tanh((ahead - calibration.nli_center) / calibration.nli_scale);
  out[kDirection] = reading.direction;
  out[kNegationSays] = reading.has(MismatchKind::kNegation) ? 1 : 0;
  out[kAmountSays] = has_amount ? 1 : 0;
  return out;
}

Result<ClaimVoices> hear(std::span<const JudgedPair> pairs, const Calibration& calibration,
                         std::vector<SentenceVoice>& voices) {
  voices.clear();
  for (const JudgedPair& pair : pairs) {
    if (!is_finite(pair.logits)) return {Code::kBadInput, "logits that are no numbers"};
    voices.push_back(voice_of(pair, calibration));
  }
  std::vector<double> any, supports, refutes;
  std::map<std::string_view, std::size_t> speakers = one_of_each_source(pairs, voices);
  one_of_each_text(pairs, voices, speakers);
  for (const auto& [source, i] : speakers) {
    const SentenceVoice& voice = voices[i];
    any.push_back(voice.relevance);
    supports.push_back(voice.relevance * voice.stance);
    refutes.push_back(voice.relevance * (1 - voice.stance));
  }
  return ClaimVoices{any_of(std::move(any)), any_of(std::move(supports)),
                     any_of(std::move(refutes))};
}

Result<Judgement> judge(std::span<const JudgedPair> pairs, const Calibration& calibration) {
  Judgement out;
  QUERN_ASSIGN(const ClaimVoices heard, hear(pairs, calibration, out.voices));
  const Sides sides = sides_of(pairs, out.voices);
  if (heard.any > 0) {
    const double enough =
        sigmoid(calibration.enough_bias + calibration.enough_weight * log_odds_of(heard.any));
    const double for_it = heard.supports / (heard.supports + heard.refutes);
    out.scores = {enough * for_it, enough * (1 - for_it), 1 - enough};
  } else {
    out.scores = unheard_scores(calibration.unheard);
  }
  out.is_conflicting = any_of(sides.supporting) >= kConflict && any_of(sides.refuting) >= kConflict;
  if (sides.n_unread > 0) {
    leave_open(out);
  } else {
    decide(calibration, heard.any > 0, out);
  }
  out.reason = reason_for(out, sides, pairs.size());
  return out;
}

}  // namespace quern::apps
