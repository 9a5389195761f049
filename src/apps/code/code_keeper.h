// Keeps a code index as its tree is, on a thread of its own: whoever asks has it look for changes
// and waits a while; vectors and merges are made when nobody waits. Between that the index is free
// for other processes.

#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "apps/code/chunker.h"
#include "apps/code/code_index.h"
#include "apps/code/tree_news.h"
#include "apps/text_embedder.h"
#include "apps/vector_log.h"
#include "base/status.h"
#include "engine/engine.h"
#include "store/writer.h"

namespace quern::apps {

struct CodeKeeperOptions {
  CodePlace place;                       // Of an index that is there.
  Chunker* chunker = nullptr;            // Outlives the keeper.
  std::optional<WalkOptions> walk = {};  // As CodeUpdate has it.
  int n_threads = 2;                     // That read and cut files.
  std::string who;                       // For people: the command.
  /// The log of an embedder's vectors; null or empty: each text is embedded.
  std::function<Result<std::unique_ptr<VectorLog>>(const TextEmbedder&)> open_log = {};
};

/// What an update found the tree to be.
struct CodeFreshness {
  bool is_current = false;  // All that was in the tree when it was asked for is in the index.
  /// Else: changed files that are still to be read, as far as is known.
  std::size_t n_pending = 0;
  bool is_walking = false;         // It is not known yet which files changed.
  std::vector<std::string> notes;  // For people, of the last update.
  std::string problem;             // Why it is not kept current; "" where it only takes longer.
  std::size_t n_files = 0;         // Text files at the last whole update,
  std::size_t n_skipped = 0;       // and paths that it left out.
  std::size_t n_walks = 0;         // Updates so far that looked at all files.
};

/// How one waits for an update.
struct CodeWait {
  std::chrono::steady_clock::time_point deadline;
  std::function<bool()> is_cancelled = {};  // Asked every few milliseconds. May be empty.
  /// Files read so far, of so many; called now and then. May be empty.
  std::function<void(std::size_t n_done, std::size_t n_wanted)> on_progress = {};
};

/// Threads: any.
class CodeKeeper {
 public:
  explicit CodeKeeper(CodeKeeperOptions options);
  ~CodeKeeper();  // Ends what is under way, with what was done committed.
  CodeKeeper(const CodeKeeper&) = delete;
  CodeKeeper& operator=(const CodeKeeper&) = delete;

  /// Has the index be what the tree is now. What could be read till the deadline is committed then;
  /// the rest goes on behind it.
  CodeFreshness bring_up_to_date(const CodeWait& wait);

  /// From here on pieces without a vector get one, where the index has a model. It outlives the
  /// keeper.
  void make_vectors_with(engine::Engine& engine);

  /// Why vectors could not be made, the last time; "" if they could.
  std::string vector_problem() const;
  bool is_making_vectors() const;

 private:
  using Clock = std::chrono::steady_clock;

  void run();
  void update(std::uint64_t ticket);
  Result<std::optional<CodeUpdateReport>> update_now();
  Result<CodeUpdateReport> update_by(const TreeChanges& news);
  void note_report(const CodeUpdateReport& report);
  Status begin_watch();
  std::string stamp_of_index() const;
  bool is_as_left(const store::Writer& writer);
  void work_idly();
  Status work_idly_now();
  Status make_vectors_and_merge(store::Writer& writer);
  Result<std::unique_ptr<store::Writer>> open_writer();
  bool is_stop_due();
  bool is_over() const;
  bool is_wanted() const;

  const CodeKeeperOptions options_;

  mutable std::mutex mutex_;  // Guards these.
  std::condition_variable wanted_changed_, done_changed_;
  std::uint64_t wanted_ = 0;                    // Tickets that were drawn,
  std::uint64_t done_ = 0;                      // and those that an update was made for.
  std::uint64_t n_cut_ = 0;                     // Updates that were ended at somebody's deadline.
  std::multiset<Clock::time_point> deadlines_;  // Of those who wait.
  CodeFreshness state_;
  CodeUpdateProgress progress_;
  bool is_reading_ = false;       // Of the update under way: it has walked the tree,
  Clock::time_point may_end_at_;  // and has read for as long as that took.
  bool is_idle_work_due_ = true;
  bool has_idle_work_failed_ = false;  // To be tried again when the index can be written to.
  bool is_making_vectors_ = false;
  std::string vector_problem_;
  engine::Engine* engine_ = nullptr;
  bool is_over_ = false;

  // Of the thread.
  TreeNews news_;
  // Of the index as it was left: another process may have written to it.
  std::string stamp_;
  std::optional<store::GenerationId> generation_;  // Nothing: not known.
  std::string holder_;  // Who did not let go of the index in time, the last time.

  std::thread thread_;  // Last: it uses the others.
};

}  // namespace quern::apps
