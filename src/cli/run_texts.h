// What embed, classify, rerank and similar have in common: where texts come from, how long they may
// be, which model sees them, and what is said at the end.

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cli/exit_code.h"
#include "cli/flags.h"
#include "engine/texts/text_stream.h"

namespace quern::cli {

struct TextFlags {
  std::string model;
  std::vector<std::string> texts;
  std::vector<std::string> pair;  // Empty or two.
  std::string file;               // "-" is standard input; "" none.
  std::string format = "auto";
  int max_tokens = 0;
  std::string truncation = "cut";
  std::string truncation_side;  // "": the model's own.
  bool quiet = false;
};

/// Adds the positional MODEL.
void add_model_argument(CLI::App& command, std::string& model);

/// Errors: kBadInput saying what the model does and what is wanted.
Status check_task(const engine::ModelInfo& model, engine::Task wanted);

/// Adds --texts and --format.
CLI::Option* add_file_flags(CLI::App& command, TextFlags& flags);

/// Adds --max-tokens, --truncation, --truncation-side and --quiet.
void add_run_flags(CLI::App& command, TextFlags& flags);

/// What --truncation-side says.
std::optional<text::TruncationSide> truncation_side(const TextFlags& flags);

/// The texts of the flags, from file, arguments or pair.
/// Errors: kBadInput for none of them or more than one; as TextReader::open.
Result<std::unique_ptr<engine::TextSource>> open_texts(const TextFlags& flags);

/// Everything a command needs to run texts through a model.
struct Session {
  std::unique_ptr<engine::Engine> engine;
  engine::ModelInfo model;
  engine::Request request;  // Filled in but for its inputs.
  std::unique_ptr<engine::TextSource> source;
};

/// Opens the texts and the engine and describes the model; loads no weights.
/// Errors: kNotFound, kBadInput (no texts, both kinds of texts, a model for another task), kIo.
Result<Session> open_session(const TextFlags& texts, const EngineFlags& engine, engine::Task task);

/// Streams the session's texts to `sink`, with progress under the name `what`; failures of single
/// texts are reported on stderr with their line.
Result<engine::StreamTotals> run_texts(
    Session& session, const TextFlags& flags, const std::string& what,
    std::function<Status(const engine::TextItem&, engine::Outcome&)> sink,
    std::function<Status()> flush);

/// What is a command's own.
struct TextCommand {
  const char* name;
  const char* about;                           // One line, in the list of commands.
  std::function<void(CLI::App&)> add_options;  // Beside those that all have.
  /// What it does, with the flags that were given.
  std::function<Status(const EngineFlags& engine, engine::StreamTotals& totals)> run;
  const char* done;  // For the summary: "embedded".
  const char* footer;
};

/// Registers a command that streams texts through an encoder. `flags` lives as long as `own.run`.
/// At the end it says on stderr what was done ("embedded 1,400 texts ..."; not for a few texts
/// given as arguments), what was cut and what failed.
void add_text_command(CLI::App& app, Context& context, TextFlags& flags, TextCommand own);

}  // namespace quern::cli
