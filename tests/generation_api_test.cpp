// The generating routes from the socket to the weights: a small random decoder whose tokens are
// single letters, behind the real engine and server.

#include <filesystem>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "fixture_engine.h"
#include "serve/server.h"
#include "serve/test_client.h"

namespace quern {
namespace {

using nlohmann::json;
using serve::Answer;
using serve::TestClient;

constexpr const char* kTemplate =
    "{{ bos_token }}{% for m in messages %}<{{ m.role }}>{{ m.content }}{{ eos_token }}{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}";

/// 61 tokens, as the fixtures have: three special ones, space, letters, and marks.
json letters_tokenizer() {
  json vocab = {{"<unk>", 0}, {"<s>", 1}, {"</s>", 2}, {"\u0120", 3}};
  std::string chars = ".,<>:";
  for (char c = 'a'; c <= 'z'; ++c) chars += c;
  for (char c = 'A'; c <= 'Z'; ++c) chars += c;
  for (const char c : chars) vocab[std::string(1, c)] = vocab.size();
  json added = json::array();
  for (const char* token : {"<unk>", "<s>", "</s>"}) {
    added.push_back({{"id", vocab[token]},
                     {"content", token},
                     {"special", true},
                     {"single_word", false},
                     {"lstrip", false},
                     {"rstrip", false},
                     {"normalized", false}});
  }
  const json bytes = {{"type", "ByteLevel"},
                      {"add_prefix_space", false},
                      {"trim_offsets", false},
                      {"use_regex", true}};
  return {{"version", "1.0"},
          {"truncation", nullptr},
          {"padding", nullptr},
          {"added_tokens", added},
          {"normalizer", nullptr},
          {"pre_tokenizer", bytes},
          {"post_processor", nullptr},
          {"decoder", bytes},
          {"model",
           {{"type", "BPE"},
            {"dropout", nullptr},
            {"unk_token", nullptr},
            {"continuing_subword_prefix", nullptr},
            {"end_of_word_suffix", nullptr},
            {"fuse_unk", false},
            {"byte_fallback", false},
            {"vocab", vocab},
            {"merges", json::array()}}}};
}

class generation_api : public ::testing::Test {
 protected:
  void SetUp() override {
    unsetenv("QUERN_API_KEY");
    const std::string from = QUERN_SOURCE_DIR "/tests/data/decoders/llama/";
    for (const char* name : {"config.json", "model.safetensors"}) {
      std::filesystem::copy_file(from + name, folder_.file(name));
    }
    folder_.write("tokenizer.json", letters_tokenizer().dump());
    folder_.write("tokenizer_config.json",
                  json({{"bos_token", "<s>"}, {"eos_token", "</s>"}}).dump());
    folder_.write("chat_template.jinja", kTemplate);
    engine_ = make_test_engine({});
    ASSERT_NE(engine_, nullptr);
    serve::ServerOptions options;
    options.models = {model_};
    auto started = serve::Server::start(options, *engine_);
    ASSERT_TRUE(started.ok()) << started.status().message();
    server_ = std::move(*started);
  }

  Answer post(const std::string& path, json body) {
    body["model"] = model_;
    TestClient client(server_->port());
    return client.post(path, body.dump());
  }
  json ask(const std::string& path, const json& body, int status = 200) {
    const Answer answer = post(path, body);
    EXPECT_EQ(answer.status, status) << answer.body;
    return json::parse(answer.body);
  }
  /// The text of one choice, put together from its events.
  std::string streamed(const std::string& path, json body) {
    body["stream"] = true;
    std::string rest = post(path, body).body, text;
    while (rest.starts_with("data: {")) {
      const std::size_t end = rest.find("\n\n");
      const json choice = json::parse(rest.substr(6, end - 6))["choices"][0];
      text += choice.contains("text") ? choice["text"].get<std::string>()
                                      : choice["delta"].value("content", "");
      rest.erase(0, end + 2);
    }
    EXPECT_EQ(rest, "data: [DONE]\n\n");
    return text;
  }
  /// What the engine itself says.
  std::string generated(const std::string& prompt, int max_tokens, float temperature,
                        std::uint64_t seed) {
    engine::GenerateRequest request;
    request.model = model_;
    request.prompt = prompt;
    request.max_tokens = max_tokens;
    request.sampling.temperature = temperature;
    request.sampling.seed = seed;
    std::string text;
    const auto result = engine::generate_and_wait(
        *engine_, request, [&](const engine::GenerateDelta& delta) { text += delta.text; });
    EXPECT_TRUE(result.status.ok()) << result.status.message();
    return text;
  }

