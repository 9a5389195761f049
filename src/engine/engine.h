// The one entrance to the models: requests in, one outcome per input out. Owns the ledger, the
// thread pool, the model pool and the scheduler.

#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/byte_ledger.h"
#include "base/byte_spans.h"
#include "base/status.h"
#include "engine/cache/result_stats.h"
#include "engine/generate/generation.h"
#include "engine/keep_alive.h"
#include "engine/model_status.h"
#include "engine/work_class.h"
#include "formats/decoder_model.h"
#include "formats/head_facts.h"
#include "text/tokenizer.h"

namespace quern::engine {

/// Results that are kept, and computed once for equal inputs: docs/cache.md.
struct ResultCacheOptions {
  std::size_t n_bytes = 0;  // In memory; 0: 64 MB, or a sixteenth of the budget where that is less.
  std::size_t n_items = 0;  // Results in memory; 0: as many as there is room for.
  std::string disk_folder = {};
  std::size_t disk_bytes = 0;  // Of results kept on disk, between runs too; 0: none.
};

struct EngineOptions {
  std::size_t memory_bytes = 0;    // 0: 0.8 of what the machine or cgroup allows.
  int n_threads = 0;               // 0: usable_cpus().
  std::string home = {};           // "": hub::home_folder().
  std::string precision = "auto";  // Or "f32", "bf16", "int8".
  int batch_tokens = 0;            // 0: chosen by the engine.
  int min_batch = 0;               // Texts that a batch waits for, where others come (gather.h),
  int max_batch = 0;               // and that it holds at most. 0: no such bound.
  // How long requests and loads wait for memory that others use, where it does not fit otherwise.
  std::chrono::milliseconds patience{10'000};
  bool stream = false;          // Weights of every model are read anew for each pass.
  std::string kv_type = "f16";  // Of KV caches: "f16", "q8_0" or "f32".
  int max_sequences = 16;       // Texts that one model generates at once; more wait.
  std::string pooling = {};     // Of every embedder, in place of its own (formats::Pooling).
  KeepAlive keep_alive = kKeepForever;             // Of requests that do not say.
  std::optional<ResultCacheOptions> results = {};  // Unset: every input is computed.
};

/// Which side of a search a text is on.
enum class TextRole { kAny, kQuery, kDocument };

/// One thing to embed or classify: a text, a pair of texts, or token ids (without template tokens).
struct Input {
  std::string text;
  std::optional<std::string> text_pair;
  std::optional<std::vector<text::TokenId>> ids;
};

using formats::OutputKind;
using formats::Scale;
using formats::scale_name;
using formats::Task;
using formats::task_name;
using formats::what_it_does;
enum class Truncation { kCut, kRefuse };

struct Request {
  std::string model;  // Installed name or path.
  Task task = Task::kEmbed;
  std::vector<Input> inputs;
  std::string query;  // kRerank: the first text of every pair; inputs are the second ones.
  // What is put before each text: this, else the model's prompt of that name, else the one it has
  // for that role, else its default.
  std::optional<std::string> prompt;
  std::string prompt_name;
  TextRole role = TextRole::kAny;
  std::optional<OutputKind> output = {};  // kEmbed: a form that the model makes; unset: its own.
  int dimensions = 0;  // kEmbed: slice to this many and renormalise; 0: as the model says.
  // kEmbed: vectors and rows of length 1, or without the model's last scaling to it; unset: as the
  // model says.
  std::optional<bool> normalize = {};
  int max_tokens = 0;  // Template tokens included; 0: the model's limit.
  Truncation truncation = Truncation::kCut;
  std::optional<text::TruncationSide> truncation_side;  // Unset: the model's own.
  WorkClass work_class = WorkClass::kInteractive;
  std::optional<std::chrono::steady_clock::time_point> deadline;
  std::optional<KeepAlive> keep_alive = {};  // Of the model; unset: as the engine's options say.
};

/// What became of one input.
struct Outcome {
  Status status;
  std::vector<float> values;  // The vector, the logits; rows one after the other; terms' weights.
  // Of rows: the token of each. Of weights: the term of each, ascending.
  std::vector<text::TokenId> ids = {};
  std::vector<ByteSpan> spans =
      {};             // kTag: the bytes of the text that each row's token stands for.
  int n_tokens = 0;   // Tokens the model saw.
  int n_dropped = 0;  // Tokens cut off; 0 where nothing was.
};

struct Response {
  Status status;                  // Not ok: the request as a whole failed and outcomes is empty.
  std::vector<Outcome> outcomes;  // One per input, in order.
  /// What their values are: labels, scale. As of the files that were used, which may be replaced by
  /// now. Null where a request failed before its model was there.
  std::shared_ptr<const formats::HeadFacts> head;
  int n_tokens = 0;       // Sum over outcomes.
  double queue_ms = 0;    // Until the first batch with one of its inputs started.
  double compute_ms = 0;  // In forward passes that held one of its inputs.
};

struct ModelInfo {
  std::string name;
  std::string family;
  Task task = Task::kEmbed;
  OutputKind output = OutputKind::kVector;
  bool has_rows = false;  // kEmbed: rows and weights of terms can be had too.
  bool has_terms = false;
  int dims = 0;                     // Width of a vector or row, number of labels or of terms.
  std::vector<std::string> labels;  // kClassify,
  Scale scale = Scale::kSoftmax;    // and how its logits become scores.
  std::string pooling = {};         // kEmbed: "mean"; several: "cls+mean".
  int max_tokens = 0;
  int n_vocab = 0;
  std::string precision;         // As loaded; "auto" while it has not been measured.
  std::size_t weight_bytes = 0;  // Resident when loaded.
  std::string digest;            // hub::model_digest; "" where it takes reading the weights.
  std::string state;             // Of its files, as the system tells of them; "" where not known.
  bool loaded = false;
};

/// Counters since the start, for metrics, progress and benchmarks.
struct Stats {
  long n_texts = 0;
  long n_tokens = 0;
  long n_batches = 0;
  long n_failed = 0;
  long n_truncated = 0;
  double busy_seconds = 0;                  // In forward passes.
  int n_queued = 0;                         // Inputs waiting now.
  std::optional<ResultCacheStats> results;  // Where they are kept.

