#include "apps/claims/evidence_search.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "apps/claims/test_corpus.h"

namespace quern::apps {
namespace {

const std::vector<std::string> kAnimals = {
    R"({"doc_id": 7, "title": "Shrews", "abstract": ["Shrews are small.", "A shrew's heart beats 800 times a minute.", "They eat insects."], "url": "https://a.example/7", "date": "2020-05-01", "licence": "CC0"})",
    R"({"doc_id": 8, "title": "Whales", "abstract": ["Whales are large.", "A whale's heart beats 8 times a minute."], "date": "1999"})",
    R"({"doc_id": 9, "title": "Stones", "abstract": ["Stones have no heart."]})"};

class evidence_search : public CorpusTest {
 protected:
  FoundEvidence find(const std::string& claim, const EvidenceWish& wish = {}) {
    if (!store_) {
      store_ = open_test_corpus();
      auto search = EvidenceSearch::create(*store_, ThreadPool::serial(), engine_.get());
      EXPECT_TRUE(search.ok()) << search.status().message();
      search_ = std::move(*search);
    }
    auto found = search_->find(claim, wish);
    EXPECT_TRUE(found.ok()) << found.status().message();
    return found.ok() ? std::move(*found) : FoundEvidence();
  }

  void TearDown() override {
    search_.reset();
    store_.reset();
    CorpusTest::TearDown();
  }

