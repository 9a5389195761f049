// Rules over a claim and a sentence: any bytes give mismatches within both, parts of the claim in
// order, and a name is a verdict or an error.
//
// Input: a line with the claim, then the sentence.

#include "apps/claims/claim_rules.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "apps/claims/claim_parts.h"
#include "apps/claims/verdict.h"
#include "base/check.h"
#include "base/utf8.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t n) {
  using namespace quern;
  using namespace quern::apps;
  const std::string_view input(reinterpret_cast<const char*>(data), n);
  const std::size_t end = std::min(input.find('\n'), input.size());
  const std::string_view claim = input.substr(0, end);
  const std::string_view sentence = input.substr(std::min(end + 1, input.size()));

  const PairReading reading = read_pair(claim, sentence);
  QUERN_CHECK(reading.overlap >= 0 && reading.overlap <= 1);
  for (const ClaimMismatch& found : reading.mismatches) {
    QUERN_CHECK(found.in_claim.begin <= found.in_claim.end && found.in_claim.end <= claim.size());
    QUERN_CHECK(found.in_sentence.begin <= found.in_sentence.end &&
                found.in_sentence.end <= sentence.size());
    QUERN_CHECK(is_valid_utf8(found.reason));
  }

  std::size_t at = 0;
  for (const ClaimPart& part : split_claim(claim)) {
    QUERN_CHECK(at <= part.span.begin && part.span.begin <= part.span.end);
    at = part.span.end;
  }
  QUERN_CHECK(at <= claim.size());

  const auto verdict = verdict_from_name(claim);
  if (verdict.ok()) QUERN_CHECK(*verdict_from_name(verdict_name(*verdict)) == *verdict);
  return 0;
}
