#include "apps/papers/answer_cache.h"

#include <functional>
#include <set>

#include "apps/papers/test_papers.h"

namespace quern::apps {
namespace {

std::shared_ptr<const PaperAnswer> answer_of(std::size_t n_bytes) {
  PaperAnswer answer;
  answer.sections = {{.title = std::string(n_bytes, 'x')}};
  return std::make_shared<const PaperAnswer>(std::move(answer));
}

TEST(AnswerCache, KeysTellApartAllThatMakesAnAnswer) {
  const AnswerAsk ask{.question = "q", .filter = {.venues = {"a", "b"}}};
  std::set<std::string> keys = {answer_key(ask, {})};
  const auto add = [&](const std::function<void(AnswerAsk&, AnswerMakers&)>& change) {
    AnswerAsk other = ask;
    AnswerMakers makers;
    change(other, makers);
    EXPECT_TRUE(keys.insert(answer_key(other, makers)).second) << keys.size();
  };
  add([](auto& a, auto&) { a.question = "Q"; });
  add([](auto& a, auto&) { a.profile = *profile_named("fast"); });
  add([](auto& a, auto&) { a.profile.n_rerank = 7; });
  add([](auto& a, auto&) { a.profile.temperature = 0.21; });
  add([](auto& a, auto&) { a.filter.venues = {"ab"}; });
  add([](auto& a, auto&) { a.filter.venues = {"a"}, a.filter.fields_of_study = {"b"}; });
  add([](auto& a, auto&) { a.filter.published = DayRange{0, 0}; });
  add([](auto& a, auto&) { a.filter.added_before_day = 0; });
  add([](auto& a, auto&) { a.filter.corpus_ids = {1}; });
  add([](auto& a, auto&) { a.filter.is_open_access = true; });
  add([](auto& a, auto&) { a.filter.min_citations = 1; });
  add([](auto& a, auto&) { a.rerank_model = "m"; });
  add([](auto&, auto& m) { m.rerank = "1"; });
  add([](auto&, auto& m) { m.entailment = "1"; });
  add([](auto&, auto& m) { m.writer = "1"; });
  add([](auto&, auto& m) { m.library = "1"; });
  add([](auto&, auto& m) { m.year = 1; });
  // How many calls a writer is asked at once changes no answer.
  AnswerAsk same = ask;
  same.profile.batch_workers = 99;
  EXPECT_TRUE(keys.contains(answer_key(same, {})));
}

TEST(AnswerCache, WhatWasUsedLeastRecentlyGoes) {
  ByteLedger ledger(std::size_t{1} << 30);
  constexpr std::size_t kMost = 100'000;
  AnswerCache cache(ledger, kMost);
  cache.put("a", answer_of(30'000));
  cache.put("b", answer_of(30'000));
  EXPECT_NE(cache.find("a"), nullptr);
  cache.put("c", answer_of(40'000));
  EXPECT_EQ(cache.find("b"), nullptr);
  EXPECT_NE(cache.find("a"), nullptr);
  cache.put("d", answer_of(60'000));  // More than half of it all.
  EXPECT_EQ(cache.find("d"), nullptr);
  const AnswerCacheStats stats = cache.stats();
  EXPECT_EQ(stats.n_hits, 2);
  EXPECT_EQ(stats.n_misses, 2);
  EXPECT_EQ(stats.n_evicted, 1);
  EXPECT_EQ(stats.n_answers, 2u);
  EXPECT_LE(stats.n_bytes, kMost);
  EXPECT_GT(stats.n_bytes, 70'000u);
  EXPECT_EQ(stats.max_bytes, kMost);
}

TEST(AnswerCache, ItGivesWayToWhatNeedsTheMemory) {
  ByteLedger ledger(200'000);
  AnswerCache cache(ledger, 150'000);
  cache.put("a", answer_of(50'000));
  cache.put("b", answer_of(50'000));
  EXPECT_EQ(ledger.used_bytes(), 131'072u);
  auto other = ledger.reserve("other", 130'000);
  ASSERT_TRUE(other.ok()) << other.status().message();
  EXPECT_EQ(cache.find("a"), nullptr);
  cache.put("c", answer_of(70'000));  // There is no room for it.
  EXPECT_EQ(cache.find("c"), nullptr);
}

class KnownAnswersTest : public PapersTest {
 protected:
  void TearDown() override {
    library_.reset();
    PapersTest::TearDown();
  }
  PaperAnswer answer(const std::string& question, AskModel writer = {}) {
    AnswerParts parts{.library = library_.get(), .engine = engine_.get()};
    parts.writer.ask = std::move(writer);
    parts.cache = &cache_;
    parts.on_stage = [&](const PaperAnswer& so_far) { shown_ = so_far.sections.size(); };
    auto answer = answer_question(parts, {.question = question});
    EXPECT_TRUE(answer.ok()) << answer.status().message();
    return answer.ok() ? std::move(*answer) : PaperAnswer();
  }
  Paper paper(const std::string& sentence) {
    Paper out = tagger_paper();
    out.abstract = sentence;
    return out;
  }

  ByteLedger ledger_{std::size_t{1} << 30};
  AnswerCache cache_{ledger_, 1 << 20};
  std::unique_ptr<PaperLibrary> library_;
  std::size_t shown_ = 0;  // Sections.
};

TEST_F(KnownAnswersTest, TheSameQuestionHasTheSameAnswerUntilTheLibraryChanges) {
  add_paper(paper("The tagger reaches an accuracy of 96.7 percent on the corpus."), "a");
  library_ = open_library();
  const PaperAnswer first = answer("accuracy of the tagger");
  EXPECT_FALSE(first.is_known);
  shown_ = 0;
  const PaperAnswer again = answer("accuracy of the tagger");
  EXPECT_TRUE(again.is_known);
  EXPECT_EQ(shown_, first.sections.size());
  EXPECT_EQ(markdown_from_answer(again), markdown_from_answer(first));
  EXPECT_FALSE(answer("accuracy of a tagger").is_known);
  EXPECT_EQ(cache_.stats().n_hits, 1);
  EXPECT_EQ(cache_.stats().n_misses, 2);
  // Another paper; then the first one with other words.
  Paper other = attention_paper();
  other.abstract = "The accuracy of the tagger is not what attention was made for at first.";
  add_paper(other, "b");
  EXPECT_FALSE(answer("accuracy of the tagger").is_known);
  add_paper(paper("The tagger reaches an accuracy of 42.0 percent on the corpus."), "a");
  const PaperAnswer newer = answer("accuracy of the tagger");
  EXPECT_FALSE(newer.is_known);
  EXPECT_NE(markdown_from_answer(newer).find("42.0"), std::string::npos);
  EXPECT_EQ(markdown_from_answer(newer).find("96.7"), std::string::npos);
}

TEST_F(KnownAnswersTest, WhatAWriterFailedInIsNotKept) {
  add_paper(paper("The tagger reaches an accuracy of 96.7 percent on the corpus."), "a");
  library_ = open_library();
  const AskModel fails = [](const WriterPrompt&) {
    return Result<std::string>(Code::kDeadline, "it hangs");
  };
  const AskModel writes = [](const WriterPrompt&) -> Result<std::string> {
    return std::string("The tagger is accurate in most cases [1].");
  };
  answer("accuracy of the tagger", fails);
  EXPECT_EQ(cache_.stats().n_answers, 0u);
  EXPECT_FALSE(answer("accuracy of the tagger", writes).is_known);
  EXPECT_TRUE(answer("accuracy of the tagger", writes).is_known);
}

}  // namespace
}  // namespace quern::apps
