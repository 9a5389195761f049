// Chat and completions over real sockets, on the fake engine: it says its prompt in capitals.

#include "serve/openai/openai_generation.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "serve/fake_engine.h"
#include "serve/server.h"
#include "serve/test_client.h"

namespace quern::serve {
namespace {

using nlohmann::json;

class generation : public ::testing::Test {
 protected:
  void SetUp() override { unsetenv("QUERN_API_KEY"); }
  void start(ServerOptions options = {}) {
    auto started = Server::start(options, engine_);
    ASSERT_TRUE(started.ok()) << started.status().message();
    server_ = std::move(*started);
  }
  Answer post(const std::string& path, const json& body) {
    TestClient client(server_->port());
    return client.post(path, body.dump());
  }
  json complete(json body, int status = 200) {
    body["model"] = body.value("model", "writer");
    const Answer answer = post("/v1/completions", body);
    EXPECT_EQ(answer.status, status) << answer.body;
    return json::parse(answer.body);
  }
  json chat(json body, int status = 200) {
    body["model"] = body.value("model", "writer");
    if (!body.contains("messages")) body["messages"] = {{{"role", "user"}, {"content", "hi"}}};
    const Answer answer = post("/v1/chat/completions", body);
    EXPECT_EQ(answer.status, status) << answer.body;
    return json::parse(answer.body);
  }
  /// The events of a stream; the last must be [DONE] unless the one before is an error.
  std::vector<json> stream(const std::string& path, json body) {
    body["model"] = "writer";
    body["stream"] = true;
    const Answer answer = post(path, body);
    EXPECT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(answer.headers.at("content-type"), "text/event-stream; charset=utf-8");
    EXPECT_EQ(answer.headers.at("cache-control"), "no-cache");
    std::vector<json> events;
    std::string rest = answer.body;
    bool is_done = false;
    while (!rest.empty()) {
      const std::size_t end = rest.find("\n\n");
      EXPECT_TRUE(rest.starts_with("data: ") && end != std::string::npos) << rest;
      if (end == std::string::npos) return events;
      const std::string data = rest.substr(6, end - 6);
      rest.erase(0, end + 2);
      EXPECT_FALSE(is_done);
      is_done = data == "[DONE]";
      if (!is_done) events.push_back(json::parse(data));
    }
    EXPECT_TRUE(is_done || events.back().contains("error"));
    return events;
  }

  FakeEngine engine_;
  std::unique_ptr<Server> server_;
};

TEST_F(generation, a_chat) {
  start();
  const json answer = chat({{"seed", 5}});
  EXPECT_EQ(answer["object"], "chat.completion");
  EXPECT_EQ(answer["model"], "writer");
  EXPECT_EQ(answer["choices"].size(), 1u);
  EXPECT_EQ(answer["choices"][0]["message"]["role"], "assistant");
  EXPECT_EQ(answer["choices"][0]["message"]["content"], "<USER>HI<ASSISTANT>");
  EXPECT_EQ(answer["choices"][0]["finish_reason"], "stop");
  EXPECT_TRUE(answer["choices"][0]["logprobs"].is_null());
  EXPECT_EQ(answer["usage"], json::parse(R"({"prompt_tokens":19,"completion_tokens":19,
      "total_tokens":38,"prompt_tokens_details":{"cached_tokens":9}})"));
  const engine::GenerateRequest asked = engine_.last_generation();
  EXPECT_EQ(asked.model, "writer");
  EXPECT_EQ(asked.sampling.seed, 5u);
  EXPECT_TRUE(asked.deadline.has_value());
}

TEST_F(generation, messages_tools_and_variables_reach_the_template) {
  start();
  const json answer = chat(json::parse(
      R"({"messages":[{"role":"developer","content":[{"type":"text","text":"a"},
                       {"type":"text","text":"b"}]},
          {"role":"assistant","tool_calls":[{"function":{"name":"f","arguments":"{\"x\":3}"}}]}],
          "tools":[{"type":"function","function":{"name":"g"}}],
          "chat_template_kwargs":{"mood":"calm"},"add_generation_prompt":false})"));
  EXPECT_EQ(answer["choices"][0]["message"]["content"], "<SYSTEM>A\nB<ASSISTANT>[3](G)CALM");
}

