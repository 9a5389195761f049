// One accepted request for text on its way through the generator.

#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/byte_ledger.h"
#include "base/utf8_assembler.h"
#include "engine/generate/generation.h"
#include "engine/generate/generative_model.h"
#include "engine/generate/stop_matcher.h"
#include "models/kv_cache.h"

namespace quern::engine {

struct GenerationJob {
  using Clock = std::chrono::steady_clock;

  GenerationJob(GenerateRequest wanted, std::shared_ptr<const GenerativeModel> loaded,
                std::vector<text::TokenId> prompt)
      : request(std::move(wanted)),
        model(std::move(loaded)),
        context(std::move(prompt)),
        sampler(request.sampling),
        stops(request.stop) {
    result.n_prompt_tokens = static_cast<int>(context.size());
    for (const text::TokenId id : context) sampler.see(id);
  }

  // Set before the job is handed over.
  const GenerateRequest request;
  std::shared_ptr<const GenerativeModel> model;  // Held, so that the weights are not evicted.
  OnDelta on_delta;
  OnGenerated done;
  Clock::time_point submitted = Clock::now();
  Reservation bytes;  // For tokens and text.

  std::atomic<bool> cancelled{false};  // Any thread.

  // From here on: only whoever drives.
  std::vector<text::TokenId> context;  // Tokens whose keys and values are cached, or will be.
  std::optional<models::KvSequence> kv;
  models::RopeFactors rope = models::RopeFactors::kShort;  // Of what `kv` holds.
  Sampler sampler;
  Utf8Assembler assembler;
  StopMatcher stops;
  GenerateResult result;
  bool started = false;
  bool ended = false;
  int n_prompt_told = 0;  // Tokens, where the prompt is told.
  Clock::time_point first_step, first_token;

  /// Tokens that wait to go through the model.
  int n_pending() const { return static_cast<int>(context.size()) - (kv ? kv->length() : 0); }
  bool is_prompt() const { return n_pending() > 1; }
  /// What keys and values of the context as it is now must be turned by.
  models::RopeFactors wanted_rope() const {
    return models::rope_factors_of(model->decoder.rope, static_cast<int>(context.size()));
  }
  /// Logits are wanted of all its tokens now, not of the last one alone.
  bool tells_prompt() const {
    return request.tells_prompt && n_prompt_told < result.n_prompt_tokens;
  }
};

}  // namespace quern::engine
