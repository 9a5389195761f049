#include "engine/scheduler.h"

#include <algorithm>
#include <future>
#include <random>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/fake_reclaimer.h"
#include "base/pace.h"
#include "engine/fake_model.h"

namespace quern::engine {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A job, and where its answer arrives.
struct Sent {
  std::shared_ptr<Job> job = std::make_shared<Job>();
  std::promise<Response> promise;
  std::future<Response> future = promise.get_future();
  std::atomic<int> n_answers{0};
};

std::shared_ptr<const ModelCard> long_card() {
  auto card = std::make_shared<ModelCard>(fake_card("m", /*n_positions=*/1 << 20));
  card->encoder = fake_encoder();
  return card;
}

class scheduler : public ::testing::Test {
 protected:
  std::unique_ptr<Sent> make(const std::vector<std::string>& texts,
                             WorkClass work_class = WorkClass::kInteractive) {
    auto sent = std::make_unique<Sent>();
    for (const std::string& text : texts) {
      Input input;
      input.text = text;
      sent->job->inputs.push_back(input);
    }
    sent->job->work_class = work_class;
    sent->job->card = card_;
    sent->job->model = model_;
    Sent* s = sent.get();
    sent->job->done = [s](Response r) {
      if (s->n_answers.fetch_add(1) == 0) s->promise.set_value(std::move(r));
    };
    return sent;
  }

  std::unique_ptr<Sent> submit(const std::vector<std::string>& texts,
                               WorkClass work_class = WorkClass::kInteractive) {
    auto sent = make(texts, work_class);
    scheduler_->submit(sent->job);
    return sent;
  }

  void cancel(Sent& sent) {
    sent.job->cancelled = true;
    scheduler_->sweep_flag()->store(true);
  }

  // What each batch held, and a door to stop it at.
  FakeServable::Hook hook() {
    return [this](const std::vector<int>& lengths) {
      {
        const std::lock_guard<std::mutex> lock(mutex_);
        batches_.push_back(lengths);
      }
      gate_.pass();
    };
  }
  std::vector<std::vector<int>> batches() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return batches_;
  }

  std::mutex mutex_;
  std::vector<std::vector<int>> batches_;
  Gate gate_;
  ThreadPool pool_{2};
  ByteLedger ledger_{64 << 20};
  Arena arena_{ledger_};
  std::shared_ptr<const ModelCard> card_ = long_card();
  std::shared_ptr<const Servable> model_ = std::make_shared<FakeServable>(hook());
  std::unique_ptr<Scheduler> scheduler_ =
      std::make_unique<Scheduler>(pool_, arena_, SchedulerOptions{});
};

std::vector<std::string> texts_of_lengths(const std::vector<int>& lengths) {
  std::vector<std::string> out;
  for (const int n : lengths) out.emplace_back(static_cast<std::size_t>(n), 'x');
  return out;
}

}  // namespace

TEST_F(scheduler, answers_every_input_in_order) {
  const std::vector<std::string> texts = {"one", "three", "a", "seventeen"};
  const Response r = submit(texts)->future.get();
  ASSERT_TRUE(r.status.ok());
  ASSERT_EQ(r.outcomes.size(), 4u);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    EXPECT_TRUE(r.outcomes[i].status.ok());
    EXPECT_EQ(r.outcomes[i].values, fake_values(texts[i]));
    EXPECT_EQ(r.outcomes[i].n_tokens, static_cast<int>(texts[i].size()));
  }
  EXPECT_EQ(r.n_tokens, 18);
  EXPECT_GE(r.queue_ms, 0);
  EXPECT_EQ(scheduler_->counters().n_texts, 4);
  EXPECT_EQ(scheduler_->counters().n_tokens, 18);
  EXPECT_EQ(scheduler_->counters().n_batches, 1);
  EXPECT_EQ(scheduler_->counters().n_queued, 0);
}

TEST_F(scheduler, run_works_on_the_calling_thread_when_nobody_drives) {
  std::thread::id forward_thread;
  model_ = std::make_shared<FakeServable>(
      [&](const std::vector<int>&) { forward_thread = std::this_thread::get_id(); });
  auto sent = make({"hello"});
  scheduler_->run(sent->job);
  EXPECT_EQ(sent->n_answers, 1);
  EXPECT_EQ(sent->future.get().outcomes[0].values, fake_values("hello"));
  EXPECT_EQ(forward_thread, std::this_thread::get_id());
}

