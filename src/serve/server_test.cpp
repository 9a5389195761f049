// The whole server over real sockets, on the fake engine.

#include "serve/server.h"

#include <atomic>
#include <cstring>
#include <future>
#include <list>
#include <thread>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/log.h"
#include "serve/fake_engine.h"
#include "serve/test_client.h"

namespace quern::serve {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

class server : public ::testing::Test {
 protected:
  void start(ServerOptions options = {}) {
    auto started = Server::start(options, engine_);
    ASSERT_TRUE(started.ok()) << started.status().message();
    server_ = std::move(*started);
  }
  void SetUp() override { unsetenv("QUERN_API_KEY"); }

  Answer embed(const std::string& body) {
    TestClient client(server_->port());
    return client.post("/v1/embeddings", body, "Content-Type: application/json\r\n");
  }
  json error_of(const std::string& body, int status) {
    const Answer answer = embed(body);
    EXPECT_EQ(answer.status, status) << answer.body;
    return json::parse(answer.body).at("error");
  }
  /// The value of a metric line that starts with `name` and a space, -1 if there is none.
  double metric(const std::string& name) {
    TestClient client(server_->port());
    const std::string page = "\n" + client.get("/metrics").body;
    const std::size_t at = page.find("\n" + name + " ");
    return at == std::string::npos ? -1 : std::stod(page.substr(at + name.size() + 2));
  }

  /// A request is counted when its answer is out, so its client may be earlier at /metrics.
  void expect_metric(const std::string& name, double want) {
    EXPECT_TRUE(eventually([&] { return metric(name) == want; }))
        << name << " is " << metric(name) << ", want " << want;
  }

  FakeEngine engine_;
  std::unique_ptr<Server> server_;
};

std::vector<float> vector_of(const std::string& text) {
  engine::Input input;
  input.text = text;
  return fake_vector(input, FakeEngine::kDims);
}

std::vector<float> floats(const json& list) { return list.get<std::vector<float>>(); }

std::vector<float> from_base64(const std::string& text) {
  const std::string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  unsigned group = 0;
  int n_bits = 0;
  for (const char c : text) {
    if (c == '=') break;
    group = group << 6 | static_cast<unsigned>(alphabet.find(c));
    n_bits += 6;
    if (n_bits >= 8) bytes.push_back(static_cast<char>(group >> (n_bits -= 8)));
  }
  std::vector<float> values(bytes.size() / 4);
  std::memcpy(values.data(), bytes.data(), values.size() * 4);
  return values;
}

TEST_F(server, embeds_every_kind_of_input_in_order) {
  start();
  auto body = json::parse(embed(R"({"model":"tiny","input":"hello"})").body);
  EXPECT_EQ(body["object"], "list");
  EXPECT_EQ(body["model"], "tiny");
  ASSERT_EQ(body["data"].size(), 1u);
  EXPECT_EQ(body["data"][0]["object"], "embedding");
  EXPECT_EQ(body["data"][0]["index"], 0);
  EXPECT_EQ(floats(body["data"][0]["embedding"]), vector_of("hello"));
  EXPECT_EQ(body["usage"], (json{{"prompt_tokens", 7}, {"total_tokens", 7}}));

  body = json::parse(embed(R"({"model":"owner/tiny","input":["a","","bc"]})").body);
  EXPECT_EQ(body["model"], "owner/tiny");
  ASSERT_EQ(body["data"].size(), 3u);
  for (const auto& [i, text] : {std::pair(0, "a"), std::pair(1, ""), std::pair(2, "bc")}) {
    EXPECT_EQ(body["data"][i]["index"], i);
    EXPECT_EQ(floats(body["data"][i]["embedding"]), vector_of(text));
  }
  EXPECT_EQ(body["usage"]["prompt_tokens"], 3 + 2 + 4);

  engine::Input ids;
  ids.ids = {5, 6};
  body = json::parse(embed(R"({"model":"tiny","input":[5,6]})").body);
  EXPECT_EQ(floats(body["data"][0]["embedding"]), fake_vector(ids, 8));
  body = json::parse(embed(R"({"model":"tiny","input":[[1],[5,6]]})").body);
  ASSERT_EQ(body["data"].size(), 2u);
  EXPECT_EQ(floats(body["data"][1]["embedding"]), fake_vector(ids, 8));
}

TEST_F(server, base64_holds_the_same_bits) {
  start();
  const auto body =
      json::parse(embed(R"({"model":"tiny","input":["x","y"],"encoding_format":"base64"})").body);
  EXPECT_EQ(from_base64(body["data"][1]["embedding"]), vector_of("y"));
}

TEST_F(server, dimensions) {
  start();
  const auto body = json::parse(embed(R"({"model":"tiny","input":"x","dimensions":3})").body);
  EXPECT_EQ(body["data"][0]["embedding"].size(), 3u);
  const json error = error_of(R"({"model":"tiny","input":"x","dimensions":9})", 400);
  EXPECT_EQ(error["param"], "dimensions");
  EXPECT_EQ(error["type"], "invalid_request_error");
}

TEST_F(server, options_reach_the_engine_and_cuts_are_told) {
  start();
  const Answer answer = embed(
      R"({"model":"tiny","input":"a text of many words","truncation":"refuse","max_tokens":16,
          "prompt_name":"query","priority":"bulk"})");
  const auto request = engine_.last_request();
  EXPECT_EQ(request.truncation, engine::Truncation::kRefuse);
  EXPECT_EQ(request.max_tokens, 16);
  EXPECT_EQ(request.prompt_name, "query");
  EXPECT_EQ(request.work_class, engine::WorkClass::kBulk);
  EXPECT_TRUE(request.deadline.has_value());
  EXPECT_EQ(answer.headers.at("x-quern-truncated"), "1");
  EXPECT_EQ(json::parse(answer.body)["data"][0]["dropped_tokens"], 6);
}

