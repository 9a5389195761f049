// quern classify: texts or pairs in, labels out, the model's or one's own.

#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>

#include <CLI/CLI.hpp>

#include "cli/classification.h"
#include "cli/hypotheses.h"
#include "cli/output_file.h"
#include "cli/run_texts.h"
#include "cli/score_flags.h"
#include "cli/tagging.h"

namespace quern::cli {
namespace {

struct ClassifyFlags {
  TextFlags texts;
  std::string scores;
  std::string labels;    // With commas between; "": the model's.
  engine::ZeroShot own;  // All but the labels.
  bool tokens = false;
  bool json = false;
};

constexpr const char* kExamples =
    R"(Output: one line per text: label, score, scale, text, separated by tabs. With --json one object:
  {"index":0,"label":"entailment","scores":{"entailment":0.98,...},"logits":[...],
   "scale":"softmax","n_tokens":12,"truncated":false}
The scale says what the scores are, a fact of the model unless --scores says otherwise: softmax (they
sum to 1), sigmoid (each by itself, from 0 to 1) or raw (the logits: a regression, a cross-encoder).

With --tokens a model that labels tokens (names, places): one line per stretch of text that the
labels make up: label, score (the mean of its tokens), scale, first byte, byte behind the last, text.
With --json one object per text that has the labels of the tokens too:
  {"index":0,"spans":[{"label":"PER","score":0.99,"begin":0,"end":5,"text":"Alice"}],
   "tokens":[{"label":"B-PER",...},...],"scale":"softmax","n_tokens":7,"truncated":false}

With --labels an entailment (NLI) model judges how far each text entails "This example is LABEL.".

Examples:
  quern classify ./nli-model --pair "A man sleeps." "Somebody is asleep." --json
  quern classify ./sentiment-model "what a day" "how dull"
  quern classify ./ner-model --tokens "Alice works in Paris."
  quern classify ./nli-model --texts pairs.jsonl --json      (objects: "text", "text_pair")
  quern classify ./nli-model --labels sports,politics,science "The match ended in a draw."
  quern classify ./nli-model --labels urgent,angry --multi-label --texts mails.jsonl --json)";

std::vector<std::string> split_labels(std::string_view list) {
  std::vector<std::string> labels;
  for (std::size_t at = 0; at <= list.size();) {
    const std::size_t end = std::min(list.find(',', at), list.size());
    std::string_view label = list.substr(at, end - at);
    label.remove_prefix(std::min(label.find_first_not_of(' '), label.size()));
    label.remove_suffix(label.size() - (label.find_last_not_of(' ') + 1));
    labels.emplace_back(label);
    at = end + 1;
  }
  return labels;
}

class LineWriter {
 public:
  explicit LineWriter(bool json) : json_(json), out_(OutputFile::standard_output()) {}

  Status write(const Classification& result) {
    const long index = n_written_++;
    return out_.write((json_ ? classification_json(index, result) : classification_line(result)) +
                      "\n");
  }
  Status write_tags(const engine::TextItem& item, const engine::Outcome& outcome,
                    std::span<const std::string> labels) {
    const long index = n_written_++;
    return out_.write(json_ ? tags_json(index, item, outcome, labels) + "\n"
                            : tags_lines(item, outcome, labels));
  }
  Status flush() { return out_.flush(); }
  Status commit() { return out_.commit(); }

