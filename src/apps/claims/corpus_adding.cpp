#include "apps/claims/corpus_adding.h"

#include <chrono>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "base/unix_time.h"

namespace quern::apps {
namespace {

using Clock = std::chrono::steady_clock;

// What was read is found at last after so long; a small run is one commit.
constexpr auto kCommitEvery = std::chrono::seconds(5);

// A source's text is there as it was read, as passages and as sentences.
constexpr std::size_t kBookedBytes = std::size_t{1} << 20;
constexpr std::size_t kTimesInMemory = 4;

class Adding {
 public:
  explicit Adding(const CorpusAdd& add) : add_(add) {}

  Status run();
  CorpusAddReport take_report() { return std::move(report_); }

 private:
  bool is_stopped() const { return add_.is_stopped && add_.is_stopped(); }
  Status read_known();
  Status take(ReadSource read);
  Status put(const CorpusText& text, std::string digest, bool is_known);
  Status commit();
  Status embed();
  void show(const ReadSource& read);

  const CorpusAdd& add_;
  struct Known {
    std::string digest;
    std::string input;
  };
  std::unordered_map<std::string, Known> known_;  // By key; with what is not committed.
  CorpusSourcesChange change_;
  Clock::time_point committed_ = Clock::now();
  IngestProgress progress_;
  CorpusAddReport report_;
};

Status Adding::run() {
  QUERN_TRY(read_known());
  const IsKnownInput is_known = [&](const std::string& key, const std::string& input) {
    const auto found = known_.find(key);
    return !input.empty() && found != known_.end() && found->second.input == input;
  };
  while (!is_stopped()) {
    QUERN_ASSIGN(std::optional<ReadSource> read, add_.next(is_known));
    if (!read) break;
    show(*read);
    QUERN_TRY(take(std::move(*read)));
    if (Clock::now() - committed_ > kCommitEvery) QUERN_TRY(commit());
  }
  QUERN_TRY(commit());
  QUERN_TRY(embed());
  report_.was_stopped = is_stopped() || report_.vectors.was_stopped;
  return {};
}

Status Adding::read_known() {
  return add_.writer->read_tables([&](Sql& sql) -> Status {
    QUERN_ASSIGN(std::vector<CorpusSource> sources, read_corpus_sources(sql));
    for (CorpusSource& source : sources) {
      known_[std::move(source.source.key)] = {.digest = std::move(source.digest),
                                              .input = std::move(source.input)};
    }
    return {};
  });
}

Status Adding::take(ReadSource read) {
  if (read.is_known) {
    ++report_.n_unchanged;
    return {};
  }
  Status status = read.status;
  if (status.ok()) status = check_corpus_text(read.text);
  if (!status.ok()) {
    ++report_.n_refused;
    if (add_.on_problem) add_.on_problem(read.text.origin, status);
    return {};
  }
  std::string digest = digest_of(read.text);
  const auto known = known_.find(read.text.source.key);
  if (known == known_.end()) return put(read.text, std::move(digest), /*is_known=*/false);
  if (known->second.digest != digest) return put(read.text, std::move(digest), /*is_known=*/true);
  ++report_.n_unchanged;
  return {};
}

Status Adding::put(const CorpusText& text, std::string digest, bool is_known) {
  const std::string& key = text.source.key;
  if (is_known) {
    QUERN_ASSIGN(const std::uint64_t n_erased, add_.writer->erase_parent(key));
    (void)n_erased;
  }
  Reservation memory;
  if (add_.ledger != nullptr && text.text.size() >= kBookedBytes) {
    QUERN_ASSIGN(memory, add_.ledger->reserve(kCorpusTenant, kTimesInMemory * text.text.size()));
  }
  CorpusDocuments cut = documents_of(text);
  for (store::Document& document : cut.documents) {
    QUERN_TRY(add_.writer->put(std::move(document)).in(text.origin));
  }
  ++(is_known ? report_.n_changed : report_.n_new);
  report_.n_passages += cut.n_passages;
  report_.n_sentences += cut.n_sentences;
  report_.n_repeated += cut.n_repeated;
  known_[key] = {.digest = digest, .input = text.input};
  change_.put.push_back({.source = text.source,
                         .origin = text.origin,
                         .digest = std::move(digest),
                         .input = text.input,
                         .n_bytes = text.text.size(),
                         .n_passages = cut.n_passages,
                         .n_sentences = cut.n_sentences,
                         .added_ms = unix_ms_now()});
  return {};
}

Status Adding::commit() {
  if (!change_.put.empty()) {
    QUERN_ASSIGN(report_.vectors.generation,
                 add_.writer->commit([&](Sql& sql) { return write_corpus_sources(sql, change_); }));
    change_ = {};
  }
  committed_ = Clock::now();
  return {};
}

Status Adding::embed() {
  if (is_stopped()) return {};
  QUERN_ASSIGN(report_.vectors, embed_added(add_));
  return {};
}

void Adding::show(const ReadSource& read) {
  ++progress_.n_documents;
  progress_.n_bytes += read.n_bytes;
  if (add_.on_progress) add_.on_progress(progress_);
}

}  // namespace

Result<CorpusAddReport> add_to_corpus(const CorpusAdd& add) {
  Adding adding(add);
  QUERN_TRY(adding.run());
  return adding.take_report();
}

Result<std::uint64_t> remove_from_corpus(store::Writer& writer,
                                         const std::vector<std::string>& keys,
                                         std::vector<std::string>& unknown) {
  CorpusSourcesChange change = {.put = {}, .gone = keys};
  if (keys.empty()) {
    QUERN_TRY(writer.read_tables([&](Sql& sql) -> Status {
      QUERN_ASSIGN(const std::vector<CorpusSource> sources, read_corpus_sources(sql));
      for (const CorpusSource& source : sources) change.gone.push_back(source.source.key);
      return {};
    }));
  }
  std::uint64_t n_erased = 0;
  for (const std::string& key : change.gone) {
    QUERN_ASSIGN(const std::uint64_t n_documents, writer.erase_parent(key));
    n_erased += n_documents > 0 ? 1 : 0;
    if (n_documents == 0) unknown.push_back(key);
  }
  if (n_erased > 0) {
    QUERN_ASSIGN(const store::GenerationId generation,
                 writer.commit([&](Sql& sql) { return write_corpus_sources(sql, change); }));
    (void)generation;
  }
  return n_erased;
}

}  // namespace quern::apps
