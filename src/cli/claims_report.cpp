#include "cli/claims_report.h"

#include <algorithm>
#include <array>
#include <vector>

#include <fmt/format.h>

#include "apps/claims/claim_json.h"
#include "cli/bold.h"
#include "cli/json_line.h"

namespace quern::cli {
namespace {

using apps::ClaimEvidence;
using apps::ClaimResult;
using apps::Verdict;
using apps::Voice;

// The one that weighs most for the verdict; null where none does.
const ClaimEvidence* deciding(const ClaimResult& result) {
  const Verdict verdict = result.judgement.verdict;
  if (verdict == Verdict::kNotEnoughInfo) return nullptr;
  const Voice wanted = verdict == Verdict::kSupported ? Voice::kSupports : Voice::kRefutes;
  for (const ClaimEvidence& e : result.evidence) {
    if (e.voice.voice == wanted) return &e;
  }
  return nullptr;
}

std::string percent(double share) { return fmt::format("{:.0f} %", 100 * share); }

std::string source_of(const ClaimEvidence& e) {
  const apps::ClaimSource& source = e.sentence.source;
  std::string out = source.title.empty() ? source.key : source.title;
  if (!source.date.empty()) out += ", " + source.date;
  if (!source.url.empty()) out += ", " + source.url;
  return in_one_line(std::move(out));
}

// The word of the model, and how near the sentence is.
std::string word_of(const ClaimEvidence& e) {
  return fmt::format("entailment {:.2f}, contradiction {:.2f}, neutral {:.2f}; relevance {:.2f}",
                     e.voice.scores.entailment, e.voice.scores.contradiction,
                     e.voice.scores.neutral, e.voice.relevance);
}

// What the model saw of the sentence, where that was not all of it at once.
std::string reading_note(const ClaimEvidence& e) {
  const apps::EvidenceSentence& s = e.sentence;
  if (e.n_dropped > 0) {
    return fmt::format("not read whole, so it does not count: {} tokens were cut", e.n_dropped);
  }
  if (s.n_pieces <= 1) return "";
  return fmt::format("part {} of {} of a sentence that is longer than the model reads",
                     s.i_piece + 1, s.n_pieces);
}

// How sure a verdict is. Where it was left open, the number that goes with NOT_ENOUGH_INFO is how
// likely that is the right one, which is not what is said: a word says that.
std::string sureness(double confidence, bool is_abstention, const std::array<double, 3>& scores) {
  if (!is_abstention) return percent(confidence);
  return fmt::format("undecided (SUPPORTED {}, REFUTED {})", percent(scores[0]),
                     percent(scores[1]));
}

// Without numbers where not all evidence was read: those of the rest say too little.
std::string sureness_of(const ClaimResult& result) {
  const apps::Judgement& judgement = result.judgement;
  const auto is_unread = [](const ClaimEvidence& e) { return e.voice.voice == Voice::kUnread; };
  if (std::ranges::any_of(result.evidence, is_unread)) return "undecided";
  return sureness(judgement.confidence, judgement.is_abstention, judgement.scores);
}

std::string in_bold(const std::string& text, bool is_bold) {
  const BoldSpan all = {.begin = 0, .end = text.size()};
  return bold_line(text, std::span(&all, 1), is_bold);
}

void append_notes(const ClaimEvidence& e, std::string& out) {
  for (const apps::ClaimMismatch& mismatch : e.mismatches) {
    out += fmt::format("    {}: {}\n", apps::mismatch_name(mismatch.kind),
                       in_one_line(mismatch.reason));
  }
  if (const std::string note = reading_note(e); !note.empty()) out += "    " + note + "\n";
}

void append_deciding(const ClaimEvidence& e, bool is_bold, std::string& out) {
  const apps::EvidenceSentence& s = e.sentence;
  const std::string before = s.before.empty() ? "" : s.before + " ";
  const std::string after = s.after.empty() ? "" : " " + s.after;
  const BoldSpan span = {.begin = before.size(), .end = before.size() + s.text.size()};
  out += fmt::format("\n  {}\n    {}\n    {}\n",
                     bold_line(before + s.text + after, std::span(&span, 1), is_bold), source_of(e),
                     word_of(e));
  append_notes(e, out);
}

constexpr const char* kMarkup = "\\`*_{}[]<>()#+-.!|&~";

// A character of text is never one of Markdown.
std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : in_one_line(text)) {
    if (std::string_view(kMarkup).find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

void append_markdown_evidence(const ClaimEvidence& e, std::string& out) {
  const apps::EvidenceSentence& s = e.sentence;
  out +=
      fmt::format("### {}: {}\n\n> {}\n\n", apps::voice_name(e.voice.voice),
                  escaped(s.source.title.empty() ? s.source.key : s.source.title), escaped(s.text));
  out +=
      fmt::format("* source {}, bytes {} to {}\n", escaped(s.source.key), s.span.begin, s.span.end);
  if (!s.source.url.empty()) out += fmt::format("* {}\n", escaped(s.source.url));
  if (!s.source.date.empty()) out += fmt::format("* of {}\n", escaped(s.source.date));
  if (!s.source.licence.empty()) out += fmt::format("* licence {}\n", escaped(s.source.licence));
  out += fmt::format("* {}; weight {:.3f}\n", word_of(e), e.voice.weight);
  for (const apps::ClaimMismatch& mismatch : e.mismatches) {
    out += fmt::format("* {} differs: {}\n", apps::mismatch_name(mismatch.kind),
                       escaped(mismatch.reason));
  }
  if (const std::string note = reading_note(e); !note.empty()) out += "* " + note + "\n";
  out += "\n";
}

std::string origin_of(const ClaimResult& result) {
  std::string out = fmt::format("* judged by {} ({:.12})\n* calibration {:.12}, pipeline {}\n",
                                escaped(result.nli_model), result.nli_digest, result.calibration,
                                result.pipeline);
  if (result.corpus.empty()) return out + "* evidence was given\n";
  return out + fmt::format("* evidence from the corpus {}, generation {}\n", escaped(result.corpus),
                           result.generation);
}

// Headings one level down, so that they stand below that of the whole. Texts are escaped: no other
// line begins like one.
std::string one_level_down(const std::string& page) {
  std::string out;
  for (std::size_t at = 0; at < page.size();) {
    const std::size_t end = std::min(page.find('\n', at), page.size() - 1) + 1;
    if (page[at] == '#') out += '#';
    out += page.substr(at, end - at);
    at = end;
  }
  return out;
}

}  // namespace

std::string claim_text(const ClaimResult& result, bool is_bold, FarEvidence far) {
  const apps::Judgement& judgement = result.judgement;
  std::string out =
      in_bold(fmt::format("{}  {}", verdict_name(judgement.verdict), sureness_of(result)),
              is_bold) +
      "  " + in_one_line(result.claim) + "\n";
  if (!judgement.reason.empty()) out += "  " + in_one_line(judgement.reason) + "\n";
  if (judgement.is_conflicting) out += "  sources speak for both sides\n";
  const ClaimEvidence* first = deciding(result);
  if (first != nullptr) append_deciding(*first, is_bold, out);
  // What was brought along is wanted back.
  const bool is_counted = far == FarEvidence::kCounted && !result.corpus.empty();
  std::size_t n_far = 0;
  for (const ClaimEvidence& e : result.evidence) {
    if (&e == first) continue;
    if (is_counted && e.voice.voice == Voice::kIrrelevant) {
      ++n_far;
      continue;
    }
    out += fmt::format("\n  [{}] {}\n    {}\n    {}\n", apps::voice_name(e.voice.voice),
                       in_one_line(e.sentence.text), source_of(e), word_of(e));
    append_notes(e, out);
  }
  if (n_far > 0) {
    out +=
        fmt::format("\n  {} further {} not near enough to the claim to count (--report has all)\n",
                    n_far, n_far == 1 ? "sentence is" : "sentences are");
  }
  return out;
}

std::string claim_markdown(const ClaimResult& result) {
  const apps::Judgement& judgement = result.judgement;
  std::string out = fmt::format(
      "# {}\n\n**{}**, {}. {}\n\n", escaped(result.claim), escaped(verdict_name(judgement.verdict)),
      judgement.is_abstention ? "undecided"
                              : fmt::format("confidence {:.3f}", judgement.confidence),
      escaped(judgement.reason));
  if (judgement.is_conflicting) out += "Sources speak for both sides.\n\n";
  out += "| verdict | score |\n|---|---|\n";
  for (const Verdict v : {Verdict::kSupported, Verdict::kRefuted, Verdict::kNotEnoughInfo}) {
    out += fmt::format("| {} | {:.3f} |\n", escaped(verdict_name(v)),
                       judgement.scores[static_cast<std::size_t>(v)]);
  }
  out += "\n## Evidence\n\n";
  if (result.evidence.empty()) out += "None.\n\n";
  const ClaimEvidence* first = deciding(result);
  if (first != nullptr) append_markdown_evidence(*first, out);
  for (const ClaimEvidence& e : result.evidence) {
    if (&e != first) append_markdown_evidence(e, out);
  }
  return out + "## How\n\n" + origin_of(result);
}

std::string parts_text(const apps::ClaimOfParts& whole, bool is_bold) {
  const std::string verdict =
      fmt::format("{}  {}", verdict_name(whole.verdict),
                  sureness(whole.confidence, whole.is_abstention, whole.scores));
  std::string out = in_bold(verdict, is_bold) + "  " + in_one_line(whole.claim) + "\n";
  out += "  " + whole.reason + "\n";
  for (std::size_t i = 0; i < whole.results.size(); ++i) {
    out += fmt::format("\nPart {} of {}\n", i + 1, whole.results.size()) +
           claim_text(whole.results[i], is_bold);
  }
  return out;
}

std::string parts_markdown(const apps::ClaimOfParts& whole) {
  std::string out = fmt::format(
      "# {}\n\n**{}**, {}. {}\n", escaped(whole.claim), escaped(verdict_name(whole.verdict)),
      whole.is_abstention ? "undecided" : fmt::format("confidence {:.3f}", whole.confidence),
      escaped(whole.reason));
  for (const ClaimResult& result : whole.results) {
    out += "\n" + one_level_down(claim_markdown(result));
  }
  return out;
}

}  // namespace quern::cli
