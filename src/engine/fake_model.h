// For tests: a model whose arithmetic a human can check, and a source of such models.
//
// A text's token ids are its bytes; "bad" in it is a token that the model does not have. Its values
// are {number of tokens, sum of ids}, so that a value which ended up at the wrong input is seen at
// once.

#pragma once

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/load_meter.h"
#include "base/utf8.h"
#include "engine/load/model_source.h"

namespace quern::engine {

inline constexpr std::size_t kFakeScratchPerToken = 1024;

inline std::shared_ptr<const text::TextEncoder> fake_encoder() {
  text::TokenizerSpec spec;
  spec.model = text::TokenizerSpec::Model::kBpe;
  spec.pre_tokenizers = {text::pre_tokenizers::ByteLevel{.add_prefix_space = false}};
  for (int byte = 0; byte < 256; ++byte) {
    // GPT-2's byte characters: what prints is itself, the rest follows from U+0100 on.
    const bool prints = (byte > 32 && byte < 127) || (byte > 160 && byte != 173);
    const int shifted = byte < 33 ? byte : byte < 161 ? byte - 127 + 33 : 67;
    std::string token;
    append_utf8(static_cast<CodePoint>(prints ? byte : 256 + shifted), token);
    spec.vocab.push_back(token);
  }
  spec.added = {{.id = 256, .content = "bad"}};
  spec.single = {{.kind = text::TemplatePiece::Kind::kTextA}};
  Result<text::TextEncoder> encoder = text::TextEncoder::make(spec);
  QUERN_CHECK(encoder.ok());
  return std::make_shared<const text::TextEncoder>(std::move(*encoder));
}

/// Two values; 50 tokens unless asked; one prompt.
inline ModelCard fake_card(const std::string& name, int n_positions = 100) {
  ModelCard card;
  card.name = name;
  card.key = name;
  formats::ModelFolder& folder = std::get<EncoderFacts>(card.facts).folder;
  folder.name = name;
  folder.config = {.family = "fake",
                   .n_layers = 1,
                   .n_heads = 1,
                   .d_model = 2,
                   .d_ff = 2,
                   .n_vocab = 256,
                   .n_positions = n_positions,
                   .n_types = 2,
                   .norm_eps = 0};
  folder.head.n_values = 2;
  folder.max_tokens = 50;
  folder.prompts = {{"query", "Q:"}};
  return card;
}

class FakeServable : public Servable {
 public:
  /// Called at the start of each forward pass with the lengths of its sequences.
  using Hook = std::function<void(const std::vector<int>& lengths)>;

  explicit FakeServable(Hook hook = {}, int batch_tokens = 64)
      : hook_(std::move(hook)), batch_tokens_(batch_tokens) {}

  formats::OutputShape shape_of(const OutputForm&) const override { return {.n_values = 2}; }
  int batch_tokens() const override { return batch_tokens_; }

  std::size_t scratch_bytes(int n_tokens, int, int) const override {
    return static_cast<std::size_t>(n_tokens) * kFakeScratchPerToken;
  }

  void forward(const OutputForm&, const models::RaggedBatch& batch, std::span<std::byte> scratch,
               ThreadPool& pool, Matrix<float> out) const override {
    std::vector<int> lengths;
    for (int s = 0; s < batch.n_seqs(); ++s) lengths.push_back(batch.seq_len(s));
    if (hook_) hook_(lengths);
    pool.parallel_for(batch.n_seqs(), [&](int s, int) {
      const auto first = batch.ids.begin() + batch.seq_starts[static_cast<std::size_t>(s)];
      out.row(s)[0] = static_cast<float>(batch.seq_len(s));
      out.row(s)[1] = static_cast<float>(std::accumulate(first, first + batch.seq_len(s), 0));
    });
    scratch[static_cast<std::size_t>(batch.n_tokens()) * kFakeScratchPerToken - 1] = std::byte{1};
  }

 private:
  const Hook hook_;
  const int batch_tokens_;
};

inline std::vector<float> fake_values(const std::string& text) {
  return {static_cast<float>(text.size()),
          static_cast<float>(std::accumulate(text.begin(), text.end(), 0))};
}

/// A door that forward passes wait at.
class Gate {
 public:
  explicit Gate(bool open = true) : open_(open) {}

