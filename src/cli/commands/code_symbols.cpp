// quern code symbols: where a name is defined, or what a file defines.

#include <filesystem>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "apps/code/code_outline.h"
#include "cli/code_session.h"
#include "cli/exit_code.h"
#include "cli/interrupt.h"
#include "cli/json_line.h"
#include "cli/output_file.h"

namespace quern::cli {
namespace {

struct SymbolsFlags {
  CodeFlags code;
  std::string what;
  std::uint32_t limit = 50;
  bool json = false;
};

void append_symbol(const std::string& path, const apps::Symbol& symbol, bool is_json,
                   std::string& out) {
  const char* kind = apps::symbol_kind_name(symbol.kind);
  if (!is_json) {
    fmt::format_to(std::back_inserter(out), "{}:{}  {}  {}  {}\n", in_one_line(path), symbol.line,
                   kind, in_one_line(symbol.path), in_one_line(symbol.signature));
    return;
  }
  out += "{\"path\":";
  append_json_string(path, out);
  fmt::format_to(std::back_inserter(out), ",\"line\":{},\"start_line\":{},\"end_line\":{}",
                 symbol.line, symbol.span.first_line, symbol.span.last_line);
  for (const auto& [name, value] : {std::pair<const char*, std::string_view>("symbol", symbol.path),
                                    {"kind", kind},
                                    {"signature", symbol.signature}}) {
    fmt::format_to(std::back_inserter(out), ",\"{}\":", name);
    append_json_string(value, out);
  }
  out += "}\n";
}

// "A::b()" as "A.b".
std::string dotted(std::string_view name) {
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const bool is_joint = name[i] == ':' || name[i] == '#' || name[i] == '.' ||
                          (name[i] == '-' && i + 1 < name.size() && name[i + 1] == '>');
    if (is_joint) {
      if (name[i] == '-') ++i;
      if (!out.empty() && out.back() != '.') out += '.';
    } else if (name[i] != '(' && name[i] != ')') {
      out += name[i];
    }
  }
  return out;
}

// Files whose pieces define the name, and in them the definitions themselves, as they are now.
Result<std::string> definitions(const SymbolsFlags& flags, CodeReader& reader,
                                apps::Chunker& chunker, std::uint64_t max_bytes) {
  apps::CodeAsk ask;
  ask.question = flags.what;
  ask.n_wanted = flags.limit;
  ask.only_definitions = true;
  ask.below = reader.below();
  ask.mode = store::Mode::kLexical;
  QUERN_ASSIGN(const apps::CodeAnswer answer, reader.searcher().search(reader.snapshot(), ask));
  const std::string wanted = dotted(flags.what);
  std::string of_that_path, of_that_name;
  std::vector<std::string> seen;
  for (const apps::CodeHit& hit : answer.hits) {
    if (std::find(seen.begin(), seen.end(), hit.path) != seen.end()) continue;
    seen.push_back(hit.path);
    const auto outline = apps::outline_of_file(reader.place().root, hit.path, max_bytes, chunker);
    if (!outline.ok()) continue;  // It went since the index was brought up to date.
    for (const apps::Symbol& symbol : outline->symbols) {
      if (symbol.name != answer.question.name) continue;
      const bool is_of_path = ("." + dotted(symbol.path)).ends_with("." + wanted);
      append_symbol(hit.path, symbol, flags.json, is_of_path ? of_that_path : of_that_name);
    }
  }
  // Where nothing has the qualifiers of the question, whatever has its name.
  return of_that_path.empty() ? of_that_name : of_that_path;
}

Result<bool> symbols(const SymbolsFlags& flags, const EngineFlags& engine) {
  QUERN_ASSIGN(const auto reader, CodeReader::open(flags.code, engine, CodeVectors::kNotWanted));
  QUERN_ASSIGN(const auto chunker, open_chunker());
  QUERN_ASSIGN(const apps::CodeFacts facts, apps::code_facts_of(reader->store()));
  const std::uint64_t max_bytes = apps::walk_of_facts(facts).max_file_bytes;
  std::string text, why_none;
  std::error_code error;
  const Result<std::string> path = path_in_tree(reader->place(), flags.what);
  if (path.ok() && std::filesystem::is_regular_file(reader->place().root + "/" + *path, error)) {
    QUERN_ASSIGN(const apps::CodeOutline outline,
                 apps::outline_of_file(reader->place().root, *path, max_bytes, *chunker));
    for (const apps::Symbol& symbol : outline.symbols) {
      append_symbol(*path, symbol, flags.json, text);
    }
    why_none = outline.note;
  } else {
    QUERN_ASSIGN(text, definitions(flags, *reader, *chunker, max_bytes));
    why_none = fmt::format("nothing in {} defines '{}'", reader->place().root, flags.what);
  }
  OutputFile out = OutputFile::standard_output();
  QUERN_TRY(out.write(text));
  QUERN_TRY(out.commit());
  if (text.empty() && !flags.code.quiet) print_note(why_none + "\n");
  return !text.empty();
}

int run(const SymbolsFlags& flags, const EngineFlags& engine) {
  watch_interrupts();
  const Result<bool> is_found = symbols(flags, engine);
  if (!is_found.ok()) return fail(is_found.status());
  return *is_found ? kExitOk : kExitNothingFound;
}

}  // namespace

void add_code_symbols(CLI::App& parent, Context& context) {
  auto flags = std::make_shared<SymbolsFlags>();
  CLI::App* command =
      parent.add_subcommand("symbols", "Where a name is defined, or what a file defines");
  command->add_option("NAME|FILE", flags->what, "A name, or a file of the tree")
      ->type_name("")
      ->required()
      ->check(empty_problem);
  command
      ->add_option("ROOT,--repo", flags->code.path, "The tree (default: around the current folder)")
      ->type_name("");
  command->add_option("-k,--limit", flags->limit, "Most pieces that are looked at for a name (50)")
      ->type_name("N")
      ->check(CLI::Range(1u, 1000u));
  command->add_flag("--json", flags->json, "One object per definition and line");
  add_no_update_flag(*command, flags->code);
  add_code_flags(*command, flags->code);
  command->callback([flags, &context] { context.exit_code = run(*flags, context.engine); });
}

}  // namespace quern::cli
