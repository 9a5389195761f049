#include "apps/claims/calibration.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace quern::apps {
namespace {

using json = nlohmann::ordered_json;  // The order is part of the bytes.

constexpr int kVersion = 1;
// No fit goes beyond, and products stay finite.
constexpr double kLargest = 1e6;

constexpr std::array<const char*, kRelevanceSignals> kRelevanceNames = {
    "cosine", "passage_cosine", "overlap", "rank", "says_something", "lexical", "passage_lexical"};
constexpr std::array<const char*, kStanceSignals> kStanceNames = {"nli", "direction", "negation",
                                                                  "amount"};
constexpr std::array<const char*, 3> kVerdictNames = {"supported", "refuted", "not_enough_info"};

Status bad(const std::string& what) { return {Code::kBadInput, "the calibration: " + what}; }

struct Range {
  double least = -kLargest;
  double most = kLargest;
};
constexpr Range kShare = {0, 1};

Status read_number(const json& object, const char* name, Range range, double& out) {
  const auto found = object.find(name);
  const bool is_right = found != object.end() && found->is_number() &&
                        found->get<double>() >= range.least && found->get<double>() <= range.most;
  if (!is_right) {
    return bad(fmt::format("no number \"{}\" from {:g} to {:g}", name, range.least, range.most));
  }
  out = found->get<double>();
  return {};
}

Status read_text(const json& object, const char* name, std::string& out) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_string()) return bad(fmt::format("no text \"{}\"", name));
  out = found->get<std::string>();
  return {};
}

Result<json> object_in(const json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_object()) return bad(fmt::format("no \"{}\"", name));
  return *found;
}

template <std::size_t n>
json json_of(const std::array<const char*, n>& names, const std::array<double, n>& values) {
  json out = json::object();
  for (std::size_t i = 0; i < n; ++i) out[names[i]] = values[i];
  return out;
}

template <std::size_t n>
Status read_all(const json& in, const char* name, const std::array<const char*, n>& names,
                Range range, std::array<double, n>& out) {
  QUERN_ASSIGN(const json object, object_in(in, name));
  for (std::size_t i = 0; i < n; ++i) {
    QUERN_TRY(read_number(object, names[i], range, out[i]).in(name));
  }
  return {};
}

Status read_report(const json& in, CalibrationReport& out) {
  QUERN_ASSIGN(const json object, object_in(in, "report"));
  double n_claims = 0;
  QUERN_TRY(read_number(object, "claims", {0, 1e12}, n_claims));
  out.n_claims = static_cast<std::size_t>(n_claims);
  QUERN_TRY(read_number(object, "accuracy", kShare, out.accuracy));
  QUERN_TRY(read_number(object, "ece", kShare, out.ece));
  return read_number(object, "brier", {0, 2}, out.brier);
}

Status read_relevance(const json& in, Calibration& out) {
  QUERN_ASSIGN(const json object, object_in(in, "relevance"));
  QUERN_TRY(read_number(object, "bias", {}, out.relevance_bias));
  QUERN_TRY(read_all(object, "weights", kRelevanceNames, {}, out.relevance_weights));
  QUERN_TRY(read_all(object, "usual", kRelevanceNames, {}, out.usual));
  QUERN_TRY(read_number(object, "gate", kShare, out.gate));
  return read_number(object, "cited", kShare, out.cited);
}

Status read_stance(const json& in, Calibration& out) {
  QUERN_ASSIGN(const json object, object_in(in, "stance"));
  QUERN_TRY(read_number(object, "bias", {}, out.stance_bias));
  QUERN_TRY(read_all(object, "weights", kStanceNames, {}, out.stance_weights));
  QUERN_TRY(read_number(object, "nli_center", {}, out.nli_center));
  return read_number(object, "nli_scale", {1e-3, kLargest}, out.nli_scale);
}