TEST_F(server, failures_are_told_in_the_openai_shape) {
  start();
  json error = error_of(R"({"model":"tine","input":"x"})", 404);
  EXPECT_EQ(error["code"], "model_not_found");
  EXPECT_EQ(error["param"], "model");
  EXPECT_NE(error["message"].get<std::string>().find("did you mean 'tiny'"), std::string::npos);

  error = error_of(R"({"model":"tiny","input":["ok","BAD"]})", 400);
  EXPECT_EQ(error["message"], "input[1]: the text is bad");
  EXPECT_EQ(error["param"], "input");

  const Answer full = embed(R"({"model":"tiny","input":"FULL"})");
  EXPECT_EQ(full.status, 503);
  EXPECT_EQ(full.headers.at("retry-after"), "2");

  error = error_of(R"({"model":"tiny","input":["ok","NAN"]})", 500);
  EXPECT_NE(error["message"].get<std::string>().find("input[1]"), std::string::npos);
  error_of("{", 400);
  error_of("", 400);
  error_of(R"({"model":"tiny","input":[]})", 400);
}

TEST_F(server, requests_name_models_not_files) {
  start();
  for (const char* model :
       {"/etc", "./x", "../x", "~/x", "/models/tiny-copy", "a/../b", "a\\\\b", "x\\u0000y", "."}) {
    const json error = error_of(std::string(R"({"input":"x","model":")") + model + "\"}", 404);
    EXPECT_EQ(error["code"], "model_not_found") << model;
  }
  EXPECT_EQ(engine_.n_submitted(), 0);
}

TEST_F(server, a_model_given_at_the_start_may_be_a_path) {
  ServerOptions options;
  options.models = {"/models/tiny-copy"};
  start(options);
  EXPECT_EQ(embed(R"({"model":"tiny-copy","input":"x"})").status, 200);
  EXPECT_EQ(engine_.last_request().model, "/models/tiny-copy");
  EXPECT_EQ(embed(R"({"model":"/models/tiny-copy","input":"x"})").status, 200);
  TestClient client(server_->port());
  const auto list = json::parse(client.get("/v1/models").body)["data"];
  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(list[1]["id"], "tiny-copy");
  options.models = {"unknown"};
  EXPECT_EQ(Server::start(options, engine_).status().code(), Code::kNotFound);
}

