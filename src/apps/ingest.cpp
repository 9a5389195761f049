#include "apps/ingest.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <unordered_set>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "apps/json_document.h"
#include "apps/store_model.h"
#include "apps/vector_stream.h"
#include "base/asking_pace.h"
#include "base/check.h"
#include "store/store.h"

namespace quern::apps {
namespace {

using Clock = std::chrono::steady_clock;

// So few tokens are embedded in 50 ms by the smallest models that are in use; for them nobody
// waits.
constexpr std::size_t kBytesPerToken = 4;
constexpr std::size_t kTogetherBytes = 1000 * kBytesPerToken;

// Vectors of a segment are shown this often while it is embedded; each time its file is written.
constexpr auto kShowEvery = std::chrono::seconds(60);

std::string text_of(const IngestJob& job, const std::vector<std::string>& fields) {
  return job.text_of ? job.text_of(fields) : text_to_embed(fields);
}

class Ingest {
 public:
  explicit Ingest(const IngestJob& job) : job_(job) {}

  Status read_all();
  Status attach_all();
  Status finish();
  const IngestReport& report() const { return report_; }

 private:
  bool is_stopped() const { return job_.is_stopped && job_.is_stopped(); }
  void refuse(const std::string& where, const Status& problem, std::uint64_t& count);
  void refuse_vector(std::string_view key, const Status& problem);
  Result<bool> is_unchanged(const store::Document& document, const store::OwnedRow* given);
  Status take(SourceDocument source);
  Result<store::OwnedRow> coded(const std::vector<float>& given) const;
  Status take_given(store::Document document, const store::OwnedRow& vector);
  bool has_vector(const store::SegmentView& view, std::uint32_t doc,
                  const store::OwnedRow& given) const;
  Status write(store::Document document);
  Status put(store::Document document, std::optional<store::OwnedRow> vector);
  Status write_head();
  Status write_with_vectors(std::vector<store::Document> documents);
  Status commit();
  void look_again();
  Status attach(const store::SegmentView& view);
  void count(const VectorStream& stream);
  void show(IngestPhase phase, std::uint64_t n_documents);

  const IngestJob& job_;
  IngestReport report_;
  std::uint64_t n_read_ = 0;
  std::uint64_t n_bytes_ = 0;
  std::uint64_t n_wanted_ = 0;  // Of attach_all.

  // The first documents, until it is known that there are more than are embedded at once.
  std::vector<store::Document> head_;
  std::size_t head_bytes_ = 0;
  bool is_past_head_ = false;

  std::unordered_set<std::string> failed_;  // Keys of those that could not be embedded.

