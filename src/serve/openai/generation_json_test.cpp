#include "serve/openai/generation_json.h"

#include <limits>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "serve/token_window.h"

namespace quern::serve {
namespace {

using engine::FinishReason;
using engine::GeneratedToken;
using nlohmann::json;

GeneratedToken token(text::TokenId id, std::string bytes, float logprob) {
  GeneratedToken made;
  made.id = id;
  made.bytes = std::move(bytes);
  made.logprob = logprob;
  return made;
}

AnswerHead head(Dialect dialect) {
  return {.dialect = dialect, .id = "id-1", .model = "a\"b", .created = 77};
}

json event(Dialect dialect, const AnswerPart& part, UsageMember usage = UsageMember::kAbsent) {
  std::string out;
  append_event(out, head(dialect), part, usage);
  EXPECT_TRUE(out.starts_with("data: ") && out.ends_with("\n\n"));
  EXPECT_EQ(out.find('\n'), out.size() - 2);
  return json::parse(out.substr(6));
}

TEST(generation_json, events_of_a_chat) {
  const json first = event(Dialect::kChat, {.index = 2, .is_first = true}, UsageMember::kNull);
  EXPECT_EQ(first["id"], "id-1");
  EXPECT_EQ(first["object"], "chat.completion.chunk");
  EXPECT_EQ(first["created"], 77);
  EXPECT_EQ(first["model"], "a\"b");
  EXPECT_TRUE(first.contains("usage") && first["usage"].is_null());
  EXPECT_EQ(first["choices"][0], json::parse(R"({"index":2,"delta":{"role":"assistant",
      "content":""},"logprobs":null,"finish_reason":null})"));
  const json next = event(Dialect::kChat, {.text = "\"\n\u00e9"});
  EXPECT_EQ(next["choices"][0]["delta"], (json{{"content", "\"\n\u00e9"}}));
  EXPECT_FALSE(next.contains("usage"));
  const json last = event(Dialect::kChat, {.finish = FinishReason::kLength});
  EXPECT_EQ(last["choices"][0]["delta"], json::object());
  EXPECT_EQ(last["choices"][0]["finish_reason"], "length");
}

TEST(generation_json, events_of_a_completion) {
  const json next = event(Dialect::kCompletions, {.index = 1, .text = "x"});
  EXPECT_EQ(next["object"], "text_completion");
  EXPECT_EQ(next["choices"][0],
            json::parse(R"({"index":1,"text":"x","logprobs":null,"finish_reason":null})"));
  EXPECT_EQ(event(Dialect::kCompletions, {.finish = FinishReason::kStop})["choices"][0],
            json::parse(R"({"index":0,"text":"","logprobs":null,"finish_reason":"stop"})"));
}

TEST(generation_json, usage_comes_without_choices) {
  std::string out;
  append_usage_event(out, head(Dialect::kChat), {.n_prompt = 10, .n_cached = 4, .n_answer = 3});
  const json usage = json::parse(out.substr(6));
  EXPECT_EQ(usage["choices"], json::array());
  EXPECT_EQ(usage["usage"], json::parse(R"({"prompt_tokens":10,"completion_tokens":3,
      "total_tokens":13,"prompt_tokens_details":{"cached_tokens":4}})"));
}

TEST(generation_json, a_whole_answer) {
  const AnswerPart parts[] = {{.index = 0, .text = "yes", .finish = FinishReason::kStop},
                              {.index = 1, .text = "no", .finish = FinishReason::kLength}};
  const json answer = json::parse(answer_json(head(Dialect::kChat), parts, {.n_answer = 2}));
  EXPECT_EQ(answer["object"], "chat.completion");
  EXPECT_EQ(answer["choices"][1], json::parse(R"({"index":1,"message":{"role":"assistant",
      "content":"no","refusal":null},"logprobs":null,"finish_reason":"length"})"));
  EXPECT_EQ(answer["usage"]["completion_tokens"], 2);
}

