// Dialogues and predictors from any bytes. The first byte says what the others are: a dialogue, a
// question, conversations of a file, another program's row, or a predictor's facts and, behind a
// NUL, numbers.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "apps/dialogue/asked.h"
#include "apps/dialogue/conversation_file.h"
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

void check_question(std::string_view bytes) {
  const auto asked = asked_from_json(bytes);
  if (!asked.ok()) return;
  QUERN_CHECK(!asked->conversation || !asked->turns.empty() || !asked->fork.empty());
}

void check_conversations(std::string_view bytes) {
  const auto read = conversations_from_text(bytes);
  if (!read.ok()) return;
  std::string text;
  const Status written = write_conversations(*read, [&](std::string_view line) -> Status {
    text += line;
    return {};
  });
  const auto again = conversations_from_text(text);
  QUERN_CHECK(written.ok() && again.ok() && again->states == read->states);
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
      check_question(bytes);
      break;
    case 'c':
      check_conversations(bytes);
      break;
    case 'r':
      (void)row_from_json(bytes).ok();
      break;
    default:
      check_predictor(bytes);
  }
  return 0;
}
