#include "apps/collection.h"

#include <utility>

#include <fmt/format.h>

#include "apps/json_document.h"
#include "apps/store_model.h"
#include "base/log.h"
#include "base/pace.h"

namespace quern::apps {
namespace {

constexpr std::size_t kToldProblems = 100;

/// Ends a merge when somebody waits to write.
class WritingPace : public Pace {
 public:
  explicit WritingPace(std::function<bool()> is_wanted) : is_wanted_(std::move(is_wanted)) {}
  bool stop_asked() const override { return is_wanted_(); }

 private:
  const std::function<bool()> is_wanted_;
};

bool is_for_engine(const store::SpaceRow* space) {
  return space != nullptr && !is_of_given(space->space);
}

}  // namespace

struct Collection::Embedding {
  TextEmbedder embedder;
  std::unique_ptr<VectorLog> log;
  store::SpaceId space = 0;
};

Result<std::shared_ptr<Collection>> Collection::open(const CollectionParts& parts, std::string name,
                                                     const std::string& folder) {
  QUERN_ASSIGN(auto opened, store::Store::open({.folder = folder}));
  std::shared_ptr<Collection> collection(new Collection(parts, std::move(name), std::move(opened)));
  QUERN_ASSIGN(const store::Snapshot snapshot, collection->store_->snapshot());
  const store::SpaceRow* space = snapshot->active_space();
  if (is_for_engine(space) && snapshot->n_missing(space->id) > 0) collection->embed_later();
  return collection;
}

Collection::~Collection() { close(); }

void Collection::close() {
  std::unique_ptr<TaskThread> ending;
  {
    const std::lock_guard lock(mutex_);
    is_closed_ = true;
    ending = std::move(writing_);
  }
  ending.reset();  // Runs what waits, which finds itself refused.
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
  const std::lock_guard lock(mutex_);
  retrievers_.push_back(std::move(retriever));
  return answer;
}

Result<CollectionState> Collection::state() {
  CollectionState out;
  QUERN_ASSIGN(out.snapshot, store_->snapshot());
  out.n_waiting = n_waiting_;
  out.is_embedding = is_embedding_;
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
    done(std::move(report), std::move(refused));
    embed_later();
  });
  if (!status.ok()) done(status, {});
}

void Collection::erase(std::vector<std::string> keys,
                       std::function<void(Result<ErasureReport>)> done) {
  const Status status = write([this, keys = std::move(keys), done] { done(erase_now(keys)); });
  if (!status.ok()) done(status);
}

Result<std::unique_ptr<store::Writer>> Collection::open_writer() const {
  QUERN_TRY(check_open());
  return store::Writer::open(store_->place(), {.who = "quern serve",
                                               .ledger = &parts_.engine->ledger(),
                                               .memory_bytes = parts_.writer_bytes});
}

// Null where no model makes vectors.
Result<std::unique_ptr<Collection::Embedding>> Collection::open_embedding(
    const store::Writer& writer) const {
  const store::SpaceRow* space = store::active_of(writer.spaces());
  if (!is_for_engine(space)) return std::unique_ptr<Embedding>();
  QUERN_ASSIGN(TextEmbedder embedder, open_embedder(*parts_.engine, space->space));
  auto log = VectorLog::open(parts_.log, embedder.exact_fingerprint(), embedder.d());
  if (!log.ok()) log_warn("vectors are not kept: {}", log.status().message());
  auto out = std::make_unique<Embedding>(Embedding{std::move(embedder), nullptr, space->id});
  if (log.ok()) out->log = std::move(*log);
  return out;
}

Result<IngestReport> Collection::add_now(std::vector<SourceDocument>& documents,
                                         std::vector<std::string>& refused) {
  QUERN_ASSIGN(const auto writer, open_writer());
  Result<std::unique_ptr<Embedding>> embedding = open_embedding(*writer);
  IngestJob job;
  job.writer = writer.get();
  // Without its model a text is found by its words at least; stats say why.
  if (!embedding.ok()) {
    log_warn("collection '{}': {}", name_, embedding.status().message());
  } else if (*embedding != nullptr) {
    job.embedder = &(*embedding)->embedder;
    job.log = (*embedding)->log.get();
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
  QUERN_ASSIGN(const auto writer, open_writer());
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
      log_warn("collection '{}': {}", name_, report.status().message());
    } else if (report->was_stopped) {
      embed_later();  // Behind those who wait.
    }
  });
}

Result<IngestReport> Collection::embed_now() {
  QUERN_ASSIGN(const auto writer, open_writer());
  QUERN_ASSIGN(const std::unique_ptr<Embedding> embedding, open_embedding(*writer));
  const auto is_wanted = [this] { return n_waiting_ > 0 || is_closed_; };
  IngestReport report;
  if (embedding != nullptr) {
    IngestJob job;
    job.writer = writer.get();
    job.embedder = &embedding->embedder;
    job.log = embedding->log.get();
    job.space = embedding->space;
    job.is_stopped = is_wanted;
    QUERN_ASSIGN(report, embed_missing(job));
    QUERN_TRY(report.embedding);
    return report;
  }
  WritingPace pace(is_wanted);
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
