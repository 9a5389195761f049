// quern embed: texts in, vectors out.

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/flags.h"
#include "cli/progress.h"
#include "cli/resumable_output.h"
#include "cli/run_texts.h"
#include "cli/vector_writer.h"
#include "kernels/table.h"

namespace quern::cli {
namespace {

struct EmbedFlags {
  TextFlags texts;
  std::string out;
  std::string prompt;
  std::optional<std::string> prompt_text;
  std::string role;
  std::string output;
  int dimensions = 0;
  bool no_normalize = false;
  double save_every_s = 5;
  bool restart = false;
};

constexpr const char* kExamples =
    R"(Output: without --out, one JSON object per text on standard output:
  {"index":0,"embedding":[...],"n_tokens":7,"truncated":false}
With --out FILE.npy a float32 array [texts, dimensions] in input order (a failed text is a row of
NaN); with --out FILE.jsonl the objects above.
A run over a file with --out FILE that was cut off goes on when the same command is given again.
With --output token one vector per token (late interaction: the rows that count, of the text as a
query with --as query, else as a document):
  {"index":0,"tokens":["[CLS]",...],"embeddings":[[...],...],"n_tokens":7,"truncated":false}
With --output sparse weights of terms, the heaviest first:
  {"index":0,"terms":[{"id":4937,"token":"cat","weight":1.93},...],"n_tokens":7,"truncated":false}

Examples:
  quern embed all-MiniLM-L6-v2 "the cat sat" "a dog ran"
  quern embed all-MiniLM-L6-v2 --texts corpus.jsonl --out corpus.npy
  zcat corpus.gz | quern embed all-MiniLM-L6-v2 --texts - --out corpus.npy
  quern embed ./colbert-model --output token --as query "how do birds fly?"
  quern embed ./splade-model --output sparse --texts corpus.jsonl --out corpus-terms.jsonl)";

engine::TextRole role_of(const std::string& name) {
  if (name == "query") return engine::TextRole::kQuery;
  return name == "document" ? engine::TextRole::kDocument : engine::TextRole::kAny;
}

/// The wish, or what the model makes of its own.
engine::OutputKind output_of(const std::string& name, const engine::ModelInfo& model) {
  for (const auto kind :
       {engine::OutputKind::kVector, engine::OutputKind::kRows, engine::OutputKind::kSparse}) {
    if (name == formats::output_name(kind)) return kind;
  }
  return model.output;
}

// The result would replace what it was made of.
Status check_not_same(const std::string& texts, const std::string& out) {
  std::error_code none;
  if (texts.empty() || texts == "-" || out.empty() ||
      !std::filesystem::equivalent(texts, out, none)) {
    return {};
  }
  return {Code::kBadInput,
          fmt::format("'{}' is the file of texts itself: name another --out", out)};
}

// What decides the bytes beside the texts. The model is loaded before: only then is it known which
// precision "auto" is. Its files are told by their state: a digest may become known between two
// runs of the same.
Result<RunFacts> run_facts(const EmbedFlags& flags, Session& session, const Written& written) {
  QUERN_ASSIGN(const engine::ModelInfo model, session.engine->describe(flags.texts.model));
  if (model.state.empty()) {
    return Status(Code::kUnsupported, "the model's files cannot be told apart");
  }
  return RunFacts{{"the state of the model's files", model.state},
                  {"its precision", model.precision},
                  {"the instruction set", kernels::active().isa},
                  {"--output", formats::output_name(written.kind)},
                  {"the width", std::to_string(written.dims)},
                  {"--no-normalize", flags.no_normalize ? "true" : "false"},
                  {"--prompt", flags.prompt},
                  {"--prompt-text", flags.prompt_text ? "'" + *flags.prompt_text + "'" : ""},
                  {"--as", flags.role},
                  {"--pooling", model.pooling},
                  {"--format", flags.texts.format},
                  {"--max-tokens", std::to_string(flags.texts.max_tokens)},
                  {"--truncation", flags.texts.truncation},
                  {"--truncation-side", flags.texts.truncation_side},
                  {"the program", version_line()}};
}

bool is_resumable(const EmbedFlags& flags) {
  return !flags.out.empty() && can_be_read_again(flags.texts.file) && can_be_resumed(flags.out);
}

// Null, with a note of why, where another run has the same output, or the system allows no such
// files, or it cannot be told what the output depends on.
Result<std::unique_ptr<ResumableOutput>> open_resumable(const EmbedFlags& flags, Session& session,
                                                        const Written& written) {
  QUERN_TRY(vector_form(flags.out, written.kind).status());
  QUERN_TRY(session.engine->warm(flags.texts.model));
  const auto cannot = [&flags](const Status& why) {
    if (!flags.texts.quiet) print_note("this run cannot be resumed: " + why.message() + "\n");
    return std::unique_ptr<ResumableOutput>();
  };
  Result<RunFacts> facts = run_facts(flags, session, written);
  if (!facts.ok()) return cannot(facts.status());
  ResumableJob job{
      .out = flags.out,
      .texts = flags.texts.file,
      .facts = std::move(*facts),
      .written = written,
      .save_every = std::chrono::milliseconds(static_cast<std::int64_t>(flags.save_every_s * 1000)),
      .begin_anew = flags.restart};
  if (!flags.texts.quiet) job.note = [](const std::string& text) { print_note(text + "\n"); };
  const auto reopen = [&flags] { return open_texts(flags.texts); };
  auto opened = ResumableOutput::open(std::move(job), session.source, reopen);
  if (opened.ok() || opened.status().code() == Code::kCancelled) return opened;
  QUERN_ASSIGN(session.source, reopen());
  return cannot(opened.status());
}

// The totals of all runs that made the output.
void add_before(const Checkpoint& before, engine::StreamTotals& totals) {
  totals.n_texts += before.n_texts;
  totals.n_failed += before.n_failed;
  totals.n_truncated += before.n_truncated;
  totals.n_tokens += before.n_tokens;
  totals.n_dropped += before.n_dropped;
  totals.n_texts_before = before.n_texts;
  totals.n_tokens_before = before.n_tokens;
}

Status embed_resumable(const EmbedFlags& flags, Session& session, ResumableOutput& output,
                       engine::StreamTotals& totals) {
  const auto sink = [&](const engine::TextItem& item, engine::Outcome& outcome) {
    return output.write(item, outcome);
  };
  auto done = run_texts(session, flags.texts, "embed", sink, [&] { return output.flush(); });
  Status status = done.status();
  if (status.ok()) {
    totals = *done;
    add_before(output.before(), totals);
    status = output.finish();
  }
  if (status.ok()) return {};
  const long n_kept = output.leave();
  if (n_kept == 0) return status;
  return {status.code(), fmt::format("{}; {} texts are kept, the same command goes on from there",
                                     status.message(), grouped(n_kept))};
}

Status embed(const EmbedFlags& flags, const EngineFlags& engine, engine::StreamTotals& totals) {
  QUERN_TRY(check_not_same(flags.texts.file, flags.out));
  QUERN_ASSIGN(Session session, open_session(flags.texts, engine, engine::Task::kEmbed));
  const engine::OutputKind output = output_of(flags.output, session.model);
  const int all_dims = session.model.dims;
  if (output == engine::OutputKind::kVector && flags.dimensions > all_dims) {
    return {Code::kBadInput, fmt::format("--dimensions is {}, vectors of '{}' have {}",
                                         flags.dimensions, session.model.name, all_dims)};
  }
  session.request.output = output;
  session.request.dimensions = flags.dimensions;
  if (flags.no_normalize) session.request.normalize = false;
  session.request.prompt_name = flags.prompt;
  session.request.prompt = flags.prompt_text;
  session.request.role = role_of(flags.role);
  if (!engine.pooling.empty() && !flags.texts.quiet) {
    print_note(fmt::format("rows are pooled by '{}', as asked\n", session.model.pooling));
  }
  Written written{.kind = output, .dims = flags.dimensions > 0 ? flags.dimensions : all_dims};
  if (output != engine::OutputKind::kVector) {
    QUERN_ASSIGN(written.encoder, session.engine->text_encoder(flags.texts.model));
  }
  if (is_resumable(flags)) {
    QUERN_ASSIGN(const auto resumable, open_resumable(flags, session, written));
    if (resumable) return embed_resumable(flags, session, *resumable, totals);
  }
  QUERN_ASSIGN(auto writer, make_vector_writer(flags.out, written));
  const auto sink = [&](const engine::TextItem& item, engine::Outcome& outcome) {
    return writer->write(item, outcome);
  };
  QUERN_ASSIGN(totals,
               run_texts(session, flags.texts, "embed", sink, [&] { return writer->flush(); }));
  return writer->finish();
}

}  // namespace

