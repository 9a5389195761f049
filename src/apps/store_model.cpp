#include "apps/store_model.h"

#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include "base/sha256.h"
#include "store/byte_cursor.h"

namespace quern::apps {
namespace {

EmbedderWish wish_for(const store::VectorSpace& space, int dimensions) {
  return {.model = space.model,
          .metric = space.metric,
          .dimensions = dimensions,
          .text_prompt = space.text_prompt,
          .query_prompt = space.query_prompt,
          .long_texts = space.long_texts};
}

bool makes(engine::Engine& engine, const store::VectorSpace& space) {
  const Result<TextEmbedder> embedder = open_embedder(engine, space);
  return embedder.ok();
}

}  // namespace

Result<store::VectorSpace> space_of(const TextEmbedder& embedder, const std::string& model) {
  store::VectorSpace space = {.fingerprint = embedder.space_fingerprint(),
                              .model = embedder.model(),
                              .d = embedder.d(),
                              .metric = embedder.metric(),
                              .text_prompt = embedder.text_prompt(),
                              .query_prompt = embedder.query_prompt(),
                              .long_texts = embedder.long_texts()};
  // The engine knows a model that it holds by its short name; another process has to find it anew.
  std::error_code error;
  const bool is_path = model.find('/') != std::string::npos ||
                       (model != embedder.model() && std::filesystem::exists(model, error));
  space.model =
      is_path ? std::filesystem::absolute(model, error).lexically_normal().string() : model;
  if (!error && makes(embedder.engine(), space)) return space;
  return {Code::kBadInput,
          fmt::format("model '{}' is not found again as '{}'", model, space.model)};
}

Result<store::VectorSpace> space_of_given(int d, store::Metric metric) {
  store::VectorSpace space = {.fingerprint = {}, .model = {}, .d = d, .metric = metric};
  space.fingerprint = sha256_hex(
      store::bytes_of(fmt::format("vectors that are given, {} {}", d, store::metric_name(metric))));
  QUERN_TRY(store::check_space(space));
  return space;
}

bool is_of_given(const store::VectorSpace& space) { return space.model.empty(); }

GivenVectors given_vectors_for(const store::SpaceRow* active) {
  if (active == nullptr) return GivenVectors::kIgnore;
  return is_of_given(active->space) ? GivenVectors::kTake : GivenVectors::kRefuse;
}

Status check_takes_given(const store::SpaceRow* active) {
  if (active == nullptr) {
    return {Code::kBadInput,
            "it has no vectors: one that takes them is made with their number of dimensions"};
  }
  if (is_of_given(active->space)) return {};
  return {Code::kBadInput,
          fmt::format("its vectors are made by model '{}', others cannot be compared with them",
                      active->space.model)};
}

Result<TextEmbedder> open_embedder(engine::Engine& engine, const store::VectorSpace& space) {
  if (is_of_given(space)) {
    return {Code::kBadInput, "the store's vectors are brought along, no model makes them"};
  }
  Result<TextEmbedder> opened = TextEmbedder::open(engine, wish_for(space, 0));
  if (opened.status().code() == Code::kNotFound) {
    return opened.status().in(
        "the model of the store's vectors (where it has moved, 'quern store embed DIR --model "
        "NAME' "
        "says where to)");
  }
  QUERN_ASSIGN(TextEmbedder embedder, std::move(opened));
  if (embedder.d() != space.d) {
    QUERN_ASSIGN(embedder, TextEmbedder::open(engine, wish_for(space, space.d)));
  }
  if (embedder.space_fingerprint() == space.fingerprint) return embedder;
  return {Code::kBadInput,
          fmt::format("model '{}' is not the one that made the store's vectors: embed them anew",
                      space.model)};
}

}  // namespace quern::apps
