#include "engine/engine.h"

#include <future>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/engine_parts.h"
#include "engine/fake_model.h"

// The engine over fake models; tests/ holds the tests over real ones.

namespace quern::engine {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

constexpr std::size_t kWeights = 8 << 20;

class engine : public ::testing::Test {
 protected:
  void make(EngineOptions options = {}) {
    if (options.n_threads == 0) options.n_threads = 2;
    options.patience = std::chrono::milliseconds(50);
    log_->has_tokenizer = true;
    auto made = make_engine(
        options, std::make_unique<FakeSource>(log_, kWeights,
                                              [this](const std::vector<int>&) { gate_.pass(); }));
    ASSERT_TRUE(made.ok()) << made.status().message();
    engine_ = std::move(*made);
  }

  static Request request(const std::vector<std::string>& texts, const std::string& model = "a") {
    Request r;
    r.model = model;
    for (const std::string& t : texts) {
      r.inputs.emplace_back();
      r.inputs.back().text = t;
    }
    return r;
  }

  std::future<Response> submit(Request r, std::shared_ptr<Ticket>* ticket = nullptr) {
    auto promise = std::make_shared<std::promise<Response>>();
    std::future<Response> future = promise->get_future();
    auto t =
        engine_->submit(std::move(r), [promise](Response x) { promise->set_value(std::move(x)); });
    if (ticket != nullptr) *ticket = t;
    return future;
  }

  static bool eventually(const std::function<bool()>& holds) {
    for (int i = 0; i < 2000 && !holds(); ++i) std::this_thread::sleep_for(milliseconds(5));
    return holds();
  }

  Gate gate_;
  std::shared_ptr<FakeSource::Log> log_ = std::make_shared<FakeSource::Log>();
  std::unique_ptr<Engine> engine_;
};

}  // namespace

TEST_F(engine, runs_and_submits) {
  make();
  const Response r = engine_->run(request({"hello", "bad", "x"}));
  ASSERT_TRUE(r.status.ok());
  EXPECT_EQ(r.outcomes[0].values, fake_values("hello"));
  EXPECT_EQ(r.outcomes[1].status.code(), Code::kBadInput);
  EXPECT_EQ(submit(request({"again"})).get().outcomes[0].values, fake_values("again"));
  EXPECT_EQ(submit(request({"other"}, "b")).get().outcomes[0].values, fake_values("other"));
  const Stats stats = engine_->stats();
  EXPECT_EQ(stats.n_texts, 4);
  EXPECT_EQ(stats.n_failed, 1);
  EXPECT_EQ(stats.n_queued, 0);
  EXPECT_GT(stats.memory_used_bytes, 2 * kWeights);
}

TEST_F(engine, no_inputs_are_no_outcomes) {
  make();
  const Response r = engine_->run(request({}));
  EXPECT_TRUE(r.status.ok());
  EXPECT_TRUE(r.outcomes.empty());
}

TEST_F(engine, wishes_are_checked_against_the_model) {
  make();
  const auto refusal = [&](const auto& change) {
    Request r = request({"x"});
    change(r);
    const Response response = engine_->run(std::move(r));
    EXPECT_EQ(response.status.code(), Code::kBadInput);
    EXPECT_TRUE(response.outcomes.empty());
    return response.status.message();
  };
  EXPECT_EQ(refusal([](Request& r) { r.dimensions = 3; }), "dimensions is 3, want 1 to 2");
  EXPECT_EQ(refusal([](Request& r) { r.dimensions = -1; }), "dimensions is -1, want 1 to 2");
  EXPECT_EQ(refusal([](Request& r) { r.max_tokens = 101; }), "max_tokens is 101, want 1 to 100");
  EXPECT_EQ(refusal([](Request& r) { r.max_tokens = -5; }), "max_tokens is -5, want 1 to 100");
  EXPECT_EQ(refusal([](Request& r) { r.prompt_name = "doc"; }),
            "no prompt is named 'doc', the model has 'query'");
  EXPECT_THAT(refusal([](Request& r) { r.task = Task::kClassify; }), HasSubstr("model 'a' embeds"));
}

TEST_F(engine, wishes_are_granted) {
  make();
  Request r = request({"abcdef"});
  r.prompt_name = "query";
  r.max_tokens = 4;
  r.dimensions = 1;
  const Response response = engine_->run(std::move(r));
  ASSERT_TRUE(response.status.ok());
  EXPECT_EQ(response.outcomes[0].values, std::vector<float>{1});  // Of {4, ...}, at length 1.
  EXPECT_EQ(response.outcomes[0].n_tokens, 4);
  EXPECT_EQ(response.outcomes[0].n_dropped, 4);  // "Q:ab" of "Q:abcdef".
  EXPECT_EQ(engine_->stats().n_truncated, 1);
}

