// What clients of claims are told when something goes wrong below the routes.

#include <filesystem>

#include "serve/claims/test_claims_server.h"

namespace quern::serve {
namespace {

using nlohmann::json;
using testing::HasSubstr;

class claims_failures : public ClaimsServerTest {
 protected:
  /// Without a corpus.
  static json verification() {
    return {{"claim_text", "The cat sat."}, {"evidence", {"The cat sat on the mat."}}};
  }
};

}  // namespace

TEST_F(claims_failures, more_tasks_than_may_wait_are_429_with_retry_after) {
  server_.reset();
  ServerOptions options = options_of(model_path("tiny-nli"));
  options.max_waiting_claims = 0;
  auto started = Server::start(options, *engine_);
  ASSERT_TRUE(started.ok()) << started.status().message();
  server_ = std::move(*started);
  TestClient client(server_->port());
  const Answer refused = client.post("/claims/c/verify", verification().dump());
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.headers.at("retry-after"), "5");
  EXPECT_THAT(json::parse(refused.body)["detail"].get<std::string>(), HasSubstr("wait"));
  get("/claims/c", 404);  // Nothing is left of it.
  answer("POST", "/verify", verification());
}

TEST_F(claims_failures, a_model_that_is_gone_fails_tasks_and_nothing_else) {
  std::filesystem::copy(model_path("tiny-nli"), path("nli"));
  start_at(path("nli"));
  const json before = answer("POST", "/verify",
                             {{"claim_id", "c"},
                              {"claim_text", "The cat sat."},
                              {"evidence", {"The cat sat on the mat."}}});
  std::filesystem::rename(path("nli"), path("away"));
  const json gone = answer("POST", "/verify", verification(), 404);
  EXPECT_THAT(gone["detail"].get<std::string>(), HasSubstr("nli"));
  const json task = answer("POST", "/claims/d/verify", verification(), 202);
  const json failed = finished(task["task_id"]);
  EXPECT_EQ(failed["status"], "failed");
  EXPECT_EQ(failed["error"], gone["detail"]);
  EXPECT_EQ(get("/verdicts/c")["verdict"], before["verdict"]);
  std::filesystem::rename(path("away"), path("nli"));
  answer("POST", "/verify", verification());
}

TEST_F(claims_failures, an_engine_that_refuses_is_503) {
  engine_->drain(std::chrono::milliseconds(0));
  EXPECT_NE(answer("POST", "/verify", verification(), 503)["detail"], "");
  const json task = answer("POST", "/claims/c/verify", verification(), 202);
  EXPECT_EQ(finished(task["task_id"])["status"], "failed");
}

TEST_F(claims_failures, a_database_that_was_removed_is_made_anew_and_not_written_to) {
  answer("POST", "/verify", verification());
  for (const char* end : {"", "-wal", "-shm"}) {
    std::filesystem::remove(apps::claims_db_path(path("home")) + end);
  }
  const json again = answer("POST", "/verify", verification());
  EXPECT_EQ(again["verification_id"], "1");
  const auto db = apps::ClaimsDb::open(apps::claims_db_path(path("home")), Sql::Access::kRead);
  ASSERT_TRUE(db.ok()) << db.status().message();
  EXPECT_EQ((*db)->ids()->size(), 1u);
  EXPECT_EQ(get("/claims")["total"], 1);
}

TEST_F(claims_failures, tasks_that_wait_when_the_server_ends_are_run_once_by_the_next) {
  std::vector<std::string> tasks;
  for (int i = 0; i < 20; ++i) {
    const std::string id = std::to_string(i);
    tasks.push_back(answer("POST", "/claims/" + id + "/verify", verification(), 202)["task_id"]);
  }
  start();  // In the middle of them.
  for (const std::string& task : tasks) EXPECT_EQ(finished(task)["status"], "completed");
  const auto db = apps::ClaimsDb::open(apps::claims_db_path(path("home")), Sql::Access::kRead);
  ASSERT_TRUE(db.ok());
  EXPECT_EQ((*db)->ids()->size(), 20u);
}

}  // namespace quern::serve
