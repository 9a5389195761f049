// quern similar: the texts of a file nearest to a question.

#include <cmath>
#include <memory>
#include <numeric>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/json_line.h"
#include "cli/output_file.h"
#include "cli/run_texts.h"
#include "cli/top_k.h"

namespace quern::cli {
namespace {

struct SimilarFlags {
  TextFlags texts;
  std::string question;
  int k = 5;
  bool json = false;
};

constexpr const char* kExamples =
    R"(Output: one line per text, best first: cosine, line number, text, separated by tabs. With --json
objects {"score":0.71,"line":12,"text":"..."}. The file is read once and not kept in memory.

Examples:
  quern similar all-MiniLM-L6-v2 "who won the battle?" --texts passages.txt
  quern similar all-MiniLM-L6-v2 "refund policy" --texts help.jsonl --top 10 --json)";

Result<std::vector<float>> embed_question(Session& session, const std::string& question) {
  engine::Request request = session.request;
  request.inputs.push_back({.text = question, .text_pair = {}, .ids = {}});
  request.work_class = engine::WorkClass::kInteractive;
  engine::Response response = session.engine->run(std::move(request));
  QUERN_TRY(response.status);
  QUERN_TRY(response.outcomes.at(0).status.in("question"));
  return std::move(response.outcomes[0].values);
}

// Vectors of models without a Normalize module have lengths of their own.
float cosine(const std::vector<float>& a, const std::vector<float>& b) {
  const double ab = std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
  const double aa = std::inner_product(a.begin(), a.end(), a.begin(), 0.0);
  const double bb = std::inner_product(b.begin(), b.end(), b.begin(), 0.0);
  return aa > 0 && bb > 0 ? static_cast<float>(ab / std::sqrt(aa * bb)) : 0.0f;
}

std::string in_one_line(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return text;
}

std::string line_of(const ScoredLine& found, bool json) {
  if (!json)
    return fmt::format("{:.4f}\t{}\t{}\n", found.score, found.line, in_one_line(found.text));
  std::string line = "{\"score\":";
  append_json_number(found.score, line);
  line += fmt::format(",\"line\":{},\"text\":", found.line);
  append_json_string(found.text, line);
  return line + "}\n";
}

Status similar(const SimilarFlags& flags, const EngineFlags& engine, engine::StreamTotals& totals) {
  QUERN_ASSIGN(Session session, open_session(flags.texts, engine, engine::Task::kEmbed));
  QUERN_ASSIGN(const std::vector<float> question, embed_question(session, flags.question));
  TopK best(flags.k);
  const auto sink = [&](const engine::TextItem& item, engine::Outcome& outcome) {
    if (outcome.status.ok()) best.add({cosine(question, outcome.values), item.line, item.text});
    return Status();
  };
  QUERN_ASSIGN(totals, run_texts(session, flags.texts, "similar", sink, {}));
  OutputFile out = OutputFile::standard_output();
  for (const ScoredLine& found : best.take()) QUERN_TRY(out.write(line_of(found, flags.json)));
  return out.commit();
}

}  // namespace

void add_similar(CLI::App& app, Context& context) {
  auto flags = std::make_shared<SimilarFlags>();
  const auto add_options = [flags](CLI::App& command) {
    command.add_option("QUESTION", flags->question, "What to look for")->type_name("")->required();
    command.get_option("--texts")->required();
    command.add_option("--top", flags->k, "How many to show (default: 5)")
        ->type_name("K")
        ->check(CLI::Range(1, 100000));
    command.add_flag("--json", flags->json, "One JSON object per line");
  };
  add_text_command(
      app, context, flags->texts,
      {.name = "similar",
       .about = "Find the texts nearest to a question",
       .add_options = add_options,
       .run = [flags](const auto& engine, auto& totals) { return similar(*flags, engine, totals); },
       .done = "compared",
       .footer = kExamples});
}

}  // namespace quern::cli
