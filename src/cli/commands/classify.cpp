// quern classify: texts or pairs in, labels out.

#include <memory>

#include <CLI/CLI.hpp>

#include "cli/classification.h"
#include "cli/output_file.h"
#include "cli/run_texts.h"

namespace quern::cli {
namespace {

struct ClassifyFlags {
  TextFlags texts;
  bool json = false;
};

constexpr const char* kExamples =
    R"(Output: one line per text: label, score, scale, text, separated by tabs. With --json one object:
  {"index":0,"label":"entailment","scores":{"entailment":0.98,...},"logits":[...],
   "scale":"softmax","n_tokens":12,"truncated":false}
The scale says what the scores are, and is a fact of the model: softmax (they sum to 1), sigmoid
(each by itself, from 0 to 1) or raw (the logits themselves: a regression or a cross-encoder).

Examples:
  quern classify ./nli-model --pair "A man sleeps." "Somebody is asleep." --json
  quern classify ./sentiment-model "what a day" "how dull"
  quern classify ./nli-model --texts pairs.jsonl --json      (objects: "text", "text_pair"))";

Status classify(const ClassifyFlags& flags, const EngineFlags& engine,
                engine::StreamTotals& totals) {
  QUERN_ASSIGN(Session session, open_session(flags.texts, engine, engine::Task::kClassify));
  OutputFile out = OutputFile::standard_output();
  long index = 0;
  const auto sink = [&](const engine::TextItem& item, engine::Outcome& outcome) {
    const std::string line = flags.json ? classification_json(index, outcome, session.model)
                                        : classification_line(item, outcome, session.model);
    ++index;
    return out.write(line + "\n");
  };
  QUERN_ASSIGN(totals,
               run_texts(session, flags.texts, "classify", sink, [&] { return out.flush(); }));
  return out.commit();
}

}  // namespace

void add_classify(CLI::App& app, Context& context) {
  auto flags = std::make_shared<ClassifyFlags>();
  const auto add_options = [flags](CLI::App& command) {
    command.add_option("TEXT", flags->texts.texts, "Texts to label")->type_name("");
    command.add_option("--pair", flags->texts.pair, "A pair of texts")
        ->expected(2)
        ->type_name("A B");
    command.add_flag("--json", flags->json, "One JSON object per text");
  };
  add_text_command(app, context, flags->texts,
                   {.name = "classify",
                    .about = "Label texts or pairs of texts",
                    .add_options = add_options,
                    .run = [flags](const auto& engine,
                                   auto& totals) { return classify(*flags, engine, totals); },
                    .done = "classified",
                    .footer = kExamples});
}

}  // namespace quern::cli