TEST_F(generation, what_messages_hold_is_plain_unless_the_request_says_otherwise) {
  start();
  chat(json::object());
  EXPECT_EQ(engine_.last_generation().prompt, "<user>hi<assistant>");
  EXPECT_EQ(engine_.last_generation().plain, (ByteSpans{{6, 8}}));
  chat({{"parse_special_tokens", true}});
  EXPECT_EQ(engine_.last_generation().plain, ByteSpans());
  chat({{"parse_special_tokens", false}});
  EXPECT_EQ(engine_.last_generation().plain, (ByteSpans{{6, 8}}));
  complete({{"prompt", "ab"}});
  EXPECT_EQ(engine_.last_generation().plain, ByteSpans());
}

TEST_F(generation, an_assistants_last_message_is_continued) {
  start();
  const auto prompt_of = [&](const json& fields, int status = 200) {
    json body = {
        {"messages",
         {{{"role", "user"}, {"content", "say"}}, {{"role", "assistant"}, {"content", "Sure: "}}}}};
    body.update(fields);
    const json answer = chat(body, status);
    return status == 200 ? engine_.last_generation().prompt
                         : answer["error"]["param"].get<std::string>();
  };
  EXPECT_EQ(prompt_of(json::object()), "<user>say<assistant>Sure: ");
  EXPECT_EQ(prompt_of({{"chat_template_kwargs", {{"mood", "!"}}}}), "<user>say<assistant>Sure: ");
  EXPECT_EQ(prompt_of({{"continue_final_message", true}, {"add_generation_prompt", false}}),
            "<user>say<assistant>Sure: ");
  EXPECT_EQ(prompt_of({{"continue_final_message", false}}),
            "<user>say<assistant>Sure: <assistant>");
  EXPECT_EQ(prompt_of({{"add_generation_prompt", true}}), "<user>say<assistant>Sure: <assistant>");
  EXPECT_EQ(
      prompt_of({{"add_generation_prompt", false}, {"chat_template_kwargs", {{"mood", "!"}}}}),
      "<user>say<assistant>Sure: !");
  EXPECT_EQ(prompt_of({{"add_generation_prompt", true}, {"continue_final_message", true}}, 400),
            "continue_final_message");
  const json begun = {{"role", "user"}, {"content", "go on"}};
  EXPECT_EQ(prompt_of({{"messages", json::array({begun})}, {"continue_final_message", true}}),
            "<user>go on");
  // Of an answer that has not begun there is nothing to continue.
  EXPECT_EQ(prompt_of({{"messages", {begun, {{"role", "assistant"}, {"content", " "}}}}}),
            "<user>go on<assistant>");
}

TEST_F(generation, a_chat_as_a_stream) {
  start();
  const auto events =
      stream("/v1/chat/completions", {{"messages", {{{"role", "user"}, {"content", "x"}}}},
                                      {"max_tokens", 3},
                                      {"stream_options", {{"include_usage", true}}}});
  ASSERT_EQ(events.size(), 6u);
  EXPECT_EQ(events[0]["choices"][0]["delta"], json::parse(R"({"role":"assistant","content":""})"));
  std::string text;
  for (const json& event : events) {
    EXPECT_EQ(event["id"], events[0]["id"]);
    EXPECT_EQ(event["object"], "chat.completion.chunk");
    EXPECT_TRUE(event.contains("usage"));
    if (!event["choices"].empty()) {
      text += event["choices"][0]["delta"].value("content", "");
      EXPECT_TRUE(event["usage"].is_null());
    }
  }
  EXPECT_EQ(text, "<US");
  EXPECT_EQ(events[4]["choices"][0]["finish_reason"], "length");
  EXPECT_EQ(events[5]["choices"], json::array());
  EXPECT_EQ(events[5]["usage"]["completion_tokens"], 3);
}

