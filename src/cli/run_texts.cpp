#include "cli/run_texts.h"

#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/machine.h"
#include "cli/interrupt.h"
#include "cli/progress.h"
#include "engine/task_check.h"

namespace quern::cli {

Status check_task(const engine::ModelInfo& model, engine::Task wanted) {
  const Status status =
      engine::check_task(model.name, model.task, model.labels, model.scale, wanted);
  if (wanted != engine::Task::kRerank || model.task != engine::Task::kEmbed) return status;
  return {status.code(), status.message() + "; 'quern similar' finds the nearest by its vectors"};
}

namespace {

std::string describe_failure(const engine::TextItem& item, const TextFlags& flags,
                             const Status& status) {
  const char* what = flags.file.empty() ? "text" : "line";
  return fmt::format("{} {}: {}", what, item.line, status.message());
}

ExitCode report(const engine::StreamTotals& totals, const TextFlags& flags,
                const std::string& done) {
  if (!flags.quiet && !flags.file.empty()) {
    const double seconds = std::max(totals.seconds, 1e-9);
    print_note(fmt::format(
        "{} {} texts ({} tokens) in {:.1f} s: {:.0f} texts/s, {:.0f} tokens/s, peak {}\n", done,
        grouped(totals.n_texts - totals.n_failed), grouped(totals.n_tokens), totals.seconds,
        static_cast<double>(totals.n_texts - totals.n_texts_before) / seconds,
        static_cast<double>(totals.n_tokens - totals.n_tokens_before) / seconds,
        human_bytes(peak_resident_bytes())));
  }
  if (totals.n_truncated > 0) {
    print_error(fmt::format(
        "{} of {} texts were too long and were cut: {} tokens dropped "
        "(--truncation refuse makes that an error)",
        grouped(totals.n_truncated), grouped(totals.n_texts), grouped(totals.n_dropped)));
  }
  if (totals.n_failed == 0) return kExitOk;
  print_error(fmt::format("{} of {} texts failed; the others are done", grouped(totals.n_failed),
                          grouped(totals.n_texts)));
  return kExitSomeFailed;
}

}  // namespace

void add_model_argument(CLI::App& command, std::string& model) {
  command
      .add_option("MODEL", model,
                  "An installed model (see 'quern models'), or the path of a folder\nor .gguf file")
      ->type_name("")
      ->required();
}

CLI::Option* add_file_flags(CLI::App& command, TextFlags& flags) {
  command
      .add_option("--format", flags.format,
                  "Of the file: lines, jsonl (objects with \"text\"),\n"
                  "or auto: by its name and first line (default)")
      ->type_name("NAME")
      ->check(CLI::IsMember({"auto", "lines", "jsonl"}));
  return command
      .add_option("--texts", flags.file, "A file of texts, one per line; '-' is standard input")
      ->type_name("FILE")
      ->check(empty_problem);
}

void add_run_flags(CLI::App& command, TextFlags& flags) {
  command
      .add_option("--max-tokens", flags.max_tokens,
                  "Most tokens of a text (default: the model's limit)")
      ->type_name("N")
      ->check(CLI::PositiveNumber);
  command
      .add_option("--truncation", flags.truncation,
                  "What to do with longer texts: cut (default; counted at the end)\nor refuse")
      ->type_name("NAME")
      ->check(CLI::IsMember({"cut", "refuse"}));
  command
      .add_option("--truncation-side", flags.truncation_side,
                  "Which end is cut off: right or left (default: the model's own)")
      ->type_name("NAME")
      ->check(CLI::IsMember({"right", "left"}));
  command.add_flag("-q,--quiet", flags.quiet, "No progress, no summary; still warnings and errors");
}

std::optional<text::TruncationSide> truncation_side(const TextFlags& flags) {
  if (flags.truncation_side.empty()) return {};
  return flags.truncation_side == "left" ? text::TruncationSide::kLeft
                                         : text::TruncationSide::kRight;
}

Result<std::unique_ptr<engine::TextSource>> open_texts(const TextFlags& flags) {
  const int n_kinds = static_cast<int>(!flags.texts.empty()) +
                      static_cast<int>(!flags.pair.empty()) + static_cast<int>(!flags.file.empty());
  if (n_kinds == 0) {
    return Status(Code::kBadInput,
                  "no texts: give them as arguments, or --texts FILE ('-' for standard input)");
  }
  if (n_kinds > 1) {
    return Status(Code::kBadInput, "texts come from arguments or from --texts FILE, not from both");
  }
  if (!flags.file.empty()) {
    QUERN_ASSIGN(const engine::TextFormat format, engine::parse_text_format(flags.format));
    QUERN_ASSIGN(engine::TextReader reader, engine::TextReader::open(flags.file, format));
    return engine::file_source(std::move(reader));
  }
  std::vector<engine::Input> inputs;
  for (const std::string& text : flags.texts) {
    inputs.push_back({.text = text, .text_pair = {}, .ids = {}});
  }
  if (!flags.pair.empty()) {
    inputs.push_back({.text = flags.pair[0], .text_pair = flags.pair[1], .ids = {}});
  }
  return engine::list_source(std::move(inputs));
}

Result<Session> open_session(const TextFlags& texts, const EngineFlags& flags, engine::Task task) {
  Session session;
  QUERN_ASSIGN(session.source, open_texts(texts));
  QUERN_ASSIGN(engine::EngineOptions options, engine_options(flags));
  QUERN_ASSIGN(options.results, result_options(flags.cache));
  QUERN_ASSIGN(session.engine, engine::Engine::make(options));
  QUERN_ASSIGN(session.model, session.engine->describe(texts.model));
  QUERN_TRY(check_task(session.model, task));
  session.request.model = texts.model;
  session.request.task = task;
  session.request.max_tokens = texts.max_tokens;
  session.request.truncation =
      texts.truncation == "refuse" ? engine::Truncation::kRefuse : engine::Truncation::kCut;
  session.request.truncation_side = truncation_side(texts);
  session.request.work_class = engine::WorkClass::kBulk;
  return session;
}

Result<engine::StreamTotals> run_texts(
    Session& session, const TextFlags& flags, const std::string& what,
    std::function<Status(const engine::TextItem&, engine::Outcome&)> sink,
    std::function<Status()> flush) {
  watch_interrupts();
  Progress progress(what, progress_style(stderr, flags.quiet), stderr);
  engine::StreamJob job;
  job.request = session.request;
  job.source = session.source.get();
  job.on_progress = [&progress](const engine::StreamProgress& done) {
    if (!progress.is_due()) return;
    progress.show(WorkDone{.n_texts = done.n_texts,
                           .n_tokens = done.n_tokens,
                           .n_batches = done.n_batches,
                           .share = done.share,
                           .resident_bytes = resident_bytes()});
  };
  job.is_stopped = is_interrupted;
  job.on_idle = std::move(flush);
  long last_failed = 0;  // Of the pairs that are made of one line the first tells.
  job.sink = [&](const engine::TextItem& item, engine::Outcome& outcome) {
    if (!outcome.status.ok() && std::exchange(last_failed, item.line) != item.line) {
      progress.wipe();
      print_error(describe_failure(item, flags, outcome.status));
    }
    return sink(item, outcome);
  };
  return engine::stream_texts(*session.engine, std::move(job));
}

void add_text_command(CLI::App& app, Context& context, TextFlags& flags, TextCommand own) {
  CLI::App& command = *app.add_subcommand(own.name, own.about);
  add_model_argument(command, flags.model);
  add_file_flags(command, flags);
  own.add_options(command);
  add_run_flags(command, flags);
  add_engine_flags(command, context.engine);
  add_precision_flag(command, context.engine);
  add_cache_flags(command, context.engine.cache);
  command.footer(own.footer);
  command.callback([&flags, &context, run = std::move(own.run), done = own.done] {
    engine::StreamTotals totals;
    const Status status = run(context.engine, totals);
    context.exit_code = status.ok() ? report(totals, flags, done) : fail(status);
  });
}

}  // namespace quern::cli