TEST_F(engine, an_unknown_model_fails_the_request) {
  make();
  EXPECT_EQ(engine_->run(request({"x"}, "missing")).status.code(), Code::kNotFound);
  EXPECT_EQ(submit(request({"x"}, "missing")).get().status.code(), Code::kNotFound);
  EXPECT_EQ(submit(request({"x"}, "broken")).get().status.message(),
            "model 'broken': tensor 'x' is missing");
  EXPECT_EQ(engine_->describe("missing").status().code(), Code::kNotFound);
  EXPECT_EQ(engine_->warm("missing").code(), Code::kNotFound);
}

TEST_F(engine, describes_without_weights_and_warms) {
  make();
  const Result<ModelInfo> info = engine_->describe("b");
  ASSERT_TRUE(info.ok());
  EXPECT_EQ(info->name, "b");
  EXPECT_EQ(info->family, "fake");
  EXPECT_EQ(info->dims, 2);
  EXPECT_EQ(info->max_tokens, 50);
  EXPECT_EQ(info->n_vocab, 256);
  EXPECT_EQ(info->precision, "f32");
  EXPECT_EQ(info->weight_bytes, kWeights);
  EXPECT_FALSE(info->loaded);
  EXPECT_EQ(log_->n_loads("b"), 0);
  ASSERT_TRUE(engine_->warm("b").ok());
  EXPECT_TRUE(engine_->describe("b")->loaded);
  EXPECT_EQ(engine_->list().size(), 2u);
}

TEST_F(engine, submitted_requests_share_one_load_and_do_not_block_the_caller) {
  make();
  log_->load_gate.set(false);
  std::vector<std::future<Response>> answers;
  for (int i = 0; i < 10; ++i) answers.push_back(submit(request({"text"})));  // Returns.
  log_->load_gate.set(true);
  for (auto& a : answers) EXPECT_TRUE(a.get().outcomes[0].status.ok());
  EXPECT_EQ(log_->n_loads("a"), 1);
}

TEST_F(engine, models_that_do_not_fit_together_take_each_others_place) {
  make();
  const std::size_t base = engine_->ledger().used_bytes();
  make({.memory_bytes = base + kWeights + (4 << 20), .n_threads = 2});
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(engine_->run(request({"x"}, "a")).status.ok());
    EXPECT_TRUE(engine_->run(request({"x"}, "b")).status.ok());
  }
  EXPECT_EQ(log_->n_loads("a"), 3);
  EXPECT_EQ(log_->n_loads("b"), 3);

  gate_.set(false);  // Busy with a: b cannot come.
  std::future<Response> busy = submit(request({"x"}, "a"));
  gate_.wait_for_arrivals(7);
  const Status refused = engine_->warm("b");
  gate_.set(true);
  EXPECT_EQ(refused.code(), Code::kExhausted);
  EXPECT_THAT(refused.message(), HasSubstr("weights/a 8.0 MB"));
  EXPECT_TRUE(busy.get().outcomes[0].status.ok());
}

TEST_F(engine, a_request_larger_than_memory_is_refused_whole) {
  make();
  const std::size_t base = engine_->ledger().used_bytes();
  make({.memory_bytes = base + kWeights + (2 << 20), .n_threads = 2});
  ASSERT_TRUE(engine_->run(request({"x"})).status.ok());
  // More than is free by far, for what the process takes beside is measured anew by each engine,
  // and less than would be free without the model.
  const Response r = engine_->run(request(std::vector<std::string>(600, std::string(10000, 'x'))));
  EXPECT_EQ(r.status.code(), Code::kExhausted);
  EXPECT_THAT(r.status.message(), HasSubstr("requests wants"));
}

TEST_F(engine, cancel_before_the_model_is_there) {
  make();
  log_->load_gate.set(false);
  std::shared_ptr<Ticket> ticket;
  std::future<Response> first = submit(request({"x"}, "a"));
  std::future<Response> answer = submit(request({"x", "y"}, "a"), &ticket);
  ticket->cancel();
  ticket->cancel();
  log_->load_gate.set(true);
  const Response r = answer.get();
  ASSERT_EQ(r.outcomes.size(), 2u);
  EXPECT_EQ(r.outcomes[1].status.code(), Code::kCancelled);
  EXPECT_TRUE(first.get().outcomes[0].status.ok());
}

