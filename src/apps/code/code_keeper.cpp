#include "apps/code/code_keeper.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <sys/stat.h>

#include "apps/code/code_documents.h"
#include "apps/ingest.h"
#include "apps/store_model.h"
#include "base/asking_pace.h"
#include "base/log.h"
#include "base/pace.h"

namespace quern::apps {
namespace {

using Clock = std::chrono::steady_clock;

// How long before a deadline an update is ended, so that it is committed by then.
constexpr auto kCommitReserve = std::chrono::milliseconds(250);
// How often who waits looks whether it is still wanted.
constexpr auto kLookEvery = std::chrono::milliseconds(10);
// Another process that writes is done soon, or is at it for long: then it is not waited for again.
constexpr auto kWriterPatience = std::chrono::milliseconds(500);
// Who asks waits so long for the watch of a tree to begin, which saves later questions the walk.
constexpr auto kWatchPatience = std::chrono::milliseconds(500);

}  // namespace

CodeKeeper::CodeKeeper(CodeKeeperOptions options)
    : options_(std::move(options)), news_(options_.place.root), thread_([this] { run(); }) {}

CodeKeeper::~CodeKeeper() {
  {
    const std::lock_guard lock(mutex_);
    is_over_ = true;
  }
  wanted_changed_.notify_all();
  done_changed_.notify_all();
  thread_.join();
}

CodeFreshness CodeKeeper::bring_up_to_date(const CodeWait& wait) {
  std::unique_lock lock(mutex_);
  const std::uint64_t ticket = ++wanted_;
  const std::uint64_t n_cut = n_cut_;
  const auto deadline = deadlines_.insert(wait.deadline);
  wanted_changed_.notify_all();
  std::size_t n_told = 0;
  const auto is_cut = [&] {  // For one whose deadline is about ours.
    return n_cut_ != n_cut && Clock::now() > wait.deadline - 2 * kCommitReserve;
  };
  while (done_ < ticket && !is_cut() && !is_over_ && Clock::now() < wait.deadline) {
    done_changed_.wait_for(lock, kLookEvery);
    const CodeUpdateProgress progress = progress_;
    const bool is_news = wait.on_progress && is_reading_ && progress.n_files > n_told;
    lock.unlock();
    const bool is_cancelled = wait.is_cancelled && wait.is_cancelled();
    if (is_news) wait.on_progress(n_told = progress.n_files, progress.n_wanted);
    lock.lock();
    if (is_cancelled) break;
  }
  deadlines_.erase(deadline);
  CodeFreshness out = state_;
  out.is_current = done_ >= ticket && state_.problem.empty();
  out.is_walking = done_ < ticket && !is_reading_ && n_cut_ == n_cut;
  if (done_ >= ticket) {
    out.n_pending = 0;
  } else if (is_reading_) {
    out.n_pending = progress_.n_wanted - progress_.n_files;
  }
  return out;
}

void CodeKeeper::make_vectors_with(engine::Engine& engine) {
  {
    const std::lock_guard lock(mutex_);
    engine_ = &engine;
    is_idle_work_due_ = true;
  }
  wanted_changed_.notify_all();
}

std::string CodeKeeper::vector_problem() const {
  const std::lock_guard lock(mutex_);
  return vector_problem_;
}

bool CodeKeeper::is_making_vectors() const {
  const std::lock_guard lock(mutex_);
  return is_making_vectors_;
}

bool CodeKeeper::is_over() const {
  const std::lock_guard lock(mutex_);
  return is_over_;
}

bool CodeKeeper::is_wanted() const {
  const std::lock_guard lock(mutex_);
  return is_over_ || wanted_ > done_;
}

// A walk is not ended for a deadline: one that takes longer than that would never be done. Nor is
// less time given to reading than to the walk: else questions that follow one another would have
// the tree walked again and again. Whoever waits leaves at his own deadline.
bool CodeKeeper::is_stop_due() {
  const std::lock_guard lock(mutex_);
  if (is_over_) return true;
  const Clock::time_point now = Clock::now();
  return is_reading_ && now > may_end_at_ && !deadlines_.empty() &&
         now > *deadlines_.begin() - kCommitReserve;
}

void CodeKeeper::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    wanted_changed_.wait(
        lock, [this] { return is_over_ || wanted_ > done_ || (is_idle_work_due_ && done_ > 0); });
    if (is_over_) return;
    const std::uint64_t ticket = wanted_;
    const bool is_update = ticket > done_;
    lock.unlock();
    if (is_update) {
      update(ticket);
    } else {
      work_idly();
    }
    lock.lock();
  }
}

