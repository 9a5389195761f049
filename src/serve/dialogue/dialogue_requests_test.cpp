#include "serve/dialogue/dialogue_requests.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace quern::serve {
namespace {

using testing::HasSubstr;

PredictRequest predict_of(std::string body) {
  PredictRequest out;
  const Problem problem = parse_predict_request(body, out);
  EXPECT_FALSE(problem) << problem->message;
  return out;
}

std::string problem_of(std::string body) {
  PredictRequest out;
  const Problem problem = parse_predict_request(body, out);
  return problem ? problem->message : "";
}

}  // namespace

TEST(dialogue_requests, a_question_is_what_a_line_of_predict_is) {
  const PredictRequest whole = predict_of(
      R"({"id": 3, "turns": ["a", {"speaker": "x", "text": "b\n\"c\"", "gap_seconds": 2}],
          "top": 7, "predictor": "talks", "other": [1, {"turns": 2}]})");
  EXPECT_EQ(whole.n_wanted, 7u);
  EXPECT_EQ(whole.predictor, "talks");
  EXPECT_EQ(whole.asked.id, "3");
  ASSERT_EQ(whole.asked.turns.size(), 2u);
  EXPECT_EQ(whole.asked.turns[1].text, "b\n\"c\"");
  EXPECT_EQ(whole.asked.turns[1].gap_seconds, 2);
  EXPECT_EQ(*predict_of(R"({"conversation": "c", "text": "a"})").asked.conversation, "c");
  EXPECT_EQ(predict_of(R"({"turns": ["a"], "top": null})").n_wanted, 5u);
}

TEST(dialogue_requests, of_a_conversation_the_path_says_which) {
  PredictRequest out;
  std::string body = R"({"conversation": "other", "turns": ["a", "b"], "top": 1})";
  ASSERT_FALSE(parse_turns_request(body, "x\"y/z", out));
  EXPECT_EQ(*out.asked.conversation, "x\"y/z");
  EXPECT_EQ(out.asked.turns.size(), 2u);
  body = R"({"fork": "b"})";
  EXPECT_TRUE(parse_turns_request(body, "x", out));
  body = "{}";
  EXPECT_TRUE(parse_turns_request(body, "x", out));
}

TEST(dialogue_requests, what_is_wrong_is_named) {
  EXPECT_THAT(problem_of(""), Not(HasSubstr("internal")));
  EXPECT_NE(problem_of("[]"), "");
  EXPECT_THAT(problem_of("{}"), HasSubstr("neither"));
  EXPECT_THAT(problem_of(R"({"turns": 1})"), HasSubstr("turns"));
  EXPECT_THAT(problem_of(R"({"turns": [{"text": 5}]})"), HasSubstr("turn 1"));
  EXPECT_THAT(problem_of(R"({"turns": ["a"], "top": 0})"), HasSubstr("top"));
  EXPECT_THAT(problem_of(R"({"turns": ["a"], "top": 1001})"), HasSubstr("top"));
  EXPECT_THAT(problem_of(R"({"turns": ["a"], "predictor": ""})"), HasSubstr("predictor"));
  EXPECT_NE(problem_of(R"({"turns": ["a"], "gap_seconds": tru})"), "");
  EXPECT_NE(problem_of(R"({"turns": ["a")"), "");
  std::string many = R"({"turns": [""])";
  for (std::size_t i = 0; i < kMaxTurns; ++i) many.insert(many.size() - 1, ",1");
  EXPECT_THAT(problem_of(many + "}"), HasSubstr("more than 50000 turns"));
}

TEST(dialogue_requests, of_a_batch_each_item_stands_alone) {
  DialogueBatchRequest out;
  std::string body =
      R"({"dialogues": [{"turns": ["a"], "id": "x"}, 7, {"turns": [1]}, {}], "top": 2})";
  ASSERT_FALSE(parse_dialogue_batch_request(body, out));
  ASSERT_EQ(out.items.size(), 4u);
  EXPECT_TRUE(out.items[0].status.ok());
  EXPECT_EQ(out.items[0].dialogue.id, "x");
  for (int i = 1; i < 4; ++i) {
    EXPECT_EQ(out.items[static_cast<std::size_t>(i)].status.code(), Code::kBadInput) << i;
  }
  EXPECT_EQ(out.n_wanted, 2u);
  for (const char* bad : {"{}", R"({"dialogues": []})", R"({"dialogues": {}})", "nonsense"}) {
    std::string text = bad;
    DialogueBatchRequest none;
    EXPECT_TRUE(parse_dialogue_batch_request(text, none)) << bad;
  }
  std::string many = R"({"dialogues": [{}])";
  for (int i = 0; i < kMaxDialogues; ++i) many.insert(many.size() - 1, ",{}");
  many += "}";
  DialogueBatchRequest too_many;
  EXPECT_THAT(parse_dialogue_batch_request(many, too_many)->message, HasSubstr("1000"));
}

TEST(dialogue_requests, forks_states_and_queries) {
  ForkRequest fork;
  std::string body = R"({"as": "b", "predictor": "p"})";
  ASSERT_FALSE(parse_fork_request(body, fork));
  EXPECT_EQ(fork.as, "b");
  body = R"({"as": ""})";
  EXPECT_TRUE(parse_fork_request(body, fork));
  ForkRequest none;
  body = "{}";
  EXPECT_TRUE(parse_fork_request(body, none));
  StateRequest state;
  body = R"({"state": "00", "fingerprint": "f", "turns": 3})";
  ASSERT_FALSE(parse_state_request(body, state));
  EXPECT_EQ(state.state, "00");
  body = R"({"state": "00"})";
  StateRequest unsigned_one;
  EXPECT_THAT(parse_state_request(body, unsigned_one)->message, HasSubstr("fingerprint"));
  std::string name;
  ASSERT_FALSE(parse_predictor_query("a=b&predictor=x%20y", name));
  EXPECT_EQ(name, "x y");
  EXPECT_TRUE(parse_predictor_query("predictor=%zz", name));
  ConversationsPage page;
  ASSERT_FALSE(parse_conversations_query("limit=7&after=a%2Fb&x&predictor=p", page));
  EXPECT_EQ(page.n_most, 7u);
  EXPECT_EQ(page.after, "a/b");
  EXPECT_EQ(page.predictor, "p");
  for (const char* bad : {"limit=0", "limit=1001", "limit=-1", "limit=7x", "limit=", "after=%z"}) {
    EXPECT_TRUE(parse_conversations_query(bad, page)) << bad;
  }
}

}  // namespace quern::serve