TEST_F(scheduler, a_bad_input_fails_alone) {
  const Response r = submit({"good", "bad one", "fine"})->future.get();
  EXPECT_EQ(r.outcomes[0].values, fake_values("good"));
  EXPECT_EQ(r.outcomes[1].status.code(), Code::kBadInput);
  EXPECT_TRUE(r.outcomes[1].values.empty());
  EXPECT_EQ(r.outcomes[2].values, fake_values("fine"));
  EXPECT_EQ(scheduler_->counters().n_failed, 1);

  const Response all_bad = submit({"bad", "bad"})->future.get();
  EXPECT_EQ(all_bad.outcomes[1].status.message(), "token id 256 is outside the vocabulary of 256");
}

TEST_F(scheduler, batches_keep_to_the_budget_with_close_lengths) {
  submit(texts_of_lengths({10, 60, 11, 30, 59, 9, 31, 34}))->future.get();
  // Budget 64. The oldest waiting input is always in; the others are its nearest.
  EXPECT_THAT(batches(), ElementsAre(ElementsAre(10, 11, 9, 30), ElementsAre(60), ElementsAre(59),
                                     ElementsAre(31), ElementsAre(34)));
}

TEST_F(scheduler, several_requests_share_a_batch) {
  gate_.set(false);
  auto first = submit({"first"});
  gate_.wait_for_arrivals(1);
  auto second = submit({"ab", "abc"});
  auto third = submit({"abcd"});
  gate_.set(true);
  EXPECT_EQ(second->future.get().outcomes[1].values, fake_values("abc"));
  EXPECT_EQ(third->future.get().outcomes[0].values, fake_values("abcd"));
  EXPECT_THAT(batches(), ElementsAre(ElementsAre(5), ElementsAre(2, 3, 4)));
}

TEST_F(scheduler, a_batch_holds_so_many_texts_at_most) {
  scheduler_.reset();
  scheduler_ = std::make_unique<Scheduler>(pool_, arena_, SchedulerOptions{.max_batch = 2});
  const auto sent = submit({"a", "b", "c", "d", "e"});
  EXPECT_EQ(sent->future.get().outcomes.size(), 5u);
  EXPECT_THAT(batches(),
              ElementsAre(std::vector<int>(2, 1), std::vector<int>(2, 1), std::vector<int>(1, 1)));
}

// Behind a pass of several requests a batch waits for more, for a part of the time that pass took;
// without one it never does.
TEST_F(scheduler, a_batch_waits_for_more_only_where_more_may_come) {
  scheduler_.reset();
  const auto slow = [this](const std::vector<int>& lengths) {
    hook()(lengths);
    std::this_thread::sleep_for(milliseconds(40));
  };
  model_ = std::make_shared<FakeServable>(slow);
  scheduler_ = std::make_unique<Scheduler>(pool_, arena_, SchedulerOptions{.min_batch = 3});
  gate_.set(false);
  const auto first = submit({"a"});
  gate_.wait_for_arrivals(1);
  const auto second = submit({"bb"}), third = submit({"bb"});
  gate_.set(true);
  third->future.get();
  const auto fourth = submit({"ccc"}), fifth = submit({"ccc"}), sixth = submit({"ccc"});
  sixth->future.get();
  EXPECT_THAT(batches(),
              ElementsAre(std::vector<int>{1}, std::vector<int>{2, 2}, std::vector<int>{3, 3, 3}));
  const auto alone = submit({"dddd"});  // Nobody else comes: it waits for a moment, and runs.
  EXPECT_EQ(alone->future.get().outcomes[0].values, fake_values("dddd"));
  auto last = make({"eeeee"});  // The same for who would drive himself.
  scheduler_->run(last->job);
  EXPECT_EQ(last->future.get().outcomes[0].values, fake_values("eeeee"));
}

TEST_F(scheduler, a_near_deadline_goes_first) {
  gate_.set(false);
  const auto running = submit({"r"});
  gate_.wait_for_arrivals(1);
  const auto patient = submit(texts_of_lengths({60, 60, 60}));
  auto urgent = make(texts_of_lengths({61}));
  urgent->job->deadline = Clock::now() + std::chrono::milliseconds(1500);
  scheduler_->submit(urgent->job);
  gate_.set(true);
  patient->future.get();
  EXPECT_TRUE(urgent->future.get().outcomes[0].status.ok());
  EXPECT_EQ(batches().at(1), std::vector<int>{61});
}

