#include "apps/claims/claim_lines.h"

#include <gmock/gmock.h>

namespace quern::apps {
namespace {

using ::testing::HasSubstr;

std::string refusal_of(const std::string& line) {
  const auto claim = claim_from_line(line);
  EXPECT_FALSE(claim.ok()) << line;
  return claim.status().message();
}

}  // namespace

TEST(claim_lines, a_claim_alone_has_its_evidence_looked_for) {
  const auto claim = claim_from_line(R"({"id": "a", "claim": "cats sleep", "more": 1})");
  ASSERT_TRUE(claim.ok()) << claim.status().message();
  EXPECT_EQ(claim->ask.id, "a");
  EXPECT_EQ(claim->ask.claim, "cats sleep");
  EXPECT_FALSE(claim->ask.evidence);
  EXPECT_FALSE(claim->label);
}

TEST(claim_lines, an_id_may_be_a_number_or_missing) {
  EXPECT_EQ(claim_from_line(R"({"id": 12, "claim": "x"})")->ask.id, "12");
  EXPECT_EQ(claim_from_line(R"({"_id": "b", "claim": "x"})")->ask.id, "b");
  EXPECT_EQ(claim_from_line(R"({"claim": "x"})")->ask.id, "");
  for (const char* id : {"1.5", "true", "123456789012345678901234567890", "[1]"}) {
    EXPECT_THAT(refusal_of(std::string(R"({"claim": "x", "id": )") + id + "}"),
                HasSubstr("\"id\""));
  }
}

TEST(claim_lines, evidence_is_texts_with_or_without_a_source) {
  const auto claim = claim_from_line(
      R"({"claim": "x", "evidence": ["one", {"text": "two", "source": "s", "title": "t",
          "url": "u", "date": "2020", "licence": "l"}, {"text": "Three comes. Four goes."}]})");
  ASSERT_TRUE(claim.ok()) << claim.status().message();
  const auto& evidence = *claim->ask.evidence;
  ASSERT_EQ(evidence.size(), 4u);
  EXPECT_EQ(evidence[0].source.key, "evidence 1");
  EXPECT_EQ(evidence[0].text, "one");
  EXPECT_EQ(evidence[1].source.key, "s");
  EXPECT_EQ(evidence[1].source.title, "t");
  EXPECT_EQ(evidence[1].source.url, "u");
  EXPECT_EQ(evidence[1].source.date, "2020");
  EXPECT_EQ(evidence[1].source.licence, "l");
  EXPECT_EQ(evidence[1].span, (ByteSpan{0, 3}));
  EXPECT_EQ(evidence[2].source.key, "evidence 3");
  EXPECT_EQ(evidence[3].source.key, "evidence 3");
  EXPECT_EQ(evidence[3].text, "Four goes.");
  EXPECT_EQ(evidence[3].span, (ByteSpan{13, 23}));
  EXPECT_EQ(evidence[3].before, "Three comes.");
  EXPECT_EQ(claim_from_line(R"({"claim": "x", "evidence": []})")->ask.evidence->size(), 0u);
}

TEST(claim_lines, evidence_without_a_word_is_passed_over) {
  const auto claim = claim_from_line(R"({"claim": "x", "evidence": ["...", "two", " "]})");
  ASSERT_TRUE(claim.ok()) << claim.status().message();
  ASSERT_EQ(claim->ask.evidence->size(), 1u);
  EXPECT_EQ(claim->ask.evidence->at(0).source.key, "evidence 2");
  EXPECT_FALSE(claim->ask.has_unreadable);
  EXPECT_TRUE(claim_from_line(R"({"claim": "x", "evidence": ["..."]})")->ask.has_unreadable);
}

TEST(claim_lines, evidence_of_too_many_sentences_is_refused) {
  std::string text;
  for (int i = 0; i < 2'001; ++i) text += "It is so. ";
  const std::string why = refusal_of(R"({"claim": "x", "evidence": [")" + text + "\"]}");
  EXPECT_THAT(why, HasSubstr("2001"));
  EXPECT_THAT(why, HasSubstr("2000"));
}

TEST(claim_lines, labels_are_read_by_all_their_names) {
  EXPECT_EQ(claim_from_line(R"({"claim": "x", "label": "SUPPORT"})")->label, Verdict::kSupported);
  EXPECT_EQ(claim_from_line(R"({"claim": "x", "label": "refutes"})")->label, Verdict::kRefuted);
  EXPECT_THAT(refusal_of(R"({"claim": "x", "label": "maybe"})"), HasSubstr("\"label\""));
}

TEST(claim_lines, what_is_no_claim_says_why) {
  EXPECT_THAT(refusal_of("not json"), HasSubstr("JSON"));
  EXPECT_THAT(refusal_of("[1]"), HasSubstr("JSON object"));
  EXPECT_THAT(refusal_of(R"({"id": 1})"), HasSubstr("\"claim\""));
  EXPECT_THAT(refusal_of(R"({"claim": 5})"), HasSubstr("\"claim\""));
  EXPECT_THAT(refusal_of(R"({"claim": ""})"), HasSubstr("empty"));
  EXPECT_THAT(refusal_of(R"({"claim": "?!"})"), HasSubstr("letter"));
  EXPECT_THAT(refusal_of(R"({"claim": ")" + std::string(100'000, 'a') + R"("})"),
              HasSubstr("20000"));
  EXPECT_THAT(refusal_of(R"({"claim": "x", "evidence": "text"})"), HasSubstr("\"evidence\""));
  EXPECT_THAT(refusal_of(R"({"claim": "x", "evidence": [7]})"), HasSubstr("evidence 1"));
  EXPECT_THAT(refusal_of(R"({"claim": "x", "evidence": ["a", {"text": "...\u0000"}]})"),
              HasSubstr("evidence 2"));
  std::string many = R"({"claim": "x", "evidence": ["a")";
  for (int i = 0; i < 1'000; ++i) many += ",\"a\"";
  EXPECT_THAT(refusal_of(many + "]}"), HasSubstr("1001"));
  EXPECT_THAT(refusal_of(std::string(kMaxClaimLineBytes + 1, ' ')), HasSubstr("bytes"));
}

TEST(claim_lines, a_failure_names_its_line_and_what_can_be_read_of_it) {
  EXPECT_EQ(id_of_line(R"({"id": "a", "claim": 5})"), "a");
  EXPECT_EQ(id_of_line("not json"), "");
  EXPECT_EQ(json_from_failure("a", 3, {Code::kBadInput, "the claim is empty"}),
            R"({"id":"a","line":3,"error":{"code":"bad_input","message":"the claim is empty"}})");
}

}  // namespace quern::apps
