// What the readers of requests about claims accept, and what they refuse.

#include "serve/claims/claims_requests.h"

#include <gmock/gmock.h>

#include "serve/claims/fastapi_error.h"

namespace quern::serve {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

VerifyRequest verify(std::string body) {
  VerifyRequest out;
  const Problem problem = parse_verify_request(body, out);
  EXPECT_FALSE(problem.has_value()) << body << ": " << problem->message;
  return out;
}

template <typename Out>
std::string refused(Problem (*parse)(std::string&, Out&), std::string body) {
  Out out;
  const Problem problem = parse(body, out);
  EXPECT_TRUE(problem.has_value()) << body;
  if (!problem) return "";
  EXPECT_EQ(problem->status, 400) << body;
  return problem->message;
}

}  // namespace

TEST(claims_requests, a_verification_as_the_reference_has_it) {
  const VerifyRequest all = verify(
      R"({"claim_id":"c1","claim_text":"Water boils.","corpus_ids":["a","b"],"unknown":{"x":1},
          "options":{"max_evidence_items":5,"confidence_threshold":0.7,"return_reasoning":false,
                     "search_mode":"keyword"}})");
  EXPECT_EQ(all.claim_id, "c1");
  EXPECT_EQ(all.claim_text, "Water boils.");
  EXPECT_THAT(all.corpus_ids, ElementsAre("a", "b"));
  EXPECT_EQ(all.n_evidence, 5);
  EXPECT_FLOAT_EQ(all.threshold, 0.7f);
  EXPECT_FALSE(all.wants_reasoning);
  EXPECT_EQ(all.mode, store::Mode::kLexical);
  const VerifyRequest least = verify(R"({"claim_text":"x","corpus_ids":null,"options":null})");
  EXPECT_EQ(least.n_evidence, 10);
  EXPECT_FLOAT_EQ(least.threshold, 0.5f);
  EXPECT_TRUE(least.wants_reasoning);
  EXPECT_EQ(least.mode, store::Mode::kHybrid);
  const VerifyRequest flat =
      verify(R"({"claim":"x","max_evidence":3,"search_mode":"vector","confidence_threshold":1})");
  EXPECT_EQ(flat.claim_text, "x");
  EXPECT_EQ(flat.n_evidence, 3);
  EXPECT_EQ(flat.mode, store::Mode::kDense);
}

TEST(claims_requests, what_is_written_down_of_a_verification_reads_back_the_same) {
  VerifyRequest request;
  request.claim_id = "a \"b\"\n";
  request.claim_text = "caf\xc3\xa9";
  request.corpus_ids = {"one", "two"};
  request.n_evidence = 50;
  request.threshold = 0.1f;
  request.wants_reasoning = false;
  request.mode = store::Mode::kDense;
  const VerifyRequest back = verify(verify_request_json(request));
  EXPECT_EQ(back.claim_id, request.claim_id);
  EXPECT_EQ(back.claim_text, request.claim_text);
  EXPECT_EQ(back.corpus_ids, request.corpus_ids);
  EXPECT_EQ(back.n_evidence, 50);
  EXPECT_EQ(back.threshold, 0.1f);
  EXPECT_FALSE(back.wants_reasoning);
  EXPECT_EQ(back.mode, store::Mode::kDense);
  EXPECT_TRUE(verify(verify_request_json({.claim_id = "x", .claim_text = "y"})).corpus_ids.empty());
}

TEST(claims_requests, evidence_comes_as_texts_or_objects_and_reads_back_the_same) {
  const VerifyRequest read = verify(
      R"({"claim_id":"c","claim_text":"x","evidence":["Cats sit.",{"content":"Dogs \"run\".","source":"a book",
          "title":"T","source_url":"http://x","date":"2024","licence":null,"page":7}]})");
  for (const VerifyRequest& request : {read, verify(verify_request_json(read))}) {
    ASSERT_TRUE(request.evidence.has_value());
    ASSERT_EQ(request.evidence->size(), 2u);
    const apps::GivenEvidence& first = (*request.evidence)[0];
    const apps::GivenEvidence& second = (*request.evidence)[1];
    EXPECT_EQ(first.text, "Cats sit.");
    EXPECT_EQ(first.source.key, "evidence 1");
    EXPECT_EQ(second.text, "Dogs \"run\".");
    EXPECT_EQ(second.source.key, "a book");
    EXPECT_EQ(second.source.url, "http://x");
    EXPECT_EQ(second.source.date, "2024");
    EXPECT_EQ(second.source.licence, "");
  }
  EXPECT_FALSE(verify(R"({"claim_text":"x","evidence":null})").evidence.has_value());
  EXPECT_TRUE(verify(R"({"claim_text":"x","evidence":[]})").evidence->empty());
  const auto wrong = [](const std::string& json) {
    return refused<VerifyRequest>(parse_verify_request, R"({"evidence":)" + json + "}");
  };
  EXPECT_THAT(wrong(R"("a text")"), HasSubstr("evidence"));
  EXPECT_THAT(wrong(R"([{"source":"s"}])"), HasSubstr("evidence[0]: wants a text"));
  EXPECT_THAT(wrong(R"(["  "])"), HasSubstr("is empty"));
  EXPECT_THAT(wrong("[7]"), HasSubstr("evidence[0]"));
  std::string many = "[";
  for (int i = 0; i <= kMaxGivenTexts; ++i) many += R"("a",)";
  many.back() = ']';
  EXPECT_THAT(wrong(many), HasSubstr("more than 100 texts"));
}

