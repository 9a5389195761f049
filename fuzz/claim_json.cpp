// Claims, stored and asked for: any bytes are one or an error, and what was read is written and
// read again as the same bytes.

#include "apps/claims/claim_json.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "apps/claims/claim_lines.h"
#include "apps/claims/claims_tables.h"
#include "apps/claims/scifact_claims.h"
#include "base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t n) {
  using namespace quern::apps;
  const std::string_view text(reinterpret_cast<const char*>(data), n);
  if (const auto claim = claim_from_json(text); claim.ok()) {
    const std::string json = json_from_claim(*claim);
    const auto again = claim_from_json(json);
    QUERN_CHECK(again.ok() && json_from_claim(*again) == json);
  }
  static_cast<void>(claim_from_line(text));
  static_cast<void>(scifact_claim_from_line(text));
  QUERN_CHECK(!json_from_failure(id_of_line(text), 1, {}).empty());
  const auto bytes = std::as_bytes(std::span(data, n));
  static_cast<void>(logits_from_bytes(bytes));
  if (const auto nearness = nearness_from_bytes(bytes); nearness.ok()) {
    QUERN_CHECK(bytes_from_nearness(*nearness) == text);
  }
  return 0;
}