TEST_F(engine, a_model_is_not_kept_waiting_by_anothers_load) {
  make();
  ASSERT_TRUE(engine_->warm("b").ok());
  log_->load_gate.set(false);
  std::future<Response> loading = submit(request({"x"}, "a"));
  log_->load_gate.wait_for_arrivals(2);
  // The weights of a do not come yet; what needs only their card is answered.
  Request wrong = request({"x"}, "c");
  wrong.dimensions = 77;
  std::future<Response> refused = submit(std::move(wrong));
  EXPECT_TRUE(submit(request({"y"}, "b")).get().outcomes[0].status.ok());
  EXPECT_EQ(refused.get().status.code(), Code::kBadInput);
  log_->load_gate.set(true);
  EXPECT_TRUE(loading.get().outcomes[0].status.ok());
}

TEST_F(engine, a_replaced_model_is_another_one_at_the_next_request) {
  make();
  ASSERT_TRUE(engine_->run(request({"x"})).status.ok());
  ASSERT_TRUE(engine_->run(request({"x"})).status.ok());
  EXPECT_EQ(log_->n_loads("a"), 1);
  log_->state = 1;
  ASSERT_TRUE(submit(request({"x"})).get().status.ok());
  EXPECT_EQ(log_->n_loads("a"), 2);
  EXPECT_EQ(log_->reads, (std::vector<std::string>{"a", "a"}));
}

TEST_F(engine, a_model_goes_when_its_last_request_said_so) {
  make({.keep_alive = milliseconds(20)});
  const auto is_loaded = [&](const std::string& name) { return engine_->describe(name)->loaded; };
  ASSERT_TRUE(engine_->run(request({"x"}, "a")).status.ok());
  ASSERT_TRUE(submit(request({"x"}, "b")).get().status.ok());
  EXPECT_TRUE(eventually([&] { return !is_loaded("a") && !is_loaded("b"); }));

  Request kept = request({"x"}, "a");
  kept.keep_alive = kKeepForever;
  ASSERT_TRUE(submit(std::move(kept)).get().status.ok());
  Request hour = request({"x"}, "b");
  hour.keep_alive = std::chrono::hours(1);
  ASSERT_TRUE(submit(std::move(hour)).get().status.ok());
  std::this_thread::sleep_for(milliseconds(60));
  EXPECT_TRUE(is_loaded("a") && is_loaded("b"));

  Request last = request({"x"}, "a");
  last.keep_alive = KeepAlive(0);
  ASSERT_TRUE(submit(std::move(last)).get().status.ok());
  EXPECT_TRUE(eventually([&] { return !is_loaded("a"); }));
  EXPECT_TRUE(is_loaded("b"));
  const std::vector<ModelStatus> all = engine_->statuses();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].n_requests, 3);
  EXPECT_EQ(all[0].n_loads, 2);
  EXPECT_EQ(all[0].n_running, 0);
  EXPECT_FALSE(all[0].loaded);
}

TEST_F(engine, a_model_stays_while_a_request_runs_whatever_another_said) {
  make();
  gate_.set(false);
  Request long_one = request({"x"});
  long_one.keep_alive = KeepAlive(0);
  std::future<Response> running = submit(std::move(long_one));
  gate_.wait_for_arrivals(1);
  log_->is_removed = true;  // Its files go meanwhile.
  std::this_thread::sleep_for(milliseconds(20));
  EXPECT_EQ(engine_->statuses()[0].n_running, 1);
  EXPECT_TRUE(engine_->statuses()[0].loaded);
  gate_.set(true);
  EXPECT_EQ(running.get().outcomes[0].values, fake_values("x"));
  EXPECT_TRUE(eventually([&] { return !engine_->statuses()[0].loaded; }));
  EXPECT_EQ(engine_->run(request({"x"})).status.code(), Code::kNotFound);
}

TEST_F(engine, requests_that_wait_for_a_load_fail_with_it_and_are_not_all_tried) {
  make();
  log_->load_gate.set(false);
  std::vector<std::future<Response>> answers;
  for (int i = 0; i < 20; ++i) answers.push_back(submit(request({"x"}, "broken")));
  std::future<Response> other = submit(request({"x"}, "a"));
  log_->load_gate.set(true);
  for (auto& a : answers) {
    EXPECT_THAT(a.get().status.message(), HasSubstr("tensor 'x' is missing"));
  }
  EXPECT_TRUE(other.get().outcomes[0].status.ok());
  EXPECT_EQ(log_->n_loads("broken"), 1);
  EXPECT_EQ(engine_->statuses()[1].problem.code(), Code::kBadInput);
}