TEST_F(scheduler, interactive_overtakes_bulk) {
  gate_.set(false);
  auto bulk = submit(texts_of_lengths(std::vector<int>(20, 64)), WorkClass::kBulk);
  gate_.wait_for_arrivals(1);
  auto interactive = submit({"quick"}, WorkClass::kInteractive);
  gate_.set(true);
  interactive->future.get();
  bulk->future.get();
  EXPECT_THAT(batches()[0], ElementsAre(64));
  EXPECT_THAT(batches()[1], ElementsAre(5));
  EXPECT_EQ(batches().size(), 21u);
}

TEST_F(scheduler, bulk_is_not_starved_by_endless_interactive_work) {
  gate_.set(false);
  auto bulk = submit({std::string(3, 'b')}, WorkClass::kBulk);
  auto interactive = submit(texts_of_lengths(std::vector<int>(100, 64)));
  gate_.set(true);
  interactive->future.get();
  bulk->future.get();
  const auto all = batches();
  const auto at = std::find(all.begin(), all.end(), std::vector<int>{3});
  EXPECT_LE(at - all.begin(), 17);
}

TEST_F(scheduler, a_small_request_does_not_wait_for_a_large_one) {
  gate_.set(false);
  auto large = submit(texts_of_lengths(std::vector<int>(1000, 64)));
  gate_.wait_for_arrivals(1);
  auto small = submit({"abc"});
  gate_.set(true);
  small->future.get();
  const auto all = batches();
  EXPECT_LE(std::find(all.begin(), all.end(), std::vector<int>{3}) - all.begin(), 3);
  large->future.get();
}

TEST_F(scheduler, models_share_the_time) {
  std::atomic<int> n_slow{0}, n_quick{0};
  model_ = std::make_shared<FakeServable>([&](const std::vector<int>&) {
    gate_.pass();
    ++n_slow;
    std::this_thread::sleep_for(milliseconds(20));
  });
  gate_.set(false);
  auto slow = submit(texts_of_lengths(std::vector<int>(40, 64)));
  gate_.wait_for_arrivals(1);
  int n_slow_at_the_end = 0;
  model_ = std::make_shared<FakeServable>([&](const std::vector<int>&) {
    if (++n_quick == 50) n_slow_at_the_end = n_slow;
    std::this_thread::sleep_for(milliseconds(2));
  });
  auto quick = submit(texts_of_lengths(std::vector<int>(50, 64)));
  gate_.set(true);
  quick->future.get();
  // 50 steps of 2 ms are as much time as 5 of 20 ms, and one more may have begun before.
  // On a machine that is busy, sleeps are longer, the short ones above all.
  EXPECT_LE(n_slow_at_the_end, 25);
  EXPECT_GE(n_slow_at_the_end, 1);
  slow->future.get();
}

// A model whose pass goes on until `enough` says so, asking its pace as between layers.
class Patient : public FakeServable {
 public:
  explicit Patient(std::function<bool()> enough) : enough_(std::move(enough)) {}
  void forward(const OutputForm& form, const models::RaggedBatch& batch,
               std::span<std::byte> scratch, ThreadPool& pool, Matrix<float> out) const override {
    const Clock::time_point patience = Clock::now() + std::chrono::seconds(20);
    while (!enough_() && Clock::now() < patience) {
      if (!Pace::current().go_on()) return;
    }
    FakeServable::forward(form, batch, scratch, pool, out);
  }

 private:
  const std::function<bool()> enough_;
};

TEST_F(scheduler, interactive_work_goes_first_in_the_midst_of_a_bulk_pass) {
  const auto quick_model = model_;
  std::atomic<bool> running{false}, answered{false};
  model_ = std::make_shared<Patient>([&] {
    running = true;
    return answered.load();
  });
  auto bulk = submit(texts_of_lengths({30, 31}), WorkClass::kBulk);
  while (!running) std::this_thread::yield();
  model_ = quick_model;
  for (int i = 0; i < 5; ++i) {
    const std::string text(static_cast<std::size_t>(5 + i), 'q');
    EXPECT_EQ(submit({text})->future.get().outcomes[0].values, fake_values(text));
  }
  EXPECT_EQ(bulk->n_answers, 0);
  answered = true;
  const Response r = bulk->future.get();
  EXPECT_EQ(r.outcomes[0].values, fake_values(std::string(30, 'x')));
  EXPECT_EQ(r.outcomes[1].values, fake_values(std::string(31, 'x')));
}

