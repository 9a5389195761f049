// ScholarQA's task API over real sockets, with answers that are made up here.

#include <future>
#include <memory>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "serve/http/http_server.h"
#include "serve/scholar_qa/qa_routes.h"
#include "serve/test_client.h"

namespace quern::serve {
namespace {

using nlohmann::json;
using testing::HasSubstr;

class qa_server : public testing::Test {
 protected:
  void start(AnswerQuestion answer, const QaLimits& limits = {}) {
    tasks_ = std::make_unique<QaTasks>(std::move(answer), limits);
    add_qa_routes(router_, *tasks_);
    HttpServerOptions options;
    options.error_writer = [this](std::string_view path) { return router_.error_writer(path); };
    auto started = HttpServer::start(options, [this](auto x) { router_.handle(x); });
    ASSERT_TRUE(started.ok()) << started.status().message();
    server_ = std::move(*started);
  }
  void TearDown() override {
    server_.reset();
    tasks_.reset();
  }

  json post(const json& body, int status = 200, const char* path = "/api/query_corpusqa") {
    TestClient client(server_->port());
    const Answer answer = client.post(path, body.dump());
    EXPECT_EQ(answer.status, status) << answer.body;
    return json::parse(answer.body, nullptr, false);
  }
  /// What is said of a task when `holds` of it, which is asked for till then.
  template <typename Holds>
  json polled(const std::string& id, const Holds& holds) {
    json said;
    EXPECT_TRUE(eventually([&] { return holds(said = post({{"task_id", id}})); })) << said;
    return said;
  }

  Router router_{""};
  std::unique_ptr<QaTasks> tasks_;
  std::unique_ptr<HttpServer> server_;
};

}  // namespace

TEST_F(qa_server, a_task_is_begun_and_asked_after_until_it_has_no_status) {
  std::promise<void> half, whole;
  start([&](const std::string& query, QaReport& report) -> Result<std::string> {
    report.step("Retrieving", 5);
    half.get_future().wait();
    report.estimate(150);
    report.partial(R"({"report_title":"T","sections":[1],"cost":0,"tokens":null})");
    report.step("Writing", {});
    whole.get_future().wait();
    return R"({"report_title":"T","sections":[1,2],"query":")" + query + "\"}";
  });
  const json begun = post({{"query", "why?"},
                           {"opt_in", true},
                           {"user_id", nullptr},
                           {"task_id", nullptr},
                           {"thread_id", "t"}});
  EXPECT_EQ(begun["task_status"], "STARTED");
  EXPECT_EQ(begun["query"], "why?");
  EXPECT_TRUE(begun["task_result"].is_null());
  const std::string id = begun["task_id"];
  EXPECT_EQ(id.size(), 36u);
  EXPECT_EQ(id[14], '4');
  const json& first = begun["steps"][0];
  EXPECT_EQ(first["estimated_timestamp"].get<double>() - first["start_timestamp"].get<double>(),
            240);
  polled(id, [](const json& said) { return said["task_status"] == "Retrieving"; });
  half.set_value();
  const json partly = polled(id, [](const json& said) { return said["task_status"] == "Writing"; });
  EXPECT_EQ(partly["steps"].size(), 3u);
  EXPECT_TRUE(partly["steps"][2]["estimated_timestamp"].is_null());
  EXPECT_EQ(partly["task_result"]["sections"].size(), 1u);
  EXPECT_EQ(partly["estimated_time"], "~3 minutes");
  whole.set_value();
  const json over = polled(id, [](const json& said) { return !said.contains("task_status"); });
  EXPECT_EQ(over.size(), 3u);
  EXPECT_EQ(over["query"], "why?");
  EXPECT_EQ(over["task_result"]["sections"], (json{1, 2}));
}

TEST_F(qa_server, what_is_wrong_is_said_as_the_origin_says_it) {
  start([](const std::string&, QaReport&) -> Result<std::string> {
    return {Code::kIo, "the disk is full"};
  });
  EXPECT_EQ(post({{"task_id", "x"}}, 404)["detail"], "Referenced task x does not exist.");
  const std::string id = post({{"query", "q"}}, 200, "/query_corpusqa")["task_id"];
  json said;
  EXPECT_TRUE(eventually([&] {
    TestClient client(server_->port());
    const Answer answer = client.post("/api/query_corpusqa", json{{"task_id", id}}.dump());
    said = json::parse(answer.body);
    return answer.status == 500;
  }));
  EXPECT_EQ(said["detail"], "\nError: the disk is full");
  EXPECT_THAT(post({}, 422)["detail"][0]["msg"].get<std::string>(), HasSubstr("object"));
  EXPECT_THAT(post(json::object(), 500)["detail"].get<std::string>(), HasSubstr("\nError: "));
  const json wrong = post({{"query", 7}}, 422);
  EXPECT_EQ(wrong["detail"][0]["loc"], (json{"body", "query"}));
  post({{"task_id", 1}}, 422);
  post({{"query", std::string(100'001, 'x')}}, 422);
  post({{"opt_in", "yes"}}, 422);
}

TEST_F(qa_server, health_has_no_body) {
  start({});
  TestClient client(server_->port());
  EXPECT_EQ(client.get("/api/health").status, 204);
  EXPECT_EQ(json::parse(client.get("/api/").body)["root_path"], "/api");
}

TEST_F(qa_server, a_task_that_takes_too_long_has_failed) {
  start(
      [](const std::string&, QaReport& report) -> Result<std::string> {
        while (!report.is_stopped()) usleep(1000);
        return {Code::kCancelled, "stopped"};
      },
      {.patience = std::chrono::milliseconds(20)});
  const std::string id = post({{"query", "q"}})["task_id"];
  EXPECT_TRUE(eventually([&] {
    TestClient client(server_->port());
    return client.post("/api/query_corpusqa", json{{"task_id", id}}.dump()).status == 500;
  }));
  EXPECT_THAT(post({{"task_id", id}}, 500)["detail"].get<std::string>(), HasSubstr("timed out"));
}

TEST_F(qa_server, those_that_wait_and_those_that_are_over_are_bounded) {
  std::promise<void> go;
  const std::shared_future<void> gone = go.get_future().share();
  start(
      [gone](const std::string&, QaReport&) -> Result<std::string> {
        gone.wait();
        return std::string("{}");
      },
      {.n_threads = 1, .n_waiting = 2, .n_kept = 2});
  std::vector<std::string> ids;
  for (int i = 0; i < 3; ++i) ids.push_back(post({{"query", "q"}})["task_id"]);
  TestClient client(server_->port());
  const Answer busy = client.post("/query_corpusqa", R"({"query":"q"})");
  EXPECT_EQ(busy.status, 429);
  EXPECT_EQ(busy.headers.at("retry-after"), "1");
  go.set_value();
  polled(ids[2], [](const json& said) { return !said.contains("task_status"); });
  post({{"task_id", ids[0]}}, 404);
  post({{"task_id", ids[1]}});
}

TEST_F(qa_server, its_end_stops_what_runs_and_what_waits) {
  std::atomic<int> n_begun{0};
  start(
      [&](const std::string&, QaReport& report) -> Result<std::string> {
        ++n_begun;
        while (!report.is_stopped()) usleep(1000);
        return std::string("{}");
      },
      {.n_threads = 1});
  for (int i = 0; i < 5; ++i) post({{"query", "q"}});
  EXPECT_TRUE(eventually([&] { return n_begun == 1; }));
  server_.reset();
  tasks_.reset();
  EXPECT_EQ(n_begun, 1);
}

}  // namespace quern::serve
