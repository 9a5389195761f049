// quern papers list: all papers of a library that a query and a filter let pass.

#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/bold.h"
#include "cli/exit_code.h"
#include "cli/output_file.h"
#include "cli/papers_commands.h"
#include "cli/papers_lines.h"
#include "cli/papers_session.h"

namespace quern::cli {
namespace {

constexpr std::uint32_t kPage = 1000;

constexpr const char* kExamples =
    R"(QUERY is about words of titles and abstracts: a b (both), a | b, -a, "a b", "a b"~3, a*, a~1, ( ).

Examples:
  quern papers list ~/library --sort citations
  quern papers list ~/library '(parsing | parser) -dependency "log linear"' --year 2005-)";

struct ListFlags {
  std::string folder;
  std::string query;
  std::string sort = "id";
  bool ascending = false;
  std::uint64_t top = 0;  // 0: all.
  bool json = false;
  PaperFilterFlags filter;
};

Result<apps::BulkAsk> ask_of(const ListFlags& flags) {
  apps::BulkAsk ask;
  ask.query = flags.query;
  QUERN_ASSIGN(ask.filter, paper_filter_of(flags.filter));
  if (flags.sort == "date") ask.sort = apps::BulkSort::kPublicationDate;
  if (flags.sort == "citations") ask.sort = apps::BulkSort::kCitationCount;
  ask.is_descending = flags.sort != "id" && !flags.ascending;
  ask.n_wanted = kPage;
  return ask;
}

Status list(const ListFlags& flags) {
  QUERN_ASSIGN(apps::BulkAsk ask, ask_of(flags));
  QUERN_ASSIGN(const auto session, PapersSession::open(flags.folder, {}, WithEngine::kNo));
  OutputFile out = OutputFile::standard_output();
  const std::uint64_t n_wanted = flags.top > 0 ? flags.top : UINT64_MAX;
  std::uint64_t n_given = 0, total = 0;
  while (n_given < n_wanted) {
    ask.offset = n_given;
    QUERN_ASSIGN(const apps::BulkPage page, session->library().bulk(ask));
    total = page.total;
    if (page.corpus_ids.empty()) break;
    QUERN_ASSIGN(const auto papers, session->library().papers(page.corpus_ids));
    std::string text;
    for (const auto& paper : papers) {
      if (n_given++ >= n_wanted || !paper) continue;
      if (flags.json) {
        text += json_of_paper(*paper).dump(-1, ' ', false,
                                           nlohmann::ordered_json::error_handler_t::replace) +
                "\n";
      } else {
        append_paper_lines(n_given, *paper, output_shows_bold(), text);
      }
    }
    QUERN_TRY(out.write(text));
  }
  QUERN_TRY(out.commit());
  if (!flags.json) print_note(fmt::format("{} of {} papers\n", std::min(n_given, total), total));
  return {};
}

}  // namespace

void add_papers_list(CLI::App& parent, Context& context) {
  auto flags = std::make_shared<ListFlags>();
  CLI::App* command = parent.add_subcommand("list", "List papers: all, or those that words name");
  command->footer(kExamples);
  add_library_argument(*command, flags->folder);
  command->add_option("QUERY", flags->query, "Words joined by signs")->type_name("");
  command
      ->add_option("--sort", flags->sort, "id; date: the newest first; citations: the most first")
      ->type_name("ORDER")
      ->check(CLI::IsMember({"id", "date", "citations"}));
  command->add_flag("--ascending", flags->ascending, "The other way round");
  command->add_option("--top", flags->top, "So many (all)")->type_name("N");
  add_paper_filter_flags(*command, flags->filter);
  command->add_flag("--json", flags->json, "An object of JSON a line");
  command->callback([flags, &context] { context.exit_code = fail_or_ok(list(*flags)); });
}

}  // namespace quern::cli
