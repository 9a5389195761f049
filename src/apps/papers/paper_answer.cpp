#include "apps/papers/paper_answer.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "apps/entailment.h"
#include "apps/papers/answer_cache.h"
#include "apps/papers/answer_checking.h"
#include "apps/papers/answer_plan.h"
#include "apps/papers/answer_quotes.h"
#include "apps/papers/answer_sources.h"
#include "apps/papers/answer_writing.h"
#include "apps/papers/paper_dates.h"
#include "apps/papers/paper_identity.h"
#include "apps/papers/question_by_model.h"
#include "apps/papers/quotes_by_model.h"
#include "base/elapsed.h"
#include "base/unix_time.h"
#include "base/utf8.h"

namespace quern::apps {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kTitleWords = 15;

// A section of an answer is not shorter because there are many.
constexpr int kMinSectionTokens = 128;

int this_year() {
  constexpr std::int64_t kMsOfDay = 86'400'000;
  const std::string date = date_from_days(unix_ms_now() / kMsOfDay);
  return date.size() < 4 ? 0 : std::stoi(date.substr(0, 4));
}

std::string title_of(const std::string& question) {
  std::string out = question;
  std::size_t at = 0;
  for (std::size_t n = 0; n < kTitleWords && at != std::string::npos; ++n) {
    at = out.find(' ', at + 1);
  }
  if (at != std::string::npos) out = out.substr(0, at) + " ...";
  if (!out.empty() && out[0] >= 'a' && out[0] <= 'z') {
    out[0] = static_cast<char>(out[0] - 'a' + 'A');
  }
  return out;
}

class Answering {
 public:
  Answering(const AnswerParts& parts, const AnswerAsk& ask) : parts_(parts), ask_(ask) {}

  Result<PaperAnswer> run();
  /// Whether a writer did all that it was asked for.
  bool has_failed() const { return has_failed_; }

 private:
  bool is_stopped() const { return parts_.is_stopped && parts_.is_stopped(); }
  Status step() const {
    if (is_stopped()) return {Code::kCancelled, "interrupted"};
    if (parts_.on_stage) parts_.on_stage(answer_);
    return {};
  }
  void note(const char* stage, double ms, std::string said,
            std::vector<ModelExchange> exchanges = {}) {
    answer_.stages.push_back(
        {.name = stage, .ms = ms, .said = std::move(said), .exchanges = std::move(exchanges)});
  }
  bool makes_stages() const { return parts_.writer && parts_.writer.share == WriterShare::kStages; }
  WriterPrompt stoppable(WriterPrompt prompt) const {
    prompt.is_stopped = parts_.is_stopped;
    return prompt;
  }
  ModelExchange ask(WriterPrompt prompt) {
    ModelExchange out = ask_writer(parts_.writer, stoppable(std::move(prompt)));
    has_failed_ = has_failed_ || !out.error.empty();
    return out;
  }
  void decompose();
  Result<std::vector<GatheredPaper>> gather();
  Status choose(const std::vector<GatheredPaper>& papers);
  Result<std::string> choose_by_model(const std::vector<GatheredPaper>& papers,
                                      std::vector<ModelExchange>& exchanges);
  Status take_sources(const std::vector<GatheredPaper>& papers);
  AnswerPlan plan();
  Status write(const AnswerPlan& plan);
  AnswerSection section_of(const PlannedSection& planned, std::size_t n_planned,
                           std::vector<ModelExchange>& exchanges);
  void write_tldr(AnswerSection& section) const;

