#include "cli/claims_report.h"

#include <gmock/gmock.h>

namespace quern::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

apps::ClaimEvidence evidence_of(const std::string& key, const std::string& text,
                                apps::Voice voice) {
  apps::ClaimEvidence e;
  e.sentence.source.key = key;
  e.sentence.text = text;
  e.voice = {.voice = voice, .scores = {0.9, 0.06, 0.04}, .relevance = 0.75, .weight = 0.5};
  return e;
}

apps::ClaimResult refuted() {
  apps::ClaimResult out;
  out.claim = "aspirin raises 40 %";
  out.judgement.verdict = apps::Verdict::kRefuted;
  out.judgement.confidence = 0.914;
  out.judgement.scores = {0.05, 0.914, 0.036};
  out.judgement.reason = "one source refutes it";
  out.evidence = {evidence_of("a", "it supports", apps::Voice::kSupports),
                  evidence_of("b", "it falls", apps::Voice::kRefutes),
                  evidence_of("c", "elsewhere", apps::Voice::kIrrelevant)};
  out.evidence[1].sentence.before = "Before that.";
  out.evidence[1].mismatches = {{.kind = apps::MismatchKind::kNumber,
                                 .in_claim = {},
                                 .in_sentence = {},
                                 .reason = "the claim says 40 %, the sentence 14 %"}};
  return out;
}

}  // namespace

TEST(claims_report, the_deciding_sentence_comes_first_and_in_bold) {
  const std::string text = claim_text(refuted(), true);
  EXPECT_THAT(text, HasSubstr("\033[1mREFUTED  91 %\033[0m  aspirin raises 40 %"));
  EXPECT_THAT(text, HasSubstr("Before that. \033[1mit falls\033[0m"));
  EXPECT_LT(text.find("it falls"), text.find("[supports] it supports"));
  EXPECT_THAT(text, HasSubstr("[irrelevant] elsewhere"));
  EXPECT_THAT(text, HasSubstr("number: the claim says 40 %, the sentence 14 %"));
  EXPECT_THAT(text, HasSubstr("entailment 0.90, contradiction 0.06, neutral 0.04; relevance 0.75"));
  EXPECT_THAT(claim_text(refuted(), false), Not(HasSubstr("\033")));
}

TEST(claims_report, what_a_corpus_has_that_is_not_near_enough_is_counted) {
  apps::ClaimResult result = refuted();
  result.corpus = "pets";
  const std::string text = claim_text(result, false);
  EXPECT_THAT(text, Not(HasSubstr("elsewhere")));
  EXPECT_THAT(text, HasSubstr("\n  1 further sentence is not near enough"));
  const std::string all = claim_text(result, false, FarEvidence::kListed);
  EXPECT_THAT(all, HasSubstr("[irrelevant] elsewhere"));
  EXPECT_THAT(all, Not(HasSubstr("further")));
}

TEST(claims_report, what_is_left_open_has_a_word_and_no_confidence) {
  apps::ClaimResult result = refuted();
  result.judgement = {.verdict = apps::Verdict::kNotEnoughInfo,
                      .confidence = 0.08,
                      .scores = {0.47, 0.45, 0.08},
                      .is_abstention = true,
                      .conformal_set = {},
                      .voices = {},
                      .reason = "not sure enough to decide"};
  EXPECT_THAT(claim_text(result, false),
              HasSubstr("NOT_ENOUGH_INFO  undecided (SUPPORTED 47 %, REFUTED 45 %)  aspirin"));
  EXPECT_THAT(claim_markdown(result), HasSubstr("undecided. not sure"));
  EXPECT_THAT(claim_markdown(result), HasSubstr("| NOT\\_ENOUGH\\_INFO | 0.080 |"));
  result.evidence[0].voice.voice = apps::Voice::kUnread;
  EXPECT_THAT(claim_text(result, false), HasSubstr("NOT_ENOUGH_INFO  undecided  aspirin"));
}

TEST(claims_report, a_conflict_is_said) {
  EXPECT_THAT(claim_text(refuted(), false), Not(HasSubstr("both sides")));
  apps::ClaimResult result = refuted();
  result.judgement.is_conflicting = true;
  EXPECT_THAT(claim_text(result, false), HasSubstr("both sides"));
  EXPECT_THAT(claim_markdown(result), HasSubstr("both sides"));
}

TEST(claims_report, evidence_does_not_steer_a_terminal) {
  apps::ClaimResult result = refuted();
  result.evidence[1].sentence.text = "clear \033[2J and\nnew lines\t\x07";
  result.evidence[2].sentence.source.title = "\033]0;title\x07";
  const std::string text = claim_text(result, false);
  for (const char c : {'\033', '\x07', '\t'}) EXPECT_EQ(text.find(c), text.npos);
  EXPECT_THAT(text, HasSubstr("clear  [2J and new lines"));
}

TEST(claims_report, evidence_turns_no_text_round_nor_hides_controls_as_utf8) {
  apps::ClaimResult result = refuted();
  result.evidence[0].sentence.text = "first \u202Edrawkcab\u202C end";
  result.evidence[1].sentence.text = "a\u009B2Jb\u2028c \x9B";
  result.evidence[2].sentence.source.title = "\u2066title\u2069\u200F";
  for (const std::string& text :
       {claim_text(result, false), claim_text(result, true), claim_markdown(result)}) {
    for (const char* code :
         {"\u202E", "\u202C", "\u009B", "\u2028", "\u2066", "\u2069", "\u200F"}) {
      EXPECT_THAT(text, Not(HasSubstr(code)));
    }
    EXPECT_THAT(text, HasSubstr("first  drawkcab  end"));
    EXPECT_THAT(text, HasSubstr("a 2Jb c  "));
  }
}

TEST(claims_report, evidence_is_no_markup_of_a_report) {
  apps::ClaimResult result = refuted();
  result.evidence[1].sentence.text = "# Title\n<script>x</script> [a](http://b) | **bold**";
  const std::string page = claim_markdown(result);
  EXPECT_THAT(page, HasSubstr("\\# Title \\<script\\>"));
  EXPECT_THAT(page, HasSubstr("\\[a\\]\\("));
  EXPECT_THAT(page, HasSubstr("\\| \\*\\*bold"));
  EXPECT_THAT(page, Not(HasSubstr("<script>")));
}

TEST(claims_report, what_the_model_did_not_read_at_once_is_said) {
  apps::ClaimResult result = refuted();
  EXPECT_THAT(claim_text(result, false), Not(HasSubstr("part ")));
  result.evidence[0].n_dropped = 12;
  result.evidence[1].sentence.i_piece = 1;
  result.evidence[1].sentence.n_pieces = 3;
  for (const std::string& text : {claim_text(result, false), claim_markdown(result)}) {
    EXPECT_THAT(text, HasSubstr("not read whole, so it does not count: 12 tokens were cut"));
    EXPECT_THAT(text, HasSubstr("part 2 of 3 of a sentence"));
  }
}

TEST(claims_report, without_evidence_there_is_the_reason) {
  apps::ClaimResult result;
  result.claim = "x";
  result.judgement.reason = "the corpus has nothing near it";
  EXPECT_THAT(claim_text(result, false), HasSubstr("NOT_ENOUGH_INFO"));
  EXPECT_THAT(claim_text(result, false), HasSubstr("the corpus has nothing near it"));
  EXPECT_THAT(claim_markdown(result), HasSubstr("None."));
}

}  // namespace quern::cli
