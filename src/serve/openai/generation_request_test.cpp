#include "serve/openai/generation_request.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "jinja/json.h"

namespace quern::serve {
namespace {

using jinja::Value;

/// {"model":"m","messages":[one of a user], then `fields`.
std::string chat(const std::string& fields) {
  return R"({"model":"m","messages":[{"role":"user","content":"hi"}])" +
         (fields.empty() ? "" : "," + fields) + "}";
}
std::string messages(const std::string& list) { return R"({"model":"m","messages":)" + list + "}"; }
std::string completion(const std::string& fields) { return R"({"model":"m",)" + fields + "}"; }

ChatRequest parsed_chat(std::string body) {
  ChatRequest request;
  const Problem problem = parse_chat_request(body, request);
  EXPECT_FALSE(problem) << body << ": " << problem->message;
  return request;
}
CompletionsRequest parsed(std::string body) {
  CompletionsRequest request;
  const Problem problem = parse_completions_request(body, 8, request);
  EXPECT_FALSE(problem) << body << ": " << problem->message;
  return request;
}

/// The parameter that the error names; "ok" if there is none.
std::string chat_param(std::string body, std::string* message = nullptr) {
  ChatRequest request;
  const Problem problem = parse_chat_request(body, request);
  if (!problem) return "ok";
  EXPECT_EQ(problem->status, 400);
  if (message) *message = problem->message;
  return problem->param;
}
std::string completion_param(std::string body) {
  CompletionsRequest request;
  const Problem problem = parse_completions_request(body, 8, request);
  return problem ? problem->param : "ok";
}

bool same(const Value& value, const char* want) {
  return jinja::equal(value, *jinja::value_from_json(want));
}

TEST(generation_request, defaults_are_the_apis) {
  const GenerationRequest chat_defaults = parsed_chat(chat("")).generation;
  EXPECT_EQ(chat_defaults.wanted.model, "m");
  EXPECT_EQ(chat_defaults.wanted.sampling.temperature, 1.0f);
  EXPECT_EQ(chat_defaults.wanted.sampling.top_p, 1.0f);
  EXPECT_EQ(chat_defaults.wanted.max_tokens, 0);
  EXPECT_EQ(chat_defaults.wanted.n_logprobs, -1);
  EXPECT_EQ(chat_defaults.n, 1);
  EXPECT_FALSE(chat_defaults.is_stream || chat_defaults.include_usage || chat_defaults.has_seed);
  EXPECT_EQ(parsed(completion(R"("prompt":"x")")).generation.wanted.max_tokens, 16);
}

TEST(generation_request, every_field_arrives) {
  const ChatRequest r = parsed_chat(chat(
      R"("temperature":0.5,"top_p":0.9,"top_k":40,"min_p":0.05,"typical_p":0.8,"seed":-7,
         "presence_penalty":-1.5,"frequency_penalty":2,"repetition_penalty":1.25,"n":3,
         "stop":["a","","\u00e9"],"max_tokens":5,"max_completion_tokens":9,"stream":true,
         "stream_options":{"include_usage":true,"include_obfuscation":false},"logprobs":true,
         "top_logprobs":4,"logit_bias":{"7":-100,"0":1.5},"ignore_eos":true,"priority":"bulk",
         "user":"u","metadata":{"a":[1,{}]},"chat_template_kwargs":{"thinking":false},
         "response_format":{"type":"text"},"tool_choice":"auto","modalities":["text"],
         "tools":[{"type":"function","function":{"name":"f"}}],"add_generation_prompt":false,
         "parse_special_tokens":true)"));
  const engine::GenerateRequest& w = r.generation.wanted;
  EXPECT_EQ(w.sampling.temperature, 0.5f);
  EXPECT_EQ(w.sampling.top_p, 0.9f);
  EXPECT_EQ(w.sampling.top_k, 40);
  EXPECT_EQ(w.sampling.min_p, 0.05f);
  EXPECT_EQ(w.sampling.typical_p, 0.8f);
  EXPECT_EQ(w.sampling.presence_penalty, -1.5f);
  EXPECT_EQ(w.sampling.frequency_penalty, 2.0f);
  EXPECT_EQ(w.sampling.repeat_penalty, 1.25f);
  EXPECT_EQ(w.sampling.seed, static_cast<std::uint64_t>(-7));
  EXPECT_TRUE(r.generation.has_seed);
  EXPECT_EQ(w.stop, (std::vector<std::string>{"a", "", "\u00e9"}));
  EXPECT_EQ(w.max_tokens, 9);
  EXPECT_EQ(w.n_logprobs, 4);
  EXPECT_EQ(w.sampling.logit_bias,
            (std::vector<std::pair<text::TokenId, float>>{{7, -100.0f}, {0, 1.5f}}));
  EXPECT_TRUE(w.ignore_end && w.work_class == engine::WorkClass::kBulk);
  EXPECT_EQ(r.generation.n, 3);
  EXPECT_TRUE(r.generation.is_stream && r.generation.include_usage);
  EXPECT_TRUE(same(r.chat.tools, R"([{"type":"function","function":{"name":"f"}}])"));
  ASSERT_EQ(r.chat.extra.size(), 1u);
  EXPECT_EQ(r.chat.extra[0].first, "thinking");
  EXPECT_FALSE(r.chat.add_generation_prompt);
  EXPECT_TRUE(r.parse_special_tokens);
}

TEST(generation_request, null_is_the_default) {
  const ChatRequest r = parsed_chat(chat(
      R"("temperature":null,"stop":null,"seed":null,"n":null,"stream":null,"stream_options":null,
         "max_tokens":null,"logit_bias":null,"tools":null,"tool_choice":null,"logprobs":null,
         "top_logprobs":null,"response_format":null,"modalities":null)"));
  EXPECT_EQ(r.generation.wanted.sampling.temperature, 1.0f);
  EXPECT_TRUE(r.chat.tools.is_undefined());
}

TEST(generation_request, fields_of_other_servers_warn_when_they_would_matter) {
  for (const char* field :
       {R"("guided_json":{"a":[1]})", R"("guided_regex":"a+")", R"("min_tokens":2)",
        R"("skip_special_tokens":false)", R"("stop_token_ids":[2])", R"("use_beam_search":true)",
        R"("grammar":"root ::= x")", R"("mirostat":2)", R"("reasoning_effort":"low")"}) {
    const std::string name(field + 1, std::string_view(field + 1).find('"'));
    const std::vector<std::string> want = {name + ": is not supported and was ignored"};
    EXPECT_EQ(parsed_chat(chat(field)).generation.warnings, want);
    EXPECT_EQ(parsed(completion(std::string(R"("prompt":"x",)") + field)).generation.warnings,
              want);
  }
  for (const char* field : {R"("guided_json":null)", R"("guided_json":{})", R"("guided_choice":[])",
                            R"("min_tokens":0)", R"("skip_special_tokens":true)",
                            R"("use_beam_search":false)", R"("mirostat":0)", R"("grammar":"")",
                            R"("user":"u")", R"("metadata":{"a":"b"})", R"("store":true)"}) {
    EXPECT_TRUE(parsed_chat(chat(field)).generation.warnings.empty()) << field;
  }
  EXPECT_EQ(chat_param(chat(R"("guided_json":{"a":nul})")), "");
}

TEST(generation_request, a_completion_may_be_of_no_tokens) {
  const CompletionsRequest r =
      parsed(completion(R"("prompt":"x","max_tokens":0,"echo":true,"logprobs":3)"));
  EXPECT_FALSE(r.wants_answer);
  EXPECT_TRUE(r.echo);
  EXPECT_EQ(r.generation.wanted.n_logprobs, 3);
  EXPECT_TRUE(parsed(completion(R"("prompt":"x","max_tokens":1)")).wants_answer);
}

TEST(generation_request, integers_may_be_spelled_as_floats) {
  const ChatRequest r =
      parsed_chat(chat(R"("max_tokens":3.0,"top_k":4e1,"seed":-5.0,"n":2.0,"logprobs":true,
              "top_logprobs":2.0)"));
  EXPECT_EQ(r.generation.wanted.max_tokens, 3);
  EXPECT_EQ(r.generation.wanted.sampling.top_k, 40);
  EXPECT_EQ(r.generation.wanted.sampling.seed, static_cast<std::uint64_t>(-5));
  EXPECT_EQ(r.generation.n, 2);
  EXPECT_EQ(r.generation.wanted.n_logprobs, 2);
  const CompletionsRequest c =
      parsed(completion(R"("prompt":[1.0,2],"logprobs":1.0,"best_of":1.0,"max_tokens":7.0)"));
  EXPECT_EQ(*c.prompts[0].ids, (std::vector<text::TokenId>{1, 2}));
  EXPECT_EQ(c.generation.wanted.n_logprobs, 1);
  EXPECT_EQ(c.generation.wanted.max_tokens, 7);
}

TEST(generation_request, all_spellings_of_no_limit_are_taken) {
  for (const char* number : {"2147483647", "2147483648", "4294967295", "9223372036854775807",
                             "18446744073709551615", "1e30", "-1", "-1.0"}) {
    for (const char* name : {"max_tokens", "max_completion_tokens"}) {
      const std::string field = fmt::format("\"{}\":{}", name, number);
      EXPECT_EQ(parsed_chat(chat(field)).generation.wanted.max_tokens, 2147483647) << field;
    }
    const std::string field = fmt::format("\"prompt\":\"x\",\"max_tokens\":{}", number);
    EXPECT_EQ(parsed(completion(field)).generation.wanted.max_tokens, 2147483647) << field;
  }
}

TEST(generation_request, contents_become_texts) {
  const ChatRequest r = parsed_chat(messages(
      R"([{"role":"developer","content":"d","name":"n"},
          {"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]},
          {"role":"assistant","content":null,"tool_calls":[
            {"id":"1","type":"function","function":{"name":"f","arguments":"{\"x\":[1,2.5]}"}},
            {"id":"2","type":"function","function":{"name":"g","arguments":"no json"}}]},
          {"role":"tool","content":[],"tool_call_id":"1"}])"));
  EXPECT_TRUE(same(r.chat.messages,
                   R"([{"role":"developer","content":"d","name":"n"},
          {"role":"user","content":"a\nb"},
          {"role":"assistant","content":"","tool_calls":[
            {"id":"1","type":"function","function":{"name":"f","arguments":{"x":[1,2.5]}}},
            {"id":"2","type":"function","function":{"name":"g","arguments":"no json"}}]},
          {"role":"tool","content":"","tool_call_id":"1"}])"));
}

// Situations of vllm-project/vllm#21089 and #3906, anomalyco/opencode#42613.
TEST(generation_request, odd_but_common_messages_are_taken) {
  const ChatRequest r = parsed_chat(messages(
      R"([{"role":"user","content":[{"type":"input_text","text":"a"}]},
          {"role":"assistant","content":""},
          {"role":"assistant","content":[{"type":"output_text","text":"b"}]},
          {"role":"assistant","content":"c","function_call":{"name":"f","arguments":"{}"}},
          {"role":"user","content":"d","refusal":null,"tool_calls":null}])"));
  const auto& read = r.chat.messages.as_list()->items;
  ASSERT_EQ(read.size(), 5u);
  std::string contents;
  for (const auto& message : read) {
    contents += *message.as_dict()->find(std::string_view("content"))->as_text() + "|";
  }
  EXPECT_EQ(contents, "a||b|c|d|");
}

TEST(generation_request, tool_choice_none_hides_the_tools) {
  EXPECT_TRUE(
      parsed_chat(chat(R"("tool_choice":"none","tools":[{"a":1}])")).chat.tools.is_undefined());
  EXPECT_TRUE(parsed_chat(chat(R"("tools":[])")).chat.tools.is_undefined());
}

TEST(generation_request, wrong_chat_fields_are_named) {
  for (const auto& [fields, param] : std::vector<std::pair<std::string, std::string>>{
           {R"("temperature":-0.1)", "temperature"},
           {R"("temperature":"1")", "temperature"},
           {R"("top_p":1.1)", "top_p"},
           {R"("top_k":1.5)", "top_k"},
           {R"("top_k":-2)", "top_k"},
           {R"("n":0)", "n"},
           {R"("n":129)", "n"},
           {R"("seed":1e30)", "seed"},
           {R"("seed":"x")", "seed"},
           {R"("seed":18446744073709551616)", "seed"},
           {R"("max_tokens":0)", "max_tokens"},
           {R"("max_tokens":3.5)", "max_tokens"},
           {R"("max_completion_tokens":-2)", "max_completion_tokens"},
           {R"("stop":3)", "stop"},
           {R"("stop":[3])", "stop"},
           {R"("stream":1)", "stream"},
           {R"("stream_options":{"include_usage":true})", "stream_options"},
           {R"("stream":true,"stream_options":{"include_usage":1})", "stream_options"},
           {R"("logit_bias":{"x":1})", "logit_bias"},
           {R"("logit_bias":{"-1":1})", "logit_bias"},
           {R"("logit_bias":{"99999999999":1})", "logit_bias"},
           {R"("logit_bias":{"1":101})", "logit_bias"},
           {R"("logit_bias":[1])", "logit_bias"},
           {R"("logprobs":5)", "logprobs"},
           {R"("top_logprobs":5)", "top_logprobs"},
           {R"("logprobs":true,"top_logprobs":21)", "top_logprobs"},
           {R"("response_format":{"type":"json_object"})", "response_format"},
           {R"("response_format":"text")", "response_format"},
           {R"("tool_choice":"required")", "tool_choice"},
           {R"("tool_choice":{"type":"function"})", "tool_choice"},
           {R"("tools":[3])", "tools"},
           {R"("functions":[])", "functions"},
           {R"("modalities":["audio"])", "modalities"},
           {R"("priority":"high")", "priority"},
           {R"("chat_template_kwargs":3)", "chat_template_kwargs"},
           {R"("messages":[])", "messages"},
           {R"("messages":"hi")", "messages"},
           {R"("model":"")", "model"},
           {R"("model":3)", "model"}}) {
    EXPECT_EQ(chat_param(chat(fields)), param) << fields;
  }
  EXPECT_EQ(chat_param(R"({"model":"m"})"), "messages");
  EXPECT_EQ(chat_param(R"({"messages":[{"role":"user","content":"x"}]})"), "model");
}

TEST(generation_request, wrong_messages_are_located) {
  for (const auto& [list, where] : std::vector<std::pair<std::string, std::string>>{
           {R"([3])", "messages[0]"},
           {R"([{"content":"x"}])", "messages[0].role"},
           {R"([{"role":"user","content":"x"},{"role":"bot","content":"x"}])", "messages[1].role"},
           {R"([{"role":"user"}])", "messages[0].content"},
           {R"([{"role":"assistant","content":null}])", "messages[0].content"},
           {R"([{"role":"user","content":7}])", "messages[0].content"},
           {R"([{"role":"user","content":["x"]}])", "messages[0].content[0]"},
           {R"([{"role":"user","content":[{"type":"text","text":"a"},
                {"type":"image_url","image_url":{"url":"x"}}]}])",
            "messages[0].content[1]: got a part of type 'image_url'"},
           {R"([{"role":"user","content":[{"type":"text"}]}])", "messages[0].content[0]"},
           {R"([{"role":"assistant","content":"","tool_calls":3}])", "messages[0].tool_calls"}}) {
    std::string message;
    EXPECT_EQ(chat_param(messages(list), &message), "messages") << list;
    EXPECT_TRUE(message.starts_with(where)) << message;
  }
}

TEST(generation_request, prompts_of_all_kinds) {
  EXPECT_EQ(parsed(completion(R"("prompt":"x")")).prompts[0].text, "x");
  CompletionsRequest r = parsed(completion(R"("prompt":["a","b"],"echo":true,"logprobs":null)"));
  ASSERT_EQ(r.prompts.size(), 2u);
  EXPECT_EQ(r.prompts[1].text, "b");
  EXPECT_TRUE(r.echo);
  r = parsed(completion(R"("prompt":[1,2,3],"logprobs":0,"suffix":"","best_of":1)"));
  ASSERT_EQ(r.prompts.size(), 1u);
  EXPECT_EQ(*r.prompts[0].ids, (std::vector<text::TokenId>{1, 2, 3}));
  EXPECT_EQ(r.generation.wanted.n_logprobs, 0);
  r = parsed(completion(R"("prompt":[[1],[2,3]],"n":4)"));
  ASSERT_EQ(r.prompts.size(), 2u);
  EXPECT_EQ(*r.prompts[1].ids, (std::vector<text::TokenId>{2, 3}));
}

TEST(generation_request, wrong_completions_fields_are_named) {
  for (const auto& [fields, param] : std::vector<std::pair<std::string, std::string>>{
           {R"("n":1)", "prompt"},
           {R"("prompt":[])", "prompt"},
           {R"("prompt":null)", "prompt"},
           {R"("prompt":{"a":1})", "prompt"},
           {R"("prompt":[1,"a"])", "prompt"},
           {R"("prompt":["a",1])", "prompt"},
           {R"("prompt":[-1])", "prompt"},
           {R"("prompt":["a","b","c"],"n":3)", "prompt"},
           {R"("prompt":"x","suffix":"y")", "suffix"},
           {R"("prompt":"x","best_of":0)", "best_of"},
           {R"("prompt":"x","echo":1)", "echo"},
           {R"("prompt":"x","max_tokens":-2)", "max_tokens"},
           {R"("prompt":"x","logprobs":true)", "logprobs"},
           {R"("prompt":"x","logprobs":21)", "logprobs"},
           {R"("prompt":"x","model":null)", "model"}}) {
    EXPECT_EQ(completion_param(completion(fields)), param) << fields;
  }
}

TEST(generation_request, hostile_bodies_are_refused) {
  EXPECT_EQ(chat_param(""), "");
  EXPECT_EQ(chat_param("[]"), "");
  EXPECT_EQ(chat_param(chat("") + "x"), "");
  EXPECT_EQ(chat_param(chat("\"user\":nul")), "");
  EXPECT_EQ(chat_param("{\"model\":\"\xff\"}"), "");
  const std::string whole = chat(R"("stop":["a"],"tools":[{"a":[1]}],"logit_bias":{"1":1})");
  for (std::size_t n = 0; n < whole.size(); ++n) {
    EXPECT_NE(chat_param(whole.substr(0, n)), "ok") << whole.substr(0, n);
  }
  // Deep, and many: neither may cost stack or memory.
  const std::string deep(2000, '[');
  EXPECT_EQ(chat_param(chat("\"tools\":[" + deep)), "tools");
  std::string many = "[0";
  for (int i = 0; i < 300'000; ++i) many += ",0";
  EXPECT_EQ(chat_param(chat("\"tools\":[{\"a\":" + many + "]}]")), "tools");
  std::string keys = "{\"k0\":0";
  for (int i = 1; i < 100'000; ++i) keys += ",\"k" + std::to_string(i) + "\":0";
  EXPECT_EQ(chat_param(chat("\"tools\":[" + keys + "}]")), "ok");
}

TEST(generation_request, of_a_repeated_key_the_last_value_counts) {
  const ChatRequest r = parsed_chat(
      R"({"model":"a","model":"b","messages":[{"role":"user","content":"x"}],
          "messages":[{"role":"user","role":"system","content":"y"}],"stop":"a","stop":"b"})");
  EXPECT_EQ(r.generation.wanted.model, "b");
  EXPECT_TRUE(same(r.chat.messages, R"([{"role":"system","content":"y"}])"));
  EXPECT_EQ(r.generation.wanted.stop, std::vector<std::string>{"b"});
}

}  // namespace
}  // namespace quern::serve