 private:
  bool json_;
  OutputFile out_;
  long n_written_ = 0;
};

Status classify_by_model(const ClassifyFlags& flags, const EngineFlags& engine,
                         engine::StreamTotals& totals) {
  QUERN_ASSIGN(Session session, open_session(flags.texts, engine, engine::Task::kClassify));
  QUERN_ASSIGN(session.model.scale,
               engine::choose_scale(wanted_scale(flags.scores), session.model.scale,
                                    session.model.labels.size()));
  LineWriter out(flags.json);
  const auto sink = [&](const engine::TextItem& item, engine::Outcome& outcome) {
    return out.write(classify(item, outcome, session.model));
  };
  QUERN_ASSIGN(totals,
               run_texts(session, flags.texts, "classify", sink, [&] { return out.flush(); }));
  return out.commit();
}

Status tag_tokens(const ClassifyFlags& flags, const EngineFlags& engine,
                  engine::StreamTotals& totals) {
  if (!flags.scores.empty() || !flags.labels.empty() || !flags.texts.pair.empty()) {
    return {Code::kBadInput,
            "--tokens labels the tokens of single texts by the model's own labels and a softmax: "
            "no --scores, --labels or --pair"};
  }
  QUERN_ASSIGN(Session session, open_session(flags.texts, engine, engine::Task::kTag));
  LineWriter out(flags.json);
  const auto sink = [&](const engine::TextItem& item, engine::Outcome& outcome) {
    return out.write_tags(item, outcome, session.model.labels);
  };
  QUERN_ASSIGN(totals,
               run_texts(session, flags.texts, "classify", sink, [&] { return out.flush(); }));
  return out.commit();
}

/// Totals of pairs, counted by texts.
class TextTotals {
 public:
  void add(const Classification& result) {
    ++n_texts_;
    n_failed_ += result.status.ok() ? 0 : 1;
    n_truncated_ += result.n_dropped > 0 ? 1 : 0;
    n_dropped_ += result.n_dropped;
  }
  engine::StreamTotals of(engine::StreamTotals pairs) const {
    pairs.n_texts = n_texts_;
    pairs.n_failed = n_failed_;
    pairs.n_truncated = n_truncated_;
    pairs.n_dropped = n_dropped_;
    return pairs;
  }

 private:
  long n_texts_ = 0, n_failed_ = 0, n_truncated_ = 0, n_dropped_ = 0;
};

Status classify_by_own_labels(const ClassifyFlags& flags, const EngineFlags& engine,
                              engine::StreamTotals& totals) {
  if (!flags.scores.empty()) {
    return {Code::kBadInput,
            "--scores is for the model's labels, those of --labels are scored by "
            "a softmax"};
  }
  if (!flags.texts.pair.empty()) {
    return {Code::kBadInput, "--pair is two texts, want single ones to judge by --labels"};
  }
  engine::ZeroShot asked = flags.own;
  asked.labels = split_labels(flags.labels);
  QUERN_TRY(engine::check_labels(asked.labels).in("--labels"));
  QUERN_TRY(engine::check_hypothesis(asked.hypothesis).in("--template"));
  QUERN_ASSIGN(Session session, open_session(flags.texts, engine, engine::Task::kZeroShot));
  QUERN_ASSIGN(const engine::EntailmentLabels labels,
               engine::find_entailment(session.model.labels));
  session.source = hypotheses_of(std::move(session.source), asked);
  LineWriter out(flags.json);
  TextTotals texts;
  std::vector<engine::Outcome> outcomes;  // Of the text that is being answered.
  const auto sink = [&](const engine::TextItem& pair, engine::Outcome& outcome) -> Status {
    outcomes.push_back(std::move(outcome));
    if (outcomes.size() < asked.labels.size()) return {};
    engine::TextItem item = pair;
    item.text_pair.reset();
    const Classification result = classify_zero_shot(item, outcomes, asked, labels);
    outcomes.clear();
    texts.add(result);
    return out.write(result);
  };
  QUERN_ASSIGN(const engine::StreamTotals pairs,
               run_texts(session, flags.texts, "classify", sink, [&] { return out.flush(); }));
  totals = texts.of(pairs);
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
    auto* labels = command
                       .add_option("--labels", flags->labels,
                                   "Labels of your own, with commas between, for an\n"
                                   "entailment model")
                       ->type_name("A,B,...")
                       ->check(empty_problem);
    command
        .add_option("--template", flags->own.hypothesis,
                    "What a text is to entail, with {} for the label\n"
                    "(default: \"This example is {}.\")")
        ->type_name("TEXT")
        ->needs(labels);
    command
        .add_flag("--multi-label", flags->own.multi_label,
                  "Each of --labels is right or wrong by itself")
        ->needs(labels);
    add_scores_flag(command, flags->scores);
    command.add_flag("--tokens", flags->tokens,
                     "Labels of tokens, and the stretches of text that they make up");
    command.add_flag("--json", flags->json, "One JSON object per text");
  };
  add_text_command(app, context, flags->texts,
                   {.name = "classify",
                    .about = "Label texts or pairs of texts",
                    .add_options = add_options,
                    .run =
                        [flags](const auto& engine, auto& totals) {
                          if (flags->tokens) return tag_tokens(*flags, engine, totals);
                          return flags->labels.empty()
                                     ? classify_by_model(*flags, engine, totals)
                                     : classify_by_own_labels(*flags, engine, totals);
                        },
                    .done = "classified",
                    .footer = kExamples});
}

}  // namespace quern::cli
