#include "apps/code/code_watching.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "apps/code/code_documents.h"
#include "base/asking_pace.h"

namespace quern::apps {
namespace {

// So long nothing must have changed before segments are merged.
constexpr auto kIdle = std::chrono::seconds(2);

/// Batches from the thread that watches to the one that writes.
class Batches {
 public:
  void put(TreeChanges changes) {
    const std::lock_guard lock(mutex_);
    batches_.push_back(std::move(changes));
    changed_.notify_all();
  }

  /// Nothing after `patience`, or at the end.
  std::optional<TreeChanges> take(std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, patience, [&] { return !batches_.empty() || is_at_end_; });
    if (batches_.empty()) return {};
    TreeChanges out = std::move(batches_.front());
    batches_.pop_front();
    return out;
  }

  bool has_any() {
    const std::lock_guard lock(mutex_);
    return !batches_.empty() || is_at_end_;
  }

  void end(Status how) {
    const std::lock_guard lock(mutex_);
    is_at_end_ = true;
    how_ = std::move(how);
    changed_.notify_all();
  }

  /// How the watch ended, once it did.
  std::optional<Status> ended() {
    const std::lock_guard lock(mutex_);
    if (!is_at_end_) return {};
    return how_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<TreeChanges> batches_;
  bool is_at_end_ = false;
  Status how_;
};

class Watching {
 public:
  explicit Watching(const CodeWatching& watching) : watching_(watching) {}

  Status run();

 private:
  bool is_stopped() const { return watching_.is_stopped && watching_.is_stopped(); }
  bool is_busy() { return is_stopped() || batches_.has_any(); }
  Status write();
  Status update(const TreeChanges& changes);
  Status embed();
  Status merge();
  void note(const std::string& text) const {
    if (watching_.on_note && !text.empty()) watching_.on_note(text);
  }

  const CodeWatching& watching_;
  Batches batches_;
  bool may_miss_vectors_ = true;
  bool is_embedding_open_ = false;
  std::optional<CodeEmbedding> embedding_;
};

Status Watching::run() {
  WatchOptions options;
  options.walk = watching_.walk;
  std::atomic<bool> is_done{false};
  std::thread thread([&] {
    batches_.end(watch_tree(
        watching_.root, options, [&](const TreeChanges& changes) { batches_.put(changes); },
        [&] { return is_done.load() || is_stopped(); }));
  });
  const Status status = write();
  is_done = true;
  thread.join();
  return status;
}

Status Watching::write() {
  auto last_change = std::chrono::steady_clock::now();
  bool may_merge = true;
  while (!is_stopped()) {
    const bool has_more_to_do = may_miss_vectors_ || may_merge;
    const std::optional<TreeChanges> changes =
        batches_.take(std::chrono::milliseconds(has_more_to_do ? 50 : 500));
    if (changes) {
      QUERN_TRY(update(*changes));
      last_change = std::chrono::steady_clock::now();
      may_miss_vectors_ = may_merge = true;
      continue;
    }
    if (const std::optional<Status> ended = batches_.ended()) return *ended;
    if (may_miss_vectors_) {
      QUERN_TRY(embed());
    } else if (may_merge && std::chrono::steady_clock::now() - last_change > kIdle) {
      AskingPace pace([this] { return is_busy(); });
      const Result<bool> did = watching_.writer->maintain(pace);
      // One that is cancelled, or finds no memory, is done another time.
      may_merge = did.ok() ? *did : did.status().code() == Code::kCancelled;
    }
  }
  return {};
}

Status Watching::update(const TreeChanges& changes) {
  note(changes.note);
  CodeUpdate update;
  update.writer = watching_.writer;
  update.chunker = watching_.chunker;
  update.root = watching_.root;
  update.n_threads = watching_.n_threads;
  update.changes = &changes;
  update.is_stopped = watching_.is_stopped;
  const Result<CodeUpdateReport> report = update_code_index(update);
  if (!report.ok() && report.status().code() == Code::kNotFound) {
    note(report.status().message());  // The root went; it may come back.
    return {};
  }
  if (!report.ok()) return report.status();
  if (watching_.on_update) watching_.on_update(*report);
  return {};
}

Status Watching::embed() {
  may_miss_vectors_ = false;
  if (!watching_.open_embedding) return {};
  if (!is_embedding_open_) {
    is_embedding_open_ = true;
    Result<CodeEmbedding> opened = watching_.open_embedding();
    if (opened.ok()) {
      embedding_ = *opened;
    } else {
      note("no vectors are made: " + opened.status().message());
    }
  }
  if (!embedding_) return {};
  IngestJob job;
  job.writer = watching_.writer;
  job.embedder = embedding_->embedder;
  job.log = embedding_->log;
  job.space = embedding_->space;
  job.text_of = code_text_to_embed;
  job.is_stopped = [this] { return is_busy(); };
  QUERN_ASSIGN(const IngestReport report, embed_missing(job));
  may_miss_vectors_ = report.was_stopped;
  if (!report.embedding.ok()) note(report.embedding.message());
  if (watching_.on_vectors) watching_.on_vectors(report);
  return {};
}

}  // namespace

Status watch_code(const CodeWatching& watching) { return Watching(watching).run(); }

}  // namespace quern::apps
