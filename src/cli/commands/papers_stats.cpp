// quern papers stats: what a library holds.

#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/exit_code.h"
#include "cli/output_file.h"
#include "cli/papers_commands.h"
#include "cli/papers_session.h"
#include "cli/progress.h"

namespace quern::cli {
namespace {

struct StatsFlags {
  std::string folder;
  bool json = false;
};

std::string lines_of(const apps::LibraryCounts& counts) {
  const auto number = [](std::uint64_t n) { return grouped(static_cast<long>(n)); };
  std::string out = fmt::format("papers     {}, {} with text\npassages   {}\nlinks      {}\n",
                                number(counts.n_papers), number(counts.n_with_text),
                                number(counts.n_passages), number(counts.n_links));
  if (counts.model.empty()) return out + "vectors    none: words alone are searched\n";
  out += fmt::format("vectors    of {}", counts.model);
  if (counts.n_without_vector > 0) {
    out += fmt::format(", {} are missing: 'quern papers import' makes them",
                       number(counts.n_without_vector));
  }
  return out + "\n";
}

Status show_stats(const StatsFlags& flags) {
  QUERN_ASSIGN(const auto session, PapersSession::open(flags.folder, {}, WithEngine::kNo));
  QUERN_ASSIGN(const apps::LibraryCounts counts, session->library().counts());
  OutputFile out = OutputFile::standard_output();
  if (flags.json) {
    const nlohmann::ordered_json object = {
        {"papers", counts.n_papers},     {"with_text", counts.n_with_text},
        {"passages", counts.n_passages}, {"links", counts.n_links},
        {"model", counts.model},         {"without_vector", counts.n_without_vector}};
    QUERN_TRY(out.write(object.dump() + "\n"));
  } else {
    QUERN_TRY(out.write(lines_of(counts)));
  }
  return out.commit();
}

}  // namespace

void add_papers_stats(CLI::App& parent, Context& context) {
  auto flags = std::make_shared<StatsFlags>();
  CLI::App* command = parent.add_subcommand("stats", "Say what a library holds");
  add_library_argument(*command, flags->folder);
  command->add_flag("--json", flags->json, "As an object of JSON");
  command->callback([flags, &context] { context.exit_code = fail_or_ok(show_stats(*flags)); });
}

}  // namespace quern::cli
