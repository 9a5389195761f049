// quern papers: a library of papers, searched and asked. Each command has a file of its own.

#include <CLI/CLI.hpp>

#include "cli/papers_commands.h"

namespace quern::cli {
namespace {

constexpr const char* kExamples =
    R"(Examples:
  quern papers import ~/library --from ~/papers --from references.bib
  quern papers search ~/library "part of speech tagging with few resources" --year 2000-
  quern papers search ~/library "how are unknown words handled" --snippets
  quern papers ask ~/library "How do taggers deal with unknown words?"
  quern papers serve ~/library            (as Semantic Scholar's API)
  quern papers show ~/library ACL:A00-1031 --citations
docs/papers.md says more.)";

}  // namespace

void add_papers(CLI::App& app, Context& context) {
  CLI::App* command = app.add_subcommand("papers", "Search a library of papers");
  command->require_subcommand(1);
  command->footer(kExamples);
  add_papers_import(*command, context);
  add_papers_search(*command, context);
  add_papers_ask(*command, context);
  add_papers_serve(*command, context);
  add_papers_list(*command, context);
  add_papers_show(*command, context);
  add_papers_stats(*command, context);
  add_papers_remove(*command, context);
}

}  // namespace quern::cli
