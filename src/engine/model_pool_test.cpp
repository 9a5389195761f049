#include "engine/model_pool.h"

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/arena.h"
#include "engine/fake_model.h"

namespace quern::engine {
namespace {

using ::testing::HasSubstr;
using namespace std::chrono_literals;

constexpr std::size_t kWeights = 1000;

class model_pool : public ::testing::Test {
 protected:
  void make(std::size_t limit) {
    ledger_ = std::make_shared<ByteLedger>(limit);
    models_ = std::make_unique<ModelPool>(
        ledger_, pool_, std::make_unique<FakeSource>(log_, kWeights),
        ModelPoolOptions{.keep_alive = 10min,
                         .patience = patience_,
                         .hold = 1h,
                         .on_expiry =
                             [this](auto when) {
                               const std::lock_guard<std::mutex> lock(expiries_mutex_);
                               expiries_.push_back(when);
                             },
                         .let_go =
                             [this](const LoadedWeights&) {
                               ++n_let_go_;
                               if (on_let_go_) on_let_go_();
                             },
                         .now = [this] { return now_; }});
  }

  ThreadPool pool_{1};
  std::shared_ptr<FakeSource::Log> log_ = std::make_shared<FakeSource::Log>();
  std::shared_ptr<ByteLedger> ledger_;
  ModelPool::Clock::time_point now_ = ModelPool::Clock::now();
  std::mutex expiries_mutex_;
  std::vector<ModelPool::Clock::time_point> expiries_;
  std::chrono::milliseconds patience_{0};  // Before make().
  int n_let_go_ = 0;
  std::function<void()> on_let_go_;
  std::unique_ptr<ModelPool> models_;
};

}  // namespace

TEST_F(model_pool, a_card_needs_no_weights) {
  make(10 * kWeights);
  const auto card = models_->card("a");
  ASSERT_TRUE(card.ok());
  EXPECT_EQ((*card)->name, "a");
  EXPECT_EQ(log_->n_loads("a"), 0);
  EXPECT_FALSE(models_->info(**card).loaded);
  EXPECT_EQ(models_->find_loaded("a").weights, nullptr);
  ASSERT_TRUE(models_->card("a").ok());
  EXPECT_EQ(log_->reads.size(), 1u);
}

TEST_F(model_pool, a_tokenizer_alone_opens_no_model) {
  make(10 * kWeights);
  {
    const auto encoder = models_->encoder("a");
    ASSERT_TRUE(encoder.ok()) << encoder.status().message();
    EXPECT_EQ((*encoder)->encode("a", 0).ids, std::vector<text::TokenId>{1});
    EXPECT_TRUE(log_->reads.empty());
    EXPECT_EQ(ledger_->used_bytes(), (*encoder)->resident_bytes());
  }
  EXPECT_EQ(ledger_->used_bytes(), 0u);
  EXPECT_EQ(models_->encoder("missing").status().code(), Code::kNotFound);
  make(1);
  EXPECT_EQ(models_->encoder("a").status().code(), Code::kExhausted);
}

TEST_F(model_pool, loads_once_and_keeps) {
  make(10 * kWeights);
  EXPECT_EQ(models_->find_loaded("a").weights, nullptr);
  const Result<LoadedModel> first = models_->acquire("a");
  const Result<LoadedModel> again = models_->acquire("a");
  ASSERT_TRUE(first.ok() && again.ok());
  EXPECT_EQ(first->weights, again->weights);
  EXPECT_EQ(models_->find_loaded("a").weights, first->weights);
  EXPECT_TRUE(models_->info(*first->card).loaded);
  EXPECT_EQ(log_->n_loads("a"), 1);
  EXPECT_EQ(ledger_->used_bytes(), kWeights);
}

TEST_F(model_pool, the_same_folder_under_two_names_is_one_model) {
  make(10 * kWeights);
  ASSERT_TRUE(models_->acquire("path/to/a").ok());
  ASSERT_TRUE(models_->acquire("a").ok());
  EXPECT_EQ(log_->n_loads("a"), 1);
}

TEST_F(model_pool, concurrent_requests_share_one_load) {
  make(10 * kWeights);
  log_->load_gate.set(false);
  std::vector<std::thread> threads;
  std::atomic<int> n_ok{0};
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      if (models_->acquire("a").ok()) n_ok.fetch_add(1);
    });
  }
  log_->load_gate.wait_for_arrivals(1);
  log_->load_gate.set(true);
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(n_ok.load(), 8);
  EXPECT_EQ(log_->n_loads("a"), 1);
  EXPECT_EQ(log_->reads.size(), 1u);
}

