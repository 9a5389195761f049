#include "base/byte_ledger.h"

#include <chrono>
#include <optional>
#include <random>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/fake_reclaimer.h"

namespace quern {
namespace {

using ::testing::HasSubstr;

constexpr std::size_t kMb = 1 << 20;

std::size_t sum_of_tenants(const ByteLedger& ledger) {
  std::size_t sum = 0;
  for (const ByteLedger::Tenant& t : ledger.tenants()) sum += t.bytes;
  return sum;
}

}  // namespace

TEST(byte_ledger, counts_what_is_held_and_gives_it_back) {
  ByteLedger ledger(100);
  {
    Result<Reservation> a = ledger.reserve("a", 60);
    Result<Reservation> b = ledger.reserve("b", 40);
    ASSERT_TRUE(a.ok() && b.ok());
    EXPECT_EQ(ledger.used_bytes(), 100u);
    EXPECT_EQ(ledger.free_bytes(), 0u);
    EXPECT_EQ(a->tenant(), "a");
    EXPECT_EQ(a->bytes(), 60u);
  }
  EXPECT_EQ(ledger.used_bytes(), 0u);
  EXPECT_EQ(ledger.peak_bytes(), 100u);
  EXPECT_EQ(ledger.limit_bytes(), 100u);
}

TEST(byte_ledger, lists_tenants_largest_first_with_their_peaks) {
  ByteLedger ledger(1000);
  Result<Reservation> small = ledger.reserve("small", 10);
  Result<Reservation> large = ledger.reserve("large", 500);
  Result<Reservation> more = ledger.reserve("small", 20);  // A tenant may hold several.
  ASSERT_TRUE(small.ok() && large.ok() && more.ok());
  ASSERT_TRUE(large->resize(300).ok());
  const std::vector<ByteLedger::Tenant> tenants = ledger.tenants();
  ASSERT_EQ(tenants.size(), 2u);
  EXPECT_EQ(tenants[0].name, "large");
  EXPECT_EQ(tenants[0].bytes, 300u);
  EXPECT_EQ(tenants[0].peak_bytes, 500u);
  EXPECT_EQ(tenants[1].name, "small");
  EXPECT_EQ(tenants[1].bytes, 30u);
}

TEST(byte_ledger, an_earmark_is_for_its_tenant_alone_and_its_rest_comes_back) {
  ByteLedger ledger(100);
  Result<Reservation> other = ledger.reserve("other", 20);
  Result<Reservation> seventy = ledger.reserve("a", 70);
  ASSERT_TRUE(other.ok() && seventy.ok());
  {
    std::optional<Earmark> earmark(std::in_place, std::move(*seventy));
    EXPECT_EQ(ledger.used_bytes(), 90u);
    EXPECT_FALSE(ledger.reserve("b", 11).ok());
    Result<Reservation> first = ledger.reserve("a", 40);
    Result<Reservation> second = ledger.reserve("a", 35);  // 30 of it are there.
    ASSERT_TRUE(first.ok() && second.ok());
    EXPECT_EQ(ledger.used_bytes(), 95u);
    EXPECT_FALSE(ledger.reserve("a", 6).ok());
    EXPECT_EQ(sum_of_tenants(ledger), 95u);
    earmark.reset();
    EXPECT_EQ(ledger.used_bytes(), 95u);
    ASSERT_TRUE(first->resize(10).ok());
    EXPECT_EQ(ledger.used_bytes(), 65u);
    earmark.emplace(std::move(*ledger.reserve("a", 20)));
    EXPECT_TRUE(ledger.reserve("a", 5).ok());
    EXPECT_EQ(ledger.used_bytes(), 80u);  // What was taken and given back is free.
  }
  EXPECT_EQ(ledger.used_bytes(), 20u);
}

TEST(byte_ledger, refusal_names_wanted_free_and_holders) {
  ByteLedger ledger(10 * kMb);
  Result<Reservation> held = ledger.reserve("weights/minilm", 7 * kMb);
  ASSERT_TRUE(held.ok());
  const Result<Reservation> refused = ledger.reserve("activations", 4 * kMb);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.status().code(), Code::kExhausted);
  EXPECT_EQ(refused.status().message(),
            "activations wants 4.0 MB, 3.0 MB of the 10.0 MB memory budget is free; "
            "held by weights/minilm 7.0 MB");
  EXPECT_EQ(ledger.used_bytes(), 7 * kMb);
}

TEST(byte_ledger, refusal_without_holders_names_none) {
  ByteLedger ledger(5);
  const Result<Reservation> refused = ledger.reserve("x", 6);
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.status().message(), ::testing::Not(HasSubstr("held by")));
}