TEST_F(generation, completions_of_every_kind_of_prompt) {
  start();
  json answer = complete({{"prompt", "ab"}});
  EXPECT_EQ(answer["object"], "text_completion");
  EXPECT_EQ(answer["choices"][0]["text"], "AB");
  EXPECT_EQ(engine_.last_generation().max_tokens, 16);
  answer = complete({{"prompt", {97, 98, 99}}});
  EXPECT_EQ(answer["choices"][0]["text"], "ABC");
  answer = complete({{"prompt", {"ab", "c"}}, {"echo", true}, {"n", 2}});
  ASSERT_EQ(answer["choices"].size(), 4u);
  for (const auto& [i, text] : {std::pair(0, "abAB"), {1, "abAB"}, {2, "cC"}, {3, "cC"}}) {
    EXPECT_EQ(answer["choices"][i]["index"], i);
    EXPECT_EQ(answer["choices"][i]["text"], text);
  }
  // The prompts count once each, the answers all.
  EXPECT_EQ(answer["usage"]["prompt_tokens"], 3);
  EXPECT_EQ(answer["usage"]["completion_tokens"], 6);
}

TEST_F(generation, choices_have_seeds_of_their_own) {
  start();
  complete({{"prompt", {"ab", "c"}}, {"n", 3}, {"seed", 40}});
  std::multiset<std::pair<std::string, std::uint64_t>> got;
  for (const auto& request : engine_.generations()) {
    got.emplace(request.prompt, request.sampling.seed);
  }
  EXPECT_EQ(got, (std::multiset<std::pair<std::string, std::uint64_t>>{
                     {"ab", 40}, {"ab", 41}, {"ab", 42}, {"c", 40}, {"c", 41}, {"c", 42}}));
  complete({{"prompt", "x"}});
  complete({{"prompt", "x"}});
  const auto all = engine_.generations();
  EXPECT_NE(all[all.size() - 1].sampling.seed, all[all.size() - 2].sampling.seed);
}

TEST_F(generation, a_stream_of_several_choices) {
  start();
  const auto events =
      stream("/v1/completions", {{"prompt", {"ab", "cd"}}, {"n", 2}, {"echo", true}});
  std::map<int, std::string> texts, ends;
  for (const json& event : events) {
    const json& choice = event["choices"][0];
    EXPECT_FALSE(event.contains("usage"));
    EXPECT_FALSE(ends.contains(choice["index"]));
    texts[choice["index"]] += choice["text"];
    if (!choice["finish_reason"].is_null()) ends[choice["index"]] = choice["finish_reason"];
  }
  EXPECT_EQ(texts,
            (std::map<int, std::string>{{0, "abAB"}, {1, "abAB"}, {2, "cdCD"}, {3, "cdCD"}}));
  EXPECT_EQ(ends.size(), 4u);
}

TEST_F(generation, logprobs_in_both_dialects) {
  start();
  json answer = complete({{"prompt", "ab"}, {"logprobs", 2}});
  EXPECT_EQ(answer["choices"][0]["logprobs"], json::parse(R"({"tokens":["A","B"],
      "token_logprobs":[-0.25,-0.25],"text_offset":[2,3],
      "top_logprobs":[{"A":-0.25,"?":-2.0},{"B":-0.25,"?":-2.0}]})"));
  answer = complete({{"prompt", ""}, {"logprobs", 2}});  // The fake says nothing.
  EXPECT_EQ(answer["choices"][0]["logprobs"]["tokens"], json::array());
  answer = chat({{"logprobs", true}, {"top_logprobs", 1}, {"max_tokens", 1}});
  EXPECT_EQ(answer["choices"][0]["logprobs"]["content"], json::parse(R"([{"token":"<",
      "logprob":-0.25,"bytes":[60],"top_logprobs":[{"token":"<","logprob":-0.25,"bytes":[60]}]}])"));
  std::vector<int> offsets;
  for (const json& event : stream("/v1/completions", {{"prompt", "abc"}, {"logprobs", 0}})) {
    const json& logprobs = event["choices"][0]["logprobs"];
    if (!logprobs.is_null()) offsets.push_back(logprobs["text_offset"][0]);
  }
  EXPECT_EQ(offsets, (std::vector<int>{3, 4, 5}));
}

