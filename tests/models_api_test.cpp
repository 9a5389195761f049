// GET /v1/models over a real home: one entry for one model, however it is asked for.

#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cli/temp_folder.h"
#include "engine/engine.h"
#include "hub/hub.h"
#include "serve/server.h"
#include "serve/test_client.h"

namespace quern {
namespace {

using nlohmann::json;
using serve::TestClient;

class models_api : public ::testing::Test {
 protected:
  void SetUp() override {
    unsetenv("QUERN_API_KEY");
    const auto added =
        hub::Hub(home_.file(""))
            .add(QUERN_SOURCE_DIR "/tests/data/decoders/tiny-chat.gguf", "chat", "org/chat-GGUF");
    ASSERT_TRUE(added.ok()) << added.status().message();
    auto engine = engine::Engine::make({.n_threads = 1, .home = home_.file("")});
    ASSERT_TRUE(engine.ok()) << engine.status().message();
    engine_ = std::move(*engine);
  }

  void start(const std::vector<std::string>& models) {
    serve::ServerOptions options;
    options.models = models;
    auto started = serve::Server::start(options, *engine_);
    ASSERT_TRUE(started.ok()) << started.status().message();
    server_ = std::move(*started);
  }
  json get(const std::string& path) {
    TestClient client(server_->port());
    return json::parse(client.get(path).body);
  }
  void complete(const std::string& model) {
    TestClient client(server_->port());
    const json body = {{"model", model}, {"prompt", "a"}, {"max_tokens", 1}};
    const serve::Answer answer = client.post("/v1/completions", body.dump());
    EXPECT_EQ(answer.status, 200) << model << ": " << answer.body;
  }

  const cli::TempFolder home_;
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<serve::Server> server_;
};

}  // namespace

TEST_F(models_api, a_gguf_is_one_entry_under_one_name_before_and_after_it_is_loaded) {
  const std::string file = home_.file("models/chat/tiny-chat.gguf");
  start({file});
  json list = get("/v1/models")["data"];
  ASSERT_EQ(list.size(), 1u) << list;
  EXPECT_EQ(list[0]["id"], "chat");
  EXPECT_EQ(list[0]["loaded"], false);
  EXPECT_EQ(list[0]["digest"].get<std::string>().size(), 64u);
  json want = list[0];
  want["loaded"] = true;
  for (const std::string& name : {file, std::string("org/chat-GGUF"), std::string("chat")}) {
    complete(name);
    list = get("/v1/models")["data"];
    ASSERT_EQ(list.size(), 1u) << list;
    EXPECT_EQ(list[0], want) << name;
    EXPECT_EQ(get("/v1/models/chat"), want);
  }
}

}  // namespace quern