TEST(byte_ledger, absurd_wishes_do_not_wrap_around) {
  ByteLedger ledger(100);
  Result<Reservation> held = ledger.reserve("a", 50);
  ASSERT_TRUE(held.ok());
  EXPECT_FALSE(ledger.reserve("b", SIZE_MAX).ok());
  EXPECT_FALSE(held->resize(SIZE_MAX).ok());
  EXPECT_EQ(held->bytes(), 50u);
  EXPECT_EQ(ledger.used_bytes(), 50u);
}

TEST(byte_ledger, resize_grows_shrinks_and_changes_nothing_on_error) {
  ByteLedger ledger(100);
  Result<Reservation> r = ledger.reserve("a", 10);
  ASSERT_TRUE(r.ok());
  ASSERT_TRUE(r->resize(90).ok());
  EXPECT_EQ(ledger.used_bytes(), 90u);
  EXPECT_EQ(r->resize(101).code(), Code::kExhausted);
  EXPECT_EQ(r->bytes(), 90u);
  ASSERT_TRUE(r->resize(0).ok());
  EXPECT_EQ(ledger.used_bytes(), 0u);
}

TEST(byte_ledger, moving_a_reservation_moves_its_bytes) {
  ByteLedger ledger(100);
  Result<Reservation> first = ledger.reserve("a", 10);
  Result<Reservation> second = ledger.reserve("b", 20);
  ASSERT_TRUE(first.ok() && second.ok());
  Reservation moved = std::move(*first);
  EXPECT_EQ(ledger.used_bytes(), 30u);
  moved = std::move(*second);  // Gives back a's 10.
  EXPECT_EQ(ledger.used_bytes(), 20u);
  EXPECT_EQ(moved.tenant(), "b");
  moved = Reservation();
  EXPECT_EQ(ledger.used_bytes(), 0u);
}

TEST(byte_ledger, stays_within_its_limit_under_concurrent_changes) {
  ByteLedger ledger(1000);
  std::vector<std::thread> threads;
  std::atomic<int> n_over{0};
  for (unsigned seed = 0; seed < 4; ++seed) {
    threads.emplace_back([&, seed] {
      std::mt19937 random(seed);
      std::vector<Reservation> held;
      for (int i = 0; i < 3000; ++i) {
        if (random() % 2 == 0 || held.empty()) {
          Result<Reservation> r = ledger.reserve("t" + std::to_string(seed), random() % 400);
          if (r.ok()) held.push_back(std::move(*r));
        } else if (random() % 2 == 0) {
          static_cast<void>(held.back().resize(random() % 400).ok());
        } else {
          std::swap(held[random() % held.size()], held.back());
          held.pop_back();
        }
        if (ledger.used_bytes() > 1000) n_over.fetch_add(1);
      }
    });
  }
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(n_over.load(), 0);
  EXPECT_EQ(ledger.used_bytes(), 0u);
  EXPECT_EQ(sum_of_tenants(ledger), 0u);
  EXPECT_LE(ledger.peak_bytes(), 1000u);
}

TEST(byte_ledger, what_is_cheapest_to_lose_makes_room_first) {
  ByteLedger ledger(100);
  FakeReclaimer models(ledger, ReclaimRank::kModels, "models");
  FakeReclaimer scratch(ledger, ReclaimRank::kScratch, "scratch");
  FakeReclaimer results(ledger, ReclaimRank::kResults, "results");
  for (FakeReclaimer* r : {&models, &scratch, &results}) r->hold(30);
  Result<Reservation> held = ledger.reserve("a", 50);
  ASSERT_TRUE(held.ok());
  EXPECT_EQ(scratch.reclaimable_bytes(), 0u);
  EXPECT_EQ(results.reclaimable_bytes(), 20u);
  EXPECT_EQ(models.reclaimable_bytes(), 30u);
  ASSERT_TRUE(held->resize(75).ok());
  EXPECT_EQ(results.reclaimable_bytes(), 0u);
  EXPECT_EQ(models.reclaimable_bytes(), 25u);
}

TEST(byte_ledger, nothing_goes_where_all_of_it_would_not_do) {
  ByteLedger ledger(100);
  FakeReclaimer scratch(ledger, ReclaimRank::kScratch, "scratch");
  FakeReclaimer models(ledger, ReclaimRank::kModels, "models");
  scratch.hold(20);
  models.hold(30);
  Result<Reservation> held = ledger.reserve("busy", 40);
  ASSERT_TRUE(held.ok());
  EXPECT_EQ(ledger.reserve("a", 61).status().message(),
            "a wants 61 B, 10 B of the 100 B memory budget is free; "
            "held by busy 40 B, models 30 B, scratch 20 B");
  EXPECT_EQ(held->resize(101).code(), Code::kExhausted);
  EXPECT_EQ(scratch.reclaimable_bytes(), 20u);
  EXPECT_EQ(models.reclaimable_bytes(), 30u);
  EXPECT_TRUE(ledger.reserve("a", 60).ok());
}

