#include "serve/openai/embeddings_response.h"

#include <iterator>

#include <fmt/format.h>

#include "serve/json/json_text.h"
#include "serve/openai/list_answer.h"
#include "serve/openai/openai_error.h"

namespace quern::serve {
namespace {

constexpr std::size_t kBytesPerFloat = 13;  // "-0.012345678,"
constexpr std::size_t kBytesPerItem = 80;

}  // namespace

Response embeddings_response(const engine::Response& made, const std::string& model,
                             EncodingFormat format, const std::vector<std::string>& warnings) {
  const auto place_of = [](std::size_t i) { return JsonPlace{"input", static_cast<long>(i)}; };
  if (const auto failure = find_failure(made, place_of)) return to_response(*failure, openai_error);
  Response response;
  std::string& body = response.body;
  body.reserve(embeddings_response_bytes(made, format));
  body = R"({"object":"list","data":[)";
  ListEnd end = {.model = model, .warnings = warnings};
  for (std::size_t i = 0; i < made.outcomes.size(); ++i) {
    const engine::Outcome& outcome = made.outcomes[i];
    fmt::format_to(std::back_inserter(body), R"({}{{"object":"embedding","index":{})",
                   i == 0 ? "" : ",", i);
    append_dropped(body, outcome.n_dropped);
    end.n_cut += outcome.n_dropped > 0 ? 1 : 0;
    body += R"(,"embedding":)";
    if (format == EncodingFormat::kFloat) {
      append_json_floats(body, outcome.values);
    } else {
      body += '"';
      append_base64(body, outcome.values);
      body += '"';
    }
    body += '}';
    end.n_tokens += outcome.n_tokens;
  }
  body += ']';
  end_list(response, end);
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
