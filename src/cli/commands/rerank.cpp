// quern rerank: documents in the order of their worth for a query, by a cross-encoder or by late
// interaction.

#include <limits>
#include <memory>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/json_line.h"
#include "cli/output_file.h"
#include "cli/run_texts.h"
#include "cli/score_flags.h"
#include "cli/top_k.h"

namespace quern::cli {
namespace {

struct RerankFlags {
  TextFlags texts;
  std::string query;
  std::string scores;
  int k = std::numeric_limits<int>::max();
  bool json = false;
};

constexpr const char* kExamples =
    R"(Output: one line per document, the best first, of equal ones the earlier: score, scale, index
(from 0), text, separated by tabs. With --json objects
  {"index":3,"score":8.61,"scale":"raw","n_tokens":24,"truncated":false,"text":"..."}
The scale is a fact of the model unless --scores says otherwise: raw (the logit itself) or sigmoid
(0 to 1); of late interaction (ColBERT) it is maxsim. The order does not depend on it.
What is too long is cut. A cross-encoder has one limit for a query and a document together: tokens
go from the longer one. Of late interaction each has a limit of its own.

Examples:
  quern rerank ./ms-marco-MiniLM-L6-v2 --query "how do birds fly?" "Wings push air." "Fish swim."
  quern rerank ./bge-reranker-base --query "refund policy" --texts help.txt --top 5 --json
  quern rerank ./bge-reranker-base --query "refund policy" --texts help.txt --scores raw)";

// Documents are kept until the last one is scored; all of them, unless --top says how many.
constexpr std::size_t kStepBytes = 1 << 20;

std::string line_of(const ScoredLine& document, engine::Scale scale, bool json) {
  const float score = engine::scores_of(std::span(&document.score, 1), scale)[0];
  if (!json) {
    return fmt::format("{:.4f}\t{}\t{}\t{}\n", score, engine::scale_name(scale), document.line,
                       in_one_line(document.text));
  }
  std::string line = fmt::format("{{\"index\":{},\"score\":", document.line);
  append_json_number(score, line);
  line += fmt::format(",\"scale\":\"{}\",\"n_tokens\":{},\"truncated\":{},\"text\":",
                      engine::scale_name(scale), document.n_tokens, document.n_dropped > 0);
  append_json_string(document.text, line);
  return line + "}\n";
}

Status rerank(const RerankFlags& flags, const EngineFlags& engine, engine::StreamTotals& totals) {
  QUERN_ASSIGN(Session session, open_session(flags.texts, engine, engine::Task::kRerank));
  QUERN_ASSIGN(const engine::Scale scale,
               engine::choose_scale(wanted_scale(flags.scores), session.model.scale,
                                    session.model.labels.size()));
  session.request.query = flags.query;
  TopK best(flags.k);
  QUERN_ASSIGN(Reservation bytes, session.engine->ledger().reserve("documents", 0));
  long index = 0;
  const auto sink = [&](const engine::TextItem& item, engine::Outcome& outcome) -> Status {
    if (outcome.status.ok()) {
      best.add({.score = outcome.values.at(0),  // The logit: large ones have one sigmoid.
                .line = index,
                .text = item.text,
                .n_tokens = outcome.n_tokens,
                .n_dropped = outcome.n_dropped});
    }
    ++index;
    if (best.n_bytes() <= bytes.bytes()) return {};
    return bytes.resize(best.n_bytes() + kStepBytes).in("documents to be put in order");
  };
  QUERN_ASSIGN(totals, run_texts(session, flags.texts, "rerank", sink, {}));
  OutputFile out = OutputFile::standard_output();
  for (const ScoredLine& document : best.take()) {
    QUERN_TRY(out.write(line_of(document, scale, flags.json)));
  }
  return out.commit();
}

}  // namespace

void add_rerank(CLI::App& app, Context& context) {
  auto flags = std::make_shared<RerankFlags>();
  const auto add_options = [flags](CLI::App& command) {
    command.add_option("DOC", flags->texts.texts, "Documents to put in order")->type_name("");
    command.add_option("--query", flags->query, "What the documents are to answer")
        ->type_name("TEXT")
        ->required()
        ->check(empty_problem);
    command.add_option("--top", flags->k, "How many to show (default: all)")
        ->type_name("N")
        ->check(CLI::PositiveNumber);
    add_scores_flag(command, flags->scores);
    command.add_flag("--json", flags->json, "One JSON object per document");
  };
  add_text_command(
      app, context, flags->texts,
      {.name = "rerank",
       .about = "Put documents in order for a query",
       .add_options = add_options,
       .run = [flags](const auto& engine, auto& totals) { return rerank(*flags, engine, totals); },
       .done = "reranked",
       .footer = kExamples});
}

}  // namespace quern::cli
