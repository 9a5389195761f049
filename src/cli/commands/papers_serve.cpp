// quern papers serve: a library of papers as Semantic Scholar's API, until a signal stops it.

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "apps/papers/answer_cache.h"
#include "apps/papers/paper_library.h"
#include "base/thread_pool.h"
#include "cli/answer_flags.h"
#include "cli/exit_code.h"
#include "cli/papers_commands.h"
#include "cli/serving.h"

namespace quern::cli {
namespace {

constexpr std::size_t kMaxUrlBytes = 256 << 10;  // Questions of thousands of words stand in it.

constexpr const char* kExamples =
    R"(Prints "server listening on http://HOST:PORT" when it answers. Clients of Semantic Scholar's API
work when they are given that address in place of https://api.semanticscholar.org: /graph/v1,
/recommendations/v1; questions are answered under /api/query_corpusqa as ScholarQA does. The model of
the library's vectors is loaded by the first question that needs it, or with --warm from the start
on. docs/papers_api.md says more.

Examples:
  quern papers serve library
  curl 'http://127.0.0.1:8090/graph/v1/paper/search?query=word+alignment&fields=title,year&limit=3'
  curl http://127.0.0.1:8090/graph/v1/paper/ARXIV:1706.03762/citations
  python3 -c 'import semanticscholar as s
  print(s.SemanticScholar(api_url="http://127.0.0.1:8090").search_paper("word alignment")[0].title)')";

struct PapersServeFlags {
  std::string folder;
  ServingFlags serving;
  bool is_warm = false;
  AnswerFlags answer;
};

Status serve_papers(const PapersServeFlags& flags, const EngineFlags& engine_flags) {
  block_stop_signals();
  QUERN_ASSIGN(engine::EngineOptions engine_opts, engine_options(engine_flags));
  QUERN_ASSIGN(engine_opts.keep_alive, engine::parse_keep_alive(flags.serving.keep_alive));
  QUERN_ASSIGN(engine_opts.results, result_options(engine_flags.cache));
  QUERN_ASSIGN(const auto engine, engine::Engine::make(engine_opts));
  ThreadPool scans(engine->n_threads());
  QUERN_ASSIGN(const auto library, apps::PaperLibrary::open({.folder = flags.folder,
                                                             .pool = &scans,
                                                             .engine = engine.get(),
                                                             .ledger = &engine->ledger()}));
  serve::ServerOptions options;
  options.papers.library = library.get();
  options.papers.rerank_model = flags.answer.rerank;
  options.papers.nli_model = checking_model(flags.answer);
  QUERN_ASSIGN(options.papers.writer, open_writer(*engine, flags.answer.writer));
  QUERN_ASSIGN(const std::size_t n_kept, answer_cache_bytes(flags.answer));
  std::optional<apps::AnswerCache> answers;
  if (n_kept > 0) options.papers.cache = &answers.emplace(engine->ledger(), n_kept);
  QUERN_ASSIGN(options.papers.profile, answer_profile(flags.answer));
  options.http.limits.header_bytes = kMaxUrlBytes;
  if (flags.is_warm) {
    QUERN_ASSIGN(const apps::LibraryCounts counts, library->counts());
    if (!counts.model.empty()) options.preload = {counts.model};
  }
  return run_server(flags.serving, std::move(options), *engine);
}

}  // namespace

void add_papers_serve(CLI::App& papers, Context& context) {
  auto flags = std::make_shared<PapersServeFlags>();
  CLI::App* command = papers.add_subcommand("serve", "Answer as Semantic Scholar's API over HTTP");
  add_library_argument(*command, flags->folder);
  add_serving_flags(*command, flags->serving);
  command->add_flag(
      "--warm", flags->is_warm,
      "Load the model of the library's vectors from the start on, while requests are\n"
      "answered");
  add_answer_flags(*command, flags->answer);
  add_engine_flags(*command, context.engine);
  add_precision_flag(*command, context.engine);
  add_cache_flags(*command, context.engine.cache);
  add_batch_flag(*command, context.engine);
  command->footer(kExamples);
  command->callback(
      [flags, &context] { context.exit_code = fail_or_ok(serve_papers(*flags, context.engine)); });
}

}  // namespace quern::cli
