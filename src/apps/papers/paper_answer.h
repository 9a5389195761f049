// A question to a library, answered from its papers: every sentence with the words of a paper that
// it stands on, and what an entailment model says of the two. docs/papers_answers.md.

#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "apps/papers/answer_profile.h"
#include "apps/papers/paper_library.h"
#include "apps/papers/question_parts.h"
#include "apps/papers/report_writer.h"
#include "base/byte_spans.h"
#include "base/status.h"

namespace quern::apps {

class AnswerCache;
class Entailment;

inline constexpr std::size_t kMaxQuestionBytes = 100'000;

/// Words of a paper, as they stand in its full text.
struct AnswerQuote {
  std::int64_t corpus_id = 0;
  std::size_t i_source = 0;  // In PaperAnswer::sources.
  std::string text;
  ByteSpan bytes = {};       // Of the full text (PaperLibrary::text_of).
  std::string section = {};  // Its heading; "" for title and abstract.
  SnippetKind kind = SnippetKind::kBody;
  double score = 0;  // How well it answers the question, 0 to 1.
};

enum class Support {
  kUnchecked,  // There is no entailment model.
  kVerbatim,   // It stands in the quote as it is: nothing is to be asked.
  kSupported,  // The quote entails it, by the model's calibrated score.
  kUnsure,     // The quote does not say so clearly.
};

/// A sentence of an answer.
struct AnswerSentence {
  std::string text;            // Without its reference.
  std::string reference = {};  // "(Brants, 2000)", "(Brants, 2000; Doe et al., 2024)"; "": none.
  std::vector<std::size_t> i_quotes = {};  // In PaperAnswer::quotes: what it stands on.
  double entailment = 0;                   // Calibrated, 0 to 1; 0 where it was not checked.
  Support support = Support::kUnchecked;
  // What a model wrote in its place, which its quotes do not entail; "": nothing.
  std::string replaced = {};
};

struct AnswerSection {
  std::string title;
  std::string tldr = {};  // One sentence, with how many sources the section has.
  std::vector<AnswerSentence> sentences = {};
};

/// A paper that the answer cites.
struct AnswerSource {
  KnownPaper paper;
  std::string reference;  // "Brants, 2000"; two of the same: "Doe et al._1, 2024".
  double score = 0;       // Of the paper for the question, 0 to 1.
};

/// What a stage of the answer took, and what came out of it.
struct AnswerStage {
  std::string name;  // "decompose", "retrieve", "rerank", "aggregate", "quotes", "plan", "write",
                     // "check"
  double ms = 0;
  std::string said;  // For people: "found 128 passages of 61 papers".
  std::vector<ModelExchange> exchanges = {};
};

struct PaperAnswer {
  std::string title;
  QuestionParts question;
  std::string profile;
  std::vector<std::string> outline = {};  // Titles of the sections, as soon as they are planned.
  std::vector<AnswerSection> sections = {};
  std::vector<AnswerSource> sources = {};
  std::vector<AnswerQuote> quotes = {};
  std::vector<AnswerStage> stages = {};
  std::string why_empty = {};  // Without sections: the reason.
  std::string nli_model = {};  // "": nothing was checked.
  bool is_known = false;       // It was given before; the stages are of then.
  double total_ms = 0;
};

struct AnswerAsk {
  std::string question;
  AnswerProfile profile = default_profile();
  PaperFilter filter = {};        // Beside what the question itself says.
  std::string rerank_model = {};  // "": no reranking.
};

struct AnswerParts {
  PaperLibrary* library = nullptr;
  engine::Engine* engine = nullptr;        // Null: words alone choose the quotes.
  const Entailment* entailment = nullptr;  // Null: nothing is checked.
  ReportWriter writer = {};                // Empty: sentences of papers alone.
  AnswerCache* cache = nullptr;            // Null: none is kept.
  /// Told when a stage ends and when a section is written, what there is of the answer so far: its
  /// sections are as they will be in the end. May be empty.
  std::function<void(const PaperAnswer& so_far)> on_stage = {};
  /// Asked between stages and while a writer is waited for, from several threads: true ends it with
  /// kCancelled. May be empty.
  std::function<bool()> is_stopped = {};
};

/// Without a writer from the sentences of papers alone, none of them made up: the same question to
/// the same library gives the same answer. With one, it writes each section from the section's
/// quotes, and where it makes all stages it also says what is looked for, what is quoted and in
/// which sections: references that it invents and quotes that stand in no paper are lost, sentences
/// that their quotes do not entail give way to a quote, and where it fails rules do what it should
/// have done. With a cache, what was answered before from the same library is given again; answers
/// that a writer failed in are not kept. Errors: kBadInput for a question without a word,
/// kTooLarge, those of the stages.
Result<PaperAnswer> answer_question(const AnswerParts& parts, const AnswerAsk& ask);

/// As people read it: sections, references, sources. Markdown.
std::string markdown_from_answer(const PaperAnswer& answer);
/// The same in pieces, for whoever shows it as it comes: its title, each section, then the sources,
/// or why there are none.
std::string markdown_from_title(const PaperAnswer& answer);
std::string markdown_from_section(const AnswerSection& section);
std::string markdown_from_sources(const PaperAnswer& answer);

/// The sources as entries of a bibliography.
std::string bibtex_from_answer(const PaperAnswer& answer);

/// Everything, as JSON: docs/papers_answers.md has the fields.
std::string json_from_answer(const PaperAnswer& answer);

}  // namespace quern::apps
