#include "serve/openai/embeddings_response.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "serve/json/json_text.h"
#include "serve/openai/openai_error.h"

namespace quern::serve {
namespace {

constexpr std::size_t kBytesPerFloat = 13;  // "-0.012345678,"
constexpr std::size_t kBytesPerItem = 80;

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

/// About the first bad input, or else the first failed one: what the client can change comes first.
std::optional<HttpError> find_failure(const engine::Response& made) {
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
  HttpError error = error_of(found.in(fmt::format("input[{}]", worst)));
  if (n_failed > 1) error.message += fmt::format(" ({} more inputs failed)", n_failed - 1);
  if (is_clients_fault(found)) error.param = "input";
  return error;
}

}  // namespace

Response embeddings_response(const engine::Response& made, const std::string& model,
                             EncodingFormat format, const std::vector<std::string>& warnings) {
  if (const auto failure = find_failure(made)) return to_response(*failure, openai_error);
  Response response;
  std::string& body = response.body;
  body.reserve(embeddings_response_bytes(made, format));
  body = R"({"object":"list","data":[)";
  int n_cut = 0;
  long n_tokens = 0;
  for (std::size_t i = 0; i < made.outcomes.size(); ++i) {
    const engine::Outcome& outcome = made.outcomes[i];
    fmt::format_to(std::back_inserter(body), R"({}{{"object":"embedding","index":{})",
                   i == 0 ? "" : ",", i);
    if (outcome.n_dropped > 0) {
      fmt::format_to(std::back_inserter(body), R"(,"dropped_tokens":{})", outcome.n_dropped);
      ++n_cut;
    }
    body += R"(,"embedding":)";
    if (format == EncodingFormat::kFloat) {
      append_json_floats(body, outcome.values);
    } else {
      body += '"';
      append_base64(body, outcome.values);
      body += '"';
    }
    body += '}';
    n_tokens += outcome.n_tokens;
  }
  body += R"(],"model":)";
  append_json_string(body, model);
  fmt::format_to(std::back_inserter(body), R"(,"usage":{{"prompt_tokens":{0},"total_tokens":{0}}})",
                 n_tokens);
  if (!warnings.empty()) {
    body += ',';
    append_json_strings(body, "warnings", warnings);
  }
  body += '}';
  if (n_cut > 0) response.headers.emplace_back("X-Quern-Truncated", std::to_string(n_cut));
  return response;
}

std::size_t embeddings_response_bytes(const engine::Response& made, EncodingFormat format) {
  std::size_t n_bytes = 256;
  for (const engine::Outcome& outcome : made.outcomes) {
    const std::size_t n = outcome.values.size();
    n_bytes += kBytesPerItem +
               (format == EncodingFormat::kFloat ? n * kBytesPerFloat : (n * 4 + 2) / 3 * 4);
  }
  return n_bytes;
}

}  // namespace quern::serve