// The same in the midst of a parallel operation, from whichever part of it asks.
TEST_F(scheduler, interactive_work_goes_first_between_the_parts_of_an_operation) {
  const auto quick_model = model_;
  std::atomic<bool> running{false}, answered{false};
  class Parts : public FakeServable {
   public:
    Parts(std::atomic<bool>& running, std::atomic<bool>& answered)
        : running_(running), answered_(answered) {}
    void forward(const OutputForm& form, const models::RaggedBatch& batch,
                 std::span<std::byte> scratch, ThreadPool& pool, Matrix<float> out) const override {
      const Clock::time_point patience = Clock::now() + std::chrono::seconds(20);
      pool.parallel_for(2, [&](int, int) {
        while (!answered_ && Clock::now() < patience) {
          running_ = true;
          ThreadPool::serial().parallel_for(3, [](int, int) {});
        }
      });
      FakeServable::forward(form, batch, scratch, pool, out);
    }
    std::atomic<bool>&running_, &answered_;
  };
  model_ = std::make_shared<Parts>(running, answered);
  auto bulk = submit(texts_of_lengths({30}), WorkClass::kBulk);
  while (!running) std::this_thread::yield();
  model_ = quick_model;
  EXPECT_EQ(submit(texts_of_lengths({5, 9, 64}))->future.get().outcomes[2].values,
            fake_values(std::string(64, 'x')));
  EXPECT_EQ(bulk->n_answers, 0);
  answered = true;
  EXPECT_EQ(bulk->future.get().outcomes[0].values, fake_values(std::string(30, 'x')));
}

TEST_F(scheduler, a_pass_in_the_midst_of_another_waits_for_memory) {
  const auto quick_model = model_;
  std::atomic<bool> running{false};
  std::atomic<int> n_asked{0};
  model_ = std::make_shared<Patient>([&] {
    running = true;
    std::this_thread::sleep_for(milliseconds(1));
    return ++n_asked > 20;
  });
  // Room for the bulk batch, and little more.
  Result<Reservation> held =
      ledger_.reserve("other", ledger_.free_bytes() - 70 * kFakeScratchPerToken);
  ASSERT_TRUE(held.ok());
  auto bulk = submit(texts_of_lengths({60}), WorkClass::kBulk);
  while (!running) std::this_thread::yield();
  model_ = quick_model;
  auto quick = submit(texts_of_lengths({40}));
  EXPECT_EQ(quick->future.get().outcomes[0].values, fake_values(std::string(40, 'x')));
  EXPECT_EQ(bulk->future.get().outcomes[0].values, fake_values(std::string(60, 'x')));
}

TEST_F(scheduler, a_cancelled_batch_is_left_in_its_midst) {
  std::atomic<bool> running{false};
  model_ = std::make_shared<Patient>([&] {
    running = true;
    return false;
  });
  auto sent = submit(texts_of_lengths({30, 31}), WorkClass::kBulk);
  while (!running) std::this_thread::yield();
  const Clock::time_point start = Clock::now();
  cancel(*sent);
  const Response r = sent->future.get();
  EXPECT_LT(Clock::now() - start, std::chrono::seconds(5));
  for (const Outcome& o : r.outcomes) EXPECT_EQ(o.status.code(), Code::kCancelled);
  EXPECT_EQ(scheduler_->counters().n_queued, 0);
}

TEST_F(scheduler, a_batch_that_others_share_is_not_left) {
  gate_.set(false);
  auto first = submit({"first"});
  gate_.wait_for_arrivals(1);
  std::atomic<int> n_asked{0};
  Sent* cancelled = nullptr;
  model_ = std::make_shared<Patient>([&] {
    if (n_asked == 0) cancel(*cancelled);
    return ++n_asked > 20;
  });
  auto one = make({"ab", "abc"});
  auto other = make({"abcd"});
  cancelled = one.get();
  scheduler_->submit(one->job);
  scheduler_->submit(other->job);
  gate_.set(true);
  EXPECT_EQ(other->future.get().outcomes[0].values, fake_values("abcd"));
  EXPECT_GT(n_asked, 20);
  one->future.get();
  first->future.get();
}

