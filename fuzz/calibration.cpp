// Calibrations: any bytes are refused, or one that judges without a number that is none, and that
// comes back as it was.

#include "apps/claims/calibration.h"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "apps/claims/verdict.h"
#include "base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t n) {
  using namespace quern::apps;
  const auto read = calibration_from_json({reinterpret_cast<const char*>(data), n});
  if (!read.ok()) return 0;
  const std::string json = json_from_calibration(*read);
  const auto again = calibration_from_json(json);
  QUERN_CHECK(again.ok());
  QUERN_CHECK(json_from_calibration(*again) == json);

  const auto of_nothing = judge({}, *read);
  QUERN_CHECK(of_nothing.ok() && of_nothing->verdict == Verdict::kNotEnoughInfo);

  const std::vector<JudgedPair> pairs = {
      {.source = "a",
       .logits = {.entailment = 9, .contradiction = -9, .neutral = 0},
       .nearness = {.cosine = 0.9, .lexical = 30, .passage_rank = 1}},
      {.source = "b", .logits = {.entailment = -9, .contradiction = 9, .neutral = 0}},
      {.source = "b", .logits = {.entailment = 0, .contradiction = 0, .neutral = 1}}};
  const auto made = judge(pairs, *read);
  QUERN_CHECK(made.ok());
  double sum = 0;
  for (const double score : made->scores) {
    QUERN_CHECK(std::isfinite(score) && score >= 0 && score <= 1);
    sum += score;
  }
  QUERN_CHECK(std::abs(sum - 1) < 1e-5);
  return 0;
}
