// quern: the command line. Each command is in a file of its own; see docs/cli.md.

#include <algorithm>
#include <cctype>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/edit_distance.h"
#include "cli/arguments.h"
#include "cli/chunk_worker_command.h"
#include "cli/dialogue_commands.h"
#include "cli/exit_code.h"
#include "cli/filled_options.h"
#include "cli/flags.h"
#include "cli/interrupt.h"
#include "cli/output_file.h"
#include "cli/settings.h"

namespace quern::cli {
namespace {

constexpr const char* kFooter = R"(Environment:
  QUERN_NAME     as the option --name of any command (QUERN_MAX_TOKENS is --max-tokens);
                 QUERN_COMMAND_NAME of that command alone; 'quern config' shows what holds
  HF_ENDPOINT, HF_TOKEN, HF_HUB_OFFLINE: for 'quern pull', as Hugging Face's tools have them

Start here:
  quern models
  quern pull all-MiniLM-L6-v2
  quern embed all-MiniLM-L6-v2 "the cat sat on the mat"
  quern similar all-MiniLM-L6-v2 "where is the cat?" --texts passages.txt
  quern chat SmolLM2-135M-Instruct
  quern serve
'quern COMMAND --help' has more examples.)";

void add_commands(CLI::App& app, Context& context) {
  add_embed(app, context);
  add_classify(app, context);
  add_chat(app, context);
  add_generate(app, context);
  add_similar(app, context);
  add_rerank(app, context);
  add_tokenize(app, context);
  add_models(app, context);
  add_pull(app, context);
  add_bench(app, context);
  add_profile(app, context);
  add_tune(app, context);
  add_serve(app, context);
  add_load(app, context);
  add_cache(app, context);
  add_stats(app, context);
  add_store(app, context);
  add_code(app, context);
  add_claims(app, context);
  add_papers(app, context);
  add_dialogue(app, context);
  add_config(app, context);
  add_ps(app, context);
  add_warm(app, context);
  add_clear(app, context);
  add_version(app, context);
}

// CLI11 takes an unknown command for a stray argument; the user wants to hear which one was meant.
bool report_unknown_command(const CLI::App& app, int argc, const char* const* argv) {
  if (argc < 2 || argv[1][0] == '-') return false;
  const std::string wanted = argv[1];
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands({})) names.push_back(command->get_name());
  for (const std::string& name : names) {
    if (name == wanted) return false;
  }
  std::string message = fmt::format("no command '{}'", wanted);
  const std::vector<std::string> near = nearest_names(wanted, names, 1);
  if (!near.empty()) message += fmt::format("; did you mean '{}'?", near[0]);
  print_error(message + " ('quern --help' lists them)");
  return true;
}

// "quern embed" for the innermost command that was named.
std::string command_path(const CLI::App& app) {
  std::string path = "quern";
  const CLI::App* at = &app;
  while (!at->get_subcommands().empty()) {
    at = at->get_subcommands().front();
    path += " " + at->get_name();
  }
  return path;
}

// --help and --version: what they print is the data.
ExitCode print_answer(const std::string& text) {
  OutputFile out = OutputFile::standard_output();
  Status status = out.write(text);
  if (status.ok()) status = out.commit();
  return fail_or_ok(status);
}

// A value that no option was given on the line: its message names where it is said.
std::string with_source(std::string message, const Filled& filled) {
  for (const auto& [name, source] : filled) {
    const std::string flag = "--" + name;
    const std::size_t at = message.find(flag);
    const std::size_t end = at + flag.size();
    if (at == std::string::npos) continue;
    if (end < message.size() &&
        (std::isalnum(static_cast<unsigned char>(message[end])) != 0 || message[end] == '-')) {
      continue;
    }
    return message.replace(at, flag.size(), fmt::format("{} (for {})", source, flag));
  }
  return message;
}