TEST_F(scheduler, cancelled_inputs_that_wait_come_back_cancelled) {
  gate_.set(false);
  auto sent = submit(texts_of_lengths(std::vector<int>(2000, 64)));
  gate_.wait_for_arrivals(1);
  cancel(*sent);
  gate_.set(true);
  const Response r = sent->future.get();
  EXPECT_TRUE(r.status.ok());
  ASSERT_EQ(r.outcomes.size(), 2000u);
  EXPECT_TRUE(r.outcomes[0].status.ok());
  for (std::size_t i = 1; i < 2000; ++i) {
    ASSERT_EQ(r.outcomes[i].status.code(), Code::kCancelled);
  }
  EXPECT_EQ(batches().size(), 1u);
  EXPECT_EQ(scheduler_->counters().n_queued, 0);
}

TEST_F(scheduler, a_deadline_ends_what_waits) {
  gate_.set(false);
  auto sent = make(texts_of_lengths({64, 64, 64}));
  sent->job->deadline = Clock::now() + milliseconds(20);
  scheduler_->submit(sent->job);
  gate_.wait_for_arrivals(1);
  std::this_thread::sleep_for(milliseconds(25));
  gate_.set(true);
  const Response r = sent->future.get();
  EXPECT_TRUE(r.outcomes[0].status.ok());
  EXPECT_EQ(r.outcomes[2].status.code(), Code::kDeadline);
  EXPECT_THAT(r.outcomes[2].status.message(), HasSubstr("with 1 of 3 inputs done"));
}

TEST_F(scheduler, a_deadline_already_past_runs_nothing) {
  auto sent = make({"late"});
  sent->job->deadline = Clock::now() - milliseconds(1);
  scheduler_->run(sent->job);
  EXPECT_EQ(sent->future.get().outcomes[0].status.code(), Code::kDeadline);
  EXPECT_TRUE(batches().empty());
}

TEST_F(scheduler, a_batch_that_does_not_fit_memory_runs_in_smaller_ones) {
  // Room for 20 of the budget's 64 tokens.
  Result<Reservation> held =
      ledger_.reserve("other", ledger_.free_bytes() - 20 * kFakeScratchPerToken - 256);
  ASSERT_TRUE(held.ok());
  const std::vector<std::string> texts = texts_of_lengths(std::vector<int>(16, 4));
  const Response r = submit(texts)->future.get();
  for (const Outcome& o : r.outcomes) EXPECT_EQ(o.values, fake_values("xxxx"));
  EXPECT_EQ(batches().at(0).size(), 4u);
}

TEST_F(scheduler, an_input_too_large_for_memory_fails_alone) {
  Result<Reservation> held =
      ledger_.reserve("other", ledger_.free_bytes() - 20 * kFakeScratchPerToken - 256);
  ASSERT_TRUE(held.ok());
  const Response r = submit(texts_of_lengths({40, 4, 40, 5}))->future.get();
  EXPECT_EQ(r.outcomes[0].status.code(), Code::kExhausted);
  EXPECT_THAT(r.outcomes[0].status.message(), HasSubstr("activations wants"));
  EXPECT_THAT(r.outcomes[0].status.message(), HasSubstr("held by other"));
  EXPECT_TRUE(r.outcomes[1].status.ok());
  EXPECT_EQ(r.outcomes[2].status.code(), Code::kExhausted);
  EXPECT_TRUE(r.outcomes[3].status.ok());
}

TEST_F(scheduler, idle_things_make_room_for_a_single_input) {
  FakeReclaimer idle(ledger_, ReclaimRank::kModels, "idle");
  const std::size_t n_idle = ledger_.free_bytes() - 100;
  idle.hold(n_idle);
  auto sent = make({"text"});
  Scheduler(pool_, arena_, {}).run(sent->job);
  EXPECT_EQ(sent->future.get().outcomes[0].values, fake_values("text"));
  EXPECT_LT(idle.reclaimable_bytes(), n_idle);
}

