#include "net/load_run.h"

#include <atomic>
#include <cmath>
#include <mutex>
#include <thread>

#include <gtest/gtest.h>

#include "net/test_server.h"

namespace quern::net {
namespace {

using std::chrono::milliseconds;

LoadPlan plan_for(const TestServer& server) {
  LoadPlan plan;
  plan.host = "127.0.0.1";
  plan.port = server.port();
  plan.path = "/v1/embeddings";
  plan.make_body = [](long i) { return "body " + std::to_string(i); };
  plan.duration = milliseconds(600);
  plan.timeout = milliseconds(3000);
  return plan;
}

}  // namespace

TEST(load_run, constant_arrivals_come_at_the_rate_and_do_not_drift) {
  ArrivalTimes times(Arrivals::kConstant, 3, 0);
  for (int i = 0; i < 3'000'000; ++i) times.next();
  EXPECT_DOUBLE_EQ(times.next(), 1e6);
}

TEST(load_run, poisson_arrivals_have_the_rate_and_the_variance) {
  ArrivalTimes times(Arrivals::kPoisson, 100, 5);
  double before = 0;
  double sum = 0;
  double squares = 0;
  constexpr int kTimes = 100'000;
  for (int i = 0; i < kTimes; ++i) {
    const double at = times.next();
    sum += at - before;
    squares += (at - before) * (at - before);
    before = at;
  }
  const double mean = sum / kTimes;
  EXPECT_NEAR(mean, 0.01, 0.0002);
  // Of an exponential distribution the deviation is the mean.
  EXPECT_NEAR(std::sqrt(squares / kTimes - mean * mean), 0.01, 0.0003);
}

TEST(load_run, tokens_of_a_stream_are_counted_however_it_is_cut) {
  const std::string stream =
      "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n"
      "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n"
      "data: {\"choices\":[{\"delta\":{\"content\": \"b\"}}]}\r\n\r\n"
      "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":7}}\n\n"
      "data: [DONE]\n\n";
  for (std::size_t n = 1; n < stream.size(); ++n) {
    StreamedTokens tokens;
    bool has_any = false;
    for (std::size_t at = 0; at < stream.size(); at += n)
      has_any = tokens.add(stream.substr(at, n));
    EXPECT_TRUE(has_any && tokens.is_done() && !tokens.has_error());
    EXPECT_EQ(tokens.n_tokens(), 7);
  }
  StreamedTokens failed;
  EXPECT_FALSE(failed.add("data: {\"error\":{\"message\":\"no\"}}\n"));
  EXPECT_TRUE(failed.has_error());
  StreamedTokens counted;
  counted.add("data: {\"choices\":[{\"text\":\"a\"}]}\ndata: {\"choices\":[{\"text\":\"b\"}]}\n");
  EXPECT_EQ(counted.n_tokens(), 2);
}