void add_embed(CLI::App& app, Context& context) {
  auto flags = std::make_shared<EmbedFlags>();
  const auto add_options = [flags, &context](CLI::App& command) {
    command.add_option("TEXT", flags->texts.texts, "Texts to embed")->type_name("");
    command.add_option("-o,--out", flags->out, "Write FILE.npy or FILE.jsonl")
        ->type_name("FILE")
        ->check(empty_problem);
    command
        .add_option("--output", flags->output,
                    "What is made: vector, token (one vector per token) or sparse (weights of\n"
                    "terms); default: the model's own")
        ->type_name("KIND")
        ->check(CLI::IsMember({"vector", "token", "sparse"}));
    command
        .add_option("--checkpoint", flags->save_every_s,
                    "With --texts FILE and --out FILE: seconds between the savings of what is\n"
                    "done, from which the same command goes on if it is cut off (default: 5)")
        ->type_name("S")
        ->check(CLI::Range(0.0, 86400.0));
    command.add_flag("--restart", flags->restart,
                     "Begin anew, whatever an earlier run that was cut off has left");
    command.add_option("--dimensions", flags->dimensions, "Keep the first N numbers, rescaled")
        ->type_name("N")
        ->check(CLI::PositiveNumber);
    command.add_flag("--no-normalize", flags->no_normalize,
                     "Leave out the scaling to length 1 that ends the model's modules");
    command.add_option("--prompt", flags->prompt, "A prompt of the model to put before each text")
        ->type_name("NAME");
    command
        .add_option("--prompt-text", flags->prompt_text,
                    "This text before each text, in place of any prompt of the model")
        ->type_name("TEXT");
    command
        .add_option("--as", flags->role,
                    "Take the model's prompt for one side of a search: query or document")
        ->type_name("ROLE")
        ->check(CLI::IsMember({"query", "document"}));
    command
        .add_option("--pooling", context.engine.pooling,
                    "How the rows of a text become one, in place of the model's own: cls, max,\n"
                    "mean, mean_sqrt_len_tokens, weightedmean or lasttoken")
        ->type_name("MODE");
  };
  add_text_command(
      app, context, flags->texts,
      {.name = "embed",
       .about = "Turn texts into vectors",
       .add_options = add_options,
       .run = [flags](const auto& engine, auto& totals) { return embed(*flags, engine, totals); },
       .done = "embedded",
       .footer = kExamples});
}

}  // namespace quern::cli
