#include "store/text_search.h"

#include <map>
#include <random>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/store_fixture.h"

namespace quern::store {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class text_search : public StoreTest {
 protected:
  TextSearchResult search(const TextSearch& wanted) {
    auto searcher = TextSearcher::create(fixture_schema());
    EXPECT_TRUE(searcher.ok());
    auto result = searcher->search(*snapshot(), wanted);
    EXPECT_TRUE(result.ok()) << result.status().message();
    return result.ok() ? *result : TextSearchResult();
  }

  static std::vector<std::string> keys(const TextSearchResult& result) {
    std::vector<std::string> out;
    for (const Hit& hit : result.hits) out.push_back(hit.key);
    return out;
  }

  // Keys, scores and what is stored, in order.
  static std::string shown(const TextSearchResult& result) {
    std::string out;
    for (const Hit& hit : result.hits) {
      out += fmt::format("{} {:a} {}\n", hit.key, hit.score, hit.stored);
    }
    return out;
  }
};

TEST_F(text_search, the_segments_that_are_whole_are_searched_and_the_other_is_named) {
  create();
  const auto writer = open_writer();
  for (const char* key : {"a", "b", "c"}) {
    ASSERT_TRUE(writer->put({.key = key, .fields = {"runs", key}, .stored = key}).ok());
    commit(*writer);
  }
  const SegmentView damaged = snapshot()->segments()[1];
  for (const SectionKind kind : {SectionKind::kDictionary, SectionKind::kStoredText}) {
    const std::string file = path("store/seg/" + damaged.row.file);
    const std::string before = read(file);
    std::string bytes = before;
    bytes[static_cast<std::size_t>(damaged.segment->container().find(kind, 0)->offset) + 8] ^= 1;
    write(file, bytes);
    const auto result = search({.text = "runs"});
    EXPECT_THAT(keys(result), ElementsAre("a", "c"));
    ASSERT_EQ(result.damaged.size(), 1u);
    EXPECT_THAT(result.damaged[0], HasSubstr(damaged.row.file));
    write(file, before);
    EXPECT_THAT(keys(search({.text = "runs"})), ElementsAre("a", "b", "c"));
  }
}

TEST_F(text_search, a_prefix_of_too_many_terms_is_refused_however_they_lie) {
  create();
  const auto writer = open_writer();
  for (int i = 0; i < 1100; ++i) {
    const std::string key = fmt::format("p{:05}", i);
    ASSERT_TRUE(writer->put({.key = key, .fields = {key, ""}, .stored = ""}).ok());
    if (i == 600) commit(*writer);
  }
  commit(*writer);
  EXPECT_EQ(snapshot()->segments().size(), 2u);
  auto searcher = TextSearcher::create(fixture_schema());
  const TextSearch all = {.text = "p*", .syntax = QuerySyntax::kOperators};
  EXPECT_EQ(searcher->search(*snapshot(), all).status().code(), Code::kTooLarge);
  const auto few = search({.text = "p000*", .syntax = QuerySyntax::kOperators, .n_wanted = 200});
  EXPECT_EQ(few.hits.size(), 100u);
}

TEST_F(text_search, finds_what_was_put_by_both_fields_and_gives_it_back) {
  create();
  const auto writer = open_writer();
  ASSERT_TRUE(writer->put({.key = "a", .fields = {"Running", "nothing"}, .stored = "A"}).ok());
  ASSERT_TRUE(writer->put({.key = "b", .fields = {"runs", "runs"}, .stored = "B"}).ok());
  ASSERT_TRUE(writer->put({.key = "c", .fields = {"walks", "other"}, .stored = "C"}).ok());
  commit(*writer);
  const auto result = search({.text = "runs"});
  EXPECT_THAT(keys(result), ElementsAre("b", "a"));
  EXPECT_EQ(result.hits[0].stored, "B");
  EXPECT_GT(result.hits[0].score, result.hits[1].score);
  EXPECT_EQ(search({.text = "runs", .give = Give::kKeysOnly}).hits[0].stored, "");
  EXPECT_THAT(keys(search({.text = "+walk -run", .syntax = QuerySyntax::kOperators})),
              ElementsAre("c"));
}

TEST_F(text_search, says_why_nothing_was_found) {
  create();
  EXPECT_EQ(search({.text = "cats"}).why_empty, "the store is empty");
  const auto writer = open_writer();
  put(*writer, "x", 1);
  commit(*writer);
  EXPECT_THAT(search({.text = "  "}).why_empty, HasSubstr("has no terms"));
  EXPECT_EQ(search({.text = "quark gluon"}).why_empty,
            "no document has any of the terms 'gluon', 'quark'");
}

TEST_F(text_search, a_filter_says_which_documents_may_be_found_and_why_none_is) {
  create();
  const auto writer = open_writer();
  const auto put_one = [&](const char* key, std::int64_t year) {
    Document document{.key = key, .fields = {"runs", ""}, .stored = key};
    document.attributes = {{0, "", year}};
    ASSERT_TRUE(writer->put(document).ok());
  };
  put_one("src/a", 2019);
  put_one("src/b", 2021);
  commit(*writer);
  put_one("src/c", 2021);
  put_one("test/d", 2021);
  ASSERT_TRUE(writer->put({.key = "walk", .fields = {"walks", ""}, .stored = ""}).ok());
  commit(*writer);
  ASSERT_TRUE(writer->erase("src/b").ok());
  commit(*writer);
  const auto with = [&](const char* filter, const char* text = "runs") {
    TextSearch wanted = {.text = text};
    wanted.filter = *parse_filter(filter, fixture_schema().attributes);
    return search(wanted);
  };
  EXPECT_THAT(keys(with("year >= 2020")), ElementsAre("src/c", "test/d"));
  EXPECT_THAT(keys(with("year >= 2020 and key starts \"src/\"")), ElementsAre("src/c"));
  EXPECT_THAT(keys(with("not year > 2019")), ElementsAre("src/a"));
  EXPECT_EQ(with("year > 2019").hits[0].score, search({.text = "runs"}).hits[0].score);
  EXPECT_EQ(with("year > 2030").why_empty, "the filter allows none of the 4 documents");
  EXPECT_EQ(with("year = 2019", "walk").why_empty,
            "documents match, but none of the 1 that the filter allows");
  EXPECT_EQ(with("year = 2019", "quark").why_empty, "no document has any of the terms 'quark'");
}

TEST_F(text_search, a_filter_leaves_of_all_hits_those_that_fit) {
  create();
  const auto writer = open_writer();
  for (int i = 0; i < 400; ++i) {
    put(*writer, "k" + std::to_string(i), i);
    if (i % 90 == 89) commit(*writer);
  }
  for (int i = 0; i < 400; i += 7) erase(*writer, "k" + std::to_string(i));
  commit(*writer);
  const TextSearchResult all = search({.text = "cats zebra cell", .n_wanted = 1000});
  const auto fits = [&](const Hit& hit) {
    bool is_new = false;
    bool is_draft = false;
    for (const AttributeValue& value : model_.at(hit.key).attributes) {
      is_new |= value.i_attribute == 0 && value.number >= 2005;
      is_draft |= value.i_attribute == 2 && value.number == 1;
    }
    return is_new && !is_draft;
  };
  std::string want;
  for (const Hit& hit : all.hits) {
    if (fits(hit)) want += fmt::format("{} {:a} {}\n", hit.key, hit.score, hit.stored);
  }
  ASSERT_FALSE(want.empty());
  TextSearch wanted = {.text = "cats zebra cell", .n_wanted = 1000};
  wanted.filter = *parse_filter("year >= 2005 and not draft", fixture_schema().attributes);
  for (const Effort effort : {Effort::kEnough, Effort::kAll}) {
    wanted.effort = effort;
    EXPECT_EQ(shown(search(wanted)), want);
  }
  wanted.n_wanted = 5;
  EXPECT_TRUE(want.starts_with(shown(search(wanted))));
}

TEST_F(text_search, a_filter_that_is_remembered_changes_no_answer) {
  create();
  const auto writer = open_writer();
  for (int i = 0; i < 300; ++i) {
    put(*writer, "k" + std::to_string(i), i);
    if (i % 70 == 69) commit(*writer);
  }
  for (int i = 0; i < 300; i += 5) erase(*writer, "k" + std::to_string(i));
  commit(*writer);
  auto searcher = TextSearcher::create(fixture_schema());
  ASSERT_TRUE(searcher.ok());
  const Snapshot kept = snapshot();
  // More filters than are remembered, each asked for twice.
  for (int round = 0; round < 2; ++round) {
    for (int year = 1988; year < 2022; ++year) {
      TextSearch wanted = {.text = "cats zebra cell", .n_wanted = 50};
      wanted.filter = *parse_filter(fmt::format("year = {}", year), fixture_schema().attributes);
      for (int again = 0; again < 2; ++again) {
        const auto found = searcher->search(*kept, wanted);
        ASSERT_TRUE(found.ok());
        EXPECT_EQ(shown(*found), shown(search(wanted))) << year;  // By a snapshot of its own.
      }
    }
  }
}

TEST_F(text_search, values_are_counted_among_all_that_is_found) {
  create();
  const auto writer = open_writer();
  for (int i = 0; i < 300; ++i) {
    put(*writer, "k" + std::to_string(i), i);
    if (i % 70 == 69) commit(*writer);
  }
  for (int i = 0; i < 300; i += 5) erase(*writer, "k" + std::to_string(i));
  commit(*writer);
  TextSearch wanted = {.text = "zebra cell", .n_wanted = 1000};
  wanted.filter = *parse_filter("year >= 2005", fixture_schema().attributes);
  std::map<std::string, std::uint32_t> want;
  for (const Hit& hit : search(wanted).hits) {
    for (const AttributeValue& value : model_.at(hit.key).attributes) {
      if (value.i_attribute == 1) ++want[value.text];
    }
  }
  ASSERT_EQ(want.size(), 2u);
  wanted.n_wanted = 1;
  auto searcher = TextSearcher::create(fixture_schema());
  const auto counts = searcher->count_values(*snapshot(), wanted, "lang");
  ASSERT_TRUE(counts.ok()) << counts.status().message();
  ASSERT_EQ(counts->size(), want.size());
  for (const ValueCount& count : *counts) EXPECT_EQ(count.n_docs, want[count.text]) << count.text;
  EXPECT_TRUE(searcher->count_values(*snapshot(), {.text = "unicorn"}, "lang")->empty());
}

TEST_F(text_search, a_store_with_a_history_answers_as_one_made_at_once_to_the_last_bit) {
  create();
  std::mt19937 random(4);
  {
    const auto writer = open_writer();
    for (int round = 0; round < 12; ++round) {
      for (int i = 0; i < 40; ++i) {
        const std::string key = "k" + std::to_string(random() % 150);
        if (random() % 4 == 0) {
          erase(*writer, key);
        } else {
          put(*writer, key, static_cast<int>(random() % 1000));
        }
      }
      commit(*writer);
      const bool is_time_to_merge = round % 5 == 4;
      ASSERT_TRUE(!is_time_to_merge || writer->maintain(pace_).ok());
    }
  }
  const std::vector<TextSearch> searches = {
      {.text = "cats"},
      {.text = "the running zebra protein", .n_wanted = 40},
      {.text = "cell 7 cats cats", .n_wanted = 3},
      {.text = "+protein -cell zeb*", .syntax = QuerySyntax::kOperators, .n_wanted = 500}};
  std::vector<std::string> with_history;
  for (TextSearch wanted : searches) {
    with_history.push_back(shown(search(wanted)));
    wanted.effort = Effort::kAll;
    EXPECT_EQ(shown(search(wanted)), with_history.back());
  }
  EXPECT_GT(snapshot()->segments().size(), 1u);

  place_.folder = path("fresh");
  create();
  const auto writer = open_writer();
  for (const auto& [key, document] : model_) ASSERT_TRUE(writer->put(document).ok());
  commit(*writer);
  for (std::size_t i = 0; i < searches.size(); ++i) {
    EXPECT_EQ(shown(search(searches[i])), with_history[i]) << searches[i].text;
  }
}

}  // namespace
}  // namespace quern::store
