// The JSON of POST /v1/embeddings: any bytes give a request whose every value is in range, or an
// error that is valid JSON itself. What is accepted must be JSON to another parser too.

#include <cstddef>
#include <cstdint>
#include <string>

#include <nlohmann/json.hpp>

#include "base/check.h"
#include "serve/openai/embeddings_request.h"
#include "serve/openai/openai_error.h"

namespace {

constexpr int kMaxInputs = 8;

void check_request(const quern::serve::EmbeddingsRequest& parsed) {
  const quern::engine::Request& request = parsed.request;
  QUERN_CHECK(!request.model.empty());
  QUERN_CHECK(!request.inputs.empty() && request.inputs.size() <= kMaxInputs);
  QUERN_CHECK(request.dimensions >= 0 && request.max_tokens >= 0);
  for (const auto& input : request.inputs) {
    if (!input.ids) continue;
    for (const auto id : *input.ids) QUERN_CHECK(id >= 0);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t n) {
  std::string body(reinterpret_cast<const char*>(data), n);
  quern::serve::EmbeddingsRequest parsed;
  const auto problem = quern::serve::parse_embeddings_request(body, kMaxInputs, parsed);
  if (problem) {
    const quern::serve::Response response =
        quern::serve::to_response(*problem, quern::serve::openai_error);
    QUERN_CHECK(response.status == 400 && nlohmann::json::accept(response.body));
    return 0;
  }
  check_request(parsed);
  QUERN_CHECK(nlohmann::json::accept(body));
  return 0;
}
