// Dialogues and predictors from any bytes. The first byte says what the others are: a dialogue, a
// turn of a conversation, another program's row, or a predictor's facts and, behind a NUL, numbers.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "apps/dialogue/dialogue_table.h"
#include "apps/dialogue/dialogue_vectors.h"
#include "apps/dialogue/dialogues.h"
#include "apps/dialogue/predictor_form.h"
#include "base/check.h"

namespace {

using namespace quern;
using namespace quern::apps;

void check_dialogue(std::string_view bytes) {
  const auto read = dialogue_from_json(bytes);
  if (!read.ok()) return;
  QUERN_CHECK(read->turns.size() <= kMaxTurns);
  for (const float x : turn_extras(*read)) QUERN_CHECK(std::isfinite(x));
}

void check_predictor(std::string_view bytes) {
  const std::size_t nul = bytes.find('\0');
  if (nul == bytes.npos) return;
  const auto read =
      predictor_from(bytes.substr(0, nul), std::as_bytes(std::span(bytes.substr(nul + 1))));
  if (!read.ok()) return;
  QUERN_CHECK(numbers_of(read->parts()) == bytes.substr(nul + 1));
  std::vector<float> turn(static_cast<std::size_t>(read->context().d()), 1.0f);
  read->centre(turn);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t n) {
  if (n == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, n - 1);
  switch (data[0]) {
    case 'd':
      check_dialogue(bytes);
      break;
    case 's':
      (void)said_from_json(bytes).ok();
      break;
    case 'r':
      (void)row_from_json(bytes).ok();
      break;
    default:
      check_predictor(bytes);
  }
  return 0;
}
