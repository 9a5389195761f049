#include "store/rank/rerank_gate.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "store/rank/fusion_fit.h"

namespace quern::store {
namespace {

using nlohmann::json;

constexpr std::size_t kFolds = 5;

Status bad(std::string what) { return {Code::kBadInput, "the rerank gate: " + std::move(what)}; }

/// The smallest lead from which on all together lose at most kGateLoss of the mean.
double smallest_tau(std::vector<GateQuery> queries) {
  std::sort(queries.begin(), queries.end(),
            [](const GateQuery& a, const GateQuery& b) { return a.lead > b.lead; });
  double tau = RerankGate().tau;
  double lost = 0;
  const double allowed = kGateLoss * static_cast<double>(queries.size());
  for (std::size_t i = 0; i < queries.size() && queries[i].lead > 0; ++i) {
    lost += queries[i].reranked - queries[i].fused;
    const bool is_last_of_equals = i + 1 == queries.size() || queries[i + 1].lead < queries[i].lead;
    if (is_last_of_equals && lost <= allowed) tau = queries[i].lead;
  }
  return tau;
}

/// Each question by the gate that the other folds taught.
GateReport cross_validate(std::span<const GateQuery> judged) {
  GateReport report{.n_queries = judged.size()};
  const auto n = static_cast<double>(judged.size());
  for (std::size_t fold = 0; fold < kFolds; ++fold) {
    std::vector<GateQuery> others;
    for (std::size_t i = 0; i < judged.size(); ++i) {
      if (i % kFolds != fold) others.push_back(judged[i]);
    }
    const RerankGate gate{.tau = smallest_tau(std::move(others)), .report = {}};
    for (std::size_t i = fold; i < judged.size(); i += kFolds) {
      const bool is_spared = gate.spares(judged[i].lead);
      report.fused += judged[i].fused / n;
      report.reranked += judged[i].reranked / n;
      report.gated += (is_spared ? judged[i].fused : judged[i].reranked) / n;
      report.spared += is_spared ? 1 / n : 0;
    }
  }
  return report;
}

Result<double> share_of(const json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_number()) {
    return bad(fmt::format("no number \"{}\"", name));
  }
  const auto value = found->get<double>();
  // Sums of shares may round to a little more than 1.
  if (!(value >= 0 && value <= 1.001)) return bad(fmt::format("\"{}\" is {}", name, value));
  return value;
}

}  // namespace

Result<RerankGate> fit_rerank_gate(std::span<const GateQuery> judged) {
  if (judged.size() < kMinJudgedQueries) {
    return {Code::kBadInput, fmt::format("{} queries have something judged relevant, want {}",
                                         judged.size(), kMinJudgedQueries)};
  }
  RerankGate gate;
  gate.report = cross_validate(judged);
  if (gate.report.reranked - gate.report.gated <= kGateLoss) {
    gate.tau = smallest_tau({judged.begin(), judged.end()});
  }
  return gate;
}

std::string json_from_gate(const RerankGate& gate) {
  json out = {{"tau", nullptr},
              {"report",
               {{"queries", gate.report.n_queries},
                {"fused", gate.report.fused},
                {"reranked", gate.report.reranked},
                {"gated", gate.report.gated},
                {"spared", gate.report.spared}}}};
  if (std::isfinite(gate.tau)) out["tau"] = gate.tau;
  return out.dump();
}

Result<RerankGate> gate_from_json(std::string_view text) {
  const json object = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object() || !object.contains("tau") || !object.contains("report") ||
      !object["report"].is_object()) {
    return bad("no object with \"tau\" and \"report\"");
  }
  RerankGate out;
  if (!object["tau"].is_null()) {
    QUERN_ASSIGN(out.tau, share_of(object, "tau"));
    if (out.tau <= 0) return bad("\"tau\" is 0");
  }
  const json& report = object["report"];
  const auto n = report.find("queries");
  if (n == report.end() || !n->is_number_unsigned() || n->get<std::uint64_t>() > 1'000'000'000) {
    return bad("its number of queries");
  }
  out.report.n_queries = n->get<std::size_t>();
  QUERN_ASSIGN(out.report.fused, share_of(report, "fused"));
  QUERN_ASSIGN(out.report.reranked, share_of(report, "reranked"));
  QUERN_ASSIGN(out.report.gated, share_of(report, "gated"));
  QUERN_ASSIGN(out.report.spared, share_of(report, "spared"));
  return out;
}

}  // namespace quern::store