TEST_F(engine, a_ticket_may_outlive_the_engine) {
  make();
  std::shared_ptr<Ticket> ticket;
  submit(request({"x"}), &ticket).get();
  engine_.reset();
  ticket->cancel();
}

TEST_F(engine, drain_finishes_what_was_accepted_and_refuses_the_rest) {
  make();
  gate_.set(false);
  std::future<Response> accepted = submit(request({"x"}));
  gate_.wait_for_arrivals(1);
  EXPECT_FALSE(engine_->drain(milliseconds(5)));
  EXPECT_EQ(engine_->run(request({"y"})).status.code(), Code::kUnavailable);
  EXPECT_EQ(submit(request({"y"})).get().status.code(), Code::kUnavailable);
  gate_.set(true);
  EXPECT_TRUE(engine_->drain(milliseconds(60000)));
  EXPECT_TRUE(accepted.get().outcomes[0].status.ok());
}

TEST_F(engine, destruction_answers_everyone) {
  make();
  gate_.set(false);
  log_->load_gate.set(false);
  std::vector<std::future<Response>> answers;
  for (int i = 0; i < 5; ++i) answers.push_back(submit(request({"x", "y"}, i % 2 ? "a" : "b")));
  std::thread opener([&] {
    std::this_thread::sleep_for(milliseconds(10));
    log_->load_gate.set(true);
    gate_.set(true);
  });
  engine_.reset();
  opener.join();
  for (auto& a : answers) {
    const Response r = a.get();
    EXPECT_TRUE(r.outcomes.size() == 2 || r.status.code() == Code::kCancelled);
  }
}

TEST_F(engine, options_that_make_no_sense_are_refused) {
  const auto refusal = [&](const EngineOptions& o) {
    auto made = make_engine(o, std::make_unique<FakeSource>(log_, kWeights));
    EXPECT_EQ(made.status().code(), Code::kBadInput);
    return made.status().message();
  };
  EXPECT_EQ(refusal({.n_threads = -1}), "-1 threads are asked for, want 1 to 1024 or 0 for all");
  EXPECT_THAT(refusal({.batch_tokens = -1}), HasSubstr("batch_tokens is -1"));
  EXPECT_THAT(refusal({.min_batch = 9, .max_batch = 8}), HasSubstr("batches of 9 to 8 texts"));
  const auto small =
      make_engine({.memory_bytes = 1000}, std::make_unique<FakeSource>(log_, kWeights));
  EXPECT_EQ(small.status().code(), Code::kExhausted);
  EXPECT_THAT(small.status().message(), HasSubstr("a memory budget of 1000 B is too small"));
}

TEST_F(engine, the_process_itself_is_a_tenant) {
  make({.memory_bytes = std::size_t{1} << 30});
  const Stats stats = engine_->stats();
  ASSERT_EQ(stats.tenants.size(), 1u);
  EXPECT_EQ(stats.tenants[0].name, "process");
  EXPECT_GT(stats.tenants[0].bytes, std::size_t{4} << 20);
  EXPECT_EQ(stats.memory_limit_bytes, std::size_t{1} << 30);
}

TEST_F(engine, many_clients_and_models_within_a_tight_budget) {
  make();
  const std::size_t base = engine_->ledger().used_bytes();
  make({.memory_bytes = base + 2 * kWeights + (4 << 20), .n_threads = 2});
  std::vector<std::thread> clients;
  std::atomic<int> n_wrong{0}, n_ok{0};
  for (unsigned c = 0; c < 4; ++c) {
    clients.emplace_back([&, c] {
      for (unsigned i = 0; i < 100; ++i) {
        const std::string text(1 + (i * 7 + c) % 30, static_cast<char>('a' + c));
        Request r = request({text}, std::string(1, static_cast<char>('a' + (i / 10 + c) % 3)));
        const Response answer =
            i % 2 == 0 ? engine_->run(std::move(r)) : submit(std::move(r)).get();
        if (!answer.status.ok()) {
          if (answer.status.code() != Code::kExhausted) n_wrong.fetch_add(1);
        } else if (answer.outcomes.at(0).values != fake_values(text)) {
          n_wrong.fetch_add(1);
        } else {
          n_ok.fetch_add(1);
        }
      }
    });
  }
  for (std::thread& t : clients) t.join();
  EXPECT_EQ(n_wrong.load(), 0);
  EXPECT_GT(n_ok.load(), 0);
  EXPECT_LE(engine_->ledger().peak_bytes(), engine_->ledger().limit_bytes());
}

}  // namespace quern::engine