TEST_F(scheduler, values_that_are_not_finite_are_an_error) {
  class Broken : public FakeServable {
    void forward(const OutputForm&, const models::RaggedBatch& b, std::span<std::byte>, ThreadPool&,
                 Matrix<float> out) const override {
      for (int s = 0; s < b.n_seqs(); ++s) {
        out.row(s)[0] = b.seq_len(s) == 3 ? std::numeric_limits<float>::quiet_NaN() : 1.0f;
        out.row(s)[1] = 0;
      }
    }
  };
  model_ = std::make_shared<Broken>();
  const Response r = submit({"abc", "abcd"})->future.get();
  EXPECT_EQ(r.outcomes[0].status.code(), Code::kBadInput);
  EXPECT_TRUE(r.outcomes[0].values.empty());
  EXPECT_TRUE(r.outcomes[1].status.ok());
}

TEST_F(scheduler, destruction_finishes_the_running_batch_and_cancels_the_rest) {
  gate_.set(false);
  auto sent = submit(texts_of_lengths({64, 64, 64}));
  auto other = submit({"other"}, WorkClass::kBulk);
  gate_.wait_for_arrivals(1);
  std::thread opener([&] {
    std::this_thread::sleep_for(milliseconds(10));
    gate_.set(true);
  });
  scheduler_.reset();
  opener.join();
  const Response r = sent->future.get();
  EXPECT_TRUE(r.outcomes[0].status.ok());
  EXPECT_EQ(r.outcomes[2].status.code(), Code::kCancelled);
  EXPECT_EQ(other->future.get().outcomes[0].status.code(), Code::kCancelled);
}

TEST_F(scheduler, very_many_inputs_cost_no_more_each) {
  // 10^5 inputs with deadlines and 16 to a batch: quadratic work would take minutes.
  auto sent = make(std::vector<std::string>(100000, "abcd"), WorkClass::kBulk);
  sent->job->deadline = Clock::now() + std::chrono::hours(1);
  const Clock::time_point start = Clock::now();
  scheduler_->run(sent->job);
  EXPECT_LT(Clock::now() - start, std::chrono::seconds(60));
  const Response r = sent->future.get();
  EXPECT_EQ(r.n_tokens, 400000);
  EXPECT_EQ(r.outcomes.back().values, fake_values("abcd"));
}

TEST_F(scheduler, very_many_requests_cost_no_more_each) {
  gate_.set(false);
  std::vector<std::unique_ptr<Sent>> all;
  for (int i = 0; i < 5000; ++i) all.push_back(submit({"abcd"}));
  const Clock::time_point start = Clock::now();
  gate_.set(true);
  for (const auto& sent : all) sent->future.get();
  EXPECT_LT(Clock::now() - start, std::chrono::seconds(60));
}

TEST_F(scheduler, every_request_is_answered_once_and_right_under_stress) {
  std::vector<std::thread> clients;
  std::atomic<int> n_wrong{0};
  for (unsigned c = 0; c < 6; ++c) {
    clients.emplace_back([&, c] {
      std::mt19937 random(c);
      for (int i = 0; i < 150; ++i) {
        std::vector<std::string> texts(1 + random() % 8);
        for (std::string& t : texts) {
          t = std::string(1 + random() % 40, static_cast<char>('a' + random() % 26));
          if (random() % 20 == 0) t = "bad";
        }
        auto sent = make(texts, random() % 2 == 0 ? WorkClass::kBulk : WorkClass::kInteractive);
        if (random() % 8 == 0) sent->job->deadline = Clock::now() + milliseconds(random() % 3);
        const bool cancelled = random() % 8 == 0;
        if (random() % 2 == 0) {
          scheduler_->submit(sent->job);
          if (cancelled) cancel(*sent);
        } else {
          scheduler_->run(sent->job);
        }
        const Response r = sent->future.get();
        if (r.outcomes.size() != texts.size()) n_wrong.fetch_add(1);
        for (std::size_t k = 0; k < r.outcomes.size(); ++k) {
          const Outcome& o = r.outcomes[k];
          const bool right = o.status.ok() ? o.values == fake_values(texts[k])
                                           : o.values.empty() && (texts[k] == "bad" || cancelled ||
                                                                  sent->job->deadline);
          if (!right) n_wrong.fetch_add(1);
        }
        if (sent->n_answers != 1) n_wrong.fetch_add(1);
      }
    });
  }
  for (std::thread& t : clients) t.join();
  EXPECT_EQ(n_wrong.load(), 0);
  EXPECT_EQ(scheduler_->counters().n_queued, 0);
}

}  // namespace quern::engine