TEST(byte_ledger, who_wants_only_what_is_free_asks_nobody) {
  ByteLedger ledger(100);
  FakeReclaimer scratch(ledger, ReclaimRank::kScratch, "scratch");
  scratch.hold(50);
  Result<Reservation> held = ledger.reserve("a", 50, Reclaim::kNever);
  ASSERT_TRUE(held.ok());
  EXPECT_FALSE(ledger.reserve("a", 1, Reclaim::kNever).ok());
  EXPECT_FALSE(held->resize(51, Reclaim::kNever).ok());
  EXPECT_EQ(scratch.n_asked(), 0);
}

TEST(byte_ledger, a_reclaimer_that_has_gone_is_not_asked) {
  ByteLedger ledger(100);
  {
    FakeReclaimer gone(ledger, ReclaimRank::kScratch, "gone");
    gone.hold(50);
  }
  EXPECT_TRUE(ledger.reserve("a", 100).ok());
  EXPECT_FALSE(ledger.reserve("a", 101).ok());
}

TEST(byte_ledger, a_reservation_succeeds_exactly_when_enough_can_be_reclaimed) {
  std::minstd_rand random(3);
  for (int round = 0; round < 300; ++round) {
    ByteLedger ledger(1000);
    FakeReclaimer scratch(ledger, ReclaimRank::kScratch, "scratch");
    FakeReclaimer results(ledger, ReclaimRank::kResults, "results");
    FakeReclaimer models(ledger, ReclaimRank::kModels, "models");
    FakeReclaimer* const all[] = {&scratch, &results, &models};
    std::size_t reclaimable = 0;
    std::vector<std::size_t> before;
    const Result<Reservation> busy = ledger.reserve("busy", random() % 500);
    for (FakeReclaimer* r : all) {
      r->hold(random() % 300);
      before.push_back(r->reclaimable_bytes());
      reclaimable += before.back();
    }
    const std::size_t free = ledger.free_bytes();
    const std::size_t wanted = random() % 1200;
    const Result<Reservation> got = ledger.reserve("a", wanted);
    ASSERT_EQ(got.ok(), wanted <= free + reclaimable);
    std::size_t lost = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      const std::size_t left = all[i]->reclaimable_bytes();
      lost += before[i] - left;
      // Whoever lost anything: those before it have nothing left.
      if (i > 0 && left < before[i]) {
        ASSERT_EQ(all[i - 1]->reclaimable_bytes(), 0u);
      }
    }
    ASSERT_EQ(lost, got.ok() ? wanted - std::min(wanted, free) : 0);
  }
}

// Each thread keeps what others may take, reserves, grows, and comes and goes as a reclaimer.
TEST(byte_ledger, threads_reclaim_from_each_other_within_the_limit) {
  ByteLedger ledger(10000);
  std::vector<std::thread> threads;
  std::atomic<int> n_over{0}, n_refused_for_nothing{0};
  for (unsigned seed = 0; seed < 6; ++seed) {
    threads.emplace_back([&, seed] {
      std::minstd_rand random(seed + 1);
      const std::string name = "t" + std::to_string(seed);
      for (int life = 0; life < 30; ++life) {
        FakeReclaimer kept(ledger, static_cast<ReclaimRank>(random() % 3), "kept/" + name);
        Result<Reservation> held = ledger.reserve(name, 0);
        for (int i = 0; i < 60; ++i) {
          kept.hold(random() % 3000);
          // All threads together hold less than the limit: whatever is kept gives way.
          if (!held->resize(random() % 800).ok()) n_refused_for_nothing.fetch_add(1);
          const Result<Reservation> more = ledger.reserve(name, random() % 800);
          if (!more.ok()) n_refused_for_nothing.fetch_add(1);
          static_cast<void>(ledger.reserve(name, 20000).ok());
          if (ledger.used_bytes() > 10000) n_over.fetch_add(1);
        }
      }
    });
  }
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(n_over.load(), 0);
  // Only where others took what was made free, several times in a row.
  EXPECT_LT(n_refused_for_nothing.load(), 6 * 30 * 60 * 2 / 100);
  EXPECT_EQ(ledger.used_bytes(), 0u);
  EXPECT_EQ(sum_of_tenants(ledger), 0u);
  EXPECT_LE(ledger.peak_bytes(), 10000u);
}

