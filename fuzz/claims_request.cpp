// The JSON of requests about claims: any bytes give a request whose every value is in range, or an
// error that is valid JSON itself; what is written down of a task reads back as it was.

#include <cstddef>
#include <cstdint>
#include <string>

#include <nlohmann/json.hpp>

#include "base/check.h"
#include "serve/claims/claims_requests.h"
#include "serve/claims/fastapi_error.h"

namespace {

using namespace quern::serve;

void check_problem(const HttpError& problem) {
  const Response response = to_response(unprocessable(problem), fastapi_error);
  QUERN_CHECK(response.status == 422 && nlohmann::json::accept(response.body));
}

void check_verify(std::string body) {
  VerifyRequest parsed;
  if (const auto problem = parse_verify_request(body, parsed)) return check_problem(*problem);
  QUERN_CHECK(parsed.n_evidence >= 1 && parsed.n_evidence <= kMaxEvidenceItems);
  QUERN_CHECK(parsed.threshold >= 0 && parsed.threshold <= 1);
  QUERN_CHECK(parsed.claim_id.size() <= kMaxClaimId && parsed.corpus_ids.size() <= kMaxCorpora);
  if (parsed.claim_id.empty() || parsed.claim_text.empty()) return;
  std::string written = verify_request_json(parsed);
  VerifyRequest back;
  QUERN_CHECK(!parse_verify_request(written, back));
  QUERN_CHECK(back.claim_text == parsed.claim_text && back.threshold == parsed.threshold);
  QUERN_CHECK(back.corpus_ids == parsed.corpus_ids && back.mode == parsed.mode);
  QUERN_CHECK(back.evidence.has_value() == parsed.evidence.has_value());
  for (std::size_t i = 0; parsed.evidence && i < parsed.evidence->size(); ++i) {
    const auto& was = (*parsed.evidence)[i];
    const auto& is = (*back.evidence)[i];
    QUERN_CHECK(is.text == was.text && is.source.key == was.source.key);
    QUERN_CHECK(is.source.url == was.source.url && is.source.date == was.source.date);
  }
}

void check_pairs(std::string body) {
  std::vector<quern::apps::NliPair> pairs;
  if (const auto problem = parse_nli_batch_request(body, pairs)) return check_problem(*problem);
  QUERN_CHECK(!pairs.empty() && pairs.size() <= kMaxNliPairs);
  for (const auto& pair : pairs) QUERN_CHECK(!pair.premise.empty() && !pair.hypothesis.empty());
}

template <typename Out>
void check(std::string body, Problem (*parse)(std::string&, Out&)) {
  Out parsed;
  if (const auto problem = parse(body, parsed)) check_problem(*problem);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t n) {
  const std::string body(reinterpret_cast<const char*>(data), n);
  check_verify(body);
  check_pairs(body);
  check<ClaimRequest>(body, parse_claim_request);
  check<TextsRequest>(body, parse_texts_request);
  check<EvidenceRequest>(body, parse_evidence_request);
  check<quern::apps::NliPair>(body, parse_nli_request);
  PageRequest page;
  if (const auto problem = parse_page_request(body, page)) check_problem(*problem);
  QUERN_CHECK(page.n_skipped >= 0 && page.n_most >= 1 && page.n_most <= 100);
  return 0;
}