  const cli::TempFolder folder_;
  const std::string model_ = std::filesystem::path(folder_.file("")).parent_path();
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<serve::Server> server_;
};

constexpr const char* kChat = "/v1/chat/completions";
constexpr const char* kCompletions = "/v1/completions";

TEST_F(generation_api, a_chat_continues_what_the_template_makes) {
  const json body = {{"messages", {{{"role", "user"}, {"content", "Say something"}}}},
                     {"temperature", 0},
                     {"max_tokens", 20}};
  const json answer = ask(kChat, body);
  const std::string prompt = "<s><user>Say something</s><assistant>";
  EXPECT_EQ(answer["choices"][0]["message"]["content"], generated(prompt, 20, 0, 0));
  // The special tokens of the prompt are one token each.
  EXPECT_EQ(answer["usage"]["prompt_tokens"], prompt.size() - 2 - 3);
  EXPECT_EQ(streamed(kChat, body), answer["choices"][0]["message"]["content"]);
}

TEST_F(generation_api, choices_equal_requests_with_their_seeds) {
  // Longer than a page of the KV cache: the choices share one.
  const std::string prompt = "<s>" + std::string(90, 'x') + " tell a story";
  const json answer =
      ask(kCompletions,
          {{"prompt", prompt}, {"n", 3}, {"seed", 77}, {"temperature", 1.5}, {"max_tokens", 30}});
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(answer["choices"][i]["text"], generated(prompt, 30, 1.5f, 77 + i)) << i;
  }
  EXPECT_NE(answer["choices"][0]["text"], answer["choices"][1]["text"]);
  const json again = ask(kCompletions, {{"prompt", prompt}, {"max_tokens", 1}});
  EXPECT_EQ(again["usage"]["prompt_tokens_details"]["cached_tokens"], 64);
}

TEST_F(generation_api, stop_strings_and_logprobs_tell_the_same_text) {
  const json body = {{"prompt", "<s>abc"},
                     {"temperature", 0},
                     {"max_tokens", 40},
                     {"ignore_eos", true},
                     {"logprobs", 3}};
  const json whole = ask(kCompletions, body)["choices"][0];
  const std::string text = whole["text"];
  std::string joined;
  for (const json& token : whole["logprobs"]["tokens"]) joined += token.get<std::string>();
  EXPECT_EQ(joined, text);
  EXPECT_EQ(whole["finish_reason"], "length");
  ASSERT_GE(text.size(), 20u);
  json with_stop = body;
  with_stop["stop"] = {text.substr(10, 4), "never there"};
  const std::string want = text.substr(0, text.find(text.substr(10, 4)));
  const json cut = ask(kCompletions, with_stop)["choices"][0];
  EXPECT_EQ(cut["text"], want);
  EXPECT_EQ(cut["finish_reason"], "stop");
  joined.clear();
  for (const json& token : cut["logprobs"]["tokens"]) joined += token.get<std::string>();
  EXPECT_EQ(joined, want);  // Without the tokens of the stop string.
  EXPECT_EQ(streamed(kCompletions, with_stop), want);
}

TEST_F(generation_api, token_ids_are_taken_and_echoed) {
  const json answer =
      ask(kCompletions,
          {{"prompt", {9, 10, 11}}, {"temperature", 0}, {"echo", true}, {"max_tokens", 5}});
  EXPECT_TRUE(answer["choices"][0]["text"].get<std::string>().starts_with("abc"));
  EXPECT_EQ(answer["usage"]["prompt_tokens"], 3);
  const json error = ask(kCompletions, {{"prompt", {9, 61}}, {"echo", true}}, 400)["error"];
  EXPECT_EQ(error["param"], "prompt");
  EXPECT_EQ(ask(kCompletions, {{"prompt", {9, 61}}}, 400)["error"]["param"], "prompt");
}

TEST_F(generation_api, errors_of_the_engine_keep_their_shape) {
  json error = ask(kCompletions, {{"prompt", std::string(257, 'x')}}, 400)["error"];
  EXPECT_EQ(error["code"], "context_length_exceeded");
  EXPECT_EQ(error["param"], "prompt");
  error = ask(kChat, {{"messages", {{{"role", "user"}, {"content", std::string(300, 'x')}}}}},
              400)["error"];
  EXPECT_EQ(error["code"], "context_length_exceeded");
  EXPECT_EQ(error["param"], "messages");
  error = ask(kCompletions, {{"prompt", "x"}, {"logit_bias", {{"61", 1}}}}, 400)["error"];
  EXPECT_EQ(error["param"], "logit_bias");
  error = ask(kCompletions, {{"prompt", "x"}, {"logit_bias", {{"61", 1}}}, {"stream", true}},
              400)["error"];
  EXPECT_EQ(error["param"], "logit_bias");
}

TEST_F(generation_api, a_client_that_leaves_stops_the_model) {
  {
    TestClient client(server_->port());
    // Without end, but for the context of 256.
    const json body = {{"model", model_}, {"prompt", "x"},      {"max_tokens", 250},
                       {"n", 100},        {"ignore_eos", true}, {"stream", true}};
    client.send("POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: " +
                std::to_string(body.dump().size()) + "\r\n\r\n" + body.dump());
    EXPECT_TRUE(serve::eventually([&] { return engine_->stats().n_generated_tokens > 0; }));
  }
  EXPECT_TRUE(serve::eventually([&] {
    const engine::Stats stats = engine_->stats();
    return stats.n_generating == 0 && stats.n_generations_waiting == 0;
  }));
  EXPECT_LT(engine_->stats().n_generated_tokens, 100 * 250);
}

}  // namespace
}  // namespace quern
