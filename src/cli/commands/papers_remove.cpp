// quern papers remove: papers out of a library.

#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "apps/papers/paper_adding.h"
#include "cli/exit_code.h"
#include "cli/papers_commands.h"
#include "store/writer.h"

namespace quern::cli {
namespace {

struct RemoveFlags {
  std::string folder;
  std::vector<std::string> papers;
};

Status remove(const RemoveFlags& flags) {
  QUERN_ASSIGN(const auto writer,
               store::Writer::open({.folder = flags.folder}, {.who = "quern papers remove"}));
  std::vector<std::string> unknown;
  QUERN_ASSIGN(const std::uint64_t n, apps::remove_papers(*writer, flags.papers, unknown));
  print_note(fmt::format("removed {} of {} papers\n", n, flags.papers.size()));
  if (unknown.empty()) return {};
  return {Code::kNotFound, fmt::format("the library has no paper '{}'", unknown[0])};
}

}  // namespace

void add_papers_remove(CLI::App& parent, Context& context) {
  auto flags = std::make_shared<RemoveFlags>();
  CLI::App* command = parent.add_subcommand("remove", "Remove papers from a library");
  command->footer(
      "Example:\n  quern papers remove ~/library ACL:A00-1031 DOI:10.1093/mind/lix.236.433");
  add_library_argument(*command, flags->folder);
  command
      ->add_option("PAPER", flags->papers,
                   "Their ids: ACL:..., DOI:..., ARXIV:..., CorpusId:..., 40 hexadecimal digits")
      ->type_name("")
      ->required();
  command->callback([flags, &context] { context.exit_code = fail_or_ok(remove(*flags)); });
}

}  // namespace quern::cli