TEST_F(model_pool, evicts_the_least_recently_used_idle_model) {
  make(2 * kWeights + 100);
  ASSERT_TRUE(models_->acquire("a").ok());
  ASSERT_TRUE(models_->acquire("b").ok());
  ASSERT_TRUE(models_->acquire("a").ok());  // b is now the older one.
  ASSERT_TRUE(models_->acquire("c").ok());
  EXPECT_NE(models_->find_loaded("a").weights, nullptr);
  EXPECT_EQ(models_->find_loaded("b").weights, nullptr);
  EXPECT_NE(models_->find_loaded("c").weights, nullptr);
  ASSERT_TRUE(models_->acquire("b").ok());  // And it comes back.
  EXPECT_EQ(log_->n_loads("b"), 2);
}

TEST_F(model_pool, never_evicts_a_busy_model) {
  make(2 * kWeights + 100);
  Result<LoadedModel> busy = models_->acquire("a");
  ASSERT_TRUE(busy.ok() && models_->acquire("b").ok());
  ASSERT_TRUE(models_->acquire("c").ok());  // b went, though a is older.
  EXPECT_NE(models_->find_loaded("a").weights, nullptr);

  const Result<LoadedModel> other = models_->acquire("c");
  const Status refused = models_->acquire("d").status();
  EXPECT_EQ(refused.code(), Code::kExhausted);
  EXPECT_THAT(refused.message(), HasSubstr("model 'd': weights/d wants 1000 B"));
  EXPECT_THAT(refused.message(), HasSubstr("held by weights/a 1000 B, weights/c 1000 B"));

  *busy = {};
  EXPECT_TRUE(models_->acquire("d").ok());
}

TEST_F(model_pool, what_can_never_fit_is_refused) {
  make(kWeights - 1);
  EXPECT_EQ(models_->acquire("a").status().code(), Code::kExhausted);
  EXPECT_EQ(ledger_->used_bytes(), 0u);
}

TEST_F(model_pool, what_is_kept_warm_goes_before_a_model) {
  make(2 * kWeights);
  Arena arena(*ledger_);
  ASSERT_TRUE(models_->acquire("a").ok());
  ASSERT_TRUE(arena.take(kWeights).ok());
  ASSERT_TRUE(models_->acquire("b").ok());
  EXPECT_EQ(arena.reclaimable_bytes(), 0u);
  EXPECT_NE(models_->find_loaded("a").weights, nullptr);
}

TEST_F(model_pool, a_model_that_cannot_come_costs_no_other) {
  make(2 * kWeights);
  const Result<LoadedModel> busy = models_->acquire("a");
  ASSERT_TRUE(busy.ok() && models_->acquire("b").ok());
  EXPECT_EQ(models_->reclaimable_bytes(), kWeights);
  EXPECT_EQ(ledger_->reserve("x", kWeights + 1).status().code(), Code::kExhausted);
  EXPECT_NE(models_->find_loaded("b").weights, nullptr);
  EXPECT_TRUE(ledger_->reserve("x", kWeights).ok());
  EXPECT_EQ(models_->find_loaded("b").weights, nullptr);
}

