// quern similar: the texts of a file nearest to a question, by vectors, and where asked for in the
// order of a cross-encoder.

#include <algorithm>
#include <memory>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/json_line.h"
#include "cli/output_file.h"
#include "cli/run_texts.h"
#include "cli/top_k.h"
#include "engine/scoring/cosine.h"
#include "engine/scoring/scores.h"

namespace quern::cli {
namespace {

struct SimilarFlags {
  TextFlags texts;
  std::string question;
  int k = 5;
  std::string reranker;  // "": none.
  int n_candidates = 50;
  bool json = false;
};

constexpr const char* kExamples =
    R"(Output: one line per text, best first: cosine, line number, text, separated by tabs. With --json
objects {"score":0.71,"scale":"cosine","line":12,"text":"..."}. The file is read once and not kept
in memory.

With --rerank a cross-encoder scores the nearest texts anew, and the best of them are shown by its
scores: score, scale, line number, text; in JSON "score", "scale", "cosine", "line", "text".

Examples:
  quern similar all-MiniLM-L6-v2 "who won the battle?" --texts passages.txt
  quern similar all-MiniLM-L6-v2 "refund policy" --texts help.jsonl --top 10 --json
  quern similar all-MiniLM-L6-v2 "refund policy" --texts help.txt --rerank ./bge-reranker-base)";

Result<std::vector<float>> embed_question(Session& session, const std::string& question) {
  engine::Request request = session.request;
  request.inputs.push_back({.text = question, .text_pair = {}, .ids = {}});
  request.work_class = engine::WorkClass::kInteractive;
  engine::Response response = session.engine->run(std::move(request));
  QUERN_TRY(response.status);
  QUERN_TRY(response.outcomes.at(0).status.in("question"));
  return std::move(response.outcomes[0].values);
}

std::string line_of(const ScoredLine& found, bool json) {
  if (!json)
    return fmt::format("{:.4f}\t{}\t{}\n", found.score, found.line, in_one_line(found.text));
  std::string line = "{\"score\":";
  append_json_number(found.score, line);
  line += fmt::format(",\"scale\":\"cosine\",\"line\":{},\"text\":", found.line);
  append_json_string(found.text, line);
  return line + "}\n";
}

std::string reranked_line_of(const ScoredLine& found, float score, engine::Scale scale, bool json) {
  if (!json) {
    return fmt::format("{:.4f}\t{}\t{}\t{}\n", score, engine::scale_name(scale), found.line,
                       in_one_line(found.text));
  }
  std::string line = "{\"score\":";
  append_json_number(score, line);
  line += fmt::format(",\"scale\":\"{}\",\"cosine\":", engine::scale_name(scale));
  append_json_number(found.score, line);
  line += fmt::format(",\"line\":{},\"text\":", found.line);
  append_json_string(found.text, line);
  return line + "}\n";
}

/// The texts nearest to the question, best first.
Result<std::vector<ScoredLine>> find_nearest(Session& session, const SimilarFlags& flags, int k,
                                             engine::StreamTotals& totals) {
  QUERN_ASSIGN(const std::vector<float> question, embed_question(session, flags.question));
  TopK best(k);
  const auto sink = [&](const engine::TextItem& item, engine::Outcome& outcome) {
    if (outcome.status.ok()) {
      best.add({.score = engine::cosine(question, outcome.values),
                .line = item.line,
                .text = item.text});
    }
    return Status();
  };
  QUERN_ASSIGN(totals, run_texts(session, flags.texts, "similar", sink, {}));
  return best.take();
}

/// Writes the best of `nearest` by the reranker's scores. One that it cannot score is told of.
Status write_reranked(Session& session, const SimilarFlags& flags, engine::Scale scale,
                      const std::vector<ScoredLine>& nearest, engine::StreamTotals& totals,
                      OutputFile& out) {
  engine::Request request;
  request.model = flags.reranker;
  request.task = engine::Task::kRerank;
  request.query = flags.question;
  request.truncation = session.request.truncation;
  for (const ScoredLine& found : nearest) {
    request.inputs.push_back({.text = found.text, .text_pair = {}, .ids = {}});
  }
  const engine::Response response = session.engine->run(std::move(request));
  QUERN_TRY(response.status);
  TopK best(flags.k);  // Of what is at `line` of `nearest`; equal scores keep its order.
  for (std::size_t i = 0; i < nearest.size(); ++i) {
    const engine::Outcome& outcome = response.outcomes.at(i);
    if (outcome.status.ok()) {
      best.add({.score = outcome.values.at(0), .line = static_cast<long>(i), .text = {}});
      continue;
    }
    ++totals.n_failed;
    print_error(fmt::format("line {}: {}", nearest[i].line, outcome.status.message()));
  }
  for (const ScoredLine& ranked : best.take()) {
    const float score = engine::scores_of(std::span(&ranked.score, 1), scale)[0];
    QUERN_TRY(out.write(reranked_line_of(nearest[static_cast<std::size_t>(ranked.line)], score,
                                         scale, flags.json)));
  }
  return {};
}

Status similar(const SimilarFlags& flags, const EngineFlags& engine, engine::StreamTotals& totals) {
  QUERN_ASSIGN(Session session, open_session(flags.texts, engine, engine::Task::kEmbed));
  session.request.output = engine::OutputKind::kVector;
  OutputFile out = OutputFile::standard_output();
  if (flags.reranker.empty()) {
    QUERN_ASSIGN(const std::vector<ScoredLine> nearest,
                 find_nearest(session, flags, flags.k, totals));
    for (const ScoredLine& found : nearest) QUERN_TRY(out.write(line_of(found, flags.json)));
    return out.commit();
  }
  QUERN_ASSIGN(const engine::ModelInfo reranker, session.engine->describe(flags.reranker));
  QUERN_TRY(check_task(reranker, engine::Task::kRerank));
  QUERN_ASSIGN(const std::vector<ScoredLine> nearest,
               find_nearest(session, flags, std::max(flags.n_candidates, flags.k), totals));
  QUERN_TRY(write_reranked(session, flags, reranker.scale, nearest, totals, out));
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
    auto* reranker = command
                         .add_option("--rerank", flags->reranker,
                                     "A cross-encoder, which puts the nearest texts in order")
                         ->type_name("MODEL")
                         ->check(empty_problem);
    command
        .add_option("--candidates", flags->n_candidates,
                    "So many nearest are reranked (default: 50; at least --top)")
        ->type_name("N")
        ->check(CLI::Range(1, 100000))
        ->needs(reranker);
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
