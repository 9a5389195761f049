// What generating text is asked for and what comes of it, token by token.

#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/byte_spans.h"
#include "base/status.h"
#include "engine/generate/sampling.h"
#include "engine/keep_alive.h"
#include "engine/work_class.h"

namespace quern::engine {

enum class ContextPolicy {
  kRefuse,  // An answer ends where the model's positions do; a longer prompt is an error.
  kSlide,   // The oldest tokens behind the kept head go; what is left is computed again.
};

struct GenerateRequest {
  std::string model;  // Installed name or path.
  std::string prompt;
  ByteSpans plain;  // Stretches of `prompt` where control tokens are text: what a user wrote.
  std::optional<std::vector<text::TokenId>> ids;  // Instead of `prompt`, as they are.
  Sampling sampling;
  int max_tokens = 0;             // Of the answer; 0: as many as the model has positions for.
  std::vector<std::string> stop;  // The answer ends before any of these.
  bool ignore_end = false;        // Go on where the model would end: for benchmarks.
  int n_logprobs = -1;            // Likeliest tokens to report beside each; -1: no logprobs.
  bool tells_prompt =
      false;  // The prompt's own tokens too, with their logprobs, before all others.
  ContextPolicy context = ContextPolicy::kRefuse;
  int n_kept = 0;  // kSlide: tokens at the front that stay.
  WorkClass work_class = WorkClass::kInteractive;
  std::optional<std::chrono::steady_clock::time_point> deadline;
  std::optional<KeepAlive> keep_alive = {};  // Of the model; unset: as the engine's options say.
};

struct GeneratedToken {
  text::TokenId id = 0;
  std::string bytes;  // What it adds; may end inside a character.
  float logprob = 0;  // Set when asked for; NaN of a prompt's first token, which nothing predicts.
  std::vector<TokenProbability> top;
  std::vector<std::string> top_bytes;  // Of `top`.
};

/// What one step adds to an answer.
struct GenerateDelta {
  std::string text;        // Whole characters, past any doubt about stop strings; may be empty.
  bool is_prompt = false;  // The tokens are the prompt's, and there is no text.
  std::vector<GeneratedToken> tokens;  // Those whose text lies in `text` or is still held back.
};

enum class FinishReason { kStop, kLength };

struct GenerateResult {
  Status status;  // Not ok: cancelled, late, or never started.
  FinishReason finish = FinishReason::kStop;
  int n_prompt_tokens = 0;  // Also of a prompt that was refused, for its length or its ids.
  int n_cached_tokens = 0;  // Of the prompt, taken from an earlier sequence.
  int n_tokens = 0;         // Of the answer, the end token not counted.
  double queue_ms = 0;      // Until the first step.
  double prompt_ms = 0;     // From there to the first token.
  double decode_ms = 0;     // From there to the end.
};

/// Called from an engine's thread; must not block for long.
using OnDelta = std::function<void(const GenerateDelta&)>;
using OnGenerated = std::function<void(GenerateResult)>;

}  // namespace quern::engine