TEST_F(model_pool, a_tokenizer_has_its_place_before_it_is_read) {
  make(10 * kWeights);
  log_->tokenizer_bytes = 11 * kWeights;
  const Status refused = models_->card("a").status();
  EXPECT_EQ(refused.code(), Code::kExhausted);
  EXPECT_THAT(refused.message(), HasSubstr("model 'a': tokenizer/a wants"));
  EXPECT_EQ(models_->encoder("a").status().code(), Code::kExhausted);
  EXPECT_TRUE(log_->reads.empty());
  log_->tokenizer_bytes = kWeights;
  ASSERT_TRUE(models_->card("a").ok());
  EXPECT_EQ(ledger_->used_bytes(), 0u);  // It turned out to be nothing.
}

TEST_F(model_pool, a_replaced_model_is_read_and_loaded_anew) {
  make(10 * kWeights);
  const Result<LoadedModel> old = models_->acquire("a");
  ASSERT_TRUE(old.ok());
  log_->state = 1;
  EXPECT_EQ(models_->find_loaded("a").weights, nullptr);
  const Result<LoadedModel> now = models_->acquire("a");
  ASSERT_TRUE(now.ok());
  EXPECT_NE(now->card, old->card);
  EXPECT_NE(now->weights, old->weights);
  EXPECT_EQ(ledger_->used_bytes(), 2 * kWeights);  // The old one runs on where it is held.
  EXPECT_EQ(models_->list().size(), 1u);
}

TEST_F(model_pool, failures_are_told_and_tried_again_after_a_while) {
  make(10 * kWeights);
  EXPECT_EQ(models_->card("missing").status().code(), Code::kNotFound);
  for (int i = 1; i <= 2; ++i) {
    const Status broken = models_->acquire("broken").status();
    EXPECT_EQ(broken.code(), Code::kBadInput);
    EXPECT_EQ(broken.message(), "model 'broken': tensor 'x' is missing");
    const Status again = models_->acquire("broken").status();
    EXPECT_EQ(again.code(), Code::kBadInput);
    EXPECT_THAT(again.message(), HasSubstr("tensor 'x' is missing (it failed"));
    EXPECT_EQ(log_->n_loads("broken"), i);
    now_ += 1s;
  }
  log_->state = 1;  // Its files were replaced.
  EXPECT_EQ(models_->acquire("broken").status().message(), "model 'broken': tensor 'x' is missing");
  EXPECT_EQ(log_->n_loads("broken"), 3);
  EXPECT_TRUE(models_->acquire("a").ok());
}

TEST_F(model_pool, a_card_that_cannot_be_read_is_not_read_each_time) {
  make(10 * kWeights);
  EXPECT_EQ(models_->card("garbled").status().message(), "config.json is garbled");
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(models_->acquire("garbled").ok());
  EXPECT_EQ(log_->reads.size(), 1u);
  const std::vector<ModelStatus> all = models_->statuses();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].problem.message(), "config.json is garbled");
  EXPECT_EQ(all[0].retry_seconds, 0.5);
  EXPECT_FALSE(all[0].loaded);
}

TEST_F(model_pool, want_of_memory_may_be_tried_at_any_time) {
  make(kWeights - 1);
  const std::string first = models_->acquire("a").status().message();
  EXPECT_EQ(models_->acquire("a").status().message(), first);
}

TEST_F(model_pool, a_model_goes_when_its_time_is_over) {
  make(10 * kWeights);
  ASSERT_TRUE(models_->acquire("a").ok());
  EXPECT_EQ(expiries_, std::vector{now_ + 10min});
  now_ += 10min - 1s;
  EXPECT_EQ(models_->evict_expired(), now_ + 1s);
  EXPECT_NE(models_->find_loaded("a").weights, nullptr);  // Used again.
  now_ += 1s;
  EXPECT_EQ(models_->evict_expired(), now_ + 10min - 1s);
  EXPECT_EQ(ledger_->used_bytes(), kWeights);
  now_ += 10min;
  EXPECT_EQ(models_->evict_expired(), ModelPool::Clock::time_point::max());
  EXPECT_EQ(ledger_->used_bytes(), 0u);
  EXPECT_EQ(models_->find_loaded("a").weights, nullptr);
  ASSERT_TRUE(models_->acquire("a").ok());  // And it comes back.
  EXPECT_EQ(log_->n_loads("a"), 2);
}

