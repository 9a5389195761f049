// quern embed: texts in, vectors out.

#include <filesystem>
#include <memory>
#include <optional>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/flags.h"
#include "cli/run_texts.h"
#include "cli/vector_writer.h"

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
};

constexpr const char* kExamples =
    R"(Output: without --out, one JSON object per text on standard output:
  {"index":0,"embedding":[...],"n_tokens":7,"truncated":false}
With --out FILE.npy a float32 array [texts, dimensions] in input order (a failed text is a row of
NaN); with --out FILE.jsonl the objects above.
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
