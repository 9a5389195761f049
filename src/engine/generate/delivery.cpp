#include "engine/generate/delivery.h"

#include <limits>
#include <utility>

#include "base/profiler.h"

namespace quern::engine {
namespace {

constexpr float kNever = -1e30f;  // A logit that no temperature makes a candidate.

std::string bytes_of(const GenerativeModel& model, text::TokenId id) {
  std::string out;
  model.append_bytes(id, out);
  return out;
}

void rule_out(std::span<const text::TokenId> ids, std::span<float> logits) {
  for (const text::TokenId id : ids) {
    if (static_cast<std::size_t>(id) < logits.size()) logits[static_cast<std::size_t>(id)] = kNever;
  }
}

void add_logprobs(const GenerationJob& job, std::span<const float> logits, GeneratedToken& token) {
  if (job.request.n_logprobs < 0) return;
  token.top = top_logprobs(logits, token.id, job.request.n_logprobs, token.logprob);
  for (const TokenProbability& t : token.top) token.top_bytes.push_back(bytes_of(*job.model, t.id));
}

}  // namespace

std::optional<AnswerEnd> Delivery::next_token(GenerationJob& job, std::span<float> logits) {
  std::vector<float> raw;
  if (job.request.n_logprobs >= 0) raw.assign(logits.begin(), logits.end());
  if (job.request.ignore_end) rule_out(job.model->card->as_decoder().model.end_ids, logits);
  const StageTimer timer(Stage::kSampling);
  const Result<text::TokenId> picked = job.sampler.pick(logits, job.result.n_tokens);
  if (!picked.ok()) return AnswerEnd{picked.status(), FinishReason::kStop};
  if (!job.request.ignore_end && job.model->ends(*picked)) {
    return AnswerEnd{{}, FinishReason::kStop};
  }
  GenerateDelta delta;
  GeneratedToken& token = delta.tokens.emplace_back();
  token.id = *picked;
  token.bytes = bytes_of(*job.model, token.id);
  add_logprobs(job, raw, token);
  std::string text;
  job.assembler.add(token.bytes, text);
  const bool stops = job.stops.add(text, delta.text);
  job.sampler.see(token.id);
  job.context.push_back(token.id);
  ++job.result.n_tokens;
  if (job.on_delta) notes_.push_back({&job, std::move(delta)});
  if (stops) return AnswerEnd{{}, FinishReason::kStop};
  if (job.request.max_tokens > 0 && job.result.n_tokens >= job.request.max_tokens) {
    return AnswerEnd{{}, FinishReason::kLength};
  }
  return std::nullopt;
}

void Delivery::prompt(GenerationJob& job, int first, Matrix<const float> logits) {
  GenerateDelta delta;
  delta.is_prompt = true;
  const auto add = [&](int position) -> GeneratedToken& {
    GeneratedToken& token = delta.tokens.emplace_back();
    token.id = job.context[static_cast<std::size_t>(position)];
    token.bytes = bytes_of(*job.model, token.id);
    job.n_prompt_told = position + 1;
    return token;
  };
  if (job.n_prompt_told == 0) add(0).logprob = std::numeric_limits<float>::quiet_NaN();
  for (int i = 0; i < logits.rows; ++i) {
    const int position = first + i + 1;
    // A sequence that was set back comes by what it has told.
    if (position < job.n_prompt_told || position >= job.result.n_prompt_tokens) continue;
    add_logprobs(job, logits.row(i), add(position));
  }
  if (job.on_delta && !delta.tokens.empty()) notes_.push_back({&job, std::move(delta)});
}

void Delivery::rest(GenerationJob& job) {
  GenerateDelta rest;
  std::string text;
  job.assembler.finish(text);
  if (!job.stops.add(text, rest.text)) job.stops.finish(rest.text);
  if (!rest.text.empty() && job.on_delta) notes_.push_back({&job, std::move(rest)});
}

void Delivery::tell() {
  for (const Note& note : std::exchange(notes_, {})) note.job->on_delta(note.delta);
}

}  // namespace quern::engine
