// A store that a server keeps open: searched by any thread, written to by one of its own, so that
// nobody waits for an embedding. Texts are found by their words as soon as they are committed;
// vectors follow, and what waits to be written goes before them.

#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "apps/ingest.h"
#include "apps/retriever.h"
#include "apps/vector_log.h"
#include "base/status.h"
#include "base/task_thread.h"
#include "base/thread_pool.h"
#include "engine/engine.h"
#include "store/recall_receipts.h"
#include "store/store.h"
#include "store/writer.h"

namespace quern::apps {

/// What the collections of a server share; it outlives them.
struct CollectionParts {
  engine::Engine* engine = nullptr;
  ThreadPool* pool = nullptr;  // For scans.
  VectorLogOptions log = {};
  std::size_t writer_bytes = std::size_t{16} << 20;
  // After so long without a write a collection may be written by other processes.
  std::chrono::milliseconds idle{2000};
  std::uint32_t graph_from = store::kGraphFrom;  // As WriterOptions has it.
  std::uint32_t recall_every = store::RecallReceipts::kEvery;
};

/// While it is written to, a collection has at most so many segments when a write begins.
inline constexpr std::size_t kBusySegments = 16;

struct ErasureReport {
  std::uint64_t n_erased = 0;
  store::GenerationId generation = 0;
};

/// Where a collection stands.
struct CollectionState {
  store::Snapshot snapshot;
  std::uint64_t n_waiting = 0;    // Writes that are still to come.
  bool is_embedding = false;      // Vectors are being made just now.
  std::string embedding_problem;  // Why they were not, the last time; "" if they were.
  store::RecallCounts recall;     // Of searches by graphs since it was opened.
};

/// Threads: any.
class Collection {
 public:
  /// Goes on embedding what an earlier process left. Errors: as Store::open.
  static Result<std::shared_ptr<Collection>> open(const CollectionParts& parts, std::string name,
                                                  const std::string& folder);
  ~Collection();  // Waits for the write that is under way; those that wait are cancelled.
  Collection(const Collection&) = delete;
  Collection& operator=(const Collection&) = delete;

  const std::string& name() const { return name_; }
  const store::Schema& schema() const { return store_->schema(); }

  /// Errors: as Store::snapshot and Retriever::retrieve.
  Result<Retrieved> search(const Ask& ask);

  /// Errors: as Store::snapshot.
  Result<CollectionState> state();

  store::RecallCounts recall() const { return receipts_.counts(); }

  /// Commits documents, and calls `done` from the thread that writes. Few of them have their
  /// vectors by then; those of many follow. `refused`: of those that are no documents, why.
  using Added = std::function<void(Result<IngestReport> report, std::vector<std::string> refused)>;
  void add(std::vector<SourceDocument> documents, Added done);

  void erase(std::vector<std::string> keys, std::function<void(Result<ErasureReport>)> done);

  /// From here on every write is refused, and the one under way is finished when this returns.
  void close();

 private:
  Collection(const CollectionParts& parts, std::string name, std::unique_ptr<store::Store> store)
      : parts_(parts),
        name_(std::move(name)),
        store_(std::move(store)),
        receipts_(parts.recall_every) {}

  struct Embedding;  // What makes vectors, for one run.

  Status write(std::function<void()> task);
  void note_problem(const Status& status);
  Status check_open() const;
  Result<store::Writer*> open_writer();
  Result<std::unique_ptr<Embedding>> open_embedding(const store::Writer& writer);
  VectorLog* open_log(const TextEmbedder& embedder);
  void let_go();
  void keep_few_segments();
  Result<IngestReport> add_now(std::vector<SourceDocument>& documents,
                               std::vector<std::string>& refused);
  Result<ErasureReport> erase_now(const std::vector<std::string>& keys);
  void embed_later();
  Result<IngestReport> embed_now();
  std::unique_ptr<Retriever> take_retriever();
  void measure_later(const store::Snapshot& snapshot, const Ask& ask, const Retrieved& answer);
  Status measure(const store::Snapshot& snapshot, const Ask& ask);

  const CollectionParts parts_;
  const std::string name_;
  const std::unique_ptr<store::Store> store_;

  std::mutex mutex_;                                    // Guards these.
  std::vector<std::unique_ptr<Retriever>> retrievers_;  // That nobody uses now.
  std::string embedding_problem_;
  std::unique_ptr<TaskThread> writing_;    // Null once closed,
  std::unique_ptr<TaskThread> measuring_;  // this one, too.

  // Of the thread that writes: kept while it is busy, for opening them reads what is there.
  std::unique_ptr<store::Writer> writer_;
  std::unique_ptr<VectorLog> log_;
  std::string log_for_;  // The fingerprint of its vectors.

  store::RecallReceipts receipts_;
  std::atomic<bool> is_measuring_{false};  // One at a time.
  std::atomic<std::uint64_t> n_waiting_{0};
  std::atomic<bool> is_embedding_{false};
  std::atomic<bool> will_embed_{false};  // A run is in the queue.
  std::atomic<bool> is_closed_{false};
};

}  // namespace quern::apps
