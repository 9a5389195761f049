// The JSON of requests about dialogues: any bytes give a request whose every value is in range, or
// an error that is valid JSON itself.

#include <cstddef>
#include <cstdint>
#include <string>

#include <nlohmann/json.hpp>

#include "base/check.h"
#include "serve/dialogue/dialogue_requests.h"
#include "serve/openai/openai_error.h"

namespace {

using namespace quern::serve;

void check_problem(const HttpError& problem) {
  const Response response = to_response(problem, openai_error);
  QUERN_CHECK(response.status >= 400 && nlohmann::json::accept(response.body));
}

template <typename Out, typename Parse>
void check(std::string body, const Parse& parse) {
  Out parsed;
  if (const auto problem = parse(body, parsed)) return check_problem(*problem);
  if constexpr (requires { parsed.n_wanted; }) {
    QUERN_CHECK(parsed.n_wanted >= 1 && parsed.n_wanted <= kMaxNextTurns);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t n) {
  const std::string body(reinterpret_cast<const char*>(data), n);
  check<PredictRequest>(body, parse_predict_request);
  check<PredictRequest>(body, [](std::string& text, PredictRequest& out) {
    return parse_turns_request(text, "of the path", out);
  });
  check<DialogueBatchRequest>(body, parse_dialogue_batch_request);
  check<ForkRequest>(body, parse_fork_request);
  check<StateRequest>(body, parse_state_request);
  std::string name;
  if (const auto problem = parse_predictor_query(body, name)) check_problem(*problem);
  return 0;
}