TEST_F(model_pool, a_request_says_how_long_its_model_stays) {
  make(10 * kWeights);
  ASSERT_TRUE(models_->acquire("a", KeepAlive(0)).ok());
  ASSERT_TRUE(models_->acquire("b", kKeepForever).ok());
  ASSERT_TRUE(models_->acquire("c", 5s).ok());
  EXPECT_EQ(models_->evict_expired(), now_ + 5s);
  EXPECT_EQ(models_->find_loaded("a").weights, nullptr);
  now_ += 24h;
  models_->evict_expired();
  EXPECT_EQ(models_->find_loaded("c").weights, nullptr);
  EXPECT_NE(models_->find_loaded("b", kKeepForever).weights, nullptr);
  ASSERT_TRUE(ledger_->reserve("x", 10 * kWeights).ok());  // Kept for ever, not against all needs.
  EXPECT_EQ(models_->find_loaded("b").weights, nullptr);
}

TEST_F(model_pool, a_model_may_be_kept_for_a_time_of_its_own) {
  make(10 * kWeights);
  EXPECT_EQ(models_->keep("missing", 1s).code(), Code::kNotFound);
  ASSERT_TRUE(models_->keep("path/to/a", kKeepForever).ok());
  EXPECT_TRUE(models_->statuses().empty());  // Nobody asked for it yet.
  ASSERT_TRUE(models_->acquire("a").ok());
  now_ += 24h;
  models_->evict_expired();
  EXPECT_EQ(ledger_->used_bytes(), kWeights);
}

TEST_F(model_pool, a_model_in_use_does_not_expire) {
  make(10 * kWeights);
  Result<LoadedModel> busy = models_->acquire("a", KeepAlive(0));
  ASSERT_TRUE(models_->acquire("a", KeepAlive(0)).ok());  // Another request, done at once.
  now_ += 24h;
  models_->evict_expired();
  EXPECT_NE(models_->find_loaded("a", KeepAlive(0)).weights, nullptr);
  *busy = {};
  models_->evict_expired();
  EXPECT_EQ(ledger_->used_bytes(), 0u);
}

TEST_F(model_pool, what_is_still_held_goes_a_moment_later) {
  make(10 * kWeights);
  Result<LoadedModel> model = models_->acquire("a", KeepAlive(0));
  model->use.reset();
  EXPECT_GT(models_->evict_expired(), now_);
  EXPECT_LT(models_->evict_expired(), now_ + 1s);
  EXPECT_EQ(ledger_->used_bytes(), kWeights);
  EXPECT_EQ(n_let_go_, 2);
  *model = {};
  EXPECT_EQ(models_->evict_expired(), ModelPool::Clock::time_point::max());
  EXPECT_EQ(ledger_->used_bytes(), 0u);
}

TEST_F(model_pool, what_is_used_again_while_it_is_about_to_go_stays) {
  make(10 * kWeights);
  ASSERT_TRUE(models_->acquire("a").ok());
  on_let_go_ = [this] { EXPECT_NE(models_->find_loaded("a").weights, nullptr); };
  now_ += 10min;
  EXPECT_EQ(models_->evict_expired(), now_ + 10min);
  EXPECT_EQ(n_let_go_, 1);
  EXPECT_EQ(ledger_->used_bytes(), kWeights);
}

TEST_F(model_pool, a_replaced_or_removed_model_expires_too) {
  make(10 * kWeights);
  ASSERT_TRUE(models_->acquire("a", 5s).ok());
  log_->state = 1;
  ASSERT_TRUE(models_->acquire("a", 5s).ok());  // The new one; the old one goes with that.
  EXPECT_EQ(ledger_->used_bytes(), kWeights);
  log_->is_removed = true;
  EXPECT_EQ(models_->acquire("a").status().code(), Code::kNotFound);
  now_ += 5s;
  models_->evict_expired();
  EXPECT_EQ(ledger_->used_bytes(), 0u);
  EXPECT_TRUE(models_->list().empty());
}