TEST_F(generation, offsets_count_characters_from_the_beginning_of_the_prompt) {
  start();
  const json answer =
      complete({{"prompt", {"h\u00e9", "abc"}}, {"logprobs", 0}, {"max_tokens", 1}});
  EXPECT_EQ(answer["choices"][0]["logprobs"]["text_offset"], json({2}));
  EXPECT_EQ(answer["choices"][1]["logprobs"]["text_offset"], json({3}));
}

// Situations of ggml-org/llama.cpp#27174 and vllm-project/vllm#6521.
TEST_F(generation, an_echo_has_the_logprobs_of_the_prompt) {
  start();
  const json answer =
      complete({{"prompt", "ab"}, {"echo", true}, {"logprobs", 1}, {"max_tokens", 1}});
  EXPECT_EQ(answer["choices"][0]["text"], "abA");
  EXPECT_EQ(answer["choices"][0]["logprobs"], json::parse(R"({"tokens":["a","b","A"],
      "token_logprobs":[null,-0.25,-0.25],"text_offset":[0,1,2],
      "top_logprobs":[null,{"b":-0.25},{"A":-0.25}]})"));
  std::string text;
  json tokens = json::array(), offsets = json::array();
  for (const json& event :
       stream("/v1/completions",
              {{"prompt", "ab"}, {"echo", true}, {"logprobs", 1}, {"max_tokens", 1}})) {
    const json& choice = event["choices"][0];
    text += choice["text"];
    if (choice["logprobs"].is_null()) continue;
    for (const json& token : choice["logprobs"]["tokens"]) tokens.push_back(token);
    for (const json& offset : choice["logprobs"]["text_offset"]) offsets.push_back(offset);
  }
  EXPECT_EQ(text, "abA");
  EXPECT_EQ(tokens, (json{"a", "b", "A"}));
  EXPECT_EQ(offsets, (json{0, 1, 2}));
}

TEST_F(generation, of_no_tokens_there_is_the_prompt_alone) {
  start();
  json answer = complete({{"prompt", "ab"}, {"echo", true}, {"logprobs", 0}, {"max_tokens", 0}});
  EXPECT_EQ(answer["choices"][0]["text"], "ab");
  EXPECT_EQ(answer["choices"][0]["finish_reason"], "length");
  EXPECT_EQ(answer["choices"][0]["logprobs"]["tokens"], (json{"a", "b"}));
  EXPECT_EQ(answer["choices"][0]["logprobs"]["token_logprobs"], (json{nullptr, -0.25}));
  EXPECT_EQ(answer["usage"]["completion_tokens"], 0);
  EXPECT_EQ(answer["usage"]["prompt_tokens"], 2);
  answer = complete({{"prompt", "ab"}, {"max_tokens", 0}});
  EXPECT_EQ(answer["choices"][0]["text"], "");
  const auto events =
      stream("/v1/completions", {{"prompt", "ab"}, {"echo", true}, {"max_tokens", 0}});
  std::string text;
  for (const json& event : events) text += event["choices"][0]["text"];
  EXPECT_EQ(text, "ab");
}