TEST_F(server, models) {
  start();
  TestClient client(server_->port());
  const auto list = json::parse(client.get("/v1/models").body);
  EXPECT_EQ(list["object"], "list");
  ASSERT_EQ(list["data"].size(), 1u);
  const json& model = list["data"][0];
  EXPECT_EQ(model["id"], "tiny");
  EXPECT_EQ(model["object"], "model");
  EXPECT_EQ(model["owned_by"], "quern");
  EXPECT_GT(model["created"], 1'600'000'000);
  EXPECT_EQ(model["dimensions"], 8);
  EXPECT_EQ(json::parse(client.get("/v1/models/tiny").body)["id"], "tiny");
  EXPECT_EQ(json::parse(client.get("/v1/models/owner%2Ftiny").body)["id"], "tiny");
  EXPECT_EQ(json::parse(client.get("/v1/models/owner/tiny").body)["id"], "tiny");
  EXPECT_EQ(json::parse(client.get("/models").body), list);  // A base without the version.
  EXPECT_EQ(json::parse(client.get("/models/owner/tiny").body)["id"], "tiny");
  EXPECT_EQ(client.get("/v1/models/models/tiny").status, 404);
  const Answer none = client.get("/v1/models/none");
  EXPECT_EQ(none.status, 404);
  EXPECT_EQ(json::parse(none.body)["error"]["code"], "model_not_found");
}

// Its first call opens the files of all models.
TEST_F(server, a_listing_on_a_slow_disk_keeps_no_other_connection_waiting) {
  ServerOptions options;
  options.http.n_threads = 1;
  start(options);
  engine_.close_gate();
  std::list<TestClient> listings;
  for (int i = 0; i < 3; ++i) {
    listings.emplace_back(server_->port());
    listings.back().send("GET /v1/models HTTP/1.1\r\nHost: localhost\r\n\r\n");
  }
  TestClient other(server_->port());
  EXPECT_EQ(other.get("/health").status, 200);
  EXPECT_EQ(other.get("/nothing").status, 404);
  engine_.open_gate();
  for (TestClient& client : listings) {
    EXPECT_EQ(json::parse(client.read_answer().body)["data"][0]["id"], "tiny");
  }
}

TEST_F(server, unknown_paths_and_methods) {
  start();
  TestClient client(server_->port());
  Answer answer = client.get("/v1/nothing");
  EXPECT_EQ(answer.status, 404);
  EXPECT_EQ(json::parse(answer.body)["error"]["type"], "invalid_request_error");
  answer = client.get("/v1/embeddings");
  EXPECT_EQ(answer.status, 405);
  EXPECT_EQ(answer.headers.at("allow"), "POST, OPTIONS");
  answer = client.post("/health", "");
  EXPECT_EQ(answer.status, 405);
  EXPECT_EQ(answer.headers.at("allow"), "GET, HEAD, OPTIONS");
  client.send("OPTIONS /v1/models HTTP/1.1\r\nHost: localhost\r\n\r\n");
  answer = client.read_answer();
  EXPECT_EQ(answer.status, 204);
  EXPECT_FALSE(answer.headers.contains("access-control-allow-origin"));
  EXPECT_EQ(client.get("/v1/models/").status, 200);  // A slash too many is forgiven.
  client.send("HEAD /health HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(client.read_answer(5000, true).status, 200);
}

TEST_F(server, errors_before_any_route_are_openais_too) {
  ServerOptions options;
  options.http.limits.body_bytes = 10;
  start(options);
  EXPECT_EQ(error_of(R"({"model":"tiny","input":"x"})", 413)["type"], "invalid_request_error");
  TestClient client(server_->port());
  client.send("nonsense\r\n\r\n");
  EXPECT_TRUE(json::parse(client.read_answer().body)["error"].contains("type"));
}

TEST_F(server, long_answers_hold_up_no_other_request) {
  ServerOptions options;
  options.http.n_threads = 1;
  start(options);
  std::string body = R"({"model":"tiny","input":["")";
  for (int i = 1; i < 2048; ++i) body += ",\"t\"";
  body += "],\"dimensions\":8}";
  // Many vectors, written on a thread of their own: the same bytes as ever.
  for (int i = 0; i < 3; ++i) {
    const json answer = json::parse(embed(body).body);
    ASSERT_EQ(answer["data"].size(), 2048u);
    EXPECT_EQ(floats(answer["data"][2047]["embedding"]), vector_of("t"));
  }
}

// ggml-org/llama.cpp#17388: bytes of a refused request stood before the next one's.
TEST_F(server, a_refused_request_leaves_the_connection_in_order) {
  start();
  TestClient client(server_->port());
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(client.post("/v1/embeddings", "{\"model\":").status, 400);
    EXPECT_EQ(client.post("/v1/nothing", "some bytes").status, 404);
    EXPECT_EQ(client.post("/health", "{}").status, 405);
    EXPECT_EQ(client.post("/v1/embeddings", R"({"model":"tiny","input":"x"})").status, 200);
  }
}

TEST_F(server, the_key_is_looked_at_before_a_body_is_read) {
  ServerOptions options;
  options.api_key = "s3cret";
  start(options);
  const auto begin = [&](const std::string& headers) {
    TestClient client(server_->port());
    client.send("POST /v1/embeddings HTTP/1.1\r\nHost: localhost\r\n" + headers +
                "Content-Length: 1000000\r\n\r\n" + std::string(1000, 'a'));
    return client.read_answer().status;
  };
  EXPECT_EQ(begin(""), 401);
  EXPECT_EQ(begin("Authorization: Bearer wrong\r\n"), 401);
}

TEST_F(server, the_key_guards_all_but_health_and_metrics) {
  ServerOptions options;
  options.api_key = "s3cret";
  start(options);
  TestClient client(server_->port());
  const Answer answer = client.get("/v1/models");
  EXPECT_EQ(answer.status, 401);
  EXPECT_EQ(json::parse(answer.body)["error"]["code"], "invalid_api_key");
  EXPECT_EQ(answer.headers.at("www-authenticate"), "Bearer");
  for (const char* wrong :
       {"Bearer s3creT", "Bearer s3cret2", "Bearer ", "s3cret", "Basic s3cret"}) {
    EXPECT_EQ(client.get("/v1/models", std::string("Authorization: ") + wrong + "\r\n").status, 401)
        << wrong;
  }
  EXPECT_EQ(client.get("/v1/models", "Authorization: Bearer s3cret\r\n").status, 200);
  EXPECT_EQ(client.get("/v1/models", "authorization: bearer s3cret\r\n").status, 200);
  EXPECT_EQ(client.get("/health").status, 200);
  EXPECT_EQ(client.get("/metrics").status, 200);
}

TEST_F(server, foreign_hosts_are_refused_where_there_is_no_key) {
  ServerOptions options;
  options.allowed_hosts = {"models.example.org"};
  start(options);
  const auto ask = [&](const std::string& line, const std::string& host, std::string rest = "") {
    TestClient client(server_->port());
    client.send(line + " HTTP/1.1\r\nHost: " + host + "\r\n" + rest + "\r\n");
    return client.read_answer();
  };
  for (const char* line : {"GET /v1/models", "GET /health", "GET /metrics", "GET /nothing",
                           "POST /v1/embeddings", "OPTIONS /v1/models"}) {
    const Answer answer = ask(line, "evil.example:8090");
    EXPECT_EQ(answer.status, 403) << line;
    EXPECT_EQ(json::parse(answer.body)["error"]["code"], "host_not_allowed");
  }
  EXPECT_EQ(ask("GET http://evil.example/health", "localhost").status, 403);
  EXPECT_EQ(ask("GET /health", "localhost", "Origin: http://evil.example\r\n").status, 403);
  EXPECT_EQ(ask("GET /health", "localhost:8090").status, 200);
  EXPECT_EQ(ask("GET /health", "models.example.org").status, 200);

  server_.reset();
  options.api_key = "k";
  start(options);
  EXPECT_EQ(ask("GET /v1/models", "evil.example", "Authorization: Bearer k\r\n").status, 200);
}

TEST_F(server, hosts_are_free_where_others_may_come_and_none_are_named) {
  ServerOptions options;
  options.http.host = "0.0.0.0";
  start(options);
  TestClient client(server_->port());
  client.send("GET /health HTTP/1.1\r\nHost: any.example\r\n\r\n");
  EXPECT_EQ(client.read_answer().status, 200);
  options.allowed_hosts = {"http://no-name/"};
  EXPECT_EQ(Server::start(options, engine_).status().code(), Code::kBadInput);
}

TEST_F(server, the_key_may_come_from_the_environment) {
  setenv("QUERN_API_KEY", "from-env", 1);
  start();
  unsetenv("QUERN_API_KEY");
  TestClient client(server_->port());
  EXPECT_EQ(client.get("/v1/models").status, 401);
  EXPECT_EQ(client.get("/v1/models", "Authorization: Bearer from-env\r\n").status, 200);
}

TEST_F(server, health_says_when_it_drains) {
  start();
  TestClient client(server_->port());
  Answer answer = client.get("/health");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(json::parse(answer.body)["status"], "ok");
  server_->begin_drain();
  answer = client.get("/health");
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(json::parse(answer.body)["status"], "draining");
  EXPECT_EQ(embed(R"({"model":"tiny","input":"x"})").status, 200);
}

TEST_F(server, metrics_count_honestly) {
  start();
  embed(R"({"model":"tiny","input":["aa","b"]})");
  embed(R"({"model":"tiny","input":["aa","BAD"]})");
  embed("{");
  TestClient client(server_->port());
  client.send("nonsense\r\n\r\n");
  client.read_answer();
  EXPECT_TRUE(eventually(
      [&] { return metric(R"(quern_http_requests_total{route="none",status="400"})") == 1; }));
  expect_metric("embeddings_generated_total", 3);
  expect_metric("embedding_latency_seconds_count", 2);
  expect_metric(R"(quern_http_requests_total{route="/v1/embeddings",status="200"})", 1);
  expect_metric(R"(quern_http_requests_total{route="/v1/embeddings",status="400"})", 2);
  expect_metric(R"(quern_http_request_duration_seconds_count{route="/v1/embeddings"})", 3);
  // The one that asks is in flight itself.
  EXPECT_TRUE(eventually([&] { return metric("quern_http_requests_in_flight") == 1; }));
  expect_metric("quern_tokens_total", 4 + 3 + 4 + 5);
  expect_metric("quern_batches_total", 2);
  expect_metric(R"(model_memory_usage_bytes{model="tiny"})", 1024);
  expect_metric(R"(quern_memory_tenant_bytes{tenant="cache"})", 7);
  EXPECT_GT(metric("process_resident_memory_bytes"), 1e6);
  EXPECT_EQ(client.is_connected(), true);
  TestClient page(server_->port());
  const Answer answer = page.get("/metrics");
  EXPECT_EQ(answer.headers.at("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_NE(answer.body.find("# TYPE embedding_latency_seconds histogram"), std::string::npos);
}

TEST_F(server, a_client_that_leaves_cancels_its_request) {
  start();
  engine_.close_gate();
  {
    TestClient client(server_->port());
    const std::string body = R"({"model":"tiny","input":"x"})";
    client.send("POST /v1/embeddings HTTP/1.1\r\nHost: localhost\r\nContent-Length: " +
                std::to_string(body.size()) + "\r\n\r\n" + body);
    EXPECT_TRUE(eventually([&] { return engine_.n_submitted() == 1; }));
    EXPECT_EQ(engine_.n_cancelled(), 0);
  }
  EXPECT_TRUE(eventually([&] { return engine_.n_cancelled() == 1; }));
  EXPECT_TRUE(eventually([&] {
    return metric(R"(quern_http_requests_total{route="/v1/embeddings",status="499"})") == 1;
  }));
}

TEST_F(server, too_many_at_once_are_told_to_come_back) {
  ServerOptions options;
  options.max_in_flight = 2;
  start(options);
  engine_.close_gate();
  std::list<std::future<int>> waiting;
  for (int i = 0; i < 2; ++i) {
    waiting.push_back(std::async(std::launch::async,
                                 [&] { return embed(R"({"model":"tiny","input":"x"})").status; }));
  }
  EXPECT_TRUE(eventually([&] { return engine_.n_submitted() == 2; }));
  const Answer answer = embed(R"({"model":"tiny","input":"x"})");
  EXPECT_EQ(answer.status, 429);
  EXPECT_EQ(answer.headers.at("retry-after"), "1");
  engine_.open_gate();
  for (auto& status : waiting) EXPECT_EQ(status.get(), 200);
  EXPECT_EQ(embed(R"({"model":"tiny","input":"x"})").status, 200);
}

TEST_F(server, too_many_inputs_are_told_to_come_back_in_one_request_or_many) {
  ServerOptions options;
  options.max_queue = 4;
  start(options);
  engine_.close_gate();
  auto waiting = std::async(std::launch::async, [&] {
    return embed(R"({"model":"tiny","input":["a","b","c"]})").status;
  });
  EXPECT_TRUE(eventually([&] { return engine_.n_submitted() == 1; }));
  const Answer batch = embed(R"({"model":"tiny","input":["d","e"]})");
  EXPECT_EQ(batch.status, 429);
  EXPECT_EQ(batch.headers.at("retry-after"), "1");
  EXPECT_EQ(json::parse(batch.body)["error"]["code"], "rate_limit_exceeded");
  auto single = std::async(std::launch::async,
                           [&] { return embed(R"({"model":"tiny","input":"d"})").status; });
  EXPECT_TRUE(eventually([&] { return engine_.n_submitted() == 2; }));
  EXPECT_EQ(embed(R"({"model":"tiny","input":"e"})").status, 429);
  engine_.open_gate();
  EXPECT_EQ(waiting.get(), 200);
  EXPECT_EQ(single.get(), 200);
  EXPECT_EQ(embed(R"({"model":"tiny","input":["a","b","c","d","e"]})").status, 200);
}

TEST_F(server, a_client_says_how_long_it_waits) {
  start();
  engine_.close_gate();
  const std::string body = R"({"model":"tiny","input":"x"})";
  const auto start_time = std::chrono::steady_clock::now();
  const Answer late =
      TestClient(server_->port()).post("/v1/embeddings", body, "X-Request-Timeout: 30ms\r\n");
  EXPECT_LT(std::chrono::steady_clock::now() - start_time, 5s);
  EXPECT_EQ(late.status, 504);
  EXPECT_NE(late.body.find("longer than 30 ms, the limit of its client"), std::string::npos);
  EXPECT_TRUE(eventually([&] { return engine_.n_cancelled() == 1; }));
  EXPECT_TRUE(engine_.last_request().deadline);
  engine_.open_gate();
  for (const char* good : {"2", "1.5", "5m", "99999999h"}) {
    EXPECT_EQ(TestClient(server_->port())
                  .post("/v1/embeddings", body, std::string("x-request-timeout: ") + good + "\r\n")
                  .status,
              200);
  }
  for (const char* bad : {"0", "-1", "soon"}) {
    const Answer refused =
        TestClient(server_->port())
            .post("/v1/embeddings", body, std::string("X-Request-Timeout: ") + bad + "\r\n");
    EXPECT_EQ(refused.status, 400) << bad;
    EXPECT_NE(refused.body.find("x-request-timeout"), std::string::npos) << refused.body;
  }
}

TEST_F(server, a_request_says_how_long_its_model_stays) {
  start();
  ASSERT_EQ(embed(R"({"model":"tiny","input":"x","keep_alive":"90s"})").status, 200);
  EXPECT_EQ(engine_.last_request().keep_alive, 90s);
  ASSERT_EQ(embed(R"({"model":"tiny","input":"x"})").status, 200);
  EXPECT_FALSE(engine_.last_request().keep_alive);
  TestClient client(server_->port());
  ASSERT_EQ(
      client.post("/v1/completions", R"({"model":"writer","prompt":"x","keep_alive":0})").status,
      200);
  EXPECT_EQ(engine_.last_generation().keep_alive, 0s);
}

TEST_F(server, stop_finishes_what_runs) {
  start();
  engine_.close_gate();
  auto running = std::async(std::launch::async,
                            [&] { return embed(R"({"model":"tiny","input":"x"})").status; });
  EXPECT_TRUE(eventually([&] { return engine_.n_submitted() == 1; }));
  auto stopped = std::async(std::launch::async, [&] { return server_->stop(20s); });
  std::this_thread::sleep_for(30ms);
  engine_.open_gate();
  EXPECT_EQ(running.get(), 200);
  EXPECT_TRUE(stopped.get());
  EXPECT_EQ(engine_.n_cancelled(), 0);
}

TEST_F(server, many_clients_at_once_get_their_own_answers) {
  start();
  std::list<std::thread> threads;
  std::atomic<int> n_right{0};
  for (int t = 0; t < 32; ++t) {
    threads.emplace_back([&, t] {
      TestClient client(server_->port());
      for (int i = 0; i < 40; ++i) {
        const std::string text = std::to_string(t) + "-" + std::to_string(i);
        const Answer answer =
            client.post("/v1/embeddings", R"({"model":"tiny","input":[")" + text + "\"]}");
        if (answer.status != 200) continue;
        const auto got = floats(json::parse(answer.body)["data"][0]["embedding"]);
        n_right += got == vector_of(text);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(n_right.load(), 32 * 40);
}

TEST_F(server, a_large_request_is_accounted_and_settled) {
  start();
  std::string body = R"({"model":"tiny","input":[)";
  for (int i = 0; i < 2048; ++i) {
    body += (i ? ",\"" : "\"") + std::string(3000, static_cast<char>('a' + i % 26)) + "\"";
  }
  const Answer answer = embed(body + "]}");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(json::parse(answer.body)["data"].size(), 2048u);
  EXPECT_GE(engine_.ledger().peak_bytes(), 12'000'000u);
  EXPECT_TRUE(eventually([&] { return engine_.ledger().used_bytes() == 0; }));
}

TEST_F(server, url) {
  start();
  EXPECT_EQ(server_->url(), "http://127.0.0.1:" + std::to_string(server_->port()));
}

}  // namespace
TEST_F(server, stats_tell_how_long_endpoints_and_stages_took) {
  start();
  ASSERT_EQ(embed(R"({"model":"tiny","input":["a","b"]})").status, 200);
  json stats;
  ASSERT_TRUE(eventually([&] {
    TestClient client(server_->port());
    stats = json::parse(client.get("/stats").body);
    return stats["endpoints"].contains("/v1/embeddings");
  }));
  EXPECT_EQ(stats["endpoints"]["/v1/embeddings"]["count"], 1);
  EXPECT_EQ(stats["stages"]["embedding: queue"]["count"], 1);
  EXPECT_GE(stats["endpoints"]["/v1/embeddings"]["max_ms"],
            stats["stages"]["embedding: whole"]["min_ms"]);
  EXPECT_TRUE(stats["memory"]["tenants"].is_object());
  EXPECT_TRUE(stats["encoders"].contains("texts") && stats["generators"].contains("tokens"));
}

TEST_F(server, a_line_of_the_log_sums_up_what_came) {
  ServerOptions options;
  options.summary_every = 100ms;
  set_log_level(LogLevel::kInfo);
  testing::internal::CaptureStderr();
  start(options);
  EXPECT_EQ(embed(R"({"model":"tiny","input":"a"})").status, 200);
  std::this_thread::sleep_for(500ms);
  server_.reset();
  set_log_level(LogLevel::kWarn);
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_NE(log.find("/v1/embeddings 1 x "), std::string::npos) << log;
  EXPECT_NE(log.find("stages: embedding: forward 1 x "), std::string::npos) << log;
  EXPECT_EQ(log.find("last", log.find("last") + 1), std::string::npos) << log;
}

}  // namespace quern::serve