TEST_F(model_pool, tells_what_became_of_its_models) {
  make(10 * kWeights);
  Result<LoadedModel> running = models_->acquire("b");
  ASSERT_TRUE(models_->acquire("b").ok());
  ASSERT_TRUE(models_->acquire("a", 5s).ok());
  now_ += 2s;
  const std::vector<ModelStatus> all = models_->statuses();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].name, "a");
  EXPECT_TRUE(all[0].loaded);
  EXPECT_EQ(all[0].bytes, kWeights);
  EXPECT_EQ(all[0].n_requests, 1);
  EXPECT_EQ(all[0].n_loads, 1);
  EXPECT_EQ(*all[0].idle_seconds, 2);
  EXPECT_EQ(*all[0].expires_seconds, 3);
  EXPECT_EQ(all[1].n_requests, 2);
  EXPECT_EQ(all[1].n_running, 1);
  EXPECT_FALSE(all[1].expires_seconds);
  EXPECT_TRUE(all[1].problem.ok());
}

TEST_F(model_pool, tells_how_far_a_load_has_come) {
  make(10 * kWeights);
  log_->load_gate.set(false);
  std::thread loading([&] { EXPECT_TRUE(models_->acquire("a").ok()); });
  log_->load_gate.wait_for_arrivals(1);
  const std::vector<ModelStatus> all = models_->statuses();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_FALSE(all[0].loaded);
  ASSERT_TRUE(all[0].loading);
  EXPECT_EQ(all[0].loading->phase, LoadMeter::Phase::kPacking);
  EXPECT_EQ(all[0].loading->done_bytes, kWeights / 2);
  EXPECT_EQ(all[0].loading->total_bytes, kWeights);
  log_->load_gate.set(true);
  loading.join();
  EXPECT_FALSE(models_->statuses()[0].loading);
}

TEST_F(model_pool, lists_installed_and_open_models_by_name) {
  make(10 * kWeights);
  ASSERT_TRUE(models_->acquire("c").ok());
  const std::vector<ModelInfo> all = models_->list();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].name, "a");
  EXPECT_FALSE(all[0].loaded);
  EXPECT_EQ(all[1].name, "c");
  EXPECT_TRUE(all[1].loaded);
  EXPECT_EQ(all[1].precision, "f32");
}

TEST_F(model_pool, who_comes_after_a_load_that_waits_for_memory_does_not_keep_it_waiting) {
  patience_ = 10min;
  make(kWeights + 10);
  LoadedModel running = *models_->acquire("a");
  const ModelPool::Clock::time_point before = ModelPool::Clock::now();
  std::thread load([&] { EXPECT_TRUE(models_->acquire("b").ok()); });
  while (models_->find_loaded("a").weights != nullptr) std::this_thread::sleep_for(1ms);
  EXPECT_TRUE(models_->acquire("a", {}, before).ok()) << "came before the load";
  std::thread later([&] {
    EXPECT_TRUE(models_->acquire("a").ok());
    EXPECT_EQ(log_->n_loads("b"), 1);
  });
  std::this_thread::sleep_for(20ms);
  EXPECT_EQ(log_->n_loads("b"), 0);
  running = {};
  load.join();
  later.join();
  EXPECT_EQ(log_->n_loads("a"), 2);
}

TEST_F(model_pool, stays_within_budget_under_concurrent_use) {
  make(2 * kWeights + 10);
  std::vector<std::thread> threads;
  std::atomic<int> n_wrong{0};
  for (unsigned t = 0; t < 3; ++t) {
    threads.emplace_back([&, t] {
      for (unsigned i = 0; i < 200; ++i) {
        const std::string name(1, static_cast<char>('a' + (i * (t + 1) + t) % 5));
        const Result<LoadedModel> model = models_->acquire(name);
        if (model.ok() ? model->card->name != name : model.status().code() != Code::kExhausted) {
          n_wrong.fetch_add(1);
        }
      }
    });
  }
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(n_wrong.load(), 0);
  EXPECT_LE(ledger_->peak_bytes(), ledger_->limit_bytes());
}

}  // namespace quern::engine
