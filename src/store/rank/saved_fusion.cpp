#include "store/rank/saved_fusion.h"

#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace quern::store {
namespace {

using nlohmann::json;

Status bad(std::string what) { return {Code::kBadInput, "the fitted fusion: " + std::move(what)}; }

// Beyond this no fit goes, and sums of signals stay finite.
constexpr double kLargest = 1e100;

bool is_number(const json& value) {
  return value.is_number() && std::abs(value.get<double>()) <= kLargest;
}

Result<double> number_of(const json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !is_number(*found)) {
    return bad(fmt::format("no number \"{}\" within {:g}", name, kLargest));
  }
  return found->get<double>();
}

Result<LogisticModel> logistic_of(const json& object) {
  LogisticModel out;
  QUERN_ASSIGN(out.bias, number_of(object, "bias"));
  const auto weights = object.find("weights");
  if (weights == object.end() || !weights->is_array() || weights->size() != kFusionSignals) {
    return bad(fmt::format("want {} \"weights\"", kFusionSignals));
  }
  for (const json& weight : *weights) {
    if (!is_number(weight)) return bad("a weight that is no number");
    out.weights.push_back(weight.get<double>());
  }
  return out;
}

}  // namespace

std::string json_from_fusion(const FusionFit& fit) {
  json out = {
      {"fusion", {{"kind", fusion_name(fit.choice.spec.kind)}, {"alpha", fit.choice.spec.alpha}}},
      {"report",
       {{"queries", fit.report.n_queries},
        {"lexical", fit.report.lexical},
        {"dense", fit.report.dense},
        {"alpha", fit.report.alpha},
        {"fitted", fit.report.fitted}}}};
  if (fit.choice.fitted) {
    out["logistic"] = {{"weights", fit.choice.fitted->weights}, {"bias", fit.choice.fitted->bias}};
  }
  return out.dump();
}

Result<FusionFit> fusion_from_json(std::string_view text) {
  json object = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object() || !object.contains("fusion") || !object["fusion"].is_object() ||
      !object.contains("report") || !object["report"].is_object()) {
    return bad("no object with \"fusion\" and \"report\"");
  }
  FusionFit out;
  QUERN_ASSIGN(out.choice.spec.alpha, number_of(object["fusion"], "alpha"));
  const json& kind = object["fusion"]["kind"];
  if (!kind.is_string()) return bad("\"kind\" is no name");
  QUERN_ASSIGN(out.choice.spec.kind, fusion_from_name(kind.get_ref<const std::string&>()));
  QUERN_TRY(check_fusion(out.choice.spec));
  if (object.contains("logistic")) {
    if (!object["logistic"].is_object()) return bad("\"logistic\" is no object");
    QUERN_ASSIGN(out.choice.fitted, logistic_of(object["logistic"]));
  }
  const json& report = object["report"];
  QUERN_ASSIGN(const double n_queries, number_of(report, "queries"));
  if (n_queries < 0 || n_queries > 1e9) return bad("its number of queries");
  out.report.n_queries = static_cast<std::size_t>(n_queries);
  QUERN_ASSIGN(out.report.lexical, number_of(report, "lexical"));
  QUERN_ASSIGN(out.report.dense, number_of(report, "dense"));
  QUERN_ASSIGN(out.report.alpha, number_of(report, "alpha"));
  QUERN_ASSIGN(out.report.fitted, number_of(report, "fitted"));
  return out;
}

}  // namespace quern::store
