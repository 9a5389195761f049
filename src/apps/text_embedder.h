// Texts to vectors of one model: what the vectors of a store are (their space), how a text becomes
// one, a text longer than the model's limit included.

#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "apps/text_windows.h"
#include "base/status.h"
#include "engine/engine.h"
#include "store/vector/space.h"

namespace quern::apps {

/// Which vectors are wanted.
struct EmbedderWish {
  std::string model;
  store::Metric metric = store::Metric::kCosine;
  int dimensions = 0;  // Sliced to these; 0: as the model says.
  // What is put before each text, and before each query; unset: the model's own.
  std::optional<std::string> text_prompt = {};
  std::optional<std::string> query_prompt = {};
  store::LongTexts long_texts = store::LongTexts::kMean;  // Questions likewise.
};

/// Threads: any; the engine outlives it.
class TextEmbedder {
 public:
  /// Reads the weights where it takes that to know which they are. Errors: kNotFound for the model;
  /// kBadInput for one that makes no vectors; kUnsupported where its vectors cannot be told from
  /// others.
  static Result<TextEmbedder> open(engine::Engine& engine, const EmbedderWish& wish);

  engine::Engine& engine() const { return *engine_; }
  const std::string& model() const { return facts_.model; }
  int d() const { return facts_.d; }
  store::Metric metric() const { return wish_.metric; }
  store::LongTexts long_texts() const { return wish_.long_texts; }
  const std::string& text_prompt() const { return facts_.prompt; }
  const std::string& query_prompt() const { return query_facts_.prompt; }

  /// Of weights, head, dimensions, metric, both prompts and what becomes of long texts: a SHA-256
  /// in hex. Vectors of the same can be compared, whichever machine made them.
  const std::string& space_fingerprint() const { return space_fingerprint_; }

  /// Of what decides the vectors of texts, the arithmetic included: under the same a text has the
  /// same vector to the bit.
  const std::string& exact_fingerprint() const { return exact_fingerprint_; }

  /// A request for vectors of texts, as bulk work, without its inputs.
  engine::Request text_request() const;

  /// The same for vectors of queries, as interactive work.
  engine::Request query_request() const;

  /// A text as pieces that the model takes whole: one, if it is short enough; the text itself where
  /// it is cut. Errors: kBadInput.
  Result<std::vector<std::string_view>> windows(std::string_view text) const;
  /// The same of a query.
  Result<std::vector<std::string_view>> query_windows(std::string_view query) const;

  /// What to search with, as interactive work. Errors: as a request's; kDeadline.
  Result<std::vector<float>> query_vector(
      std::string_view query,
      std::optional<std::chrono::steady_clock::time_point> deadline = {}) const;

 private:
  TextEmbedder() = default;

  engine::Engine* engine_ = nullptr;
  EmbedderWish wish_;
  engine::EmbeddingFacts facts_;        // Of texts,
  engine::EmbeddingFacts query_facts_;  // and of queries.
  std::shared_ptr<const text::TextEncoder> encoder_;
  std::string space_fingerprint_;
  std::string exact_fingerprint_;
};

}  // namespace quern::apps