TEST(claims_requests, limits_of_a_verification_are_named) {
  const auto options = [](const std::string& member) {
    return refused<VerifyRequest>(parse_verify_request, R"({"options":{)" + member + "}}");
  };
  EXPECT_THAT(options(R"("max_evidence_items":0)"), HasSubstr("options.max_evidence_items"));
  EXPECT_THAT(options(R"("max_evidence_items":51)"), HasSubstr("50"));
  EXPECT_THAT(options(R"("confidence_threshold":1.5)"), HasSubstr("options.confidence_threshold"));
  EXPECT_THAT(options(R"("search_mode":"magic")"), HasSubstr("options.search_mode"));
  const auto body = [](const std::string& json) {
    return refused<VerifyRequest>(parse_verify_request, json);
  };
  EXPECT_THAT(body(R"({"claim_text":"  "})"), HasSubstr("claim_text: is empty"));
  EXPECT_THAT(body(R"({"claim_text":")" + std::string(5001, 'a') + "\"}"),
              HasSubstr("has 5001 characters, at most 5000"));
  EXPECT_THAT(body(R"({"claim_id":""})"), HasSubstr("claim_id"));
  EXPECT_THAT(body(R"({"corpus_ids":[]})"), HasSubstr("corpus_ids: is empty"));
  EXPECT_THAT(body(R"({"corpus_ids":"x"})"), HasSubstr("corpus_ids"));
  EXPECT_THAT(body("{"), HasSubstr("JSON"));
  EXPECT_THAT(body("[]"), HasSubstr("object"));
}

TEST(claims_requests, characters_are_counted_and_not_bytes) {
  std::string text;
  for (int i = 0; i < kMaxClaimCharacters; ++i) text += "\xc3\xa9";
  EXPECT_EQ(verify(R"({"claim_text":")" + text + "\"}").claim_text, text);
}

TEST(claims_requests, pairs_come_as_lists_or_objects) {
  std::string body = R"({"pairs":[["p","h"],{"hypothesis":"b","premise":"a"}],"batch_size":8})";
  std::vector<apps::NliPair> pairs;
  ASSERT_FALSE(parse_nli_batch_request(body, pairs).has_value());
  ASSERT_EQ(pairs.size(), 2u);
  EXPECT_EQ(pairs[0].premise, "p");
  EXPECT_EQ(pairs[1].hypothesis, "b");
  using Pairs = std::vector<apps::NliPair>;
  const auto wrong = [](const std::string& json) {
    return refused<Pairs>(parse_nli_batch_request, R"({"pairs":)" + json + "}");
  };
  EXPECT_THAT(wrong("[]"), HasSubstr("pairs: is missing or empty"));
  EXPECT_THAT(wrong(R"([["p"]])"), HasSubstr("pairs[0]: wants a premise and a hypothesis"));
  EXPECT_THAT(wrong(R"([["p","h","x"]])"), HasSubstr("more than two texts"));
  EXPECT_THAT(wrong(R"([["p",""]])"), HasSubstr("is empty"));
  EXPECT_THAT(wrong(R"(["p"])"), HasSubstr("pairs[0]"));
  std::string many = "[";
  for (int i = 0; i <= kMaxNliPairs; ++i) many += R"(["p","h"],)";
  many.back() = ']';
  EXPECT_THAT(wrong(many), HasSubstr("more than 50 pairs"));
}

TEST(claims_requests, texts_questions_and_claims_have_their_limits) {
  EXPECT_THAT(refused<TextsRequest>(parse_texts_request, R"({"texts":["a"," "]})"),
              HasSubstr("texts[1]: is empty"));
  EXPECT_THAT(refused<TextsRequest>(parse_texts_request, "{}"), HasSubstr("texts: is missing"));
  EXPECT_THAT(refused<EvidenceRequest>(parse_evidence_request, R"({"query":"q","limit":101})"),
              HasSubstr("limit"));
  EXPECT_THAT(refused<EvidenceRequest>(parse_evidence_request, R"({"limit":1})"),
              HasSubstr("query: is missing"));
  EXPECT_THAT(refused<ClaimRequest>(parse_claim_request, R"({"text":7})"), HasSubstr("text"));
  EXPECT_THAT(refused<apps::NliPair>(parse_nli_request, R"({"premise":"p"})"),
              HasSubstr("hypothesis: is missing"));
}

TEST(claims_requests, pages_are_numbers_in_range) {
  PageRequest page;
  EXPECT_FALSE(parse_page_request("skip=7&limit=100&x=y", page).has_value());
  EXPECT_EQ(page.n_skipped, 7);
  EXPECT_EQ(page.n_most, 100);
  for (const char* wrong :
       {"skip=-1", "limit=0", "limit=101", "limit=ten", "skip=", "limit", "skip=1x"}) {
    PageRequest out;
    EXPECT_TRUE(parse_page_request(wrong, out).has_value()) << wrong;
  }
}

TEST(claims_requests, errors_have_the_form_of_fastapi) {
  EXPECT_EQ(fastapi_error({.status = 404, .message = "no \"x\""}), R"({"detail":"no \"x\""})");
  EXPECT_EQ(fastapi_error(unprocessable(bad_request("is wrong", "options.search_mode"))),
            R"({"detail":[{"type":"value_error","loc":["body","options","search_mode"],)"
            R"("msg":"is wrong"}]})");
  EXPECT_EQ(unprocessable({.status = 413}).status, 413);
}

}  // namespace quern::serve
