// Sources of files with several records: BibTeX, RIS and JATS.

#include <unordered_set>
#include <utility>

#include <fmt/format.h>

#include "apps/papers/import/bibtex.h"
#include "apps/papers/import/clean_text.h"
#include "apps/papers/import/input_digest.h"
#include "apps/papers/import/jats.h"
#include "apps/papers/import/paper_lines.h"
#include "apps/papers/import/paper_sources.h"
#include "apps/papers/import/ris.h"
#include "base/mapped_file.h"

namespace quern::apps {
namespace {

// `out` with its origin, whether it is known, and `paper` where it is not.
void give(Paper paper, const IsKnownPaper& is_known, ReadPaper& out) {
  out.is_known = out.status.ok() && is_known && is_known(out.origin, out.input);
  if (!out.is_known) out.paper = std::move(paper);
}

// Names of a file's records, each once: a second one with the same key is called by its place, too.
class RecordNames {
 public:
  explicit RecordNames(std::string file) : file_(std::move(file)) {}

  std::string name(const std::string& key, std::size_t n_line) {
    const std::string place = fmt::format("line {}", n_line);
    const bool is_new = key.empty() || keys_.insert(key).second;
    return origin_of_record(file_, is_new ? key : fmt::format("{} ({})", key, place), place);
  }
  const std::string& file() const { return file_; }

 private:
  const std::string file_;
  std::unordered_set<std::string> keys_;
};

class BibtexSource : public PaperSource {
 public:
  BibtexSource(std::string text, std::string name)
      : text_(std::move(text)), papers_(text_), names_(std::move(name)) {}

  Result<std::optional<ReadPaper>> next(const IsKnownPaper& is_known) override {
    std::optional<BibtexPapers::Item> item = papers_.next();
    if (!item) return std::optional<ReadPaper>();
    const BibtexEntry& entry = item->entry;
    ReadPaper out;
    // Where its key cannot be believed, its line tells where it is.
    out.origin = names_.name(entry.status.ok() ? entry.key : "", entry.n_line);
    out.input = digest_of_record(item->written);
    out.status = item->status;
    out.n_bytes = entry.bytes.end - entry.bytes.begin;
    give(std::move(item->paper), is_known, out);
    return std::optional<ReadPaper>(std::move(out));
  }

 private:
  const std::string text_;
  BibtexPapers papers_;
  RecordNames names_;
};

class RisSource : public PaperSource {
 public:
  RisSource(std::ifstream file, std::string name)
      : file_(std::move(file)), records_(file_), names_(std::move(name)) {}

  Result<std::optional<ReadPaper>> next(const IsKnownPaper& is_known) override {
    QUERN_ASSIGN(std::optional<TaggedRecord> record, records_.next().in(names_.file()));
    if (!record) return std::optional<ReadPaper>();
    Paper paper = paper_of_ris(*record);
    ReadPaper out;
    out.origin = names_.name(key_of_ris(*record), record->n_line);
    out.input = digest_of_record(record->text);
    out.status = record->status;
    out.n_bytes = record->n_bytes;
    if (out.status.ok() && paper.title.empty() && paper.ids == PaperIds()) {
      out.status = {
          Code::kBadInput,
          fmt::format("the record of line {} has neither a title nor an id", record->n_line)};
    }
    give(std::move(paper), is_known, out);
    return std::optional<ReadPaper>(std::move(out));
  }

 private:
  std::ifstream file_;
  TaggedRecords records_;
  RecordNames names_;
};

// All articles of a file have its digest: they are read together.
class JatsSource : public PaperSource {
 public:
  JatsSource(const std::string& xml, std::string name)
      : input_(digest_of_record(xml)), n_bytes_(xml.size()), name_(std::move(name)) {}

  Status read(const std::string& xml) {
    QUERN_ASSIGN(papers_, papers_of_jats(xml));
    return {};
  }

  Result<std::optional<ReadPaper>> next(const IsKnownPaper& is_known) override {
    if (i_paper_ == papers_.size()) return std::optional<ReadPaper>();
    Paper& paper = papers_[i_paper_++];
    ReadPaper out;
    out.origin = name_;
    if (papers_.size() > 1) {
      const std::string key = paper.ids.pmc.empty() ? paper.ids.doi : "PMC" + paper.ids.pmc;
      out.origin = origin_of_record(name_, key, fmt::format("article {}", i_paper_));
    }
    out.input = input_;
    if (i_paper_ == 1) out.n_bytes = n_bytes_;
    give(std::move(paper), is_known, out);
    return std::optional<ReadPaper>(std::move(out));
  }

 private:
  const std::string input_;
  const std::size_t n_bytes_;
  const std::string name_;
  std::vector<Paper> papers_;
  std::size_t i_paper_ = 0;
};

}  // namespace

Result<std::unique_ptr<PaperSource>> jats_source(const std::string& path, std::string name) {
  QUERN_ASSIGN(const std::string xml, read_file(path, kMaxJatsFileBytes));
  auto source = std::make_unique<JatsSource>(xml, std::move(name));
  QUERN_TRY(source->read(xml));
  return std::unique_ptr<PaperSource>(std::move(source));
}

Result<std::unique_ptr<PaperSource>> bibtex_source(const std::string& path, std::string name) {
  QUERN_ASSIGN(std::string text, read_file(path, kMaxBibtexFileBytes));
  if (const std::optional<std::string> plain = utf8_from_utf16(text)) text = *plain;
  return std::unique_ptr<PaperSource>(
      std::make_unique<BibtexSource>(std::move(text), std::move(name)));
}

std::unique_ptr<PaperSource> ris_source(std::ifstream file, std::string name) {
  return std::make_unique<RisSource>(std::move(file), std::move(name));
}

}  // namespace quern::apps
