#include "serve/openai/list_answer.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include <fmt/format.h>

#include "serve/json/json_text.h"

namespace quern::serve {
namespace {

bool is_clients_fault(const Status& status) {
  return status.code() == Code::kBadInput || status.code() == Code::kUnsupported;
}

Status status_of(const engine::Outcome& outcome) {
  if (!outcome.status.ok()) return outcome.status;
  const bool is_finite = std::all_of(outcome.values.begin(), outcome.values.end(),
                                     [](float value) { return std::isfinite(value); });
  if (is_finite) return {};
  return {Code::kIo, "the model made a value that is not a finite number"};
}

}  // namespace

std::optional<HttpError> find_failure(const engine::Response& made, const PlaceOf& place_of) {
  std::size_t n_failed = 0, worst = 0;
  Status found;
  for (std::size_t i = 0; i < made.outcomes.size(); ++i) {
    const Status status = status_of(made.outcomes[i]);
    if (status.ok()) continue;
    ++n_failed;
    if (found.ok() || (!is_clients_fault(found) && is_clients_fault(status))) {
      found = status;
      worst = i;
    }
  }
  if (found.ok()) return {};
  const JsonPlace place = place_of(worst);
  HttpError error = error_of(found.in(place.text()));
  if (n_failed > 1) error.message += fmt::format(" ({} more inputs failed)", n_failed - 1);
  if (is_clients_fault(found)) error.param = place.field;
  return error;
}

void append_dropped(std::string& body, int n_dropped) {
  if (n_dropped > 0) {
    fmt::format_to(std::back_inserter(body), R"(,"dropped_tokens":{})", n_dropped);
  }
}

void end_list(Response& response, const ListEnd& end) {
  std::string& body = response.body;
  body += R"(,"model":)";
  append_json_string(body, end.model);
  fmt::format_to(std::back_inserter(body), R"(,"usage":{{"prompt_tokens":{0},"total_tokens":{0}}})",
                 end.n_tokens);
  if (!end.warnings.empty()) {
    body += ',';
    append_json_strings(body, "warnings", end.warnings);
  }
  body += '}';
  if (end.n_cut > 0) {
    response.headers.emplace_back("X-Quern-Truncated", std::to_string(end.n_cut));
  }
}

}  // namespace quern::serve