TEST(load_run, closed_loops_keep_as_many_requests_as_clients) {
  std::atomic<int> n_now = 0;
  std::atomic<int> n_most = 0;
  TestServer server([&](const TestRequest&, TestReply& reply) {
    const int n = ++n_now;
    for (int most = n_most; n > most && !n_most.compare_exchange_weak(most, n);) {
    }
    std::this_thread::sleep_for(milliseconds(20));
    --n_now;
    reply.answer(200, "{\"embedding\":[1]}");
  });
  LoadPlan plan = plan_for(server);
  plan.n_clients = 4;
  plan.wanted = "\"embedding\"";
  const auto result = run_load(plan);
  ASSERT_TRUE(result.ok()) << result.status().message();
  EXPECT_TRUE(result->errors.empty());
  EXPECT_LE(n_most, 4);
  EXPECT_GE(n_most, 3);
  EXPECT_GT(result->latency.count(), 40);
  EXPECT_GE(result->latency.min_us(), 20'000);
  EXPECT_EQ(result->n_connections, 4);
}

// A stall that an open plan feels for a tenth of its requests is one slow request of a closed one.
TEST(load_run, a_stall_shows_in_open_plans_and_is_hidden_by_closed_ones) {
  for (const Arrivals arrivals : {Arrivals::kConstant, Arrivals::kClosed}) {
    std::atomic<long> n_asked = 0;
    std::mutex busy;
    TestServer server([&](const TestRequest&, TestReply& reply) {
      const std::lock_guard one_at_a_time(busy);
      if (++n_asked == 40) std::this_thread::sleep_for(milliseconds(400));
      reply.answer(200, "{}");
    });
    LoadPlan plan = plan_for(server);
    plan.arrivals = arrivals;
    plan.rate = 100;
    plan.duration = milliseconds(2000);
    const auto result = run_load(plan);
    ASSERT_TRUE(result.ok()) << result.status().message();
    EXPECT_TRUE(result->errors.empty());
    EXPECT_EQ(result->n_unanswered, 0);
    EXPECT_GE(result->latency.max_us(), 390'000);
    if (arrivals == Arrivals::kClosed) {
      EXPECT_LT(result->latency.quantile_us(0.99), 200'000);
    } else {
      EXPECT_NEAR(static_cast<double>(result->latency.count()), 200, 2);
      EXPECT_GT(result->latency.quantile_us(0.99), 300'000);
      EXPECT_GT(result->latency.quantile_us(0.9), 100'000);
    }
  }
}

TEST(load_run, what_waits_for_a_connection_is_late_from_the_moment_it_was_meant_to_start) {
  TestServer server([&](const TestRequest&, TestReply& reply) {
    std::this_thread::sleep_for(milliseconds(50));
    reply.answer(200, "{}");
  });
  LoadPlan plan = plan_for(server);
  plan.arrivals = Arrivals::kConstant;
  plan.rate = 100;
  plan.max_connections = 1;
  const auto result = run_load(plan);
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->n_connections, 1);
  EXPECT_GT(result->latency.max_us(), 1'000'000);
  EXPECT_LT(result->service.quantile_us(0.5), 150'000);
}

TEST(load_run, errors_are_counted_by_kind_and_keep_an_example) {
  std::atomic<long> n = 0;
  TestServer server([&](const TestRequest&, TestReply& reply) {
    switch (n++ % 4) {
      case 0:
        return reply.answer(503, "{\"error\":\"busy\"}", "Retry-After: 1\r\n");
      case 1:
        return reply.answer(200, "something else");
      case 2:
        reply.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc");
        return reply.hang_up();
      default:
        return reply.answer(200, "{\"embedding\":[1]}");
    }
  });
  LoadPlan plan = plan_for(server);
  plan.wanted = "\"embedding\"";
  const auto result = run_load(plan);
  ASSERT_TRUE(result.ok());
  EXPECT_GT(result->errors.at("status 503"), 0);
  EXPECT_EQ(result->examples.at("status 503"), "{\"error\":\"busy\"}");
  EXPECT_GT(result->errors.at("not an answer"), 0);
  EXPECT_EQ(result->errors.size(), 3u);
  EXPECT_GT(result->latency.count(), 0);
}

TEST(load_run, retry_after_is_honoured_where_it_is_wanted) {
  std::atomic<long> n = 0;
  TestServer server([&](const TestRequest&, TestReply& reply) {
    if (n++ == 0) return reply.answer(429, "{}", "Retry-After: 1\r\n");
    reply.answer(200, "{}");
  });
  LoadPlan plan = plan_for(server);
  plan.honours_retry_after = true;
  const auto result = run_load(plan);
  ASSERT_TRUE(result.ok());
  EXPECT_TRUE(result->errors.empty());
  EXPECT_EQ(result->n_retries, 1);
  EXPECT_GE(result->latency.max_us(), 1'000'000);
}

TEST(load_run, an_answer_that_never_comes_is_a_timeout) {
  TestServer server(
      [&](const TestRequest&, TestReply& reply) { reply.sleep(std::chrono::hours(1)); });
  LoadPlan plan = plan_for(server);
  plan.duration = milliseconds(100);
  plan.timeout = milliseconds(200);
  const auto result = run_load(plan);
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->errors.at("timeout"), 1);
}

TEST(load_run, the_warm_up_is_not_counted) {
  std::atomic<long> n = 0;
  TestServer server([&](const TestRequest&, TestReply& reply) {
    if (n++ == 0) std::this_thread::sleep_for(milliseconds(200));
    reply.answer(200, "{}");
  });
  LoadPlan plan = plan_for(server);
  plan.arrivals = Arrivals::kConstant;
  plan.rate = 50;
  plan.warm_up = milliseconds(300);
  const auto result = run_load(plan);
  ASSERT_TRUE(result.ok());
  EXPECT_NEAR(static_cast<double>(result->n_sent), 30, 2);
  EXPECT_LT(result->latency.max_us(), 150'000);
}

TEST(load_run, plans_that_make_no_sense_and_servers_that_are_not_there_are_said) {
  LoadPlan plan;
  plan.host = "127.0.0.1";
  plan.port = 1;
  EXPECT_EQ(run_load(plan).status().code(), Code::kUnavailable);
  plan.n_clients = 0;
  EXPECT_EQ(run_load(plan).status().code(), Code::kBadInput);
  plan.arrivals = Arrivals::kPoisson;
  EXPECT_EQ(run_load(plan).status().code(), Code::kBadInput);
}

}  // namespace quern::net
