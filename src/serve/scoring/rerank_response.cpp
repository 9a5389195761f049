#include "serve/scoring/rerank_response.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "engine/scoring/scores.h"
#include "serve/json/json_text.h"
#include "serve/openai/list_answer.h"
#include "serve/openai/openai_error.h"

namespace quern::serve {
namespace {

constexpr std::size_t kBytesPerResult = 80;

void append_document(std::string& body, const std::string& text) {
  body += R"(,"document":{"text":)";
  append_json_string(body, text);
  body += '}';
}

}  // namespace

Response RerankAnswer::write(const engine::Response& made) const {
  const auto place_of = [](std::size_t i) { return JsonPlace{"documents", static_cast<long>(i)}; };
  if (const auto failure = find_failure(made, place_of)) return to_response(*failure, openai_error);
  const auto chosen = engine::choose_scale(scale, made.head->scale, made.head->labels.size());
  if (!chosen.ok()) return to_response(error_of(chosen.status()), openai_error);
  Response response;
  std::string& body = response.body;
  body.reserve(n_bytes(made));
  fmt::format_to(std::back_inserter(body), R"({{"id":"{}","object":"list","results":[)", id);
  ListEnd end = {.model = model, .n_tokens = made.n_tokens, .warnings = warnings};
  std::vector<float> logits;
  for (const engine::Outcome& outcome : made.outcomes) {
    logits.push_back(outcome.values[0]);
    end.n_cut += outcome.n_dropped > 0 ? 1 : 0;
  }
  std::vector<std::size_t> order = engine::best_first(logits);
  order.resize(std::min(order.size(), static_cast<std::size_t>(top_n)));
  for (const std::size_t i : order) {
    fmt::format_to(std::back_inserter(body), R"({}{{"index":{},"relevance_score":)",
                   body.back() == '[' ? "" : ",", i);
    append_json_float(body, engine::scores_of(std::span(&logits[i], 1), *chosen)[0]);
    append_dropped(body, made.outcomes[i].n_dropped);
    if (documents != nullptr) append_document(body, (*documents)[i]);
    body += '}';
  }
  fmt::format_to(std::back_inserter(body),
                 R"(],"scale":"{}","meta":{{"api_version":{{"version":"{}"}},)"
                 R"("tokens":{{"input_tokens":{},"output_tokens":0}}}})",
                 engine::scale_name(*chosen), api_version, made.n_tokens);
  end_list(response, end);
  return response;
}

std::size_t RerankAnswer::n_bytes(const engine::Response& made) const {
  std::size_t n =
      512 + std::min(made.outcomes.size(), static_cast<std::size_t>(top_n)) * kBytesPerResult;
  if (documents == nullptr) return n;
  for (const std::string& document : *documents) n += document.size() + document.size() / 8;
  return n;
}

}  // namespace quern::serve
