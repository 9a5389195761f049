#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "apps/papers/paper_answer.h"
#include "apps/papers/paper_bibtex.h"

namespace quern::apps {
namespace {

using json = nlohmann::ordered_json;

const char* support_name(Support support) {
  switch (support) {
    case Support::kUnchecked:
      return "unchecked";
    case Support::kVerbatim:
      return "verbatim";
    case Support::kSupported:
      return "supported";
    case Support::kUnsure:
      return "unsure";
  }
  return "";
}

/// What Markdown takes for its own signs, in a text that has none of them.
std::string plain(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '*' || c == '_' || c == '`' || c == '[' || c == ']' || c == '<' || c == '#') {
      out += '\\';
    }
    out += c == '\n' ? ' ' : c;
  }
  return out;
}

std::string source_line(const AnswerSource& source) {
  const Paper& paper = source.paper.paper;
  std::string title = plain(paper.title);
  while (title.ends_with('.')) title.pop_back();
  std::string out = plain(source.reference);
  out += fmt::format("{} {}.", out.ends_with('.') ? "" : ".", title);
  if (!paper.venue.empty()) out += fmt::format(" {}.", plain(paper.venue));
  if (!paper.ids.doi.empty()) out += fmt::format(" https://doi.org/{}", paper.ids.doi);
  if (paper.ids.doi.empty() && !paper.ids.arxiv.empty()) {
    out += fmt::format(" https://arxiv.org/abs/{}", paper.ids.arxiv);
  }
  if (paper.ids.doi.empty() && paper.ids.arxiv.empty() && !paper.ids.acl.empty()) {
    out += fmt::format(" https://aclanthology.org/{}", paper.ids.acl);
  }
  return out;
}

json json_of(const AnswerQuote& quote) {
  return {{"corpusId", quote.corpus_id}, {"source", quote.i_source},
          {"text", quote.text},          {"bytes", {quote.bytes.begin, quote.bytes.end}},
          {"section", quote.section},    {"score", quote.score}};
}

json json_of(const AnswerSource& source) {
  const Paper& paper = source.paper.paper;
  json authors = json::array();
  for (const PaperAuthor& author : paper.authors) authors.push_back(author.name);
  return {{"corpusId", paper.ids.corpus_id},
          {"paperId", paper.ids.paper_id},
          {"reference", source.reference},
          {"title", paper.title},
          {"authors", authors},
          {"year", paper.year},
          {"venue", paper.venue},
          {"citationCount", paper.n_citations},
          {"score", source.score}};
}

json json_of(const AnswerStage& stage) {
  json out = {{"name", stage.name}, {"ms", stage.ms}, {"said", stage.said}};
  for (const ModelExchange& one : stage.exchanges) {
    json exchange = {{"system", one.system}, {"prompt", one.prompt}, {"reply", one.reply}};
    if (!one.error.empty()) exchange["error"] = one.error;
    out["exchanges"].push_back(std::move(exchange));
  }
  return out;
}

json json_of(const AnswerSection& section) {
  json sentences = json::array();
  for (const AnswerSentence& sentence : section.sentences) {
    json one = {{"text", sentence.text},
                {"reference", sentence.reference},
                {"quotes", sentence.i_quotes},
                {"entailment", sentence.entailment},
                {"support", support_name(sentence.support)}};
    if (!sentence.replaced.empty()) one["replaced"] = sentence.replaced;
    sentences.push_back(std::move(one));
  }
  return {{"title", section.title}, {"tldr", section.tldr}, {"sentences", sentences}};
}

}  // namespace

std::string markdown_from_title(const PaperAnswer& answer) {
  return fmt::format("# {}\n", plain(answer.title));
}

std::string markdown_from_section(const AnswerSection& section) {
  std::string out = fmt::format("\n## {}\n\n", plain(section.title));
  for (const AnswerSentence& sentence : section.sentences) {
    out += plain(sentence.text);
    if (!sentence.reference.empty()) out += " " + plain(sentence.reference);
    if (sentence.support == Support::kUnsure) {
      out += sentence.i_quotes.empty() ? " *(no paper says so)*" : " *(not clearly said there)*";
    }
    out += '\n';
  }
  return out;
}

std::string markdown_from_sources(const PaperAnswer& answer) {
  if (answer.sections.empty()) return "\n" + plain(answer.why_empty) + ".\n";
  std::string out = "\n## Sources\n\n";
  for (const AnswerSource& source : answer.sources) out += "- " + source_line(source) + "\n";
  return out;
}

std::string markdown_from_answer(const PaperAnswer& answer) {
  std::string out = markdown_from_title(answer);
  for (const AnswerSection& section : answer.sections) out += markdown_from_section(section);
  return out + markdown_from_sources(answer);
}

std::string bibtex_from_answer(const PaperAnswer& answer) {
  std::string out;
  for (const AnswerSource& source : answer.sources) {
    if (!out.empty()) out += '\n';
    out += bibtex_from_paper(source.paper.paper);
  }
  return out;
}

std::string json_from_answer(const PaperAnswer& answer) {
  json object = {{"title", answer.title},
                 {"question", answer.question.text},
                 {"search", answer.question.search},
                 {"profile", answer.profile}};
  if (!answer.question.note.empty()) object["filter"] = answer.question.note;
  for (const char* name : {"sections", "sources", "quotes", "stages"}) {
    object[name] = json::array();
  }
  for (const AnswerSection& one : answer.sections) object["sections"].push_back(json_of(one));
  for (const AnswerSource& one : answer.sources) object["sources"].push_back(json_of(one));
  for (const AnswerQuote& one : answer.quotes) object["quotes"].push_back(json_of(one));
  for (const AnswerStage& one : answer.stages) {
    object["stages"].push_back(json_of(one));
  }
  if (!answer.why_empty.empty()) object["whyEmpty"] = answer.why_empty;
  if (answer.is_known) object["cached"] = true;
  object["nliModel"] = answer.nli_model;
  object["ms"] = answer.total_ms;
  return object.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace quern::apps