TEST_F(generation, ignored_fields_that_would_matter_are_told) {
  start();
  const json warnings = {"guided_json: is not supported and was ignored"};
  EXPECT_FALSE(chat({{"guided_json", nullptr}, {"min_tokens", 0}}).contains("warnings"));
  EXPECT_EQ(chat({{"guided_json", {{"type", "object"}}}})["warnings"], warnings);
  EXPECT_EQ(complete({{"prompt", "x"}, {"guided_json", "{}"}})["warnings"], warnings);
  for (const char* path : {"/v1/chat/completions", "/v1/completions"}) {
    const auto events = stream(path, {{"messages", {{{"role", "user"}, {"content", "x"}}}},
                                      {"prompt", "x"},
                                      {"guided_json", "{}"}});
    ASSERT_GT(events.size(), 1u);
    EXPECT_EQ(events[0]["warnings"], warnings) << path;
    for (std::size_t i = 1; i < events.size(); ++i) EXPECT_FALSE(events[i].contains("warnings"));
  }
  const json best = complete({{"prompt", "x"}, {"best_of", 3}});
  EXPECT_EQ(best["choices"].size(), 1u);
  EXPECT_EQ(best["warnings"],
            (json{"best_of: choices are not ranked, so there are n, which is 1"}));
}

TEST_F(generation, failures_are_told_in_the_openai_shape) {
  start();
  json error = chat({{"model", "writre"}}, 404)["error"];
  EXPECT_EQ(error["code"], "model_not_found");
  EXPECT_EQ(error["param"], "model");
  EXPECT_EQ(complete({{"model", "/etc/passwd"}, {"prompt", "x"}}, 404)["error"]["param"], "model");
  error = chat({{"model", "tiny"}}, 400)["error"];
  EXPECT_EQ(error["param"], "model");
  EXPECT_NE(error["message"].get<std::string>().find("does not generate"), std::string::npos);
  error = chat({{"model", "mute"}}, 400)["error"];
  EXPECT_EQ(error["param"], "model");
  EXPECT_NE(error["message"].get<std::string>().find("/v1/completions"), std::string::npos);
  error = chat({{"messages", {{{"role", "user"}, {"content", "raise"}}}}}, 400)["error"];
  EXPECT_EQ(error["param"], "messages");
  error = complete({{"prompt", std::string(300, 'x')}}, 400)["error"];
  EXPECT_EQ(error["code"], "context_length_exceeded");
  EXPECT_EQ(error["param"], "prompt");
  EXPECT_EQ(error["type"], "invalid_request_error");
  EXPECT_EQ(complete({{"prompt", "fail"}}, 400)["error"]["param"], "prompt");
  error = complete({{"prompt", "x"}, {"logit_bias", {{"256", 1}}}}, 400)["error"];
  EXPECT_EQ(error["param"], "logit_bias");
  // A stream that cannot begin is no stream.
  EXPECT_EQ(chat({{"stream", true}, {"temperature", -1}}, 400)["error"]["param"], "temperature");
  EXPECT_EQ(complete({{"prompt", "fail"}, {"stream", true}}, 400)["error"]["param"], "prompt");
  EXPECT_EQ(complete({{"prompt", "late"}}, 504)["error"]["code"], "deadline_exceeded");
  // One choice that fails is the end of all.
  complete({{"prompt", {"abcd", "fail"}}, {"n", 3}}, 400);
}

TEST_F(generation, an_error_within_a_stream_is_its_last_event) {
  start();
  const auto events = stream("/v1/completions", {{"prompt", "late"}});
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events[0]["choices"][0]["text"], "L");
  EXPECT_EQ(events[2]["error"]["code"], "deadline_exceeded");
}

void send_request(TestClient& client, const std::string& body) {
  client.send("POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: " +
              std::to_string(body.size()) + "\r\n\r\n" + body);
}

TEST_F(generation, a_client_that_leaves_cancels_all_choices) {
  ServerOptions options;
  options.max_in_flight = 1;
  start(options);
  for (const char* stream : {"false", "true"}) {
    const int n_cancelled = engine_.n_cancelled();
    const int n_submitted = engine_.n_submitted();
    engine_.close_gate();
    {
      TestClient client(server_->port());
      send_request(
          client,
          std::string(R"({"model":"writer","prompt":["ab","cd"],"n":2,"stream":)") + stream + "}");
      EXPECT_TRUE(eventually([&] { return engine_.n_submitted() == n_submitted + 2; }));
    }
    EXPECT_TRUE(eventually([&] { return engine_.n_cancelled() == n_cancelled + 2; }));
    engine_.open_gate();
    // The place is free again, though the second choices never began.
    EXPECT_TRUE(eventually([&] {
      return post("/v1/completions", {{"model", "writer"}, {"prompt", "x"}}).status == 200;
    }));
  }
}

