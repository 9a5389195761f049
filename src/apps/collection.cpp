#include "apps/collection.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "apps/json_document.h"
#include "apps/store_model.h"
#include "base/asking_pace.h"
#include "base/log.h"

namespace quern::apps {
namespace {

constexpr std::size_t kToldProblems = 100;

bool is_for_engine(const store::SpaceRow* space) {
  return space != nullptr && !is_of_given(space->space);
}

}  // namespace

struct Collection::Embedding {
  TextEmbedder embedder;
  VectorLog* log = nullptr;  // The collection's; null: there is none.
  store::SpaceId space = 0;
};

Result<std::shared_ptr<Collection>> Collection::open(const CollectionParts& parts, std::string name,
                                                     const std::string& folder) {
  QUERN_ASSIGN(auto opened, store::Store::open({.folder = folder}));
  std::shared_ptr<Collection> collection(new Collection(parts, std::move(name), std::move(opened)));
  collection->writing_ = std::make_unique<TaskThread>(
      IdleTask{.after = parts.idle, .fn = [raw = collection.get()] { raw->let_go(); }});
  collection->measuring_ = std::make_unique<TaskThread>();
  QUERN_ASSIGN(const store::Snapshot snapshot, collection->store_->snapshot());
  const store::SpaceRow* space = snapshot->active_space();
  if (is_for_engine(space) && snapshot->n_missing(space->id) > 0) collection->embed_later();
  return collection;
}

Collection::~Collection() { close(); }

void Collection::close() {
  std::unique_ptr<TaskThread> writing, measuring;
  {
    const std::lock_guard lock(mutex_);
    is_closed_ = true;
    writing = std::move(writing_);
    measuring = std::move(measuring_);
  }
  measuring.reset();
  if (writing == nullptr) return;
  writing.reset();  // Runs what waits, which finds itself refused.
  let_go();
}

void Collection::let_go() {
  writer_.reset();
  log_.reset();
}

Status Collection::check_open() const {
  if (!is_closed_) return {};
  return {Code::kUnavailable, fmt::format("collection '{}' is being closed", name_)};
}

std::unique_ptr<Retriever> Collection::take_retriever() {
  const std::lock_guard lock(mutex_);
  if (retrievers_.empty()) return nullptr;
  std::unique_ptr<Retriever> retriever = std::move(retrievers_.back());
  retrievers_.pop_back();
  return retriever;
}

Result<Retrieved> Collection::search(const Ask& ask) {
  QUERN_ASSIGN(const store::Snapshot snapshot, store_->snapshot());
  std::unique_ptr<Retriever> retriever = take_retriever();
  if (retriever == nullptr) {
    QUERN_ASSIGN(Retriever made, Retriever::create(schema(), *parts_.pool, parts_.engine));
    retriever = std::make_unique<Retriever>(std::move(made));
  }
  Result<Retrieved> answer = retriever->retrieve(snapshot, ask);
  if (answer.ok() && answer->found.is_approximate) measure_later(snapshot, ask, *answer);
  const std::lock_guard lock(mutex_);
  retrievers_.push_back(std::move(retriever));
  return answer;
}

Result<CollectionState> Collection::state() {
  CollectionState out;
  QUERN_ASSIGN(out.snapshot, store_->snapshot());
  out.n_waiting = n_waiting_;
  out.is_embedding = is_embedding_;
  out.recall = receipts_.counts();
  const std::lock_guard lock(mutex_);
  out.embedding_problem = embedding_problem_;
  return out;
}

Status Collection::write(std::function<void()> task) {
  const std::lock_guard lock(mutex_);
  QUERN_TRY(check_open());
  ++n_waiting_;
  writing_->add([this, task = std::move(task)] {
    --n_waiting_;
    task();
  });
  return {};
}

void Collection::add(std::vector<SourceDocument> documents, Added done) {
  auto shared = std::make_shared<std::vector<SourceDocument>>(std::move(documents));
  const Status status = write([this, shared, done] {
    std::vector<std::string> refused;
    Result<IngestReport> report = add_now(*shared, refused);
    shared->clear();
    if (report.ok() && !report->embedding.ok()) note_problem(report->embedding);
    if (!report.ok()) let_go();
    done(std::move(report), std::move(refused));
    keep_few_segments();
    embed_later();
  });
  if (!status.ok()) done(status, {});
}

void Collection::erase(std::vector<std::string> keys,
                       std::function<void(Result<ErasureReport>)> done) {
  const Status status = write([this, keys = std::move(keys), done] {
    Result<ErasureReport> report = erase_now(keys);
    if (!report.ok()) let_go();
    done(std::move(report));
  });
  if (!status.ok()) done(status);
}

Result<store::Writer*> Collection::open_writer() {
  QUERN_TRY(check_open());
  if (writer_ == nullptr) {
    QUERN_ASSIGN(writer_, store::Writer::open(store_->place(), {.who = "quern serve",
                                                                .ledger = &parts_.engine->ledger(),
                                                                .memory_bytes = parts_.writer_bytes,
                                                                .graph_from = parts_.graph_from}));
  }
  return writer_.get();
}

// Null where it cannot be opened: then each text is embedded.
VectorLog* Collection::open_log(const TextEmbedder& embedder) {
  if (log_ != nullptr && log_for_ == embedder.exact_fingerprint()) return log_.get();
  log_.reset();
  auto log = VectorLog::open(parts_.log, embedder.exact_fingerprint(), embedder.d());
  if (!log.ok()) {
    log_warn("vectors are not kept: {}", log.status().message());
    return nullptr;
  }
  log_ = std::move(*log);
  log_for_ = embedder.exact_fingerprint();
  return log_.get();
}

// Null where no model makes vectors. Anew for each run: the model's files may be others by then.
Result<std::unique_ptr<Collection::Embedding>> Collection::open_embedding(
    const store::Writer& writer) {
  const store::SpaceRow* space = store::active_of(writer.spaces());
  if (!is_for_engine(space)) return std::unique_ptr<Embedding>();
  QUERN_ASSIGN(TextEmbedder embedder, open_embedder(*parts_.engine, space->space));
  VectorLog* const log = open_log(embedder);
  return std::make_unique<Embedding>(Embedding{std::move(embedder), log, space->id});
}

// Steady writes leave embed_later no time for merges, and each search asks all segments.
void Collection::keep_few_segments() {
  if (writer_ == nullptr) return;
  AskingPace pace([this] { return is_closed_.load(); });
  while (!is_closed_ && writer_->n_segments() > kBusySegments) {
    const Result<bool> has_merged = writer_->merge(pace);
    if (!has_merged.ok()) {
      log_warn("collection '{}': a merge that is due: {}", name_, has_merged.status().message());
      let_go();
    }
    if (!has_merged.ok() || !*has_merged) return;
  }
}

void Collection::measure_later(const store::Snapshot& snapshot, const Ask& ask,
                               const Retrieved& answer) {
  if (!receipts_.is_due() || is_measuring_.exchange(true)) return;
  Ask again = ask;
  again.vector = answer.vector;
  const std::lock_guard lock(mutex_);
  if (measuring_ == nullptr) return;
  measuring_->add([this, snapshot, again = std::move(again)] {
    const Status status = is_closed_ ? Status() : measure(snapshot, again);
    if (!status.ok() && status.code() != Code::kCancelled) {
      log_warn("collection '{}': a search done again: {}", name_, status.message());
    }
    is_measuring_ = false;
  });
}

// On one thread, beside the searches that somebody waits for.
Status Collection::measure(const store::Snapshot& snapshot, const Ask& ask) {
  const store::SpaceRow* space = snapshot->active_space();
  QUERN_ASSIGN(const store::VectorQuery query,
               store::make_query(ask.vector, space->space.d, space->space.metric));
  std::shared_ptr<const store::AllowedDocs> allowed;
  if (ask.filter) {
    QUERN_ASSIGN(allowed, snapshot->allowed(*ask.filter));
  }
  AskingPace pace([this] { return is_closed_.load(); });
  const Pace::Scope scope(pace);
  return receipts_.run_again({.generation = snapshot.get(),
                              .space = space,
                              .query = &query,
                              .allowed = allowed.get(),
                              .n_wanted = std::max(ask.n_wanted, ask.window),
                              .exactness = ask.exactness},
                             ThreadPool::serial());
}

Result<IngestReport> Collection::add_now(std::vector<SourceDocument>& documents,
                                         std::vector<std::string>& refused) {
  QUERN_ASSIGN(store::Writer* const writer, open_writer());
  Result<std::unique_ptr<Embedding>> embedding = open_embedding(*writer);
  IngestJob job;
  job.writer = writer;
  // Without its model a text is found by its words at least; stats say why.
  if (!embedding.ok()) {
    log_warn("collection '{}': {}", name_, embedding.status().message());
  } else if (*embedding != nullptr) {
    job.embedder = &(*embedding)->embedder;
    job.log = (*embedding)->log;
    job.space = (*embedding)->space;
  }
  std::size_t at = 0;
  job.next = [&]() -> Result<std::optional<SourceDocument>> {
    if (at == documents.size()) return std::optional<SourceDocument>();
    return std::optional<SourceDocument>(std::move(documents[at++]));
  };
  job.on_problem = [&](const std::string& where, const Status& problem) {
    if (refused.size() < kToldProblems) refused.push_back(where + ": " + problem.message());
  };
  job.attach = Attach::kLater;
  return ingest(job);
}

Result<ErasureReport> Collection::erase_now(const std::vector<std::string>& keys) {
  QUERN_ASSIGN(store::Writer* const writer, open_writer());
  ErasureReport report;
  for (const std::string& key : keys) {
    QUERN_ASSIGN(const bool was_there, writer->erase(key));
    report.n_erased += was_there ? 1 : 0;
  }
  QUERN_ASSIGN(report.generation, writer->commit());
  return report;
}

void Collection::note_problem(const Status& status) {
  const std::lock_guard lock(mutex_);
  embedding_problem_ = status.message();
}

// At most one run waits in the queue. Vectors that are missing, then merges that are due.
void Collection::embed_later() {
  const std::lock_guard lock(mutex_);
  if (is_closed_ || will_embed_.exchange(true)) return;
  writing_->add([this] {
    will_embed_ = false;
    if (is_closed_) return;
    is_embedding_ = true;
    const Result<IngestReport> report = embed_now();
    is_embedding_ = false;
    note_problem(report.status());
    if (!report.ok()) {
      let_go();
      log_warn("collection '{}': {}", name_, report.status().message());
    } else if (report->was_stopped) {
      embed_later();  // Behind those who wait.
    }
  });
}

Result<IngestReport> Collection::embed_now() {
  QUERN_ASSIGN(store::Writer* const writer, open_writer());
  QUERN_ASSIGN(const std::unique_ptr<Embedding> embedding, open_embedding(*writer));
  const auto is_wanted = [this] { return n_waiting_ > 0 || is_closed_; };
  IngestReport report;
  if (embedding != nullptr) {
    IngestJob job;
    job.writer = writer;
    job.embedder = &embedding->embedder;
    job.log = embedding->log;
    job.space = embedding->space;
    job.is_stopped = is_wanted;
    QUERN_ASSIGN(report, embed_missing(job));
    QUERN_TRY(report.embedding);
    return report;
  }
  AskingPace pace(is_wanted);
  while (!is_wanted()) {
    const Result<bool> has_merged = writer->maintain(pace);
    if (!has_merged.ok() && has_merged.status().code() != Code::kCancelled) {
      return has_merged.status();
    }
    if (!has_merged.ok() || !*has_merged) break;
  }
  report.was_stopped = is_wanted();
  return report;
}

}  // namespace quern::apps
