#include "serve/openai/openai_embeddings.h"

#include <utility>

#include "serve/encoder_run.h"
#include "serve/openai/embeddings_request.h"
#include "serve/openai/embeddings_response.h"

namespace quern::serve {

void handle_embeddings(const std::shared_ptr<Backend>& backend,
                       const std::shared_ptr<Exchange>& exchange) {
  EmbeddingsRequest parsed;
  std::string body = std::exchange(exchange->request.body, {});
  if (const auto problem = parse_embeddings_request(body, backend->max_inputs, parsed)) {
    return exchange->fail(*problem);
  }
  body = std::string();
  EncoderPlan plan;
  plan.write = [model = parsed.request.model, format = parsed.format,
                output = parsed.request.output,
                warnings = std::move(parsed.warnings)](const engine::Response& made) {
    return embeddings_response(made, model, format, warnings, output);
  };
  plan.n_bytes = [format = parsed.format](const engine::Response& made) {
    return embeddings_response_bytes(made, format);
  };
  plan.request = std::move(parsed.request);
  run_encoder(backend, exchange, std::move(plan));
}

}  // namespace quern::serve
