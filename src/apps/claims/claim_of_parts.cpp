#include "apps/claims/claim_of_parts.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/check.h"

namespace quern::apps {
namespace {

constexpr std::size_t kFor = static_cast<std::size_t>(Verdict::kSupported);
constexpr std::size_t kAgainst = static_cast<std::size_t>(Verdict::kRefuted);
constexpr std::size_t kOpen = static_cast<std::size_t>(Verdict::kNotEnoughInfo);

std::array<double, 3> scores_of(const std::vector<ClaimResult>& results) {
  std::array<double, 3> out = {1, 0, 0};
  for (const ClaimResult& result : results) {
    out[kFor] = std::min(out[kFor], result.judgement.scores[kFor]);
    out[kAgainst] = std::max(out[kAgainst], result.judgement.scores[kAgainst]);
  }
  // Of the part that is most refuted alone both are 1 at most; of one part it is its own, to the
  // bit.
  out[kOpen] = results.size() == 1 ? results[0].judgement.scores[kOpen]
                                   : std::max(0.0, 1 - out[kFor] - out[kAgainst]);
  return out;
}

/// The first part of that verdict, from 1; 0: there is none.
std::size_t first_part_of(const std::vector<ClaimResult>& results, Verdict verdict) {
  const auto found = std::ranges::find_if(
      results, [verdict](const ClaimResult& r) { return r.judgement.verdict == verdict; });
  return found == results.end() ? 0 : static_cast<std::size_t>(found - results.begin()) + 1;
}

}  // namespace

ClaimOfParts combine_parts(std::string claim, std::vector<ClaimPart> parts,
                           std::vector<ClaimResult> results) {
  QUERN_CHECK(!results.empty() && parts.size() == results.size());
  ClaimOfParts out = {.claim = std::move(claim), .parts = std::move(parts), .results = {}};
  const std::size_t n = results.size();
  const std::size_t refuted = first_part_of(results, Verdict::kRefuted);
  const std::size_t open = first_part_of(results, Verdict::kNotEnoughInfo);
  if (refuted > 0) {
    out.verdict = Verdict::kRefuted;
    out.reason = fmt::format("part {} of {} is refuted", refuted, n);
  } else if (open > 0) {
    out.reason = fmt::format("part {} of {} is not decided, and none is refuted", open, n);
  } else {
    out.verdict = Verdict::kSupported;
    out.reason =
        n == 1 ? "its one part is supported" : fmt::format("all {} parts are supported", n);
  }
  out.scores = scores_of(results);
  out.confidence = out.scores[static_cast<std::size_t>(out.verdict)];
  const auto is_open = [](const ClaimResult& r) { return r.judgement.is_abstention; };
  out.is_abstention =
      out.verdict == Verdict::kNotEnoughInfo && std::ranges::any_of(results, is_open);
  out.results = std::move(results);
  return out;
}

std::string json_from_parts(const ClaimOfParts& whole, ClaimTimes times) {
  nlohmann::ordered_json head = {{"claim", whole.claim},
                                 {"verdict", verdict_name(whole.verdict)},
                                 {"confidence", whole.confidence}};
  for (const Verdict v : {Verdict::kSupported, Verdict::kRefuted, Verdict::kNotEnoughInfo}) {
    head["scores"][verdict_name(v)] = whole.scores[static_cast<std::size_t>(v)];
  }
  head["abstained"] = whole.is_abstention;
  head["reason"] = whole.reason;
  std::string out = head.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  out.back() = ',';
  out += "\"parts\":[";
  for (std::size_t i = 0; i < whole.results.size(); ++i) {
    const ByteSpan span = whole.parts[i].span;
    const std::string part = json_from_claim(whole.results[i], times);
    out += fmt::format("{}{{\"span\":[{},{}],{}", i == 0 ? "" : ",", span.begin, span.end,
                       part.substr(1));
  }
  return out + "]}";
}

}  // namespace quern::apps
