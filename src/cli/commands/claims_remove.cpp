// quern claims remove: sources out of a corpus, or all of it.

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "apps/claims/claim_corpus.h"
#include "apps/claims/corpus_adding.h"
#include "cli/claims_commands.h"
#include "cli/exit_code.h"
#include "hub/hub.h"
#include "store/writer.h"

namespace quern::cli {
namespace {

struct RemoveFlags {
  std::string corpus;
  std::vector<std::string> sources;
};

Status remove_sources(store::Writer& writer, const RemoveFlags& flags) {
  std::vector<std::string> unknown;
  QUERN_ASSIGN(const std::uint64_t n, apps::remove_from_corpus(writer, flags.sources, unknown));
  print_note(
      fmt::format("removed {} of {} sources from {}\n", n, flags.sources.size(), flags.corpus));
  if (unknown.empty()) return {};
  return {Code::kNotFound, fmt::format("corpus '{}' has no source '{}'", flags.corpus,
                                       store::printable_key(unknown[0]))};
}

// Under the writer's lock until it has another name: whoever writes goes on, or begins anew.
Status remove_all(std::unique_ptr<store::Writer> writer, const RemoveFlags& flags) {
  namespace fs = std::filesystem;
  const fs::path folder = writer->folder();
  const fs::path aside = folder.parent_path() / (".removed-" + flags.corpus);
  std::error_code error;
  fs::remove_all(aside, error);
  if (!error) fs::rename(folder, aside, error);
  writer.reset();
  if (!error) fs::remove_all(aside, error);
  if (error) {
    return {Code::kIo, fmt::format("cannot remove '{}': {}", folder.string(), error.message())};
  }
  print_note(fmt::format("removed the corpus {}\n", flags.corpus));
  return {};
}

Status remove(const RemoveFlags& flags) {
  const std::string home = hub::home_folder();
  // What there is, said by name, before anything is opened to be written.
  QUERN_TRY(apps::open_corpus(home, flags.corpus).status());
  QUERN_ASSIGN(auto writer, store::Writer::open({.folder = apps::corpus_folder(home, flags.corpus)},
                                                {.who = "quern claims remove"}));
  if (flags.sources.empty()) return remove_all(std::move(writer), flags);
  return remove_sources(*writer, flags);
}

}  // namespace

void add_claims_remove(CLI::App& parent, Context& context) {
  auto flags = std::make_shared<RemoveFlags>();
  CLI::App* command =
      parent.add_subcommand("remove", "Remove sources from a corpus, or a whole corpus");
  command->add_option("CORPUS", flags->corpus, "Its name")
      ->type_name("")
      ->required()
      ->check(empty_problem);
  command->add_option("SOURCE", flags->sources, "Ids of sources; none: the corpus goes")
      ->type_name("");
  command->callback([flags, &context] { context.exit_code = fail_or_ok(remove(*flags)); });
}

}  // namespace quern::cli
