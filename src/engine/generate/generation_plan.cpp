#include "engine/generate/generation_plan.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "engine/generate/generation_job.h"

namespace quern::engine {
namespace {

using Ids = std::vector<text::TokenId>;

// Shorter prompts are tokens in a moment.
constexpr std::size_t kLongPromptBytes = 64 << 10;
// Normalising makes a text shorter by no more than this: a letter of several code points.
constexpr std::size_t kMostShrinking = 4;
// The normalised text, and a symbol with its neighbours and its place among the merges for each of
// its bytes.
constexpr std::size_t kWorkPerByte = 48;

// A chat template writes the first token itself: it must not come twice.
Ids encode_prompt(const text::TextEncoder& encoder, std::string_view prompt,
                  const ByteSpans& foreign) {
  const Ids front = encoder.wrap({}, 0).ids;
  Ids plain;
  encoder.tokenizer().encode(prompt, text::Specials::kAsToken, foreign, plain);
  const bool has_front = !front.empty() && plain.size() >= front.size() &&
                         std::equal(front.begin(), front.end(), plain.begin());
  return has_front ? plain : encoder.wrap(plain, 0).ids;
}

}  // namespace

Status check_prompt(const GenerativeModel& model, const GenerateRequest& request, const Ids& ids) {
  const int n_vocab = model.decoder.config.n_vocab;
  const auto bad = std::find_if(ids.begin(), ids.end(),
                                [&](text::TokenId id) { return id < 0 || id >= n_vocab; });
  if (bad != ids.end()) {
    return {Code::kBadInput,
            fmt::format("token id {} is outside the vocabulary of {}", *bad, n_vocab)};
  }
  if (ids.empty()) return {Code::kBadInput, "the prompt has no tokens"};
  const auto n = static_cast<long>(ids.size());
  const long n_positions = model.decoder.config.n_positions;
  if (n > n_positions) {
    return {Code::kBadInput,
            fmt::format("the prompt has {} tokens, the model's context {}", n, n_positions)};
  }
  if (request.max_tokens < 0) {
    return {Code::kBadInput, fmt::format("max_tokens is {}, want 0 or more", request.max_tokens)};
  }
  return {};
}

Status check_length(const GenerativeModel& model, const GenerateRequest& request) {
  if (request.ids || request.prompt.size() < kLongPromptBytes) return {};
  const std::size_t most = model.longest_token_bytes() * kMostShrinking;
  const std::size_t least_tokens = request.prompt.size() / most;
  const auto n_positions = static_cast<std::size_t>(model.decoder.config.n_positions);
  if (least_tokens <= n_positions) return {};
  return {Code::kBadInput,
          fmt::format("the prompt of {} has more than {} tokens, the model's context {}",
                      human_bytes(request.prompt.size()), least_tokens, n_positions)};
}

std::size_t tokenizing_bytes(const GenerateRequest& request) {
  return request.ids ? 0 : request.prompt.size() * kWorkPerByte;
}

Result<Ids> prompt_ids(const GenerativeModel& model, const GenerateRequest& request) {
  QUERN_TRY(check_sampling(request.sampling, model.decoder.config.n_vocab));
  if (request.ids) return *request.ids;
  return encode_prompt(*model.card->encoder, request.prompt, request.plain);
}

std::size_t generation_bytes(const GenerativeModel& model, const GenerateRequest& request,
                             std::size_t n_prompt) {
  constexpr int kUsualAnswer = 256;
  const auto n_answer = static_cast<std::size_t>(std::max(request.max_tokens, kUsualAnswer));
  const auto n_positions = static_cast<std::size_t>(model.decoder.config.n_positions);
  return sizeof(GenerationJob) + request.prompt.size() +
         std::min(n_prompt + n_answer, n_positions) * 4 * sizeof(text::TokenId);
}

}  // namespace quern::engine