TEST(byte_ledger_death, a_reclaimer_that_reserves_is_a_bug_and_no_deadlock) {
  struct Greedy : Reclaimer {
    explicit Greedy(ByteLedger& l) : ledger(l) {}
    std::size_t reclaimable_bytes() override { return ledger.reserve("x", 200).ok() ? 1 : 0; }
    void reclaim(std::size_t) override {}
    ByteLedger& ledger;
  };
  ByteLedger ledger(100);
  Greedy greedy(ledger);
  const ByteLedger::Registration registration(ledger, ReclaimRank::kScratch, greedy);
  EXPECT_DEATH(static_cast<void>(ledger.reserve("a", 200).ok()), "reclaiming_");
}

TEST(byte_ledger, human_bytes_are_short) {
  EXPECT_EQ(human_bytes(0), "0 B");
  EXPECT_EQ(human_bytes(1023), "1023 B");
  EXPECT_EQ(human_bytes(12 << 10), "12.0 kB");
  EXPECT_EQ(human_bytes(312 * kMb), "312 MB");
  EXPECT_EQ(human_bytes(1536 * kMb), "1.5 GB");
  EXPECT_EQ(human_bytes(std::size_t{2} << 40), "2.0 TB");
}

TEST(byte_ledger, parse_bytes_reads_what_people_write) {
  const auto parsed = [](const char* text) {
    const Result<std::size_t> r = parse_bytes(text);
    return r.ok() ? static_cast<long>(*r) : -1L;
  };
  EXPECT_EQ(parsed("800000"), 800000);
  EXPECT_EQ(parsed("12b"), 12);
  EXPECT_EQ(parsed("1k"), 1024);
  EXPECT_EQ(parsed("512MB"), 512L << 20);
  EXPECT_EQ(parsed("1.5 GiB"), 3L << 29);
  EXPECT_EQ(parsed("2tb"), 2L << 40);
  for (const char* bad :
       {"", "MB", "-1GB", "1XB", "1GBB", "1e30", "nan", "inf", "0x10", "1GB!", "1 000"}) {
    EXPECT_EQ(parsed(bad), -1) << "'" << bad << "'";
  }
  EXPECT_THAT(parse_bytes("lots").status().message(), HasSubstr("'lots'"));
}

TEST(byte_ledger, gives_back_all_that_it_can_and_says_what) {
  ByteLedger ledger(1000);
  const auto busy = ledger.reserve("busy", 100);
  FakeReclaimer models(ledger, ReclaimRank::kModels, "models");
  FakeReclaimer scratch(ledger, ReclaimRank::kScratch, "scratch");
  models.hold(300);
  scratch.hold(20);
  const std::vector<ByteLedger::Tenant> freed = ledger.reclaim_all();
  ASSERT_EQ(freed.size(), 2u);
  EXPECT_EQ(freed[0].name, "models");
  EXPECT_EQ(freed[0].bytes, 300u);
  EXPECT_EQ(freed[1].name, "scratch");
  EXPECT_EQ(freed[1].bytes, 20u);
  EXPECT_EQ(ledger.used_bytes(), 100u);
  EXPECT_TRUE(ledger.reclaim_all().empty());
}

TEST(byte_ledger, who_is_patient_gets_what_others_let_go_of) {
  ByteLedger ledger(100);
  Result<Reservation> held = ledger.reserve("a", 80);
  ASSERT_TRUE(held.ok());
  std::thread other([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    *held = Reservation();
  });
  const Result<Reservation> got = ledger.reserve_patiently("b", 60, std::chrono::seconds(20));
  other.join();
  EXPECT_TRUE(got.ok());
  EXPECT_EQ(ledger.used_bytes(), 60u);
  const auto refused = ledger.reserve_patiently("c", 60, std::chrono::milliseconds(5));
  EXPECT_EQ(refused.status().code(), Code::kExhausted);
}

TEST(byte_ledger, what_can_never_fit_beside_the_program_is_said_at_once) {
  ByteLedger ledger(100);
  const Result<Reservation> process = ledger.reserve(ByteLedger::kProcess, 30);
  const Result<Reservation> held = ledger.reserve("a", 50);
  EXPECT_EQ(ledger.most_bytes(), 70u);
  EXPECT_EQ(ledger.reserve("b", 70).status().code(), Code::kExhausted);
  const auto refused = ledger.reserve_patiently("b", 71, std::chrono::hours(1));
  EXPECT_EQ(refused.status().code(), Code::kTooLarge);
  EXPECT_EQ(refused.status().message(),
            "b wants 71 B, and all that the 100 B memory budget leaves beside the program is 70 B");
}

}  // namespace quern
