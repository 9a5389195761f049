// A library of papers as commands read it: with an engine where it takes one.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apps/papers/paper_library.h"
#include "base/status.h"
#include "base/thread_pool.h"
#include "cli/flags.h"
#include "cli/rerank_flags.h"
#include "engine/engine.h"

namespace quern::cli {

/// Whether a command may ask a model: then there is an engine.
enum class WithEngine { kNo, kIfVectors, kYes };

/// Threads: one at a time.
class PapersSession {
 public:
  /// Errors: kNotFound with how to make one; as PaperLibrary::open and open_engine.
  static Result<std::unique_ptr<PapersSession>> open(const std::string& folder,
                                                     const EngineFlags& flags, WithEngine with);

  apps::PaperLibrary& library() { return *library_; }
  engine::Engine* engine() { return engine_.get(); }  // Null: none.
  ThreadPool& pool() { return *pool_; }

 private:
  PapersSession() = default;

  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<ThreadPool> pool_;
  std::unique_ptr<apps::PaperLibrary> library_;
};

/// What papers a search is about, by flags.
struct PaperFilterFlags {
  std::string years;      // --year
  std::string published;  // --published
  std::vector<std::string> venues, fields, types, authors;
  bool open_access = false;
  std::int64_t min_citations = 0;
};
void add_paper_filter_flags(CLI::App& command, PaperFilterFlags& flags);
/// Errors: kBadInput naming the flag.
Result<apps::PaperFilter> paper_filter_of(const PaperFilterFlags& flags);

/// How a search ranks, by flags.
struct PaperRankingFlags {
  std::string mode;
  std::optional<double> alpha;
  RerankFlags rerank;
};
void add_paper_ranking_flags(CLI::App& command, PaperRankingFlags& flags);
/// Sets mode, weight, reranking and, from now on, the deadline. Errors: kBadInput for the mode.
Status set_paper_ranking(const PaperRankingFlags& flags, apps::PaperAsk& ask);

/// The id that people know a paper by, in the form of the API: "ACL:P02-1040", "DOI:...",
/// "ARXIV:...", else "CorpusId:...".
std::string paper_name(const apps::Paper& paper);

/// "Ashish Vaswani, Noam Shazeer and 6 others"
std::string authors_line(const apps::Paper& paper);

/// The numbers of papers by name. Errors: kNotFound for one that is not there; as
/// PaperLibrary::find.
Result<std::int64_t> paper_by_name(apps::PaperLibrary& library, const std::string& name);

}  // namespace quern::cli
