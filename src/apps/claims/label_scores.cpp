#include "apps/claims/label_scores.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace quern::apps {
namespace {

constexpr std::size_t kBins = 10;
constexpr double kCoverage = 0.8;
constexpr Verdict kVerdictsInOrder[] = {Verdict::kSupported, Verdict::kRefuted,
                                        Verdict::kNotEnoughInfo};

double ratio(double part, double whole) { return whole > 0 ? part / whole : 0; }

double calibration_error(std::span<const LabelledVerdict> verdicts) {
  struct Bin {
    double n = 0, n_right = 0, confidence = 0;
  };
  std::array<Bin, kBins> bins;
  for (const LabelledVerdict& v : verdicts) {
    const double at = std::clamp(v.confidence, 0.0, 1.0) * kBins;
    Bin& bin = bins[std::min(kBins - 1, static_cast<std::size_t>(at))];
    bin.n += 1;
    bin.n_right += v.label == v.verdict ? 1 : 0;
    bin.confidence += v.confidence;
  }
  double error = 0;
  for (const Bin& bin : bins) error += std::abs(bin.n_right - bin.confidence);
  return ratio(error, static_cast<double>(verdicts.size()));
}

template <typename IsOne>
Sureness sureness_of(std::span<const LabelledVerdict> all, const IsOne& is_one) {
  std::vector<LabelledVerdict> some;
  std::ranges::copy_if(all, std::back_inserter(some), is_one);
  Sureness out = {.n_claims = some.size()};
  for (const LabelledVerdict& v : some) {
    out.confidence += v.confidence;
    out.accuracy += v.label == v.verdict ? 1 : 0;
  }
  out.confidence = ratio(out.confidence, static_cast<double>(some.size()));
  out.accuracy = ratio(out.accuracy, static_cast<double>(some.size()));
  out.ece = calibration_error(some);
  return out;
}

double brier(std::span<const LabelledVerdict> verdicts) {
  double sum = 0;
  for (const LabelledVerdict& v : verdicts) {
    for (std::size_t i = 0; i < 3; ++i) {
      const double is = static_cast<std::size_t>(v.label) == i ? 1 : 0;
      sum += (v.scores[i] - is) * (v.scores[i] - is);
    }
  }
  return ratio(sum, static_cast<double>(verdicts.size()));
}

void fill_by_verdict(LabelScores& out) {
  for (std::size_t v = 0; v < 3; ++v) {
    double n_label = 0, n_verdict = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      n_label += static_cast<double>(out.confusion[v][i]);
      n_verdict += static_cast<double>(out.confusion[i][v]);
    }
    const auto n_both = static_cast<double>(out.confusion[v][v]);
    out.precision[v] = ratio(n_both, n_verdict);
    out.recall[v] = ratio(n_both, n_label);
    out.f1[v] = ratio(2 * n_both, n_label + n_verdict);
    out.macro_f1 += out.f1[v] / 3;
  }
}

nlohmann::ordered_json json_of_sureness(const Sureness& sureness) {
  return {{"claims", sureness.n_claims},
          {"confidence", sureness.confidence},
          {"accuracy", sureness.accuracy},
          {"ece", sureness.ece}};
}

}  // namespace

double accuracy_at_coverage(std::span<const LabelledVerdict> verdicts, double share) {
  std::vector<const LabelledVerdict*> order;
  for (const LabelledVerdict& v : verdicts) order.push_back(&v);
  std::ranges::stable_sort(order, std::ranges::greater(),
                           [](const LabelledVerdict* v) { return v->confidence; });
  const auto n = static_cast<std::size_t>(std::ceil(share * static_cast<double>(order.size())));
  order.resize(std::min(order.size(), n));
  const auto n_right =
      std::ranges::count_if(order, [](const LabelledVerdict* v) { return v->label == v->verdict; });
  return ratio(static_cast<double>(n_right), static_cast<double>(order.size()));
}

LabelScores score_labels(std::span<const LabelledVerdict> verdicts) {
  LabelScores out;
  out.n_claims = verdicts.size();
  for (const LabelledVerdict& v : verdicts) {
    ++out.confusion[static_cast<std::size_t>(v.label)][static_cast<std::size_t>(v.verdict)];
  }
  out.accuracy = accuracy_at_coverage(verdicts, 1);
  out.accuracy_at_80 = accuracy_at_coverage(verdicts, kCoverage);
  out.ece = calibration_error(verdicts);
  out.brier = brier(verdicts);
  fill_by_verdict(out);
  for (const Verdict said : kVerdictsInOrder) {
    out.said[static_cast<std::size_t>(said)] =
        sureness_of(verdicts, [said](const auto& v) { return v.verdict == said; });
  }
  out.abstained = sureness_of(verdicts, [](const auto& v) { return v.is_abstention; });
  return out;
}

std::string json_from_scores(const LabelScores& scores) {
  using json = nlohmann::ordered_json;
  json out = {{"claims", scores.n_claims},   {"accuracy", scores.accuracy},
              {"macro_f1", scores.macro_f1}, {"ece", scores.ece},
              {"brier", scores.brier},       {"accuracy_at_80", scores.accuracy_at_80}};
  json confusion = json::object();
  json each = json::object();
  json said = json::object();
  for (const Verdict label : kVerdictsInOrder) {
    const auto i = static_cast<std::size_t>(label);
    const char* name = verdict_name(label);
    each[name] = {
        {"precision", scores.precision[i]}, {"recall", scores.recall[i]}, {"f1", scores.f1[i]}};
    said[name] = json_of_sureness(scores.said[i]);
    confusion[name] = {{verdict_name(Verdict::kSupported), scores.confusion[i][0]},
                       {verdict_name(Verdict::kRefuted), scores.confusion[i][1]},
                       {verdict_name(Verdict::kNotEnoughInfo), scores.confusion[i][2]}};
  }
  out["by_verdict"] = std::move(each);
  out["said"] = std::move(said);
  out["abstained"] = json_of_sureness(scores.abstained);
  out["confusion"] = std::move(confusion);
  return out.dump();
}

}  // namespace quern::apps
