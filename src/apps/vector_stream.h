// Many texts to vectors, in their order, with a bounded number of them in memory: from the log
// where they were embedded before, else from the engine as bulk work, a few batches ahead.

#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "apps/text_embedder.h"
#include "apps/text_windows.h"
#include "apps/vector_log.h"
#include "base/status.h"
#include "engine/engine.h"

namespace quern::apps {

struct TextToEmbed {
  std::uint64_t id = 0;  // The caller's own.
  std::string text;      // White space alone: there will be no vector.
};

struct EmbeddedText {
  std::uint64_t id = 0;
  Status status;                          // Not ok: this text failed, alone.
  std::optional<store::OwnedRow> vector;  // None of a failed or an empty text.
};

struct EmbeddingCounts {
  long n_texts = 0;     // Handed out, of which
  long n_failed = 0;    // failed,
  long n_found = 0;     // were in the log, or on the way already,
  long n_windowed = 0;  // and were embedded in several windows.
  long n_tokens = 0;    // That the model saw.
};

struct VectorStreamJob {
  const TextEmbedder* embedder = nullptr;
  VectorLog* log = nullptr;  // Null: every text is embedded.

  /// The next text; nothing at the end. An error ends the stream.
  std::function<Result<std::optional<TextToEmbed>>()> next_text = {};

  /// Asked often: true ends the stream. May be empty.
  std::function<bool()> is_stopped = {};

  engine::WorkClass work_class = engine::WorkClass::kBulk;
  std::optional<std::chrono::steady_clock::time_point> deadline = {};
};

/// Threads: one.
class VectorStream {
 public:
  explicit VectorStream(VectorStreamJob job);
  ~VectorStream();  // Cancels what is under way.
  VectorStream(const VectorStream&) = delete;
  VectorStream& operator=(const VectorStream&) = delete;

  /// In the order of the texts; nothing at the end. What was embedded is in the log by then, though
  /// perhaps not on the disk. Errors: of all texts: a model that is gone, memory; those of
  /// next_text; kCancelled when it was stopped.
  Result<std::optional<EmbeddedText>> next();

  const EmbeddingCounts& counts() const { return counts_; }

 private:
  // What the engine's thread and ours both touch; kept alive by whoever is last.
  struct Mailbox {
    std::mutex mutex;
    std::condition_variable arrived;
  };

  /// A text whose turn has not come.
  struct Entry {
    EmbeddedText out;
    VectorKey key;
    int n_windows = 0;  // Still to come.
    WindowMean mean;
    std::shared_ptr<const Entry> same_as = {};  // The first of this text; null: this is it.
  };

  /// Windows in a row, sent to the engine as one request.
  struct Chunk {
    engine::Request request;
    std::vector<std::shared_ptr<Entry>> entries;  // [inputs] whose window each is
    std::size_t n_bytes = 0;
    std::optional<engine::Response> response;  // Guarded by the mailbox.
    std::shared_ptr<engine::Ticket> ticket;
  };

  bool is_stopped() const { return job_.is_stopped && job_.is_stopped(); }
  Status fill();
  Status take_text(TextToEmbed text);
  void submit();
  Status wait_for_front();
  Status finish_front();
  void finish(Entry& entry);

  const VectorStreamJob job_;
  EmbeddingCounts counts_;
  std::shared_ptr<Mailbox> mailbox_ = std::make_shared<Mailbox>();
  std::deque<std::shared_ptr<Entry>> waiting_;             // In order.
  std::map<VectorKey, std::shared_ptr<Entry>> under_way_;  // By text; with a log alone.
  std::deque<std::shared_ptr<Chunk>> in_flight_;
  std::shared_ptr<Chunk> filling_;
  bool at_end_ = false;
};

}  // namespace quern::apps