Status read_verdict(const json& in, Calibration& out) {
  QUERN_ASSIGN(const json object, object_in(in, "verdict"));
  QUERN_TRY(read_number(object, "enough_bias", {}, out.enough_bias));
  QUERN_TRY(read_number(object, "enough_weight", {}, out.enough_weight));
  QUERN_TRY(read_all(object, "unheard", kVerdictNames, kShare, out.unheard));
  if (std::abs(out.unheard[0] + out.unheard[1] + out.unheard[2] - 1) > 1e-6) {
    return bad("\"unheard\" does not sum to 1");
  }
  if (unheard_scores(out.unheard) != out.unheard) {
    return bad("\"unheard\" decides claims of which nothing is heard");
  }
  QUERN_TRY(read_number(object, "least", kShare, out.least));
  QUERN_TRY(read_number(object, "conformal_level", kShare, out.conformal_level));
  return read_number(object, "conformal_least", kShare, out.conformal_least);
}

}  // namespace

std::array<double, 3> unheard_scores(const std::array<double, 3>& scores) {
  if (scores[2] >= std::max(scores[0], scores[1])) return scores;
  const double sides = scores[0] + scores[1];
  return {scores[0] / 2 / sides, scores[1] / 2 / sides, 0.5};
}

Calibration default_calibration() {
  Calibration out;
  out.temperature = 2;
  out.relevance_bias = -8.5;
  out.relevance_weights = {2, 1.7, 4.6, 2.7, 1, 0, 0};
  out.usual = {0.65, 0.65, 0.4, 0.9, -0.1, 2, 4};
  out.gate = 0.12;
  out.cited = 0.15;
  out.stance_weights = {1.5, 0.5, -1, -1};
  out.nli_scale = 4;
  out.enough_bias = 1.5;
  out.unheard = {0.15, 0.1, 0.75};
  return out;
}

std::string json_from_calibration(const Calibration& c) {
  json out;
  out["version"] = kVersion;
  out["model"] = c.model;
  out["digest"] = c.digest;
  out["fitted_on"] = c.fitted_on;
  out["temperature"] = c.temperature;
  out["relevance"] = {{"bias", c.relevance_bias},
                      {"weights", json_of(kRelevanceNames, c.relevance_weights)},
                      {"usual", json_of(kRelevanceNames, c.usual)},
                      {"gate", c.gate},
                      {"cited", c.cited}};
  out["stance"] = {{"bias", c.stance_bias},
                   {"weights", json_of(kStanceNames, c.stance_weights)},
                   {"nli_center", c.nli_center},
                   {"nli_scale", c.nli_scale}};
  out["verdict"] = {{"enough_bias", c.enough_bias},
                    {"enough_weight", c.enough_weight},
                    {"unheard", json_of(kVerdictNames, c.unheard)},
                    {"least", c.least},
                    {"conformal_level", c.conformal_level},
                    {"conformal_least", c.conformal_least}};
  out["report"] = {{"claims", c.report.n_claims},
                   {"accuracy", c.report.accuracy},
                   {"ece", c.report.ece},
                   {"brier", c.report.brier}};
  return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<Calibration> calibration_from_json(std::string_view text) {
  const json object = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) return bad("no JSON object");
  double version = 0;
  QUERN_TRY(read_number(object, "version", {1, kLargest}, version));
  if (version > kVersion) {
    return Status(Code::kUnsupported,
                  fmt::format("the calibration is of version {:g}, this program reads {}", version,
                              kVersion));
  }
  Calibration out;
  QUERN_TRY(read_text(object, "model", out.model));
  QUERN_TRY(read_text(object, "digest", out.digest));
  QUERN_TRY(read_text(object, "fitted_on", out.fitted_on));
  QUERN_TRY(read_number(object, "temperature", {1e-3, kLargest}, out.temperature));
  QUERN_TRY(read_relevance(object, out));
  QUERN_TRY(read_stance(object, out));
  QUERN_TRY(read_verdict(object, out));
  QUERN_TRY(read_report(object, out.report));
  return out;
}

}  // namespace quern::apps
