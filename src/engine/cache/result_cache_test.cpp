// The cache in the engine, over fake models: tests/result_cache_test.cpp has the real ones.

#include "engine/cache/result_cache.h"

#include <future>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/engine_parts.h"
#include "engine/fake_model.h"

namespace quern::engine {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;

constexpr std::size_t kWeights = 8 << 20;

class result_cache : public ::testing::Test {
 protected:
  void make(EngineOptions options = {.results = ResultCacheOptions{}}) {
    if (options.n_threads == 0) options.n_threads = 2;
    if (options.memory_bytes == 0) options.memory_bytes = 256 << 20;
    log_->has_tokenizer = true;
    auto made = make_engine(options, std::make_unique<FakeSource>(
                                         log_, kWeights, [this](const std::vector<int>& lengths) {
                                           {
                                             const std::lock_guard<std::mutex> lock(mutex_);
                                             batches_.push_back(lengths);
                                           }
                                           gate_.pass();
                                         }));
    ASSERT_TRUE(made.ok()) << made.status().message();
    engine_ = std::move(*made);
  }

  static Request request(const std::vector<std::string>& texts, const std::string& model = "a") {
    Request r;
    r.model = model;
    for (const std::string& t : texts) r.inputs.push_back({.text = t, .text_pair = {}, .ids = {}});
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

  int n_computed() {
    const std::lock_guard<std::mutex> lock(mutex_);
    int n = 0;
    for (const auto& batch : batches_) n += static_cast<int>(batch.size());
    return n;
  }

  ResultCacheStats stats() const { return *engine_->stats().results; }

  /// Every text of it has its own values.
  static void expect_right(const Response& r, const std::vector<std::string>& texts) {
    ASSERT_TRUE(r.status.ok()) << r.status.message();
    ASSERT_EQ(r.outcomes.size(), texts.size());
    for (std::size_t i = 0; i < texts.size(); ++i) {
      EXPECT_TRUE(r.outcomes[i].status.ok()) << r.outcomes[i].status.message();
      EXPECT_EQ(r.outcomes[i].values, fake_values(texts[i])) << texts[i];
      EXPECT_EQ(r.outcomes[i].n_tokens, static_cast<int>(texts[i].size()));
    }
  }

  std::mutex mutex_;
  std::vector<std::vector<int>> batches_;  // The lengths of what was computed.
  Gate gate_;
  std::shared_ptr<FakeSource::Log> log_ = std::make_shared<FakeSource::Log>();
  std::unique_ptr<Engine> engine_;
};

}  // namespace

TEST_F(result_cache, an_input_is_computed_once) {
  make();
  for (int i = 0; i < 3; ++i) {
    expect_right(engine_->run(request({"one", "three"})), {"one", "three"});
    expect_right(submit(request({"three", "one"})).get(), {"three", "one"});
  }
  EXPECT_EQ(n_computed(), 2);
  EXPECT_EQ(stats().n_memory_hits, 10);
  EXPECT_EQ(stats().n_misses, 2);
  EXPECT_EQ(stats().n_items, 2u);
  EXPECT_EQ(engine_->stats().n_texts, 12);
  EXPECT_EQ(engine_->stats().n_tokens, 8);  // That the model saw.
  EXPECT_EQ(engine_->stats().n_queued, 0);
}

TEST_F(result_cache, without_it_every_input_is_computed) {
  make({.results = std::nullopt});
  expect_right(engine_->run(request({"one", "one"})), {"one", "one"});
  EXPECT_EQ(n_computed(), 2);
  EXPECT_FALSE(engine_->stats().results.has_value());
  EXPECT_EQ(engine_->clear_results(), 0u);
}

TEST_F(result_cache, equal_inputs_of_one_request_are_computed_once) {
  make();
  std::vector<std::string> texts;
  for (int i = 0; i < 500; ++i) texts.push_back(std::string(1 + i % 7, 'x'));
  expect_right(engine_->run(request(texts)), texts);
  EXPECT_EQ(n_computed(), 7);
  const ResultCacheStats s = stats();
  EXPECT_EQ(s.n_memory_hits + s.n_misses, 500);
  EXPECT_EQ(s.n_misses - s.n_coalesced, 7);
}

// Of a model with the same weights under another name, which are never loaded.
TEST_F(result_cache, a_hit_needs_no_weights) {
  make();
  std::vector<std::string> texts;
  for (int i = 0; i < 300; ++i)
    texts.push_back(std::string(1 + i % 40, static_cast<char>('a' + i / 40)));
  expect_right(engine_->run(request(texts)), texts);
  const int n = n_computed();
  expect_right(engine_->run(request({"aa"}, "a copy")), {"aa"});
  expect_right(engine_->run(request(texts, "a copy")), texts);
  expect_right(submit(request({"aa"}, "a copy")).get(), {"aa"});
  expect_right(submit(request(texts, "a copy")).get(), texts);
  EXPECT_EQ(n_computed(), n);
  EXPECT_EQ(log_->n_loads("a copy"), 0);
  // What cannot be encoded needs none either.
  const Response r = engine_->run(request({"aa", "bad"}, "a copy"));
  EXPECT_TRUE(r.status.ok());
  EXPECT_EQ(r.outcomes[0].values, fake_values("aa"));
  EXPECT_EQ(r.outcomes[1].status.code(), Code::kBadInput);
  EXPECT_EQ(log_->n_loads("a copy"), 0);
}

TEST_F(result_cache, a_miss_loads_the_weights_for_itself_alone) {
  make();
  expect_right(engine_->run(request({"one", "two"})), {"one", "two"});
  expect_right(submit(request({"two", "three", "one"}, "a copy")).get(), {"two", "three", "one"});
  EXPECT_EQ(log_->n_loads("a copy"), 1);
  EXPECT_EQ(n_computed(), 3);
}

// While the weights load, what needs none is not kept waiting behind those that do.
TEST_F(result_cache, a_hit_does_not_wait_for_a_load) {
  make();
  expect_right(engine_->run(request({"one"})), {"one"});
  expect_right(engine_->run(request({"one"}, "a copy")), {"one"});
  log_->load_gate.set(false);
  std::future<Response> miss = submit(request({"two"}, "a copy"));
  log_->load_gate.wait_for_arrivals(2);
  expect_right(submit(request({"one"}, "a copy")).get(), {"one"});
  expect_right(engine_->run(request({"one"}, "a copy")), {"one"});
  log_->load_gate.set(true);
  expect_right(miss.get(), {"two"});
}

TEST_F(result_cache, models_and_states_of_their_files_have_their_own) {
  make();
  expect_right(engine_->run(request({"one"})), {"one"});
  expect_right(engine_->run(request({"one"}, "b")), {"one"});
  EXPECT_EQ(n_computed(), 2);
  log_->state = 1;
  expect_right(engine_->run(request({"one"})), {"one"});
  EXPECT_EQ(n_computed(), 3);
  EXPECT_EQ(stats().n_memory_hits, 0);
}

// A prompt, a cut: other tokens. A number of dimensions: the same.
TEST_F(result_cache, parameters_count_where_they_change_the_result) {
  make();
  Request r = request({"abcdef"});
  expect_right(engine_->run(r), {"abcdef"});
  r.max_tokens = 4;
  EXPECT_EQ(engine_->run(r).outcomes[0].values, fake_values("abcd"));
  EXPECT_EQ(engine_->run(r).outcomes[0].n_dropped, 2);
  r.prompt_name = "query";
  EXPECT_EQ(engine_->run(r).outcomes[0].values, fake_values("Q:ab"));
  EXPECT_EQ(n_computed(), 3);
  r.dimensions = 1;
  EXPECT_EQ(engine_->run(r).outcomes[0].values, std::vector<float>{1});
  // Other texts of the same tokens.
  expect_right(engine_->run(request({"abcd"})), {"abcd"});
  EXPECT_EQ(n_computed(), 3);
  EXPECT_EQ(stats().n_memory_hits, 3);
}

// Nobody waits for another request's fate: whoever is first is computed, and the rest have it.
TEST_F(result_cache, equal_inputs_of_requests_at_once_are_computed_once) {
  make();
  expect_right(engine_->run(request({"warm"})), {"warm"});
  gate_.set(false);
  std::future<Response> first = submit(request({"first"}));
  gate_.wait_for_arrivals(2);
  std::vector<std::future<Response>> all;
  for (int i = 0; i < 50; ++i) all.push_back(submit(request({"same", "same"})));
  gate_.set(true);
  expect_right(first.get(), {"first"});
  for (auto& r : all) expect_right(r.get(), {"same", "same"});
  EXPECT_EQ(n_computed(), 3);
  EXPECT_EQ(stats().n_misses - stats().n_coalesced, 3);
}

TEST_F(result_cache, a_thousand_cold_requests_load_once_and_compute_once) {
  make();
  std::vector<std::future<Response>> all;
  for (int i = 0; i < 1000; ++i) all.push_back(submit(request({"same"})));
  for (auto& r : all) expect_right(r.get(), {"same"});
  EXPECT_EQ(log_->n_loads("a"), 1);
  EXPECT_EQ(n_computed(), 1);
}

TEST_F(result_cache, who_waits_for_a_cancelled_input_has_its_own_result) {
  make();
  expect_right(engine_->run(request({"warm"})), {"warm"});
  gate_.set(false);
  std::shared_ptr<Ticket> ticket;
  std::future<Response> leader = submit(request({"same"}), &ticket);
  gate_.wait_for_arrivals(2);
  std::future<Response> waiter = submit(request({"same"}));
  ticket->cancel();
  gate_.set(true);
  leader.get();  // Cancelled, or done just before.
  expect_right(waiter.get(), {"same"});
}

TEST_F(result_cache, who_waits_for_a_late_input_has_its_own_result) {
  make();
  expect_right(engine_->run(request({"warm"})), {"warm"});
  gate_.set(false);
  std::future<Response> running = submit(request({"running"}));
  gate_.wait_for_arrivals(2);
  Request late = request({"same"});
  late.deadline = std::chrono::steady_clock::now() + milliseconds(1);
  std::future<Response> leader = submit(std::move(late));
  std::future<Response> waiter = submit(request({"same"}));
  std::this_thread::sleep_for(milliseconds(5));
  gate_.set(true);
  expect_right(running.get(), {"running"});
  EXPECT_EQ(leader.get().outcomes[0].status.code(), Code::kDeadline);
  expect_right(waiter.get(), {"same"});
}

TEST_F(result_cache, what_fails_is_not_kept_nor_shared) {
  make();
  const Response r = engine_->run(request({"bad", "bad", "good"}));
  EXPECT_EQ(r.outcomes[0].status.code(), Code::kBadInput);
  EXPECT_EQ(r.outcomes[1].status.code(), Code::kBadInput);
  EXPECT_EQ(r.outcomes[2].values, fake_values("good"));
  EXPECT_EQ(stats().n_items, 1u);
}

// "auto" before it was measured: the results are told apart from when the weights are there.
TEST_F(result_cache, a_model_that_cannot_be_told_yet_is_computed) {
  make();
  log_->is_identified = false;
  expect_right(engine_->run(request({"one", "one"})), {"one", "one"});
  EXPECT_EQ(n_computed(), 2);
  // Nor is it asked for at every request.
  const int n_asked = log_->n_identified;
  for (int i = 0; i < 5; ++i) expect_right(submit(request({"one"})).get(), {"one"});
  expect_right(engine_->run(request({"one"})), {"one"});
  EXPECT_EQ(log_->n_identified, n_asked);
  EXPECT_EQ(n_computed(), 8);
  log_->is_identified = true;
  engine_->ledger().reclaim_all();
  expect_right(submit(request({"one", "one"})).get(), {"one", "one"});
  expect_right(submit(request({"one", "one"})).get(), {"one", "one"});
  EXPECT_EQ(n_computed(), 9);
}

TEST_F(result_cache, a_hit_is_a_use_of_its_model) {
  make();
  Request r = request({"one"});
  r.keep_alive = std::chrono::seconds(100);
  expect_right(engine_->run(r), {"one"});
  r.keep_alive = std::chrono::seconds(1000);
  expect_right(submit(r).get(), {"one"});
  const auto of_a = [&] { return engine_->statuses().at(0); };
  for (int i = 0; i < 500 && of_a().n_running > 0; ++i) {
    std::this_thread::sleep_for(milliseconds(1));
  }
  EXPECT_EQ(of_a().n_requests, 2);
  EXPECT_GT(of_a().expires_seconds.value_or(0), 900);
  r.keep_alive = std::chrono::seconds(2000);
  expect_right(engine_->run(r), {"one"});
  EXPECT_EQ(of_a().n_requests, 3);
  EXPECT_GT(of_a().expires_seconds.value_or(0), 1900);
  EXPECT_EQ(n_computed(), 1);
}

TEST_F(result_cache, is_given_back_on_demand) {
  make();
  expect_right(engine_->run(request({"one"})), {"one"});
  const std::size_t used = engine_->stats().memory_used_bytes;
  const std::size_t freed = engine_->clear_results();
  EXPECT_GT(freed, 0u);
  EXPECT_EQ(engine_->stats().memory_used_bytes, used - freed);
  expect_right(engine_->run(request({"one"})), {"one"});
  EXPECT_EQ(n_computed(), 2);
}

// Every form of waiting, failing and finding at once: each input has one outcome, its own.
TEST_F(result_cache, under_a_storm_every_input_has_its_own_outcome) {
  make({.results = ResultCacheOptions{.n_items = 8}});
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      std::vector<std::pair<std::vector<std::string>, std::future<Response>>> sent;
      for (int i = 0; i < 200; ++i) {
        std::vector<std::string> texts;
        for (int k = 0; k <= i % 5; ++k) texts.push_back(std::string(1 + (i * k + t) % 20, 'x'));
        Request r = request(texts, i % 7 == 0 ? "a copy" : "a");
        r.work_class = i % 3 == 0 ? WorkClass::kBulk : WorkClass::kInteractive;
        if (i % 11 == 0) r.deadline = std::chrono::steady_clock::now() + milliseconds(i % 3);
        std::shared_ptr<Ticket> ticket;
        std::future<Response> answer = submit(std::move(r), &ticket);
        if (i % 13 == 0) ticket->cancel();
        sent.emplace_back(std::move(texts), std::move(answer));
      }
      for (auto& [texts, answer] : sent) {
        const Response r = answer.get();
        ASSERT_TRUE(r.status.ok()) << r.status.message();
        ASSERT_EQ(r.outcomes.size(), texts.size());
        for (std::size_t i = 0; i < texts.size(); ++i) {
          if (r.outcomes[i].status.ok()) {
            EXPECT_EQ(r.outcomes[i].values, fake_values(texts[i]));
          } else {
            EXPECT_THAT(r.outcomes[i].status.code(),
                        ::testing::AnyOf(Code::kCancelled, Code::kDeadline));
          }
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(engine_->stats().n_queued, 0);
}

}  // namespace quern::engine