  void set(bool open) {
    const std::lock_guard<std::mutex> lock(mutex_);
    open_ = open;
    cv_.notify_all();
  }
  /// Called by who must wait.
  void pass() {
    std::unique_lock<std::mutex> lock(mutex_);
    ++n_arrived_;
    cv_.notify_all();
    cv_.wait(lock, [&] { return open_; });
  }
  /// Returns when `n` have come to the gate since the start.
  void wait_for_arrivals(int n) {
    std::unique_lock<std::mutex> lock(mutex_);
    cv_.wait(lock, [&] { return n_arrived_ >= n; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable cv_;
  bool open_;
  int n_arrived_ = 0;
};

/// Models "a" to "e"; names that start with "missing" do not exist, weights of "broken" do not
/// load, and "garbled" cannot even be read.
class FakeSource : public ModelSource {
 public:
  struct Log {
    std::mutex mutex;
    std::vector<std::string> reads, loads;
    Gate load_gate;
    std::atomic<int> state{0};              // Of every model's files,
    std::atomic<bool> is_identified{true};  // Results can be kept.
    std::atomic<int> n_identified{0};       // Times it was asked.
    std::atomic<bool> is_removed{false};    // if they are there at all.
    std::size_t tokenizer_bytes = 0;        // As they are guessed.
    bool has_tokenizer = false;

    int n_loads(const std::string& name) {
      const std::lock_guard<std::mutex> lock(mutex);
      return static_cast<int>(std::count(loads.begin(), loads.end(), name));
    }
  };

  FakeSource(std::shared_ptr<Log> log, std::size_t weight_bytes, FakeServable::Hook hook = {})
      : log_(std::move(log)), weight_bytes_(weight_bytes), hook_(std::move(hook)) {}

  Result<ModelPlace> resolve(const std::string& model) const override {
    if (model.starts_with("missing") || log_->is_removed) {
      return {Code::kNotFound, "no model is named '" + model + "'"};
    }
    const std::string name = model.starts_with("path/to/") ? model.substr(8) : model;
    const std::string key = name + "#" + std::to_string(log_->state.load());
    return ModelPlace{.key = key, .where = name, .path = name, .name = name};
  }

  std::size_t tokenizer_bytes(const ModelPlace&) const override { return log_->tokenizer_bytes; }

  Result<ModelCard> read(const ModelPlace& place) const override {
    {
      const std::lock_guard<std::mutex> lock(log_->mutex);
      log_->reads.push_back(place.name);
    }
    if (place.name == "garbled") return Status(Code::kBadInput, "config.json is garbled");
    ModelCard card = fake_card(place.name);
    card.key = place.key;
    if (log_->has_tokenizer) card.encoder = fake_encoder();
    return card;
  }

  Result<text::TextEncoder> read_encoder(const ModelPlace& place) const override {
    text::TokenizerSpec spec;
    spec.pre_tokenizers = {text::pre_tokenizers::BertPreTokenizer{}};
    spec.vocab = {"[UNK]", place.name};
    spec.unk_id = 0;
    spec.single = {{.kind = text::TemplatePiece::Kind::kTextA, .id = 0, .type_id = 0}};
    return text::TextEncoder::make(spec);
  }

  Result<std::shared_ptr<const LoadedWeights>> load(std::shared_ptr<const ModelCard> card,
                                                    models::Residency, ByteLedger& ledger,
                                                    ThreadPool&) const override {
    LoadMeter::current().begin(LoadMeter::Phase::kPacking, weight_bytes_);
    LoadMeter::current().add(weight_bytes_ / 2);
    log_->load_gate.pass();
    {
      const std::lock_guard<std::mutex> lock(log_->mutex);
      log_->loads.push_back(card->name);
    }
    if (card->name == "broken") return Status(Code::kBadInput, "tensor 'x' is missing");
    QUERN_ASSIGN(Reservation held, ledger.reserve("weights/" + card->name, weight_bytes_));
    return std::shared_ptr<const LoadedWeights>(
        std::make_shared<WeightyServable>(std::move(card), std::move(held), hook_));
  }

  /// The weights of "a copy" are those of "a".
  std::string result_identity(const ModelCard& card) const override {
    ++log_->n_identified;
    if (!log_->is_identified) return "";
    std::string key = card.key;
    if (const std::size_t at = key.find(" copy"); at != std::string::npos) key.erase(at, 5);
    return "fake " + key;
  }

  std::vector<ModelInfo> installed() const override {
    if (log_->is_removed) return {};
    ModelInfo info;
    info.name = "a";
    return {info};
  }

  WeightInfo weights(const ModelCard&) const override {
    return {.precision = "f32", .bytes = weight_bytes_};
  }

 private:
  struct WeightyServable : FakeServable {
    WeightyServable(std::shared_ptr<const ModelCard> c, Reservation r, const Hook& hook)
        : FakeServable(hook), card(std::move(c)), held(std::move(r)) {}
    const std::shared_ptr<const ModelCard> card;
    const Reservation held;
  };

  const std::shared_ptr<Log> log_;
  const std::size_t weight_bytes_;
  const FakeServable::Hook hook_;
};

}  // namespace quern::engine
