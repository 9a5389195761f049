// The operator's routes over a real socket, on the fake engine.

#include "serve/admin/admin_routes.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/fake_reclaimer.h"
#include "serve/admin/model_status_json.h"
#include "serve/fake_engine.h"
#include "serve/server.h"
#include "serve/test_client.h"

namespace quern::serve {
namespace {

using nlohmann::json;

class admin_routes : public ::testing::Test {
 protected:
  void start(ServerOptions options = {}) {
    auto started = Server::start(options, engine_);
    ASSERT_TRUE(started.ok()) << started.status().message();
    server_ = std::move(*started);
  }
  void SetUp() override { unsetenv("QUERN_API_KEY"); }

  Answer get(const std::string& path, const std::string& headers = "") {
    return TestClient(server_->port()).get(path, headers);
  }
  Answer post(const std::string& path, const std::string& body, const std::string& headers = "") {
    return TestClient(server_->port()).post(path, body, headers);
  }

  FakeEngine engine_;
  std::unique_ptr<Server> server_;
};

}  // namespace

TEST_F(admin_routes, a_model_can_be_loaded_ahead_and_is_told_of) {
  start();
  EXPECT_EQ(json::parse(get("/quern/models").body), json::parse(R"({"object":"list","data":[]})"));
  const Answer warmed = post("/quern/warm", R"({"model":"tiny"})");
  ASSERT_EQ(warmed.status, 200) << warmed.body;
  const json status = json::parse(R"({"id":"tiny","loaded":true,"bytes":100,"requests":0,
    "running":0,"loads":1,"load_seconds":2.0})");
  EXPECT_EQ(json::parse(warmed.body), status);
  EXPECT_EQ(json::parse(get("/quern/models").body)["data"][0], status);
}

TEST_F(admin_routes, what_cannot_be_loaded_is_said) {
  start();
  EXPECT_EQ(post("/quern/warm", R"({"model":"tony"})").status, 404);
  EXPECT_EQ(post("/quern/warm", R"({"model":"/etc"})").status, 404);
  for (const char* body : {"{}", R"({"model":""})", R"({"model":3})", "[]", "", "{"}) {
    const Answer refused = post("/quern/warm", body);
    EXPECT_EQ(refused.status, 400) << body;
    EXPECT_FALSE(json::parse(refused.body)["error"]["message"].get<std::string>().empty());
  }
  EXPECT_TRUE(engine_.warmed().empty());
}

TEST_F(admin_routes, nothing_is_loaded_once_the_server_is_draining) {
  start();
  server_->begin_drain();
  const Answer refused = post("/quern/warm", R"({"model":"tiny"})");
  EXPECT_EQ(refused.status, 503) << refused.body;
  EXPECT_TRUE(engine_.warmed().empty());
}

TEST_F(admin_routes, memory_is_given_back_and_accounted_for) {
  start();
  ByteLedger& ledger = engine_.ledger();
  const auto busy = ledger.reserve("weights/c", 5);
  FakeReclaimer models(ledger, ReclaimRank::kModels, "weights/a");
  FakeReclaimer caches(ledger, ReclaimRank::kResults, "kv/b");
  models.hold(1000);
  caches.hold(70);
  const Answer cleared = post("/quern/clear", "");
  ASSERT_EQ(cleared.status, 200) << cleared.body;
  EXPECT_EQ(json::parse(cleared.body), json::parse(R"({"freed_bytes":1070,"freed":[
    {"tenant":"weights/a","bytes":1000},{"tenant":"kv/b","bytes":70}]})"));
  EXPECT_EQ(json::parse(post("/quern/clear", "{}").body)["freed_bytes"], 0);
}

TEST_F(admin_routes, all_of_them_want_the_key) {
  ServerOptions options;
  options.api_key = "secret";
  start(options);
  EXPECT_EQ(get("/quern/models").status, 401);
  EXPECT_EQ(post("/quern/warm", R"({"model":"tiny"})").status, 401);
  EXPECT_EQ(post("/quern/clear", "").status, 401);
  EXPECT_TRUE(engine_.warmed().empty());
  EXPECT_EQ(get("/quern/models", "Authorization: Bearer secret\r\n").status, 200);
  EXPECT_EQ(post("/quern/clear", "", "Authorization: Bearer secret\r\n").status, 200);
  EXPECT_EQ(get("/quern/clear", "Authorization: Bearer secret\r\n").status, 405);
}

TEST_F(admin_routes, models_are_loaded_ahead_in_order_while_the_server_answers) {
  ServerOptions options;
  options.preload = {"tiny", "no such", "cross"};
  start(options);
  EXPECT_EQ(get("/health").status, 200);
  EXPECT_TRUE(eventually([&] { return engine_.warmed().size() == 2; }));
  EXPECT_EQ(engine_.warmed(), (std::vector<std::string>{"tiny", "cross"}));
}

TEST(model_status_json, what_does_not_apply_is_left_out) {
  engine::ModelStatus status;
  status.name = "a\"b";
  status.idle_seconds = 1.5;
  status.expires_seconds = 3;
  status.loading = LoadMeter::Progress{
      .phase = LoadMeter::Phase::kPacking, .done_bytes = 1, .total_bytes = 2, .seconds = 0.25};
  status.problem = {Code::kBadInput, "no\ntensor"};
  status.retry_seconds = 8;
  std::string out;
  append_status(out, status);
  EXPECT_EQ(json::parse(out), json::parse(R"({"id":"a\"b","loaded":false,"bytes":0,"requests":0,
    "running":0,"loads":0,"idle_seconds":1.5,"expires_in_seconds":3.0,
    "loading":{"phase":"packing","done_bytes":1,"total_bytes":2,"seconds":0.25},
    "problem":"no\ntensor","retry_in_seconds":8.0})"));
}

}  // namespace quern::serve
