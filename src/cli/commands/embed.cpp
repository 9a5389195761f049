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
  int dimensions = 0;
};

constexpr const char* kExamples =
    R"(Output: without --out, one JSON object per text on standard output:
  {"index":0,"embedding":[...],"n_tokens":7,"truncated":false}
With --out FILE.npy a float32 array [texts, dimensions] in input order (a failed text is a row of
NaN); with --out FILE.jsonl the objects above.

Examples:
  quern embed all-MiniLM-L6-v2 "the cat sat" "a dog ran"
  quern embed all-MiniLM-L6-v2 --texts corpus.jsonl --out corpus.npy
  zcat corpus.gz | quern embed all-MiniLM-L6-v2 --texts - --out corpus.npy)";

engine::TextRole role_of(const std::string& name) {
  if (name == "query") return engine::TextRole::kQuery;
  return name == "document" ? engine::TextRole::kDocument : engine::TextRole::kAny;
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
  const int all_dims = session.model.dims;
  if (flags.dimensions > all_dims) {
    return {Code::kBadInput, fmt::format("--dimensions is {}, vectors of '{}' have {}",
                                         flags.dimensions, session.model.name, all_dims)};
  }
  session.request.dimensions = flags.dimensions;
  session.request.prompt_name = flags.prompt;
  session.request.prompt = flags.prompt_text;
  session.request.role = role_of(flags.role);
  if (!engine.pooling.empty() && !flags.texts.quiet) {
    print_note(fmt::format("rows are pooled by '{}', as asked\n", session.model.pooling));
  }
  QUERN_ASSIGN(auto writer,
               make_vector_writer(flags.out, flags.dimensions > 0 ? flags.dimensions : all_dims));
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
    command.add_option("--dimensions", flags->dimensions, "Keep the first N numbers, rescaled")
        ->type_name("N")
        ->check(CLI::PositiveNumber);
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