  std::uint64_t n_uncommitted_ = 0;
  std::unordered_set<std::string> changed_;  // Keys that were written since the last commit.
  std::vector<store::SegmentView> known_;    // As of then.
  // A reader keeps the block of its last document: those in order cost one reading of each.
  std::vector<store::StoredTextReader> readers_;  // [known_]
};

void Ingest::refuse(const std::string& where, const Status& problem, std::uint64_t& count) {
  ++count;
  if (job_.on_problem) job_.on_problem(where, problem);
}

// Told once, though a run may come to it twice: with its text, and among those without a vector.
void Ingest::refuse_vector(std::string_view key, const Status& problem) {
  if (!failed_.emplace(key).second) return;
  refuse(store::printable_key(key), problem, report_.n_failed);
}

void Ingest::show(IngestPhase phase, std::uint64_t n_documents) {
  if (!job_.on_progress) return;
  job_.on_progress({.phase = phase,
                    .n_documents = n_documents,
                    .n_wanted = n_wanted_,
                    .n_bytes = n_bytes_,
                    .n_tokens = report_.n_tokens});
}

Status Ingest::read_all() {
  look_again();
  while (!is_stopped()) {
    QUERN_ASSIGN(std::optional<SourceDocument> source, job_.next());
    if (!source) break;
    QUERN_TRY(take(std::move(*source)));
    show(IngestPhase::kText, ++n_read_);
  }
  QUERN_TRY(write_head());
  return commit();
}

Status Ingest::take(SourceDocument source) {
  n_bytes_ += source.n_bytes;
  Status status = source.status;
  if (status.ok()) status = store::check_document(source.document, job_.writer->schema());
  if (status.ok() && !source.document.vector.empty()) {
    const Result<store::OwnedRow> given = coded(source.document.vector);
    status = given.status();
    if (given.ok()) return take_given(std::move(source.document), *given);
  }
  if (!status.ok()) {
    refuse(source.where, status, report_.n_refused);
    return {};
  }
  QUERN_ASSIGN(const bool is_known, is_unchanged(source.document, nullptr));
  if (is_known) {
    ++report_.n_unchanged;
    return {};
  }
  changed_.insert(source.document.key);
  ++report_.n_written;
  const bool waits = job_.embedder != nullptr && !is_past_head_ && source.document.vector.empty();
  if (!waits) return write(std::move(source.document));
  head_bytes_ += text_of(job_, source.document.fields).size();
  head_.push_back(std::move(source.document));
  if (head_bytes_ <= kTogetherBytes) return {};
  is_past_head_ = true;
  for (store::Document& document : std::exchange(head_, {})) QUERN_TRY(write(std::move(document)));
  return {};
}

// A vector that was brought along.
Result<store::OwnedRow> Ingest::coded(const std::vector<float>& given) const {
  const store::SpaceRow* active = job_.writer->active_space();
  QUERN_TRY(check_takes_given(active).in("it has a vector, and the store"));
  return store::code_row(given, active->space.d, active->space.metric);
}

Status Ingest::take_given(store::Document document, const store::OwnedRow& vector) {
  QUERN_ASSIGN(const bool is_known, is_unchanged(document, &vector));
  if (is_known) {
    ++report_.n_unchanged;
    return {};
  }
  changed_.insert(document.key);
  ++report_.n_written;
  ++report_.n_vectors;
  document.vector.clear();
  return put(std::move(document), vector);
}

// What a hit gives back tells documents apart, and a vector that was brought along. One that was
// written since the last commit is written again: the last one counts.
Result<bool> Ingest::is_unchanged(const store::Document& document, const store::OwnedRow* given) {
  if (known_.empty() || changed_.contains(document.key)) return false;
  const Result<store::Place> place = store::find_key(known_, document.key);
  if (!place.ok()) {
    if (place.status().code() == Code::kNotFound) return false;
    return place.status();
  }
  QUERN_ASSIGN(const store::StoredDocument there, readers_[place->i_segment].read(place->doc));
  if (there.stored != document.stored || there.fields != document.fields) return false;
  const store::SegmentView& view = known_[place->i_segment];
  QUERN_ASSIGN(const store::KeyColumn* keys, view.segment->keys());
  store::KeyCursor cursor(*keys);
  QUERN_TRY(cursor.go_to(place->doc));
  if (cursor.key().n_parent != document.n_parent) return false;
  return given == nullptr || has_vector(view, place->doc, *given);
}

// Of the active space.
bool Ingest::has_vector(const store::SegmentView& view, std::uint32_t doc,
                        const store::OwnedRow& given) const {
  const store::SpaceRow* active = job_.writer->active_space();
  const store::VectorFile* file = active == nullptr ? nullptr : view.vectors_in(active->id);
  if (file == nullptr) return false;
  std::vector<std::uint8_t> low(given.planes.size() / 2);
  const Result<std::optional<store::CodedRow>> there = file->coded_row(doc, low);
  if (!there.ok() || !*there) return false;
  const store::CodedRow wanted = given.row();
  return std::ranges::equal((*there)->hi, wanted.hi) &&
         std::ranges::equal((*there)->lo, wanted.lo) &&
         (*there)->factors.scale == wanted.factors.scale &&
         (*there)->factors.norm2 == wanted.factors.norm2;
}

// With its vector, where that is at hand.
Status Ingest::write(store::Document document) {
  std::optional<store::OwnedRow> vector;
  if (job_.log != nullptr && job_.embedder != nullptr) {
    vector = job_.log->find(job_.log->key_of(text_of(job_, document.fields)));
  }
  if (vector) {
    ++report_.n_vectors;
    ++report_.n_from_log;
  }
  return put(std::move(document), std::move(vector));
}

Status Ingest::put(store::Document document, std::optional<store::OwnedRow> vector) {
  if (vector) {
    QUERN_TRY(job_.writer->put(std::move(document), std::move(*vector)));
  } else {
    QUERN_TRY(job_.writer->put(std::move(document)));
  }
  return ++n_uncommitted_ < job_.docs_per_commit ? Status() : commit();
}

Status Ingest::write_head() {
  if (head_.empty()) return {};
  return write_with_vectors(std::exchange(head_, {}));
}

// So few that nobody waits long: text and vectors come in one commit.
Status Ingest::write_with_vectors(std::vector<store::Document> documents) {
  std::size_t at = 0;
  VectorStream stream({.embedder = job_.embedder,
                       .log = job_.log,
                       .next_text = [&]() -> Result<std::optional<TextToEmbed>> {
                         if (at == documents.size()) return std::optional<TextToEmbed>();
                         const std::size_t i = at++;
                         return std::optional<TextToEmbed>(
                             {.id = i, .text = text_of(job_, documents[i].fields)});
                       },
                       .is_stopped = job_.is_stopped});
  bool is_ended = false;
  for (store::Document& document : documents) {
    // Where that ends, the texts are kept all the same.
    if (is_ended) {
      QUERN_TRY(put(std::move(document), {}));
      continue;
    }
    Result<std::optional<EmbeddedText>> embedded = stream.next();
    if (!embedded.ok()) {
      is_ended = true;
      if (embedded.status().code() != Code::kCancelled) report_.embedding = embedded.status();
      QUERN_TRY(put(std::move(document), {}));
      continue;
    }
    const EmbeddedText& made = **embedded;
    if (!made.status.ok()) refuse_vector(document.key, made.status);
    report_.n_vectors += made.vector ? 1 : 0;
    QUERN_TRY(put(std::move(document), made.vector));
  }
  count(stream);
  return {};
}

void Ingest::count(const VectorStream& stream) {
  report_.n_from_log += static_cast<std::uint64_t>(stream.counts().n_found);
  report_.n_tokens += stream.counts().n_tokens;
}

Status Ingest::commit() {
  if (job_.log != nullptr) job_.log->flush();
  QUERN_ASSIGN(report_.generation, job_.writer->commit());
  n_uncommitted_ = 0;
  changed_.clear();
  look_again();
  return {};
}

void Ingest::look_again() {
  readers_.clear();
  known_ = job_.writer->segments();
  for (const store::SegmentView& view : known_) readers_.push_back(view.segment->stored_text());
}

Status Ingest::attach_all() {
  if (job_.embedder == nullptr) return {};
  const std::vector<store::SegmentView> segments = job_.writer->segments();
  for (const store::SegmentView& view : segments) n_wanted_ += view.n_missing(job_.space);
  n_read_ = 0;
  for (const store::SegmentView& view : segments) {
    if (is_stopped() || !report_.embedding.ok()) break;
    if (view.n_missing(job_.space) > 0) QUERN_TRY(attach(view));
  }
  return {};
}

// Documents of a segment without a vector, in order: what attach_vectors asks for. Vectors that are
// damaged are made again.
class MissingTexts {
 public:
  MissingTexts(const IngestJob& job, const store::SegmentView& view)
      : job_(job),
        view_(view),
        vectors_(view.vectors_in(job.space)),
        reader_(view.segment->stored_text()) {
    if (vectors_ != nullptr && vectors_->check().code() == Code::kBadInput) vectors_ = nullptr;
  }