void CodeKeeper::update(std::uint64_t ticket) {
  const Result<std::optional<CodeUpdateReport>> update = update_now();
  {
    const std::lock_guard lock(mutex_);
    is_reading_ = false;
    progress_ = {};
    state_.problem = update.ok() ? "" : update.status().message();
    const CodeUpdateReport* const report = update.ok() && *update ? &**update : nullptr;
    if (report != nullptr && report->was_stopped) {
      state_.n_pending = report->n_pending;
      ++n_cut_;
    } else {
      done_ = ticket;
    }
    if (report != nullptr) note_report(*report);
    is_idle_work_due_ |= has_idle_work_failed_;
  }
  done_changed_.notify_all();
}

void CodeKeeper::note_report(const CodeUpdateReport& report) {
  state_.notes = report.notes;
  if (report.is_of_all) ++state_.n_walks;
  if (report.is_of_all && !report.was_stopped) {
    state_.n_files = report.n_files;
    state_.n_skipped = report.skipped.size();
  }
  is_idle_work_due_ |= report.n_chunks > 0 || report.n_gone > 0 || news_.may_watch();
}

// Nothing where all is as it was.
Result<std::optional<CodeUpdateReport>> CodeKeeper::update_now() {
  if (stamp_of_index() != stamp_) {
    news_.end_watch();
    generation_.reset();
  }
  const std::optional<TreeChanges> news = news_.take();
  if (!news) return std::optional<CodeUpdateReport>();
  Result<CodeUpdateReport> report = update_by(*news);
  if (!report.ok() || report->was_stopped) news_.walk_next();
  stamp_ = stamp_of_index();
  if (!report.ok()) return report.status();
  return std::optional(std::move(*report));
}

Result<CodeUpdateReport> CodeKeeper::update_by(const TreeChanges& news) {
  QUERN_ASSIGN(const std::unique_ptr<store::Writer> writer, open_writer());
  CodeUpdate update;
  update.changes = is_as_left(*writer) ? &news : nullptr;
  update.writer = writer.get();
  update.chunker = options_.chunker;
  update.root = options_.place.root;
  update.walk = options_.walk;
  update.n_threads = options_.n_threads;
  const Clock::time_point began = Clock::now();
  update.on_progress = [this, began](const CodeUpdateProgress& progress) {
    const std::lock_guard lock(mutex_);
    if (!is_reading_) {
      const Clock::time_point now = Clock::now();
      // A small tree's walk takes no time: there a deadline is kept.
      const Clock::duration walk = now - began;
      may_end_at_ = walk < std::chrono::milliseconds(500) ? now : now + walk;
    }
    is_reading_ = true;
    progress_ = progress;
  };
  update.is_stopped = [this] { return is_stop_due(); };
  Result<CodeUpdateReport> report = update_code_index(update);
  generation_ = writer->generation();
  return report;
}

Result<std::unique_ptr<store::Writer>> CodeKeeper::open_writer() {
  const auto give_up = Clock::now() + kWriterPatience;
  while (true) {
    auto writer = store::Writer::open({.folder = options_.place.folder}, {.who = options_.who});
    const bool may_come = !writer.ok() && writer.status().code() == Code::kUnavailable;
    const std::string holder = may_come ? writer.status().message() : "";
    if (!may_come || Clock::now() > give_up || holder == holder_) {
      holder_ = holder;
      return writer;
    }
    std::unique_lock lock(mutex_);
    if (wanted_changed_.wait_for(lock, kLookEvery, [this] { return is_over_; })) return writer;
  }
}