  std::unique_ptr<store::Store> store_;
  std::unique_ptr<EvidenceSearch> search_;
};

TEST_F(evidence_search, finds_sentences_with_all_that_is_known_of_them) {
  add_lines(kAnimals);
  const FoundEvidence found = find("the heart of a shrew beats 800 times a minute");
  ASSERT_FALSE(found.sentences.empty());
  const EvidenceSentence& first = found.sentences[0];
  EXPECT_EQ(first.text, "A shrew's heart beats 800 times a minute.");
  EXPECT_EQ(first.source.key, "7");
  EXPECT_EQ(first.source.title, "Shrews");
  EXPECT_EQ(first.source.url, "https://a.example/7");
  EXPECT_EQ(first.source.date, "2020-05-01");
  EXPECT_EQ(first.source.licence, "CC0");
  EXPECT_EQ(first.passage, "7#0");
  EXPECT_EQ(first.i_sentence, 1u);
  EXPECT_EQ(first.span, (ByteSpan{18, 59}));
  EXPECT_EQ(first.before, "Shrews are small.");
  EXPECT_EQ(first.after, "They eat insects.");
  EXPECT_EQ(first.nearness.passage_rank, 1u);
  EXPECT_GT(first.nearness.lexical.value_or(0), 0);
  EXPECT_GT(first.nearness.passage_lexical.value_or(0), 0);
  EXPECT_FALSE(first.nearness.cosine);
  EXPECT_GT(found.generation, 0u);
}

TEST_F(evidence_search, has_cosines_of_sentences_and_passages_where_there_is_a_model) {
  model_ = "tiny-mean-f32";
  add_lines(kAnimals);
  const std::string claim = "hearts beat";
  const FoundEvidence found = find(claim);
  // All sentences of all passages: each is scored by both sides.
  ASSERT_EQ(found.sentences.size(), 6u);
  const auto cosine = [&](const std::string& text) {
    const std::vector<float> a = vector_by_engine(model_, claim);
    const std::vector<float> b = vector_by_engine(model_, text);
    double dot = 0;
    for (std::size_t i = 0; i < a.size(); ++i) dot += double{a[i]} * double{b[i]};
    return dot;
  };
  for (const EvidenceSentence& sentence : found.sentences) {
    ASSERT_TRUE(sentence.nearness.cosine && sentence.nearness.passage_cosine);
    EXPECT_NEAR(*sentence.nearness.cosine, cosine(sentence.text), 0.01) << sentence.text;
    EXPECT_TRUE(sentence.nearness.lexical);
    if (sentence.source.key == "9") {
      EXPECT_NEAR(*sentence.nearness.passage_cosine, cosine("Stones\nStones have no heart."), 0.01);
    }
  }
}

TEST_F(evidence_search, gives_the_same_bits_for_the_same_generation) {
  model_ = "tiny-mean-f32";
  add_lines(kAnimals);
  const FoundEvidence first = find("hearts beat");
  store_.reset();
  search_.reset();
  const FoundEvidence second = find("hearts beat");
  ASSERT_EQ(first.sentences.size(), second.sentences.size());
  for (std::size_t i = 0; i < first.sentences.size(); ++i) {
    EXPECT_EQ(first.sentences[i].text, second.sentences[i].text);
    EXPECT_EQ(first.sentences[i].nearness.cosine, second.sentences[i].nearness.cosine);
    EXPECT_EQ(first.sentences[i].nearness.lexical, second.sentences[i].nearness.lexical);
  }
}

TEST_F(evidence_search, keeps_to_what_is_wished) {
  add_lines(kAnimals);
  EXPECT_EQ(find("heart", {.n_sentences = 2}).sentences.size(), 2u);
  const FoundEvidence one = find("heart beats", {.n_passages = 1});
  for (const EvidenceSentence& sentence : one.sentences) {
    EXPECT_EQ(sentence.nearness.passage_rank, 1u);
  }
  const auto late = store::parse_filter("date >= \"2020-01-01\"", store_->schema().attributes);
  ASSERT_TRUE(late.ok()) << late.status().message();
  const FoundEvidence found = find("heart beats", {.filter = *late});
  ASSERT_FALSE(found.sentences.empty());
  for (const EvidenceSentence& sentence : found.sentences) EXPECT_EQ(sentence.source.key, "7");
}

TEST_F(evidence_search, puts_sentences_of_near_passages_before_those_of_far_ones) {
  add_lines(
      {R"({"id": "near", "title": "Heart rates of shrews", "abstract": ["The heart rates of shrews are high.", "Shrews run."]})",
       R"({"id": "far", "title": "Stones", "abstract": ["Heart rates of shrews interest no stone.", "Stones are heavy."]})"});
  const FoundEvidence found = find("heart rates of shrews");
  ASSERT_EQ(found.sentences.size(), 3u);
  EXPECT_EQ(found.sentences[1].text, "Shrews run.");
  EXPECT_EQ(found.sentences[2].source.key, "far");
  EXPECT_GT(*found.sentences[2].nearness.lexical, *found.sentences[1].nearness.lexical);
}

TEST_F(evidence_search, weighs_a_sentence_without_a_vector_by_its_words_and_not_more) {
  const std::string words =
      "zyzzyva quokka numbat wombat bilby dunnart kowari potoroo quoll bettong pademelon dibbler "
      "ningaui planigale mulgara kaluta";
  std::vector<std::string> lines = {R"({"id": "old", "text": "Of )" + words + R"( one ran."})"};
  for (int i = 0; i < 60; ++i)
    lines.push_back(R"({"text": "Filler )" + std::to_string(i) + R"("})");
  model_ = "tiny-mean-f32";
  add_lines(lines);
  model_ = "";
  add_lines({R"({"id": "new", "text": "Then )" + words + R"( will sleep."})"});
  const FoundEvidence found = find(words);
  ASSERT_GE(found.sentences.size(), 2u);
  EXPECT_EQ(found.sentences[0].source.key, "old");
  const auto without =
      std::find_if(found.sentences.begin(), found.sentences.end(),
                   [](const EvidenceSentence& sentence) { return sentence.source.key == "new"; });
  ASSERT_NE(without, found.sentences.end());
  EXPECT_FALSE(without->nearness.cosine);
  // Enough to be put first, were it taken for a corpus without vectors.
  EXPECT_GT(without->nearness.lexical.value_or(0), 11);
}

TEST_F(evidence_search, says_why_there_is_nothing) {
  add_lines({kAnimals[2]});
  EXPECT_FALSE(find("purple submarines").why_empty.empty());
  EXPECT_TRUE(find("purple submarines").sentences.empty());
}

TEST_F(evidence_search, of_a_store_that_is_no_corpus_is_refused) {
  ASSERT_TRUE(store::create_store({.folder = path("other")},
                                  {.fields = {{.name = "text", .analyzer = "english"}}}, "test")
                  .ok());
  const auto store = store::Store::open({.folder = path("other")});
  EXPECT_EQ(EvidenceSearch::create(**store, ThreadPool::serial(), nullptr).status().code(),
            Code::kBadInput);
}

TEST_F(evidence_search, cuts_given_texts) {
  const std::vector<GivenEvidence> given = {
      {.text = "One is here. Two is there.\n\n* * *\n\nThree is not.", .source = {.key = "a"}},
      {.text = "Four.", .source = {.key = "b"}}};
  const auto sentences = sentences_of_given(given);
  ASSERT_TRUE(sentences.ok()) << sentences.status().message();
  ASSERT_EQ(sentences->size(), 4u);
  EXPECT_EQ((*sentences)[1].text, "Two is there.");
  EXPECT_EQ((*sentences)[1].before, "One is here.");
  EXPECT_EQ((*sentences)[1].span, (ByteSpan{13, 26}));
  EXPECT_EQ((*sentences)[1].source.key, "a");
  EXPECT_EQ((*sentences)[3].source.key, "b");
  EXPECT_FALSE((*sentences)[0].nearness.cosine);
  EXPECT_FALSE((*sentences)[0].nearness.lexical);
}

TEST_F(evidence_search, refuses_given_texts_that_are_none) {
  for (const std::string& bad : {std::string("a\0b", 3), std::string("\xff\xfe")}) {
    const std::vector<GivenEvidence> given = {{.text = bad, .source = {.key = "a"}}};
    EXPECT_EQ(sentences_of_given(given).status().code(), Code::kBadInput);
  }
}

}  // namespace
}  // namespace quern::apps