TEST(generation_json, logprobs_of_a_chat) {
  std::vector<GeneratedToken> tokens = {token(5, "\xf0\x9f", -0.5f), token(6, " a", -0.25f)};
  tokens[1].top = {{6, -0.25f}, {7, -std::numeric_limits<float>::infinity()}};
  tokens[1].top_bytes = {" a", "b"};
  const json part = event(Dialect::kChat, {.text = "x", .tokens = &tokens});
  EXPECT_EQ(part["choices"][0]["logprobs"], json::parse(R"({"refusal":null,"content":[
      {"token":"\\xf0\\x9f","logprob":-0.5,"bytes":[240,159],"top_logprobs":[]},
      {"token":" a","logprob":-0.25,"bytes":[32,97],"top_logprobs":[
        {"token":" a","logprob":-0.25,"bytes":[32,97]},
        {"token":"b","logprob":-9999.0,"bytes":[98]}]}]})"));
}

TEST(generation_json, logprobs_of_a_completion) {
  // A character in two tokens begins with the first of them.
  std::vector<GeneratedToken> tokens = {token(1, "ab", -1), token(2, "\xc3", -2),
                                        token(3, "\xa9", -3), token(4, "c", -4)};
  tokens[0].top = {{9, -0.5f}, {8, -0.75f}};
  tokens[0].top_bytes = {"z", "z"};
  const json logprobs = event(Dialect::kCompletions,
                              {.tokens = &tokens, .n_chars_before = 10})["choices"][0]["logprobs"];
  EXPECT_EQ(logprobs["tokens"], json::parse(R"(["ab","bytes:\\xc3","bytes:\\xa9","c"])"));
  EXPECT_EQ(logprobs["token_logprobs"], json::parse("[-1.0,-2.0,-3.0,-4.0]"));
  EXPECT_EQ(logprobs["text_offset"], json::parse("[10,12,13,13]"));
  EXPECT_EQ(logprobs["top_logprobs"][0], json::parse(R"({"z":-0.5,"ab":-1.0})"));
  EXPECT_EQ(count_begun_chars(tokens), 4);
}

TEST(generation_json, ids_are_new_each_time) {
  const std::string one = make_answer_id(Dialect::kChat);
  EXPECT_TRUE(one.starts_with("chatcmpl-"));
  EXPECT_NE(one, make_answer_id(Dialect::kChat));
  EXPECT_TRUE(make_answer_id(Dialect::kCompletions).starts_with("cmpl-"));
}

std::string bytes_of(const std::vector<GeneratedToken>& tokens) {
  std::string bytes;
  for (const GeneratedToken& t : tokens) bytes += t.bytes + "|";
  return bytes;
}

TEST(token_window, tokens_wait_for_their_text) {
  TokenWindow window;
  std::vector<GeneratedToken> out;
  window.add({.text = "ab", .tokens = {token(1, "ab", 0)}}, out);
  EXPECT_EQ(bytes_of(out), "ab|");
  window.add({.text = "c", .tokens = {token(2, "cS", 0)}}, out);  // "S" may become "STOP".
  window.add({.text = "", .tokens = {token(3, "TO", 0)}}, out);
  EXPECT_EQ(bytes_of(out), "ab|cS|");
  window.add({.text = "STOx", .tokens = {token(4, "x", 0)}}, out);
  EXPECT_EQ(bytes_of(out), "ab|cS|TO|x|");
  window.add({.text = "", .tokens = {token(5, "ST", 0)}}, out);
  EXPECT_EQ(bytes_of(out), "ab|cS|TO|x|");
  window.finish(out);
  EXPECT_EQ(bytes_of(out), "ab|cS|TO|x|ST|");
}

TEST(token_window, a_token_without_text_keeps_its_place) {
  TokenWindow window;
  std::vector<GeneratedToken> out;
  window.add({.text = "", .tokens = {token(1, "", 0)}}, out);
  EXPECT_EQ(out.size(), 1u);
  window.add({.text = "", .tokens = {token(2, "S", 0)}}, out);
  window.add({.text = "", .tokens = {token(3, "", 0)}}, out);
  EXPECT_EQ(out.size(), 1u);
  window.add({.text = "Sa", .tokens = {token(4, "a", 0)}}, out);
  EXPECT_EQ(out.size(), 4u);
}

}  // namespace
}  // namespace quern::serve