void CodeKeeper::work_idly() {
  {
    const std::lock_guard lock(mutex_);
    is_idle_work_due_ = false;
    has_idle_work_failed_ = false;
    is_making_vectors_ = engine_ != nullptr;
  }
  const Status status = work_idly_now();
  stamp_ = stamp_of_index();
  const std::lock_guard lock(mutex_);
  is_making_vectors_ = false;
  if (status.code() == Code::kCancelled) {
    is_idle_work_due_ = true;
    return;
  }
  vector_problem_ = status.message();
  has_idle_work_failed_ = status.code() == Code::kUnavailable || status.code() == Code::kIo;
  if (!status.ok()) log_warn("vectors and merges of the index: {}", status.message());
}

// Whether nobody else has committed since. Asked under the lock: what came while it was waited for
// counts. Else the tree that is watched may not be the one that is indexed.
bool CodeKeeper::is_as_left(const store::Writer& writer) {
  const bool is_so = !generation_ || *generation_ == writer.generation();
  if (!is_so) news_.end_watch();
  return is_so;
}

// Of the catalog and its log, which every commit changes.
std::string CodeKeeper::stamp_of_index() const {
  std::string out;
  const std::string catalog = store::catalog_path(options_.place.folder);
  for (const std::string& path : {catalog, catalog + "-wal"}) {
    struct stat about{};
    if (::stat(path.c_str(), &about) != 0) about = {};
    out += fmt::format("{} {} {}.{};", about.st_ino, about.st_size, about.st_mtim.tv_sec,
                       about.st_mtim.tv_nsec);
  }
  return out;
}

// The next update walks once more, for what changed before.
Status CodeKeeper::begin_watch() {
  QUERN_ASSIGN(const auto store, store::Store::open({.folder = options_.place.folder}));
  QUERN_ASSIGN(const CodeFacts facts, code_facts_of(*store));
  const auto patience = Clock::now() + kWatchPatience;
  news_.watch(walk_of_index(facts, options_.place.root, options_.place.folder),
              [&] { return is_over() || (Clock::now() > patience && is_wanted()); });
  if (news_.may_watch()) return {Code::kCancelled, "somebody waits"};
  return {};
}

// Errors: kCancelled where somebody waits for an update.
Status CodeKeeper::work_idly_now() {
  if (news_.may_watch()) QUERN_TRY(begin_watch());
  QUERN_ASSIGN(const std::unique_ptr<store::Writer> writer, open_writer());
  (void)is_as_left(*writer);  // Files are looked at by the next update.
  const Status status = make_vectors_and_merge(*writer);
  generation_ = writer->generation();
  return status;
}

Status CodeKeeper::make_vectors_and_merge(store::Writer& writer) {
  const Status cancelled(Code::kCancelled, "somebody waits");
  engine::Engine* engine = nullptr;
  {
    const std::lock_guard lock(mutex_);
    engine = engine_;
  }
  const store::SpaceRow* space = writer.active_space();
  if (engine != nullptr && space != nullptr && !is_of_given(space->space)) {
    QUERN_ASSIGN(const TextEmbedder embedder, open_embedder(*engine, space->space));
    std::unique_ptr<VectorLog> log;
    if (options_.open_log) {
      QUERN_ASSIGN(log, options_.open_log(embedder));
    }
    IngestJob job;
    job.writer = &writer;
    job.embedder = &embedder;
    job.log = log.get();
    job.space = space->id;
    job.text_of = code_text_to_embed;
    job.is_stopped = [this] { return is_wanted(); };
    QUERN_ASSIGN(const IngestReport report, embed_missing(job));
    if (report.was_stopped) return cancelled;
    QUERN_TRY(report.embedding);
  }
  AskingPace pace([this] { return is_wanted(); });
  while (!is_wanted()) {
    QUERN_ASSIGN(const bool has_worked, writer.maintain(pace));
    if (!has_worked) return {};
  }
  return cancelled;
}

}  // namespace quern::apps