int report_parse_error(const CLI::App& app, const CLI::ParseError& error, const Filled& filled) {
  std::string message = with_source(without_marks(error.what()), filled);
  if (!message.empty() && message.back() == '.') message.pop_back();
  const bool may_be_text = message.find("not expected: -") != std::string::npos;
  print_error(fmt::format("{}{} (see '{} --help')", message,
                          may_be_text ? "; a text that starts with '-' goes behind '--'" : "",
                          command_path(app)));
  return kExitUsage;
}

// "help COMMAND" is what many type: it means "COMMAND --help".
std::vector<const char*> without_help_command(int argc, char** argv) {
  std::vector<const char*> args(argv, argv + argc);
  if (argc < 2 || std::string_view(argv[1]) != "help") return args;
  args.erase(args.begin() + 1);
  args.push_back("--help");
  return args;
}

int fail_usage(const Status& status) {
  print_error(status.message());
  return status.code() == Code::kBadInput ? kExitUsage : exit_code(status);
}

void add_everything(CLI::App& app, Context& context) {
  app.footer(kFooter);
  app.set_version_flag("--version", version_line());
  app.get_formatter()->column_width(26);
  add_engine_flags(app, context.engine);
  add_precision_flag(app, context.engine);
  add_cache_flags(app, context.engine.cache);
  add_process_flags(app);
  add_config_flags(app);
  add_commands(app, context);
  unmark_values(app);
  app.require_subcommand(0, 1);
}

int parse_and_run(CLI::App& app, Context& context, MarkedLine line, Filled filled) {
  context.given = std::move(line.given);
  std::reverse(line.arguments.begin(), line.arguments.end());
  try {
    app.parse(std::move(line.arguments));
  } catch (const CLI::CallForHelp&) {
    return print_answer(app.help());
  } catch (const CLI::CallForVersion& version) {
    return print_answer(version.what() + std::string("\n"));
  } catch (const CLI::ParseError& error) {
    return report_parse_error(app, error, filled);
  }
  return context.exit_code;
}

int run(const std::vector<const char*>& args) {
  const int argc = static_cast<int>(args.size());
  const char* const* argv = args.data();
  CLI::App app("Small language models on your own machine: one program, one memory budget.",
               "quern");
  Context context;
  add_everything(app, context);
  if (argc == 1) {
    print_note(app.help());
    return kExitUsage;
  }
  if (report_unknown_command(app, argc, argv)) return kExitUsage;
  MarkedLine line = marked_line(app, argc, argv);
  // Help is wanted most where a setting is wrong.
  if (line.given.contains("help") || line.given.contains("version")) {
    return parse_and_run(app, context, std::move(line), {});
  }
  const Result<Settings> settings = Settings::read(config_choice(line), option_facts(app));
  if (!settings.ok()) return fail_usage(settings.status());
  for (const std::string& doubt : settings->doubtful_variables()) print_error(doubt);
  context.settings = &*settings;
  const Result<Filled> filled = fill_in(*settings, line);
  if (!filled.ok()) return fail_usage(filled.status());
  return parse_and_run(app, context, std::move(line), *filled);
}

}  // namespace
}  // namespace quern::cli

int main(int argc, char** argv) {
  if (const std::optional<int> code = quern::cli::run_as_chunk_worker(argc, argv)) return *code;
  quern::cli::prepare_process();
  try {
    std::vector<const char*> arguments = quern::cli::without_help_command(argc, argv);
    // Under the name of TurboProp it takes its commands.
    const std::string_view name = arguments.empty() ? "" : arguments[0];
    if (name == "tp" || name.ends_with("/tp")) {
      arguments.insert(arguments.begin() + 1, "code");
    }
    return quern::cli::run(arguments);
  } catch (const std::bad_alloc&) {
    quern::cli::print_error("out of memory");
    return quern::cli::kExitMemory;
  } catch (const std::exception& error) {
    quern::cli::print_error(fmt::format("unexpected: {}", error.what()));
    return quern::cli::kExitUnavailable;
  }
}
