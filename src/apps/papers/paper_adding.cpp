#include "apps/papers/paper_adding.h"

#include <chrono>
#include <set>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "apps/papers/citation_intents.h"
#include "apps/papers/paper_documents.h"
#include "apps/papers/paper_identity.h"
#include "apps/papers/paper_merge.h"
#include "apps/papers/paper_schema.h"
#include "apps/papers/paper_tables.h"
#include "apps/papers/paper_text.h"
#include "base/unix_time.h"
#include "base/utf8.h"

namespace quern::apps {
namespace {

using Clock = std::chrono::steady_clock;

// What was read is found at last after so long or so much; a small run is one commit.
constexpr auto kPapersCommitEvery = std::chrono::seconds(5);
constexpr std::size_t kPapersCommitBytes = std::size_t{8} << 20;

// A paper's text is there as it was read, as a whole and as passages.
constexpr std::size_t kBookedPaperBytes = std::size_t{1} << 20;
constexpr std::size_t kPaperTimesInMemory = 4;

std::size_t n_text_bytes(const Paper& paper) {
  std::size_t n = paper.title.size() + paper.abstract.size();
  for (const PaperSection& section : paper.sections) n += section.text.size();
  return n;
}

Status check_paper(const Paper& paper) {
  if (title_key(paper.title).empty() && names_of(paper.ids).empty()) {
    return {Code::kBadInput, "the record has neither a title nor an id"};
  }
  if (n_text_bytes(paper) > kMaxPaperBytes) {
    return {Code::kTooLarge, fmt::format("the paper has {} bytes of text, {} at most",
                                         n_text_bytes(paper), kMaxPaperBytes)};
  }
  return {};
}

std::vector<std::string> all_names(const Paper& paper) {
  std::vector<std::string> names = names_of(paper.ids);
  const std::string key = title_key(paper.title);
  if (!key.empty()) names.push_back("title:" + key);
  return names;
}

std::vector<PaperLinkRow> links_of(const std::vector<PaperReference>& references) {
  std::vector<PaperLinkRow> out;
  for (const PaperReference& one : references) {
    out.push_back(
        {.other = {.name = best_name(one.ids, one.title),
                   .title = one.title.empty() ? one.text : one.title,
                   .authors = one.authors,
                   .year = one.year},
         .contexts = {
             .texts = one.contexts, .intents = one.intents, .is_influential = one.is_influential}});
  }
  return out;
}

std::vector<PaperLinkRow> links_of(const std::vector<PaperIds>& citing) {
  std::vector<PaperLinkRow> out;
  for (const PaperIds& ids : citing) out.push_back({.other = {.name = best_name(ids, "")}});
  return out;
}

class PaperAdding {
 public:
  explicit PaperAdding(const PaperAdd& add) : add_(add) {}

  Status run();
  PaperAddReport take_report() { return std::move(report_); }

 private:
  bool is_stopped() const { return add_.is_stopped && add_.is_stopped(); }
  void refuse(const std::string& origin, const Status& problem);
  Status take(ReadPaper read);
  Status ensure_tables();
  Status put(ReadPaper read, const std::optional<KnownRecord>& record, std::string digest);
  Result<std::optional<KnownRecord>> record_of(const std::string& origin);
  Result<std::int64_t> find(const Paper& paper);
  Result<std::optional<std::int64_t>> find_name(const std::string& name);
  Result<std::optional<PaperRow>> row_of(std::int64_t corpus_id);
  Result<std::int64_t> new_number(const Paper& paper);
  Result<std::vector<PaperSection>> sections_of(std::int64_t corpus_id);
  Status put_documents(const Paper& paper, const PaperRow& row, bool is_known);
  Status commit();
  Status embed();
  void show(const ReadPaper& read);

