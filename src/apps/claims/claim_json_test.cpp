#include "apps/claims/claim_json.h"

#include <random>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace quern::apps {
namespace {

using ::testing::HasSubstr;

std::string random_text(std::mt19937& random) {
  static const char* const kPieces[] = {"cat", " ", "\"", "\\", "\n", "\u00e9", "{", "\x01", "]"};
  std::string out;
  for (int n = static_cast<int>(random() % 6); n > 0; --n) out += kPieces[random() % 9];
  return out;
}

ClaimEvidence random_evidence(std::mt19937& random, std::uint32_t i) {
  std::uniform_real_distribution<double> any(-20, 20);
  ClaimEvidence e;
  e.i_judged = i;
  e.sentence.source = {.key = random_text(random), .title = random_text(random)};
  e.sentence.text = random_text(random);
  e.sentence.before = random_text(random);
  e.sentence.span = {.begin = random() % 100, .end = random() % 1000};
  e.sentence.i_sentence = static_cast<std::uint32_t>(random());
  if (random() % 2 == 0) e.sentence.nearness.cosine = any(random);
  if (random() % 2 == 0) e.sentence.nearness.passage_lexical = any(random);
  e.sentence.nearness.passage_rank = static_cast<std::uint32_t>(random() % 3);
  e.logits = {static_cast<float>(any(random)), static_cast<float>(any(random)), 0.1f};
  e.n_dropped = static_cast<int>(random() % 2);
  e.sentence.n_pieces = static_cast<std::uint32_t>(1 + random() % 3);
  e.sentence.i_piece = static_cast<std::uint32_t>(random() % e.sentence.n_pieces);
  e.voice = {.voice = static_cast<Voice>(random() % 6),
             .scores = {any(random), 1e-300, 0},
             .relevance = any(random),
             .weight = any(random)};
  if (random() % 2 == 0) {
    e.mismatches.push_back({.kind = static_cast<MismatchKind>(random() % 4),
                            .in_claim = {1, 2},
                            .in_sentence = {3, 4},
                            .reason = random_text(random)});
  }
  return e;
}

ClaimResult random_claim(std::mt19937& random) {
  std::uniform_real_distribution<double> share(0, 1);
  ClaimResult out;
  out.id = random_text(random);
  out.claim = random_text(random);
  out.judgement = {.verdict = static_cast<Verdict>(random() % 3),
                   .confidence = share(random),
                   .scores = {share(random), share(random), share(random)},
                   .is_conflicting = random() % 2 == 0,
                   .is_abstention = random() % 2 == 0,
                   .conformal_set = {},
                   .voices = {},
                   .reason = random_text(random)};
  if (random() % 2 == 0) out.judgement.conformal_set = {Verdict::kRefuted, Verdict::kSupported};
  for (std::uint32_t i = 0; i < random() % 4; ++i) {
    out.evidence.push_back(random_evidence(random, i));
  }
  out.corpus = random_text(random);
  out.generation = random() % 1000;
  out.nli_model = "m";
  out.nli_digest = "d";
  return out;
}

}  // namespace

TEST(claim_json, what_was_written_reads_back_and_is_written_the_same) {
  std::mt19937 random(1);
  for (int i = 0; i < 500; ++i) {
    const std::string json = json_from_claim(random_claim(random));
    const auto read = claim_from_json(json);
    ASSERT_TRUE(read.ok()) << read.status().message() << "\n" << json;
    ASSERT_EQ(json_from_claim(*read), json);
    ASSERT_EQ(json.find('\n'), json.npos);
  }
}

TEST(claim_json, numbers_are_the_shortest_that_read_back) {
  ClaimResult result;
  result.evidence.resize(1);
  result.evidence[0].logits = {0.1f, -3.25f, 1e-8f};
  EXPECT_THAT(json_from_claim(result),
              HasSubstr(R"("logits":{"entailment":0.1,"contradiction":-3.25,"neutral":1e-08})"));
}

TEST(claim_json, times_are_there_only_where_they_are_wanted) {
  ClaimResult result;
  result.timings.nli_ms = 12.5;
  EXPECT_EQ(json_from_claim(result).find("timings"), std::string::npos);
  EXPECT_THAT(json_from_claim(result, ClaimTimes::kGiven), HasSubstr(R"("nli_ms":12.5)"));
}

TEST(claim_json, bytes_that_are_no_utf8_become_replacements_and_stay_json) {
  ClaimResult result;
  result.claim = "a\xff\xfe";
  const auto json = nlohmann::json::parse(json_from_claim(result), nullptr, false);
  EXPECT_EQ(json["claim"], "a\ufffd\ufffd");
}

TEST(claim_json, a_field_that_is_missing_or_of_another_kind_is_named) {
  std::mt19937 random(3);
  const auto whole = nlohmann::ordered_json::parse(json_from_claim(random_claim(random)));
  for (const auto& [name, value] : whole.items()) {
    auto without = whole;
    without.erase(name);
    EXPECT_THAT(claim_from_json(without.dump()).status().message(), HasSubstr("\"" + name + "\""));
    auto other = whole;
    other[name] = nullptr;
    EXPECT_EQ(claim_from_json(other.dump()).status().code(), Code::kBadInput) << name;
  }
}

TEST(claim_json, a_logit_that_is_no_float_is_refused) {
  ClaimResult result;
  result.evidence.resize(1);
  std::string json = json_from_claim(result);
  const std::string logits = R"("logits":{"entailment":0.0)";
  json.replace(json.find(logits), logits.size(), R"("logits":{"entailment":1e300)");
  EXPECT_THAT(claim_from_json(json).status().message(), HasSubstr("\"entailment\""));
}

TEST(claim_json, any_bytes_are_a_claim_or_an_error) {
  std::mt19937 random(4);
  const std::string json = json_from_claim(random_claim(random));
  int n_refused = 0;
  for (std::size_t i = 0; i < json.size(); ++i) {
    std::string cut = json.substr(0, i);
    EXPECT_FALSE(claim_from_json(cut).ok());
    std::string changed = json;
    changed[i] = static_cast<char>(random());
    n_refused += claim_from_json(changed).ok() ? 0 : 1;
  }
  EXPECT_GT(n_refused, 0);
}

TEST(claim_json, the_first_difference_is_named_by_its_path) {
  const std::string was = R"({"a":1,"b":[{"c":2.5},{"c":"x"}]})";
  EXPECT_EQ(first_json_difference(was, was), "");
  EXPECT_EQ(first_json_difference(was, R"({"a":1,"b":[{"c":2.5},{"c":"y"}]})"),
            R"(b[1].c is "y", was "x")");
  EXPECT_EQ(first_json_difference(was, R"({"a":1})"), R"(b is missing, was [{"c":2.5},{"c":"x"}])");
  EXPECT_EQ(first_json_difference(R"({"a":1})", was),
            R"(b is [{"c":2.5},{"c":"x"}], was not there)");
  EXPECT_EQ(first_json_difference(R"({"a":1})", R"({"a": 1})"), "its bytes are not the same");
  EXPECT_EQ(first_json_difference("{", "}"), "it is no JSON");
}

}  // namespace quern::apps
