#include "cli/papers_session.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "apps/papers/paper_dates.h"
#include "base/machine.h"
#include "cli/papers_commands.h"
#include "cli/store_vectors.h"
#include "store/store.h"

namespace quern::cli {
namespace {

constexpr std::size_t kAuthorsShown = 3;

}  // namespace

void add_library_argument(CLI::App& command, std::string& folder) {
  command.add_option("DIR", folder, "The library's folder")
      ->type_name("")
      ->required()
      ->check(empty_problem);
}

Result<std::unique_ptr<PapersSession>> PapersSession::open(const std::string& folder,
                                                           const EngineFlags& flags,
                                                           WithEngine with) {
  auto out = std::unique_ptr<PapersSession>(new PapersSession);
  out->pool_ = std::make_unique<ThreadPool>(flags.n_threads > 0 ? flags.n_threads : usable_cpus());
  apps::LibraryParts parts{.folder = folder, .pool = out->pool_.get()};
  Result<std::unique_ptr<apps::PaperLibrary>> library = apps::PaperLibrary::open(parts);
  if (library.status().code() == Code::kNotFound) {
    return {Code::kNotFound, fmt::format("{}: 'quern papers import {} --from FILE' makes a library",
                                         library.status().message(), folder)};
  }
  QUERN_TRY(library.status());
  out->library_ = std::move(*library);
  bool wants_engine = with == WithEngine::kYes;
  if (with == WithEngine::kIfVectors) {
    QUERN_ASSIGN(const apps::LibraryCounts counts, out->library_->counts());
    wants_engine = !counts.model.empty();
  }
  if (!wants_engine) return out;
  QUERN_ASSIGN(out->engine_, open_engine(flags));
  parts.engine = out->engine_.get();
  parts.ledger = &out->engine_->ledger();
  QUERN_ASSIGN(out->library_, apps::PaperLibrary::open(parts));
  return out;
}

void add_paper_filter_flags(CLI::App& command, PaperFilterFlags& flags) {
  command.add_option("--year", flags.years, "Published then: 2019, 2016-2020, 2010- or -2015")
      ->type_name("YEARS");
  command
      .add_option("--published", flags.published,
                  "The same by day: 2019-03, 2016-03-05:2020-06, 2010: or :2015-01")
      ->type_name("DATES");
  command.add_option("--venue", flags.venues, "In one of these")->type_name("NAME");
  command.add_option("--author", flags.authors, "By all of these; nearly right will do")
      ->type_name("NAME");
  command.add_option("--field", flags.fields, "Of one of these fields: 'Computer Science'")
      ->type_name("NAME");
  command.add_option("--type", flags.types, "Of one of these types: Review, JournalArticle, ...")
      ->type_name("NAME");
  command.add_flag("--open-access", flags.open_access, "Known to be open to read");
  command.add_option("--min-citations", flags.min_citations, "Cited so often at least")
      ->type_name("N")
      ->check(CLI::NonNegativeNumber);
}

Result<apps::PaperFilter> paper_filter_of(const PaperFilterFlags& flags) {
  apps::PaperFilter out;
  if (!flags.years.empty()) {
    QUERN_ASSIGN(out.published, apps::days_of_years(flags.years).in("--year"));
  }
  if (!flags.published.empty()) {
    QUERN_ASSIGN(apps::DayRange days, apps::days_of_date_range(flags.published).in("--published"));
    out.published = out.published ? apps::common_days(*out.published, days) : days;
  }
  out.venues = flags.venues;
  out.fields_of_study = flags.fields;
  out.publication_types = flags.types;
  out.authors = flags.authors;
  out.is_open_access = flags.open_access;
  out.min_citations = flags.min_citations;
  return out;
}

void add_paper_ranking_flags(CLI::App& command, PaperRankingFlags& flags) {
  add_mode_flag(command, "library", flags.mode);
  command
      .add_option("--alpha", flags.alpha, "The vectors' weight, 0 to 1 (papers 0.2, passages 0.5)")
      ->type_name("X")
      ->check(CLI::Range(0.0, 1.0));
  add_rerank_flags(command, flags.rerank);
}

Status set_paper_ranking(const PaperRankingFlags& flags, apps::PaperAsk& ask) {
  if (!flags.mode.empty()) {
    QUERN_ASSIGN(ask.mode, store::mode_from_name(flags.mode).in("--mode"));
  }
  ask.alpha = flags.alpha;
  if (!flags.rerank.model.empty()) {
    ask.rerank = apps::PaperRerank{.model = flags.rerank.model, .n = flags.rerank.n};
  }
  ask.deadline = flags.rerank.deadline();
  return {};
}

std::string paper_name(const apps::Paper& paper) {
  const apps::PaperIds& ids = paper.ids;
  if (!ids.acl.empty()) return "ACL:" + ids.acl;
  if (!ids.doi.empty()) return "DOI:" + ids.doi;
  if (!ids.arxiv.empty()) return "ARXIV:" + ids.arxiv;
  return fmt::format("CorpusId:{}", ids.corpus_id);
}

std::string authors_line(const apps::Paper& paper) {
  std::string out;
  const std::size_t n = paper.authors.size();
  const std::size_t n_shown = n <= kAuthorsShown + 1 ? n : kAuthorsShown;
  for (std::size_t i = 0; i < n_shown; ++i) {
    if (i > 0) out += i + 1 == n ? " and " : ", ";
    out += paper.authors[i].name;
  }
  if (n_shown < n) out += fmt::format(" and {} others", n - n_shown);
  return out;
}

Result<std::int64_t> paper_by_name(apps::PaperLibrary& library, const std::string& name) {
  QUERN_ASSIGN(const std::optional<std::int64_t> found, library.find(name));
  if (found) return *found;
  return {Code::kNotFound, fmt::format("the library has no paper '{}'", name)};
}

}  // namespace quern::cli