  const AnswerParts& parts_;
  const AnswerAsk& ask_;
  PaperAnswer answer_;
  QuestionParts by_rule_;       // The question, as rules read it.
  std::size_t n_invented_ = 0;  // References of no quote.
  bool has_failed_ = false;
};

Result<PaperAnswer> Answering::run() {
  const auto start = Clock::now();
  decompose();
  QUERN_TRY(step());
  QUERN_ASSIGN(const std::vector<GatheredPaper> papers, gather());
  QUERN_TRY(step());
  QUERN_TRY(choose(papers));
  QUERN_TRY(step());
  const AnswerPlan planned = plan();
  QUERN_TRY(step());
  QUERN_TRY(write(planned));
  if (answer_.sections.empty() && answer_.why_empty.empty()) {
    answer_.why_empty = "no sentence of the papers that were found can be quoted";
  }
  if (!answer_.sections.empty()) answer_.why_empty.clear();
  answer_.total_ms = ms_since(start);
  QUERN_TRY(step());
  return std::move(answer_);
}

void Answering::decompose() {
  const auto start = Clock::now();
  answer_.profile = ask_.profile.name;
  const int year = this_year();
  by_rule_ = parts_of_question(ask_.question, year);
  answer_.question = by_rule_;
  answer_.title = title_of(answer_.question.text);
  std::vector<ModelExchange> exchanges;
  std::string failure;
  if (makes_stages()) {
    exchanges.push_back(ask(question_prompt(by_rule_, ask_.profile, year)));
    Result<QuestionParts> read = question_of_reply(exchanges[0].reply, by_rule_, year);
    if (read.ok()) {
      answer_.question = std::move(*read);
    } else {
      has_failed_ = true;
      failure = exchanges[0].error.empty() ? read.status().message() : exchanges[0].error;
    }
  }
  std::string said = "looks for: " + answer_.question.search;
  if (!answer_.question.keywords.empty()) said += "; papers: " + answer_.question.keywords;
  if (!answer_.question.note.empty()) said += "; " + answer_.question.note;
  if (!failure.empty()) said += "; by rule, for the model failed: " + failure;
  note("decompose", ms_since(start), std::move(said), std::move(exchanges));
}

// A filter that only the model thought of, and that nothing passes, was none.
Result<std::vector<GatheredPaper>> Answering::gather() {
  QUERN_ASSIGN(std::vector<GatheredPaper> papers, gather_papers(parts_, ask_, answer_));
  const bool is_wider = answer_.question.note != by_rule_.note;
  if (!papers.empty() || !is_wider) return papers;
  answer_.question.note = by_rule_.note;
  answer_.question.published = by_rule_.published;
  answer_.question.venues.clear();
  answer_.question.fields_of_study.clear();
  answer_.stages.back().said += "; again without the filters that the model thought of";
  return gather_papers(parts_, ask_, answer_);
}

Status Answering::choose(const std::vector<GatheredPaper>& papers) {
  const auto start = Clock::now();
  std::vector<ModelExchange> exchanges;
  std::string said;
  if (makes_stages()) {
    QUERN_ASSIGN(said, choose_by_model(papers, exchanges));
  }
  if (answer_.quotes.empty()) {
    QUERN_ASSIGN(ChosenQuotes chosen, choose_quotes(parts_, answer_.question.search, papers));
    answer_.quotes = std::move(chosen.quotes);
    if (!chosen.why_empty.empty()) answer_.why_empty = chosen.why_empty;
    said += (said.empty() ? "" : "; by rule: ") + chosen.said;
  }
  QUERN_TRY(take_sources(papers));
  note("quotes", ms_since(start), std::move(said), std::move(exchanges));
  return {};
}

// One call a paper, side by side. What a paper's call failed for, rules choose.
Result<std::string> Answering::choose_by_model(const std::vector<GatheredPaper>& papers,
                                               std::vector<ModelExchange>& exchanges) {
  std::vector<std::int64_t> ids;
  for (const GatheredPaper& paper : papers) ids.push_back(paper.corpus_id);
  QUERN_ASSIGN(const auto known, parts_.library->papers(ids));
  std::vector<WriterPrompt> prompts;
  for (std::size_t i = 0; i < papers.size(); ++i) {
    const std::string title = known[i] ? known[i]->paper.title : "";
    prompts.push_back(stoppable(quote_prompt(by_rule_.text, title, papers[i], ask_.profile)));
  }
  exchanges = ask_writer_of_all(parts_.writer, prompts, ask_.profile.batch_workers);
  std::size_t n_lost = 0;
  std::vector<GatheredPaper> failed;
  std::vector<std::size_t> i_failed;
  for (std::size_t i = 0; i < papers.size(); ++i) {
    if (!exchanges[i].error.empty()) {
      failed.push_back(papers[i]);
      i_failed.push_back(i);
      continue;
    }
    FoundQuotes found = quotes_of_reply(exchanges[i].reply, papers[i]);
    n_lost += found.n_lost;
    for (AnswerQuote& quote : found.quotes) {
      quote.i_source = i;
      answer_.quotes.push_back(std::move(quote));
    }
  }
  std::string said = fmt::format("the model quoted {} times from {} papers", answer_.quotes.size(),
                                 papers.size() - failed.size());
  if (n_lost > 0) said += fmt::format(", {} quotes that stand in no paper lost", n_lost);
  if (failed.empty()) return said;
  has_failed_ = true;
  const std::string& why = exchanges[i_failed[0]].error;
  said += fmt::format(", {} papers by rule, for the model failed: {}", failed.size(), why);
  if (answer_.quotes.empty()) return said;  // Rules choose from all.
  QUERN_ASSIGN(ChosenQuotes chosen, choose_quotes(parts_, answer_.question.search, failed));
  for (AnswerQuote& quote : chosen.quotes) {
    quote.i_source = i_failed[quote.i_source];
    answer_.quotes.push_back(std::move(quote));
  }
  return said;
}

// Those that are quoted, and in the order of their scores.
Status Answering::take_sources(const std::vector<GatheredPaper>& papers) {
  std::vector<bool> is_quoted(papers.size());
  for (const AnswerQuote& quote : answer_.quotes) is_quoted[quote.i_source] = true;
  std::vector<std::int64_t> ids;
  std::vector<std::size_t> place(papers.size());
  for (std::size_t i = 0; i < papers.size(); ++i) {
    if (!is_quoted[i]) continue;
    place[i] = ids.size();
    ids.push_back(papers[i].corpus_id);
  }
  QUERN_ASSIGN(auto known, parts_.library->papers(ids));
  std::vector<KnownPaper> sources;
  for (auto& paper : known) sources.push_back(paper ? std::move(*paper) : KnownPaper());
  const std::vector<std::string> references = references_of(sources);
  for (std::size_t i = 0; i < papers.size(); ++i) {
    if (!is_quoted[i]) continue;
    answer_.sources.push_back({.paper = std::move(sources[place[i]]),
                               .reference = references[place[i]],
                               .score = papers[i].score});
  }
  for (AnswerQuote& quote : answer_.quotes) quote.i_source = place[quote.i_source];
  return {};
}

AnswerPlan Answering::plan() {
  const auto start = Clock::now();
  AnswerPlan out;
  std::vector<ModelExchange> exchanges;
  std::string failure;
  if (makes_stages() && !answer_.quotes.empty()) {
    exchanges.push_back(ask(plan_prompt(answer_, ask_.profile)));
    Result<AnswerPlan> read = plan_of_reply(exchanges[0].reply, answer_.quotes.size());
    if (read.ok()) {
      out = std::move(*read);
    } else {
      has_failed_ = true;
      failure = exchanges[0].error.empty() ? read.status().message() : exchanges[0].error;
    }
  }
  if (out.sections.empty()) out = plan_by_parts(answer_);
  if (!out.title.empty()) answer_.title = out.title;
  n_invented_ += out.n_invented;
  std::string said = fmt::format("{} sections", out.sections.size());
  for (const PlannedSection& section : out.sections) {
    said += (answer_.outline.empty() ? ": " : ", ") + section.title;
    answer_.outline.push_back(section.title);
  }
  if (!failure.empty()) said += "; by rule, for the model failed: " + failure;
  note("plan", ms_since(start), std::move(said), std::move(exchanges));
  return out;
}

// The quotes themselves, or what a model makes of them; the quotes where it makes nothing.
AnswerSection Answering::section_of(const PlannedSection& planned, std::size_t n_planned,
                                    std::vector<ModelExchange>& exchanges) {
  AnswerSection section{.title = planned.title};
  if (parts_.writer) {
    WriterPrompt prompt = section_prompt(answer_, ask_.profile, planned);
    prompt.max_tokens =
        std::max(kMinSectionTokens, ask_.profile.max_tokens / static_cast<int>(n_planned));
    exchanges.push_back(ask(std::move(prompt)));
    for (WrittenSentence& one : sentences_of_reply(exchanges.back().reply, planned.quotes.size())) {
      n_invented_ += one.n_invented;
      AnswerSentence sentence{.text = std::move(one.text)};
      for (const std::size_t number : one.numbers) {
        sentence.i_quotes.push_back(planned.quotes[number]);
      }
      sentence.reference = reference_of(answer_, sentence.i_quotes);
      section.sentences.push_back(std::move(sentence));
    }
    has_failed_ = has_failed_ || section.sentences.empty();
  }
  if (!section.sentences.empty()) return section;
  for (const std::size_t i : planned.quotes) {
    section.sentences.push_back(quoted_sentence(answer_, i));
  }
  return section;
}

// One after the other, since each is told what was written so far; each is checked before it is
// shown, so that nobody reads what is taken back later.
Status Answering::write(const AnswerPlan& plan) {
  std::vector<ModelExchange> exchanges;
  SentenceChecking checking(parts_.entailment, answer_);
  double write_ms = 0, check_ms = 0;
  for (const PlannedSection& planned : plan.sections) {
    const auto start = Clock::now();
    AnswerSection section = section_of(planned, plan.sections.size(), exchanges);
    write_ms += ms_since(start);
    if (is_stopped()) return {Code::kCancelled, "interrupted"};
    const auto checking_start = Clock::now();
    QUERN_TRY(checking.check(section));
    check_ms += ms_since(checking_start);
    if (checking.has_judged()) answer_.nli_model = parts_.entailment->model();
    write_tldr(section);
    answer_.sections.push_back(std::move(section));
    QUERN_TRY(step());
  }
  if (parts_.writer) {
    std::string said = fmt::format("{} sections", answer_.sections.size());
    const auto is_failed = [](const ModelExchange& one) { return !one.error.empty(); };
    const auto n_failed = std::count_if(exchanges.begin(), exchanges.end(), is_failed);
    if (n_failed > 0) {
      const auto first = std::find_if(exchanges.begin(), exchanges.end(), is_failed);
      said += fmt::format(", {} of quotes alone, for the model failed: {}", n_failed, first->error);
    }
    if (n_invented_ > 0) said += fmt::format(", {} invented references lost", n_invented_);
    note("write", write_ms, std::move(said), std::move(exchanges));
  }
  note("check", check_ms, checking.said());
  return {};
}

// How many sources it has, behind its first sentence.
void Answering::write_tldr(AnswerSection& section) const {
  std::vector<bool> is_source(answer_.sources.size());
  for (const AnswerSentence& sentence : section.sentences) {
    for (const std::size_t i : sentence.i_quotes) is_source[answer_.quotes[i].i_source] = true;
  }
  const auto n = std::count(is_source.begin(), is_source.end(), true);
  section.tldr = fmt::format("{} ({})", section.sentences[0].text,
                             n == 0   ? std::string("LLM Memory")
                             : n == 1 ? std::string("1 source")
                                      : fmt::format("{} sources", n));
}

/// What makes the answer, so far as it can be known; nothing where it cannot.
Result<std::optional<std::string>> key_of(const AnswerParts& parts, const AnswerAsk& ask) {
  AnswerMakers makers{.year = this_year()};
  QUERN_ASSIGN(makers.library, parts.library->state());
  if (makers.library.empty()) return std::optional<std::string>();
  if (parts.entailment != nullptr) makers.entailment = parts.entailment->digest();
  if (!ask.rerank_model.empty() && parts.engine != nullptr) {
    QUERN_ASSIGN(makers.rerank, parts.engine->model_digest(ask.rerank_model));
  }
  if (parts.writer) {
    makers.writer = parts.writer.name + (parts.writer.share == WriterShare::kStages ? "*" : "");
    if (!parts.writer.model.empty() && parts.engine != nullptr) {
      QUERN_ASSIGN(const std::string digest, parts.engine->model_digest(parts.writer.model));
      makers.writer += "@" + digest;
    }
  }
  return std::optional(answer_key(ask, makers));
}

Result<PaperAnswer> answer_through_cache(const AnswerParts& parts, const AnswerAsk& ask) {
  const auto start = Clock::now();
  const Result<std::optional<std::string>> key = key_of(parts, ask);
  Answering answering(parts, ask);
  // Who cannot be asked for now says so by answering.
  if (!key.ok() || !*key) return answering.run();
  if (const std::shared_ptr<const PaperAnswer> known = parts.cache->find(**key)) {
    PaperAnswer out = *known;
    out.is_known = true;
    out.total_ms = ms_since(start);
    if (parts.on_stage) parts.on_stage(out);
    return out;
  }
  QUERN_ASSIGN(PaperAnswer answer, answering.run());
  // One that was made while the library changed is of neither state.
  const Result<std::optional<std::string>> key_after = key_of(parts, ask);
  if (key_after.ok() && *key_after == *key && !answering.has_failed()) {
    parts.cache->put(**key, std::make_shared<const PaperAnswer>(answer));
  }
  return answer;
}

}  // namespace

Result<PaperAnswer> answer_question(const AnswerParts& parts, const AnswerAsk& ask) {
  if (ask.question.size() > kMaxQuestionBytes) {
    return {Code::kTooLarge, fmt::format("a question of {} bytes, at most {}", ask.question.size(),
                                         kMaxQuestionBytes)};
  }
  if (!is_valid_utf8(ask.question)) return {Code::kBadInput, "the question is not UTF-8"};
  if (title_key(ask.question).empty()) {
    return {Code::kBadInput, "the question has no letter or digit"};
  }
  if (parts.cache != nullptr) return answer_through_cache(parts, ask);
  return Answering(parts, ask).run();
}

}  // namespace quern::apps
