#include "apps/text_embedder.h"

#include <utility>

#include <fmt/format.h>

#include "base/sha256.h"
#include "store/byte_cursor.h"

namespace quern::apps {
namespace {

// Goes up when what a vector of several windows is made of changes.
constexpr int kWindowVersion = 1;

engine::Request request_for(const EmbedderWish& wish, engine::TextRole role) {
  engine::Request request;
  request.model = wish.model;
  request.task = engine::Task::kEmbed;
  request.output = engine::OutputKind::kVector;
  request.dimensions = wish.dimensions;
  request.role = role;
  request.prompt = role == engine::TextRole::kQuery ? wish.query_prompt : wish.text_prompt;
  return request;
}

// The engine cuts what it is given, if that is wanted.
engine::Truncation truncation_for(store::LongTexts how) {
  return how == store::LongTexts::kCut ? engine::Truncation::kCut : engine::Truncation::kRefuse;
}

Result<std::vector<std::string_view>> windows_of(std::string_view text, store::LongTexts how,
                                                 const engine::EmbeddingFacts& facts,
                                                 const text::TextEncoder& encoder) {
  if (how == store::LongTexts::kCut) return std::vector<std::string_view>{text};
  std::string whole;
  const auto count = [&](std::string_view piece) {
    whole.assign(facts.prompt).append(piece);
    return static_cast<int>(encoder.encode(whole, 0).ids.size());
  };
  return text_windows(text, facts.max_tokens, facts.n_own_tokens, count);
}

std::string fingerprint(std::string_view words) { return sha256_hex(store::bytes_of(words)); }

}  // namespace

Result<TextEmbedder> TextEmbedder::open(engine::Engine& engine, const EmbedderWish& wish) {
  TextEmbedder out;
  out.engine_ = &engine;
  out.wish_ = wish;
  QUERN_ASSIGN(out.facts_, engine.embedding_facts(request_for(wish, engine::TextRole::kDocument)));
  QUERN_ASSIGN(out.query_facts_,
               engine.embedding_facts(request_for(wish, engine::TextRole::kQuery)));
  QUERN_ASSIGN(out.encoder_, engine.text_encoder(wish.model));
  // From here on, whatever the model's files say by then.
  out.wish_.text_prompt = out.facts_.prompt;
  out.wish_.query_prompt = out.query_facts_.prompt;
  const std::string vectors =
      fmt::format("quern vectors 1\n{}\n{}\n", store::metric_name(wish.metric), out.facts_.meaning);
  const bool is_cut = wish.long_texts == store::LongTexts::kCut;
  out.space_fingerprint_ =
      fingerprint(vectors + out.query_facts_.prompt + (is_cut ? "\nlong texts are cut" : ""));
  out.exact_fingerprint_ =
      fingerprint(fmt::format("{}\n{}\n{}", vectors, out.facts_.arithmetic,
                              is_cut ? "cut" : fmt::format("windows {}", kWindowVersion)));
  return out;
}

engine::Request TextEmbedder::text_request() const {
  engine::Request request = request_for(wish_, engine::TextRole::kDocument);
  request.work_class = engine::WorkClass::kBulk;
  request.truncation = truncation_for(wish_.long_texts);
  return request;
}

Result<std::vector<std::string_view>> TextEmbedder::windows(std::string_view text) const {
  return windows_of(text, wish_.long_texts, facts_, *encoder_);
}

engine::Request TextEmbedder::query_request() const {
  engine::Request request = request_for(wish_, engine::TextRole::kQuery);
  request.truncation = truncation_for(wish_.long_texts);
  return request;
}

Result<std::vector<std::string_view>> TextEmbedder::query_windows(std::string_view query) const {
  return windows_of(query, wish_.long_texts, query_facts_, *encoder_);
}

Result<std::vector<float>> TextEmbedder::query_vector(
    std::string_view query, std::optional<std::chrono::steady_clock::time_point> deadline) const {
  QUERN_ASSIGN(const auto windows, query_windows(query));
  engine::Request request = query_request();
  request.deadline = deadline;
  for (const std::string_view window : windows) {
    request.inputs.emplace_back();
    request.inputs.back().text = window;
  }
  engine::Response response = engine_->run(std::move(request));
  QUERN_TRY(response.status);
  WindowMean mean;
  for (engine::Outcome& outcome : response.outcomes) {
    QUERN_TRY(outcome.status);
    mean.add(std::move(outcome.values));
  }
  return mean.take();
}

}  // namespace quern::apps
