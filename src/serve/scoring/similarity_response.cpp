#include "serve/scoring/similarity_response.h"

#include <iterator>

#include <fmt/format.h>

#include "engine/scoring/cosine.h"
#include "serve/json/json_text.h"
#include "serve/openai/list_answer.h"
#include "serve/openai/openai_error.h"

namespace quern::serve {
namespace {

using Form = SimilarityRequest::Form;

constexpr std::size_t kBytesPerScore = 60;

JsonPlace place_of(Form form, std::size_t i) {
  if (form == Form::kPairs) {
    return {.field = "pairs", .i = static_cast<long>(i / 2), .j = static_cast<long>(i % 2)};
  }
  if (i == 0) return {.field = "query"};
  return {.field = "documents", .i = static_cast<long>(i - 1)};
}

}  // namespace

Response SimilarityAnswer::write(const engine::Response& made) const {
  const auto place = [this](std::size_t i) { return place_of(form, i); };
  if (const auto failure = find_failure(made, place)) return to_response(*failure, openai_error);
  Response response;
  std::string& body = response.body;
  body.reserve(n_bytes(made));
  body = R"({"object":"list","scale":"cosine","data":[)";
  ListEnd end = {.model = model, .n_tokens = made.n_tokens, .warnings = warnings};
  const bool is_pairs = form == Form::kPairs;
  const std::size_t n = is_pairs ? made.outcomes.size() / 2 : made.outcomes.size() - 1;
  for (std::size_t i = 0; i < n; ++i) {
    const engine::Outcome& a = made.outcomes[is_pairs ? 2 * i : 0];
    const engine::Outcome& b = made.outcomes[is_pairs ? 2 * i + 1 : i + 1];
    fmt::format_to(std::back_inserter(body), R"({}{{"object":"similarity","index":{},"score":)",
                   i == 0 ? "" : ",", i);
    append_json_float(body, engine::cosine(a.values, b.values));
    append_dropped(body, b.n_dropped + (is_pairs ? a.n_dropped : 0));
    body += '}';
  }
  for (const engine::Outcome& outcome : made.outcomes) end.n_cut += outcome.n_dropped > 0 ? 1 : 0;
  body += ']';
  end_list(response, end);
  return response;
}

std::size_t SimilarityAnswer::n_bytes(const engine::Response& made) const {
  return 256 + made.outcomes.size() * kBytesPerScore;
}

}  // namespace quern::serve
