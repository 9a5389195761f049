// quern code similar: what else looks like this.

#include <charconv>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/bold.h"
#include "cli/code_lines.h"
#include "cli/code_session.h"
#include "cli/exit_code.h"
#include "cli/interrupt.h"
#include "cli/output_file.h"

namespace quern::cli {
namespace {

struct SimilarFlags {
  CodeFlags code;
  std::string where;  // FILE:LINE
  std::uint32_t limit = 10;
  bool json = false;
  int context = 6;
};

Result<bool> similar(const SimilarFlags& flags, const EngineFlags& engine) {
  const std::size_t colon = flags.where.rfind(':');
  int line = 0;
  if (colon != std::string::npos) {
    const char* end = flags.where.data() + flags.where.size();
    const auto read = std::from_chars(flags.where.data() + colon + 1, end, line);
    if (read.ec != std::errc() || read.ptr != end) line = 0;
  }
  if (line < 1) {
    return {Code::kBadInput, fmt::format("'{}': want FILE:LINE, as in src/a.c:12", flags.where)};
  }
  QUERN_ASSIGN(const auto reader, CodeReader::open(flags.code, engine, CodeVectors::kNotWanted));
  QUERN_ASSIGN(const std::string path, path_in_tree(reader->place(), flags.where.substr(0, colon)));
  apps::CodeAsk ask;
  ask.n_wanted = flags.limit;
  QUERN_ASSIGN(const apps::CodeAnswer answer,
               reader->searcher().similar(reader->snapshot(), path, line, ask));
  std::string text;
  if (flags.json) {
    for (const apps::CodeHit& hit : answer.hits) {
      append_code_hit_json(hit, answer, false, text);
      text += '\n';
    }
  } else {
    append_code_hits(answer, {.n_lines = flags.context, .is_bold = output_shows_bold()}, text);
  }
  OutputFile out = OutputFile::standard_output();
  QUERN_TRY(out.write(text));
  QUERN_TRY(out.commit());
  if (!flags.code.quiet) {
    if (answer.hits.empty()) print_note(fmt::format("nothing found: {}\n", answer.why_empty));
    if (!answer.why_no_vectors.empty()) {
      print_note(fmt::format("by words alone: {}\n", answer.why_no_vectors));
    }
  }
  return !answer.hits.empty();
}

int run(const SimilarFlags& flags, const EngineFlags& engine) {
  watch_interrupts();
  const Result<bool> is_found = similar(flags, engine);
  if (!is_found.ok()) return fail(is_found.status());
  return *is_found ? kExitOk : kExitNothingFound;
}

}  // namespace

void add_code_similar(CLI::App& parent, Context& context) {
  auto flags = std::make_shared<SimilarFlags>();
  CLI::App* command =
      parent.add_subcommand("similar", "Pieces of code like the one at a line of a file");
  command->alias("related");
  command->add_option("FILE:LINE", flags->where, "A line of an indexed file")
      ->type_name("")
      ->required();
  command
      ->add_option("ROOT,--repo", flags->code.path, "The tree (default: around the current folder)")
      ->type_name("");
  command->add_option("-k,--limit,--top-k,--topk", flags->limit, "Most hits (10)")
      ->type_name("N")
      ->check(CLI::Range(1u, 1000u));
  command->add_option("-C,--context", flags->context, "Lines of each hit to show (6)")
      ->type_name("N")
      ->check(CLI::Range(0, 100000));
  command->add_flag("--json", flags->json, "One object per hit and line");
  add_no_update_flag(*command, flags->code);
  add_code_flags(*command, flags->code);
  add_engine_flags(*command, context.engine);
  command->callback([flags, &context] { context.exit_code = run(*flags, context.engine); });
}

}  // namespace quern::cli