  long n_generations = 0;
  long n_prompt_tokens = 0;  // That went through a generating model.
  long n_cached_tokens = 0;  // That did not have to: their keys and values were there.
  long n_generated_tokens = 0;
  long n_set_back = 0;  // Sequences whose memory went to others for a while.
  double generate_seconds = 0;
  int n_generating = 0;           // Sequences running now,
  int n_generations_waiting = 0;  // and waiting.

  std::vector<ByteLedger::Tenant> tenants;
  std::size_t memory_limit_bytes = 0;
  std::size_t memory_used_bytes = 0;
};

/// What the vectors of a request are and depend on beside its texts, for whoever keeps them.
struct EmbeddingFacts {
  std::string model;       // As it is listed.
  int d = 0;               // Numbers of a vector.
  bool is_unit = false;    // Vectors have length 1.
  int max_tokens = 0;      // Of a text, template and prompt included,
  int n_own_tokens = 0;    // which take so many of them.
  std::string prompt;      // What is put before each text.
  std::string meaning;     // Weights, head, prompt, cut: vectors of the same can be compared.
  std::string arithmetic;  // With it, the same text has the same bits.
};

/// A handle on a submitted request.
class Ticket {
 public:
  virtual ~Ticket() = default;
  /// What is not done comes back as kCancelled, also out of a pass that runs, unless others share
  /// its batch; `done` is still called, once.
  virtual void cancel() = 0;
};

/// Threads: all functions may be called from any thread.
class Engine {
 public:
  /// Errors: kBadInput for options that make no sense (with what was got and wanted); kExhausted
  ///   when the program alone is over the budget.
  static Result<std::unique_ptr<Engine>> make(const EngineOptions& options);
  virtual ~Engine() = default;  // Finishes what is running, cancels the rest.

  /// Calls done(response) exactly once, from a thread of the engine (or from submit itself when
  /// the request cannot start). `done` must not block for long.
  virtual std::shared_ptr<Ticket> submit(Request request, std::function<void(Response)> done) = 0;

  /// Submits and waits.
  virtual Response run(Request request) = 0;

  /// Generates a text: on_delta for what each step adds, then done exactly once, both from a
  /// thread of the engine (done from here when the request cannot start). Neither may block for
  /// long. on_delta may be empty.
  virtual std::shared_ptr<Ticket> generate(GenerateRequest request, OnDelta on_delta,
                                           OnGenerated done) = 0;

  /// What a generating model says of itself beyond ModelInfo: its chat template, its end tokens.
  /// Errors: kBadInput for a model that does not generate; as describe.
  virtual Result<std::shared_ptr<const formats::DecoderModel>> decoder(
      const std::string& model) = 0;

  /// The name that a model is listed under. Reads none of its files. Errors: kNotFound (near
  /// names).
  virtual Result<std::string> listed_name(const std::string& model) = 0;

  /// Reads config and tokenizer, not the weights. Errors: kNotFound (near names), kBadInput.
  virtual Result<ModelInfo> describe(const std::string& model) = 0;

  /// hub::model_digest: of the content of its files, wherever they lie. Reads the weights where
  /// nobody wrote it down. Errors: as describe; kIo.
  virtual Result<std::string> model_digest(const std::string& model) {
    QUERN_ASSIGN(const ModelInfo info, describe(model));
    return info.digest;
  }

  /// What the vectors of such a request depend on beside its texts, which need not be there. Loads
  /// the weights where it takes that to know. Errors: as a request's; kBadInput where they are no
  /// vectors; kUnsupported where their bits cannot be told from others.
  virtual Result<EmbeddingFacts> embedding_facts(const Request& request) {
    return {Code::kUnsupported, "vectors of '" + request.model + "' cannot be told from others"};
  }

  /// Every model that can be named: the installed ones that can be used and the loaded ones, by
  /// name. Reads no weights.
  virtual std::vector<ModelInfo> list() = 0;

  /// What became of each model that was asked for since the start, by name.
  virtual std::vector<ModelStatus> statuses() = 0;

  /// How long a model is kept after requests for it that do not say, in place of the options'.
  /// Reads none of its files. Errors: kNotFound.
  virtual Status keep(const std::string& model, KeepAlive keep_alive) = 0;

  /// Loads the weights now rather than at the first request.
  virtual Status warm(const std::string& model) = 0;

  /// Needs no weights, nor a model that can run: vocabulary-only GGUF files have one too.
  virtual Result<std::shared_ptr<const text::TextEncoder>> text_encoder(
      const std::string& model) = 0;

  /// Gives back what the result cache holds in memory, and says how many bytes that was.
  virtual std::size_t clear_results() { return 0; }

  virtual Stats stats() const = 0;
  virtual ByteLedger& ledger() = 0;
  virtual int n_threads() const = 0;

  /// Refuses new requests with kUnavailable and returns when all accepted ones are done or the
  /// deadline has passed; true when nothing was left.
  virtual bool drain(std::chrono::milliseconds patience) = 0;
};

/// Engine::generate, waited for. Not to be called from a callback of the engine.
GenerateResult generate_and_wait(Engine& engine, GenerateRequest request, const OnDelta& on_delta);

}  // namespace quern::engine
