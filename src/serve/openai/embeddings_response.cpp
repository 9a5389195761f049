#include "serve/openai/embeddings_response.h"

#include <iterator>
#include <span>

#include <fmt/format.h>

#include "serve/json/json_text.h"
#include "serve/openai/list_answer.h"
#include "serve/openai/openai_error.h"

namespace quern::serve {
namespace {

constexpr std::size_t kBytesPerFloat = 13;  // "-0.012345678,"
constexpr std::size_t kBytesPerItem = 80;
constexpr std::size_t kBytesPerTerm = 40;  // {"index":30521,"value":0.12345678},

void append_numbers(std::string& body, std::span<const float> values, EncodingFormat format) {
  if (format == EncodingFormat::kFloat) return append_json_floats(body, values);
  body += '"';
  append_base64(body, values);
  body += '"';
}

void append_made(std::string& body, const engine::Outcome& outcome, engine::OutputKind kind,
                 EncodingFormat format) {
  if (kind == engine::OutputKind::kSparse) {
    body += R"(,"sparse_embedding":[)";
    for (std::size_t i = 0; i < outcome.ids.size(); ++i) {
      fmt::format_to(std::back_inserter(body), R"({}{{"index":{},"value":)", i == 0 ? "" : ",",
                     outcome.ids[i]);
      append_json_float(body, outcome.values[i]);
      body += '}';
    }
    body += ']';
    return;
  }
  if (kind != engine::OutputKind::kRows) {
    body += R"(,"embedding":)";
    return append_numbers(body, outcome.values, format);
  }
  body += R"(,"token_ids":[)";
  for (std::size_t i = 0; i < outcome.ids.size(); ++i) {
    fmt::format_to(std::back_inserter(body), "{}{}", i == 0 ? "" : ",", outcome.ids[i]);
  }
  body += R"(],"embeddings":[)";
  const std::size_t width = outcome.ids.empty() ? 0 : outcome.values.size() / outcome.ids.size();
  for (std::size_t i = 0; i < outcome.ids.size(); ++i) {
    if (i > 0) body += ',';
    append_numbers(body, std::span(outcome.values).subspan(i * width, width), format);
  }
  body += ']';
}

}  // namespace

Response embeddings_response(const engine::Response& made, const std::string& model,
                             EncodingFormat format, const std::vector<std::string>& warnings,
                             std::optional<engine::OutputKind> output) {
  const auto place_of = [](std::size_t i) { return JsonPlace{"input", static_cast<long>(i)}; };
  if (const auto failure = find_failure(made, place_of)) return to_response(*failure, openai_error);
  const engine::OutputKind own =
      made.head != nullptr ? made.head->output : engine::OutputKind::kVector;
  const engine::OutputKind kind = output.value_or(own);
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
    append_made(body, outcome, kind, format);
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
    n_bytes += kBytesPerItem + outcome.ids.size() * kBytesPerTerm +
               (format == EncodingFormat::kFloat ? n * kBytesPerFloat : (n * 4 + 2) / 3 * 4);
  }
  return n_bytes;
}

}  // namespace quern::serve