  Result<std::optional<TextToEmbed>> next() {
    for (; doc_ < view_.segment->n_docs(); ++doc_) {
      if (!view_.live->has(doc_)) continue;
      if (vectors_ != nullptr && vectors_->present().has(doc_)) continue;
      QUERN_ASSIGN(const store::StoredDocument stored, reader_.read(doc_));
      return std::optional<TextToEmbed>({.id = doc_++, .text = text_of(job_, stored.fields)});
    }
    return std::optional<TextToEmbed>();
  }

 private:
  const IngestJob& job_;
  const store::SegmentView& view_;
  const store::VectorFile* vectors_;
  store::StoredTextReader reader_;
  std::uint32_t doc_ = 0;
};

// For a message.
std::string key_of(const store::SegmentView& view, std::uint64_t doc) {
  const Result<const store::KeyColumn*> keys = view.segment->keys();
  if (keys.ok()) {
    store::KeyCursor cursor(**keys);
    if (cursor.go_to(static_cast<std::uint32_t>(doc)).ok()) return std::string(cursor.key().bytes);
  }
  return fmt::format("document {}", doc);
}

Status Ingest::attach(const store::SegmentView& view) {
  MissingTexts texts(job_, view);
  VectorStream stream({.embedder = job_.embedder,
                       .log = job_.log,
                       .next_text = [&] { return texts.next(); },
                       .is_stopped = {}});
  const long n_tokens_before = report_.n_tokens;
  std::optional<EmbeddedText> held;  // The next that has a vector.
  bool is_given = false;             // It was handed out.
  const auto pull = [&] {
    held.reset();
    is_given = false;
    while (report_.embedding.ok() && !held) {
      Result<std::optional<EmbeddedText>> next = stream.next();
      if (!next.ok()) report_.embedding = next.status();
      if (!next.ok() || !*next) return;
      report_.n_tokens = n_tokens_before + stream.counts().n_tokens;
      show(IngestPhase::kVectors, ++n_read_);
      if (!(*next)->status.ok()) refuse_vector(key_of(view, (*next)->id), (*next)->status);
      if ((*next)->vector) held = std::move(**next);
    }
  };
  // Nothing is written where nobody gets a vector.
  for (pull(); held && !is_stopped(); pull()) {
    const auto show_at = Clock::now() + kShowEvery;
    bool is_enough = false;
    const auto vector_for = [&](std::uint32_t doc,
                                std::string_view) -> Result<std::optional<store::CodedRow>> {
      const std::optional<store::CodedRow> none;
      if (is_given) {
        is_enough = is_enough || Clock::now() > show_at || is_stopped();
        if (is_enough) return none;
        pull();
      }
      while (held && held->id < doc) pull();
      if (!held || held->id != doc) return none;
      is_given = true;
      return std::optional<store::CodedRow>(held->vector->row());
    };
    const auto n_attached = job_.writer->attach_vectors(view.segment->id(), job_.space, vector_for);
    if (job_.log != nullptr) job_.log->flush();
    if (!n_attached.ok()) return n_attached.status();
    report_.n_vectors += *n_attached;
    if (*n_attached == 0 || is_stopped()) break;
  }
  report_.n_tokens = n_tokens_before;
  count(stream);
  return {};
}

Status Ingest::finish() {
  QUERN_ASSIGN(report_.generation, job_.writer->commit());
  AskingPace pace(job_.is_stopped);
  while (!is_stopped()) {
    const Result<bool> has_merged = job_.writer->maintain(pace);
    const Code code = has_merged.status().code();
    // The segments are as they were: that is for another time.
    const bool can_wait =
        code == Code::kCancelled || code == Code::kBadInput || code == Code::kExhausted;
    if (!has_merged.ok() && !can_wait) return has_merged.status();
    if (!has_merged.ok() && code != Code::kCancelled && job_.on_problem) {
      job_.on_problem("a merge that is due", has_merged.status());
    }
    if (!has_merged.ok() || !*has_merged) break;
  }
  QUERN_ASSIGN(report_.generation, job_.writer->commit());
  report_.was_stopped = is_stopped();
  return {};
}

}  // namespace

Result<IngestReport> ingest(const IngestJob& job) {
  Ingest run(job);
  QUERN_TRY(run.read_all());
  if (job.attach == Attach::kLater) return run.report();
  QUERN_TRY(run.attach_all());
  QUERN_TRY(run.finish());
  return run.report();
}

Result<IngestReport> embed_missing(const IngestJob& job) {
  QUERN_CHECK(job.embedder != nullptr);
  Ingest run(job);
  QUERN_TRY(run.attach_all());
  QUERN_TRY(run.finish());
  return run.report();
}

Result<IngestReport> embed_added(
    const AddingParts& parts,
    std::function<std::string(const std::vector<std::string>& fields)> text_of) {
  IngestJob job;
  job.writer = parts.writer;
  job.embedder = parts.embedder;
  job.log = parts.log;
  job.space = parts.space;
  job.text_of = std::move(text_of);
  job.on_problem = parts.on_problem;
  job.on_progress = parts.on_progress;
  job.is_stopped = parts.is_stopped;
  job.next = [] { return Result<std::optional<SourceDocument>>(std::nullopt); };
  return ingest(job);
}

Status ensure_store(const std::string& folder, const store::Schema& schema,
                    std::string_view made_by) {
  namespace fs = std::filesystem;
  std::error_code error;
  if (fs::exists(store::catalog_path(folder), error)) return {};
  const fs::path parent = fs::absolute(folder, error).parent_path();
  if (!error) fs::create_directories(parent, error);
  if (error) {
    return {Code::kIo, fmt::format("cannot make the folder of '{}': {}", folder, error.message())};
  }
  const Status made = store::create_store({.folder = folder}, schema, made_by);
  if (made.code() == Code::kUnavailable && fs::exists(store::catalog_path(folder), error)) {
    return {};
  }
  return made;
}

}  // namespace quern::apps