  const PaperAdd& add_;
  PaperTablesChange change_;                              // Not committed yet,
  std::unordered_map<std::string, std::int64_t> names_;   // with these names
  std::unordered_map<std::int64_t, std::size_t> puts_;    // and papers: where in change_.put,
  std::unordered_map<std::string, std::size_t> records_;  // and records: where in change_.records.
  Clock::time_point committed_ = Clock::now();
  std::size_t n_uncommitted_bytes_ = 0;
  IngestProgress progress_;
  PaperAddReport report_;
};

Status PaperAdding::run() {
  QUERN_TRY(ensure_tables());
  const IsKnownPaper is_known = [&](const std::string& origin, const std::string& input) {
    if (input.empty()) return false;
    const Result<std::optional<KnownRecord>> record = record_of(origin);
    return record.ok() && *record && (*record)->input == input;
  };
  while (!is_stopped()) {
    QUERN_ASSIGN(std::optional<ReadPaper> read, add_.next(is_known));
    if (!read) break;
    show(*read);
    QUERN_TRY(take(std::move(*read)));
    const bool is_much = n_uncommitted_bytes_ > kPapersCommitBytes;
    if (is_much || Clock::now() - committed_ > kPapersCommitEvery) QUERN_TRY(commit());
  }
  QUERN_TRY(commit());
  QUERN_TRY(embed());
  report_.was_stopped = is_stopped() || report_.vectors.was_stopped;
  return {};
}

/// So that they can be read.
Status PaperAdding::ensure_tables() {
  bool is_there = false;
  QUERN_TRY(add_.writer->read_tables([&](Sql& sql) -> Status {
    QUERN_ASSIGN(is_there, has_paper_tables(sql));
    return {};
  }));
  if (is_there) return {};
  QUERN_ASSIGN(report_.vectors.generation,
               add_.writer->commit([](Sql& sql) { return write_paper_tables(sql, {}); }));
  return {};
}

void PaperAdding::refuse(const std::string& origin, const Status& problem) {
  ++report_.n_refused;
  if (add_.on_problem) add_.on_problem(origin, problem);
}

Status PaperAdding::take(ReadPaper read) {
  if (read.is_known) {
    ++report_.n_unchanged;
    return {};
  }
  const Status status = read.status.ok() ? check_paper(read.paper) : read.status;
  if (!status.ok()) {
    refuse(read.origin, status);
    return {};
  }
  std::string digest = digest_of(read.paper);
  QUERN_ASSIGN(const std::optional<KnownRecord> record, record_of(read.origin));
  if (record && record->digest == digest) {
    ++report_.n_unchanged;
    // It says the same in other bytes: from now on it is known by these.
    if (record->input != read.input) {
      change_.records.push_back(*record);
      change_.records.back().input = std::move(read.input);
    }
    return {};
  }
  return put(std::move(read), record, std::move(digest));
}

Status PaperAdding::put(ReadPaper read, const std::optional<KnownRecord>& record,
                        std::string digest) {
  Reservation memory;
  const std::size_t n_bytes = n_text_bytes(read.paper);
  if (add_.ledger != nullptr && n_bytes >= kBookedPaperBytes) {
    QUERN_ASSIGN(memory, add_.ledger->reserve(kPapersTenant, kPaperTimesInMemory * n_bytes));
  }
  add_intents_by_section(read.paper);
  QUERN_ASSIGN(std::int64_t corpus_id, find(read.paper));
  const bool is_known = corpus_id != 0;
  PaperPut put;
  if (is_known) {
    // What is not committed is not read back.
    if (puts_.contains(corpus_id)) QUERN_TRY(commit());
    QUERN_ASSIGN(std::optional<PaperRow> row, row_of(corpus_id));
    if (!row) return {Code::kBadInput, fmt::format("paper {} has a name and no row", corpus_id)};
    put.row = std::move(*row);
    const bool is_same_record = record && record->corpus_id == corpus_id;
    if (read.paper.sections.empty() || (!is_same_record && put.row.has_text)) {
      QUERN_ASSIGN(std::vector<PaperSection> sections, sections_of(corpus_id));
      put.row.paper.sections = std::move(sections);
    }
    if (!read.paper.references.empty() && (is_same_record || put.row.n_citing == 0)) {
      put.references = links_of(read.paper.references);
    }
    put.cited_by = links_of(read.paper.cited_by);
    PaperIds ids = put.row.paper.ids;
    put.row.paper = is_same_record ? merged(std::move(read.paper), put.row.paper)
                                   : merged(std::move(put.row.paper), read.paper);
    put.row.paper.ids.corpus_id = corpus_id;
    put.row.paper.ids.paper_id = ids.paper_id;
  } else {
    QUERN_ASSIGN(corpus_id, new_number(read.paper));
    put.references = links_of(read.paper.references);
    put.cited_by = links_of(read.paper.cited_by);
    put.row.added_ms = unix_ms_now();
    put.row.paper = std::move(read.paper);
    PaperIds& ids = put.row.paper.ids;
    if (ids.paper_id.empty()) ids.paper_id = paper_id_of(best_name(ids, put.row.paper.title));
    ids.corpus_id = corpus_id;
  }
  for (PaperAuthor& author : put.row.paper.authors) {
    if (author.id.empty()) author.id = author_id_of(author.name);
  }
  put.row.has_text = !put.row.paper.sections.empty();
  put.names = all_names(put.row.paper);
  QUERN_TRY(put_documents(put.row.paper, put.row, is_known).in(read.origin));
  ++(is_known ? report_.n_changed : report_.n_new);
  put.row.paper.sections.clear();
  put.row.paper.references.clear();
  put.row.paper.cited_by.clear();
  for (const std::string& name : put.names) names_.emplace(name, corpus_id);
  puts_[corpus_id] = change_.put.size();
  change_.put.push_back(std::move(put));
  records_[read.origin] = change_.records.size();
  change_.records.push_back({.origin = std::move(read.origin),
                             .input = std::move(read.input),
                             .digest = std::move(digest),
                             .corpus_id = corpus_id});
  return {};
}

Result<std::optional<KnownRecord>> PaperAdding::record_of(const std::string& origin) {
  const auto found = records_.find(origin);
  if (found != records_.end()) return std::optional(change_.records[found->second]);
  std::optional<KnownRecord> out;
  QUERN_TRY(add_.writer->read_tables([&](Sql& sql) -> Status {
    QUERN_ASSIGN(out, read_record(sql, origin));
    return {};
  }));
  return out;
}

Result<std::optional<std::int64_t>> PaperAdding::find_name(const std::string& name) {
  const auto found = names_.find(name);
  if (found != names_.end()) return std::optional(found->second);
  std::optional<std::int64_t> out;
  QUERN_TRY(add_.writer->read_tables([&](Sql& sql) -> Status {
    QUERN_ASSIGN(out, find_paper_name(sql, name));
    return {};
  }));
  return out;
}

/// The paper that a record is of; 0: of none that is there.
Result<std::int64_t> PaperAdding::find(const Paper& paper) {
  for (const std::string& name : names_of(paper.ids)) {
    QUERN_ASSIGN(const std::optional<std::int64_t> found, find_name(name));
    if (found) return *found;
  }
  const std::string key = title_key(paper.title);
  if (key.empty()) return std::int64_t{0};
  QUERN_ASSIGN(const std::optional<std::int64_t> found, find_name("title:" + key));
  if (!found) return std::int64_t{0};
  QUERN_ASSIGN(const std::optional<PaperRow> row, row_of(*found));
  return row && is_one_paper(row->paper, paper) ? *found : 0;
}

Result<std::optional<PaperRow>> PaperAdding::row_of(std::int64_t corpus_id) {
  const auto found = puts_.find(corpus_id);
  if (found != puts_.end()) return std::optional(change_.put[found->second].row);
  std::optional<PaperRow> out;
  QUERN_TRY(add_.writer->read_tables([&](Sql& sql) -> Status {
    QUERN_ASSIGN(out, read_paper(sql, corpus_id));
    return {};
  }));
  return out;
}

Result<std::int64_t> PaperAdding::new_number(const Paper& paper) {
  if (paper.ids.corpus_id > 0) return paper.ids.corpus_id;
  std::string name = best_name(paper.ids, paper.title);
  // Another paper may have the title; then its authors and year tell them apart.
  if (name.starts_with("title:")) {
    QUERN_ASSIGN(const std::optional<std::int64_t> other, find_name(name));
    if (other) {
      name += fmt::format("\n{}\n{}", paper.year,
                          paper.authors.empty() ? "" : title_key(paper.authors[0].name));
    }
  }
  while (true) {
    const std::int64_t number = corpus_id_of(name);
    QUERN_ASSIGN(const std::optional<PaperRow> other, row_of(number));
    if (!other) return number;
    name += '+';
  }
}

Result<std::vector<PaperSection>> PaperAdding::sections_of(std::int64_t corpus_id) {
  QUERN_ASSIGN(const store::StoredDocument document,
               store::document_of(add_.writer->segments(), paper_key(corpus_id)));
  return sections_from_bytes(document.stored, document.fields[kBodyField]);
}

Status PaperAdding::put_documents(const Paper& paper, const PaperRow& row, bool is_known) {
  if (is_known) {
    QUERN_ASSIGN(const std::uint64_t n_erased,
                 add_.writer->erase_parent(paper_parent(paper.ids.corpus_id)));
    (void)n_erased;
  }
  std::vector<store::Document> documents = documents_of(paper, paper.ids.corpus_id, row.added_ms);
  n_uncommitted_bytes_ += n_text_bytes(paper);
  report_.n_with_text += row.has_text ? 1 : 0;
  report_.n_passages += documents.size() - 1;
  for (store::Document& document : documents) QUERN_TRY(add_.writer->put(std::move(document)));
  return {};
}

Status PaperAdding::commit() {
  committed_ = Clock::now();
  n_uncommitted_bytes_ = 0;
  if (change_.put.empty() && change_.records.empty()) return {};
  QUERN_ASSIGN(report_.vectors.generation,
               add_.writer->commit([&](Sql& sql) { return write_paper_tables(sql, change_); }));
  change_ = {};
  names_.clear();
  puts_.clear();
  records_.clear();
  return {};
}

Status PaperAdding::embed() {
  if (is_stopped()) return {};
  QUERN_ASSIGN(report_.vectors, embed_added(add_, paper_text_to_embed));
  return {};
}

void PaperAdding::show(const ReadPaper& read) {
  ++progress_.n_documents;
  progress_.n_bytes += read.n_bytes;
  if (add_.on_progress) add_.on_progress(progress_);
}

}  // namespace

Status ensure_library(const std::string& folder) {
  return ensure_store(folder, paper_schema(), "quern papers");
}

Result<PaperAddReport> add_papers(const PaperAdd& add) {
  if (add.writer->schema() != paper_schema()) {
    return {Code::kBadInput,
            fmt::format("'{}' is no library of papers of this version", add.writer->folder())};
  }
  PaperAdding adding(add);
  QUERN_TRY(adding.run());
  return adding.take_report();
}

Result<std::uint64_t> remove_papers(store::Writer& writer, const std::vector<std::string>& names,
                                    std::vector<std::string>& unknown) {
  PaperTablesChange change;
  for (const std::string& text : names) {
    const Result<std::string> name = name_from_api(text);
    std::optional<std::int64_t> corpus_id;
    QUERN_TRY(writer.read_tables([&](Sql& sql) -> Status {
      QUERN_ASSIGN(const bool is_there, has_paper_tables(sql));
      if (!is_there || !name.ok()) return {};
      QUERN_ASSIGN(corpus_id, find_paper_name(sql, *name));
      return {};
    }));
    if (!corpus_id) {
      unknown.push_back(text);
      continue;
    }
    QUERN_ASSIGN(const std::uint64_t n_erased, writer.erase_parent(paper_parent(*corpus_id)));
    (void)n_erased;
    change.gone.push_back(*corpus_id);
  }
  if (!change.gone.empty()) {
    QUERN_ASSIGN(const store::GenerationId generation,
                 writer.commit([&](Sql& sql) { return write_paper_tables(sql, change); }));
    (void)generation;
  }
  return change.gone.size();
}

}  // namespace quern::apps
