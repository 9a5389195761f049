// A server over real sockets, on an engine with the small models of tests/data.

#pragma once

#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/test_folder.h"
#include "serve/server.h"
#include "serve/test_client.h"

namespace quern::serve {

inline std::string model_path(const std::string& name) {
  return std::string(QUERN_SOURCE_DIR "/tests/data/models/") + name;
}

/// Which server it is, those that are made of it say by start_with.
class ModelServerTest : public FolderTest {
 protected:
  void SetUp() override {
    FolderTest::SetUp();
    unsetenv("QUERN_API_KEY");
    auto engine = engine::Engine::make(
        {.n_threads = 2, .home = path("home"), .precision = "f32", .results = {}});
    ASSERT_TRUE(engine.ok()) << engine.status().message();
    engine_ = std::move(*engine);
  }
  void TearDown() override {
    server_.reset();
    engine_.reset();
    FolderTest::TearDown();
  }

  /// In place of the one that runs.
  void start_with(const ServerOptions& options) {
    server_.reset();
    auto started = Server::start(options, *engine_);
    ASSERT_TRUE(started.ok()) << started.status().message();
    server_ = std::move(*started);
  }

  Answer ask(const std::string& method, const std::string& target, const std::string& body = "") {
    TestClient client(server_->port());
    return client.ask(method, target, body);
  }
  nlohmann::json answer(const std::string& method, const std::string& target,
                        const nlohmann::json& body = {}, int status = 200) {
    const Answer answer = ask(method, target, body.is_null() ? "" : body.dump());
    EXPECT_EQ(answer.status, status) << method << " " << target << ": " << answer.body;
    return nlohmann::json::parse(answer.body, nullptr, false);
  }
  std::string metrics() { return ask("GET", "/metrics").body; }

  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<Server> server_;
};

}  // namespace quern::serve
