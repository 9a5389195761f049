#include "apps/dialogue/dialogue_cache.h"

#include <thread>

#include <gtest/gtest.h>

namespace quern::apps {
namespace {

constexpr std::size_t kMegabyte = std::size_t{1} << 20;

DialogueKey key_of(const std::vector<std::string>& texts, std::uint64_t service = 1) {
  DialogueKey out = {.service = service};
  for (const std::string& text : texts) out.turns.push_back(turn_key({.text = text}));
  return out;
}

std::shared_ptr<const ConversationState> state_of(float x, std::size_t n = 16) {
  return std::make_shared<ConversationState>(
      ConversationState{.numbers = std::vector<float>(n, x), .before = {}});
}

std::shared_ptr<const NextTurns> next_of(const std::string& text) {
  return std::make_shared<NextTurns>(NextTurns{.turns = {{.text = text}}});
}

}  // namespace

TEST(dialogue_cache, what_is_found_is_of_these_turns_and_of_no_others) {
  ByteLedger ledger(64 * kMegabyte);
  DialogueCache cache(ledger, {.n_bytes = kMegabyte});
  cache.put(key_of({"a", "b"}), {.n_wanted = 5, .next = next_of("x")});
  ASSERT_NE(cache.find(key_of({"a", "b"}), 5), nullptr);
  EXPECT_EQ(cache.find(key_of({"a", "b"}), 5)->turns[0].text, "x");
  EXPECT_EQ(cache.find(key_of({"a", "b"}), 4), nullptr);
  EXPECT_EQ(cache.find(key_of({"a", "b"}, 2), 5), nullptr);
  EXPECT_EQ(cache.find(key_of({"a"}), 5), nullptr);
  EXPECT_EQ(cache.find(key_of({"ab"}), 5), nullptr);
  EXPECT_EQ(cache.find(key_of({"b", "a"}), 5), nullptr);
  EXPECT_EQ(cache.find(key_of({"a", "b", ""}), 5), nullptr);
  EXPECT_EQ(cache.stats().n_prediction_hits, 2);
  EXPECT_EQ(cache.stats().n_prediction_misses, 6);
  // A turn's parts do not run into one another.
  EXPECT_NE(turn_key({.speaker = "a", .text = "b"}), turn_key({.speaker = "", .text = "ab"}));
  EXPECT_NE(turn_key({.text = "a", .gap_seconds = 1}), turn_key({.text = "a"}));
}

TEST(dialogue_cache, the_longest_beginning_is_found_and_never_the_whole) {
  ByteLedger ledger(64 * kMegabyte);
  DialogueCache cache(ledger, {.n_bytes = kMegabyte});
  cache.put(key_of({"a", "b", "c"}), {.states = {{1, state_of(1)}, {3, state_of(3)}}});
  EXPECT_EQ(cache.longest_beginning(key_of({"a"})).n_turns, 0u);
  EXPECT_EQ(cache.longest_beginning(key_of({"a", "b"})).n_turns, 1u);
  EXPECT_EQ(cache.longest_beginning(key_of({"a", "b", "c"})).n_turns, 1u);
  const auto found = cache.longest_beginning(key_of({"a", "b", "c", "d"}));
  EXPECT_EQ(found.n_turns, 3u);
  EXPECT_EQ(found.state->numbers[0], 3);
  EXPECT_EQ(cache.longest_beginning(key_of({"b", "b", "c", "d"})).n_turns, 0u);
  EXPECT_EQ(cache.stats().n_turns_known, 1 + 1 + 3);
}

TEST(dialogue_cache, within_its_bytes_what_was_used_least_recently_goes) {
  ByteLedger ledger(64 * kMegabyte);
  DialogueCache cache(ledger, {.n_bytes = kMegabyte});
  const auto text = [](int i) { return std::to_string(i) + std::string(1000, 'x'); };
  for (int i = 0; i < 3000; ++i) {
    cache.put(key_of({text(i)}), {.n_wanted = 1, .next = next_of("x")});
    ASSERT_NE(cache.find(key_of({text(0)}), 1), nullptr) << i;  // In use all the time.
    ASSERT_LE(cache.stats().n_bytes, kMegabyte);
    ASSERT_LE(ledger.used_bytes(), kMegabyte + (64 << 10));
  }
  EXPECT_EQ(cache.find(key_of({text(1)}), 1), nullptr);
  EXPECT_NE(cache.find(key_of({text(2999)}), 1), nullptr);
  EXPECT_GT(cache.stats().n_evicted, 2000);
  // One that would have all others forgotten is not kept.
  const std::size_t n = cache.stats().n_predictions;
  cache.put(key_of({std::string(kMegabyte, 'y')}), {.n_wanted = 1, .next = next_of("x")});
  EXPECT_EQ(cache.stats().n_predictions, n);
  EXPECT_EQ(cache.clear(), ledger.peak_bytes());
  EXPECT_EQ(ledger.used_bytes(), 0u);
}

TEST(dialogue_cache, a_number_of_entries_bounds_predictions_and_states) {
  ByteLedger ledger(64 * kMegabyte);
  DialogueCache cache(ledger, {.n_bytes = kMegabyte, .n_items = 3});
  for (int i = 0; i < 10; ++i) {
    cache.put(key_of({std::to_string(i)}),
              {.states = {{1, state_of(1)}}, .n_wanted = 1, .next = next_of("x")});
  }
  EXPECT_EQ(cache.stats().n_predictions, 3u);
  EXPECT_EQ(cache.stats().n_states, 3u);
  EXPECT_NE(cache.find(key_of({"9"}), 1), nullptr);
  EXPECT_EQ(cache.find(key_of({"6"}), 1), nullptr);
}

TEST(dialogue_cache, memory_that_others_need_is_given_back) {
  ByteLedger ledger(kMegabyte);
  DialogueCache cache(ledger, {.n_bytes = 16 * kMegabyte});
  for (int i = 0; i < 400; ++i) {
    cache.put(key_of({std::to_string(i)}), {.states = {{1, state_of(1, 1000)}}});
  }
  const std::size_t n_before = cache.stats().n_states;
  EXPECT_LT(n_before, 400u);  // The ledger has no more.
  EXPECT_GT(n_before, 50u);
  {
    const auto other = ledger.reserve("other", kMegabyte / 2);
    ASSERT_TRUE(other.ok()) << other.status().message();
    EXPECT_LT(cache.stats().n_states, n_before);
    EXPECT_GT(cache.stats().n_states, 20u);
    EXPECT_EQ(cache.longest_beginning(key_of({"399", "x"})).n_turns, 1u);
  }
  ASSERT_TRUE(ledger.reserve("all", kMegabyte).ok());
  EXPECT_EQ(cache.stats().n_bytes, 0u);
}

TEST(dialogue_cache, a_chain_of_many_turns_comes_and_goes) {
  ByteLedger ledger(256 * kMegabyte);
  DialogueCache cache(ledger, {.n_bytes = 128 * kMegabyte});
  const DialogueKey key = key_of(std::vector<std::string>(100'000, "a"));
  cache.put(key, {.states = {{100'000, state_of(1)}}});
  EXPECT_EQ(cache.stats().n_states, 1u);
  ledger.reclaim_all();
  EXPECT_EQ(cache.stats().n_bytes, 0u);
}

TEST(dialogue_cache, many_threads_at_once) {
  ByteLedger ledger(64 * kMegabyte);
  DialogueCache cache(ledger, {.n_bytes = kMegabyte / 4});
  std::vector<std::thread> threads;
  for (int id = 0; id < 4; ++id) {
    threads.emplace_back([&, id] {
      for (int i = 0; i < 500; ++i) {
        const std::string last = std::to_string((i * (id + 1)) % 97);
        const DialogueKey key = key_of({"a", last, "b"});
        if (const auto next = cache.find(key, 1)) {
          EXPECT_EQ(next->turns[0].text, last);
        }
        const auto known = cache.longest_beginning(key);
        cache.put(key, {.states = {{2, state_of(2)}}, .n_wanted = 1, .next = next_of(last)});
        if (i % 100 == 99) cache.reclaim(10'000);
        if (id == 0 && i % 200 == 199) cache.clear();
        if (known.state != nullptr) {
          EXPECT_EQ(known.state->numbers[0], 2);
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(cache.stats().n_bytes, kMegabyte / 4);
}

}  // namespace quern::apps