TEST_F(generation, a_stream_that_nobody_reads_is_accounted_as_long_as_it_is_kept) {
  start();
  TestClient client(server_->port());
  const int few = 4096;
  setsockopt(client.fd(), SOL_SOCKET, SO_RCVBUF, &few, sizeof few);
  json body = {{"model", "writer"}, {"stream", true}, {"n", 2}, {"max_tokens", 200}};
  for (int i = 0; i < 64; ++i) body["prompt"].push_back(std::string(200, 'x'));
  send_request(client, body.dump());
  EXPECT_TRUE(eventually([&] { return engine_.n_generated() == 128; }));
  EXPECT_GT(engine_.ledger().used_bytes(), 1u << 20);
  client.close();
  EXPECT_TRUE(eventually([&] { return engine_.ledger().used_bytes() == 0; }));
}

TEST_F(generation, too_many_at_once_are_told_to_come_back) {
  ServerOptions options;
  options.max_in_flight = 1;
  start(options);
  engine_.close_gate();
  TestClient client(server_->port());
  send_request(client, R"({"model":"writer","prompt":"x"})");
  EXPECT_TRUE(eventually([&] { return engine_.n_submitted() == 1; }));
  const Answer answer = post("/v1/completions", {{"model", "writer"}, {"prompt", "x"}});
  EXPECT_EQ(answer.status, 429);
  EXPECT_EQ(answer.headers.at("retry-after"), "1");
  engine_.open_gate();
  EXPECT_EQ(client.read_answer().status, 200);
}

TEST_F(generation, stopping_the_server_in_the_middle_is_clean) {
  start();
  engine_.close_gate();
  TestClient client(server_->port());
  send_request(client, R"({"model":"writer","prompt":"x","n":3,"stream":true})");
  EXPECT_TRUE(eventually([&] { return engine_.n_submitted() == 1; }));
  server_.reset();
  EXPECT_TRUE(eventually([&] { return engine_.n_cancelled() == 1; }));
}

TEST_F(generation, many_at_once_get_their_own_answers) {
  start();
  std::list<std::thread> threads;
  std::atomic<int> n_right{0};
  for (int t = 0; t < 16; ++t) {
    threads.emplace_back([&, t] {
      TestClient client(server_->port());
      for (int i = 0; i < 20; ++i) {
        const std::string text = std::to_string(t) + "-" + std::to_string(i);
        const json body = {{"model", "writer"}, {"prompt", text}, {"n", 2}};
        const Answer answer = client.post("/v1/completions", body.dump());
        if (answer.status != 200) continue;
        n_right += json::parse(answer.body)["choices"][1]["text"] == text;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(n_right.load(), 16 * 20);
}

TEST_F(generation, metrics_and_models_know_of_it) {
  start();
  complete({{"prompt", "abc"}});
  TestClient client(server_->port());
  const std::string page = client.get("/metrics").body;
  for (const char* line :
       {"\nquern_time_to_first_token_seconds_count 1\n", "\nquern_time_per_token_seconds_count 1\n",
        "\nquern_generated_tokens_total 11\n", "\nquern_prompt_tokens_total 7\n",
        "\nquern_cached_tokens_total 5\n", "\nquern_generating 2\n",
        "\nquern_generations_waiting 3\n", "\nquern_set_back_total 1\n"}) {
    EXPECT_NE(page.find(line), std::string::npos) << line;
  }
  const json model = json::parse(client.get("/v1/models/writer").body);
  EXPECT_EQ(model["task"], "generate");
  EXPECT_EQ(model["max_tokens"], FakeEngine::kContext);
  EXPECT_FALSE(model.contains("dimensions"));
}

}  // namespace
}  // namespace quern::serve
