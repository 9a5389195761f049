#include "store/pattern_search.h"

#include <algorithm>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/check/rebuild.h"
#include "store/store_fixture.h"

namespace quern::store {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// The same documents with trigrams and without; both are asked.
class pattern_search : public StoreTest, public ::testing::WithParamInterface<bool> {
 protected:
  void make() {
    Schema schema = fixture_schema();
    schema.patterns = GetParam();
    const Status created = create_store(place_, schema, "a test");
    ASSERT_TRUE(created.ok()) << created.message();
  }

  PatternSearchResult search(const PatternSearch& wanted) {
    const auto store = Store::open(place_);
    auto searcher = PatternSearcher::create((*store)->schema());
    EXPECT_TRUE(searcher.ok());
    auto result = searcher->search(*snapshot(), wanted);
    EXPECT_TRUE(result.ok()) << result.status().message();
    return result.ok() ? *result : PatternSearchResult();
  }

  static std::vector<std::string> keys(const PatternSearchResult& result) {
    std::vector<std::string> out;
    for (const PatternHit& hit : result.hits) out.push_back(hit.key);
    return out;
  }

  void put_texts(Writer& writer, const std::string& key, std::string title, std::string text) {
    ASSERT_TRUE(
        writer.put({.key = key, .fields = {std::move(title), std::move(text)}, .stored = key})
            .ok());
  }

  // Several segments, with documents that were replaced or deleted.
  void fill() {
    make();
    const auto writer = open_writer();
    for (int i = 0; i < 300; ++i) {
      put(*writer, "k" + std::to_string(i), i);
      if (i % 70 == 69) commit(*writer);
    }
    for (int i = 0; i < 300; i += 7) put(*writer, "k" + std::to_string(i), 1000 + i);
    for (int i = 0; i < 300; i += 5) erase(*writer, "k" + std::to_string(i));
    commit(*writer);
  }
};

INSTANTIATE_TEST_SUITE_P(trigrams, pattern_search, ::testing::Bool());

}  // namespace

TEST_P(pattern_search, all_documents_that_match_are_found_in_order_of_their_keys) {
  fill();
  std::vector<PatternSpec> specs = {{.text = "protein \\w+"},
                                    {.text = "cell(\\d+ |  ?)?zebra"},
                                    {.text = "ZEBRA", .letters = LetterCase::kIgnored},
                                    {.text = "ing c", .kind = PatternKind::kSubstring},
                                    {.text = "^$"},
                                    {.text = "cats|running"},
                                    {.text = "4"},
                                    {.text = "unicorn"}};
  for (const PatternSpec& spec : specs) {
    const auto pattern = Pattern::compile(spec);
    ASSERT_TRUE(pattern.ok());
    PatternMatcher matcher(*pattern, std::chrono::steady_clock::now() + std::chrono::minutes(1));
    std::vector<std::string> want;
    for (const auto& [key, document] : model_) {
      std::vector<PatternMatch> matches;
      for (const std::string& field : document.fields) matcher.find(field, 1, matches);
      if (!matches.empty()) want.push_back(key);
    }
    const auto all = search({.pattern = spec, .n_wanted = 1000});
    EXPECT_EQ(keys(all), want) << spec.text;
    EXPECT_EQ(all.effort.n_documents, model_.size());
    EXPECT_FALSE(all.effort.has_more);
    EXPECT_EQ(all.why_empty.empty(), !want.empty());
    for (const PatternHit& hit : all.hits) EXPECT_EQ(hit.document.fields, model_[hit.key].fields);
    const auto few = search({.pattern = spec, .n_wanted = 3});
    want.resize(std::min<std::size_t>(3, want.size()));
    EXPECT_EQ(keys(few), want) << spec.text;
  }
}

TEST_P(pattern_search, trigrams_spare_reading_and_what_is_read_is_said) {
  make();
  const auto writer = open_writer();
  for (int i = 0; i < 100; ++i) put_texts(*writer, "k" + std::to_string(i), "", "some text");
  put_texts(*writer, "other", "", "parse_header(x)");
  commit(*writer);
  const auto found = search({.pattern = {.text = "parse_\\w+\\("}});
  EXPECT_THAT(keys(found), ElementsAre("other"));
  EXPECT_EQ(found.effort.n_read, GetParam() ? 1u : 101u);
  EXPECT_EQ(found.effort.n_candidates, GetParam() ? 1u : 101u);
  EXPECT_EQ(found.effort.n_documents, 101u);
  EXPECT_THAT(found.effort.needs, HasSubstr("\"ars\""));
  EXPECT_EQ(found.effort.why_all_are_read,
            GetParam() ? "" : "the store has no trigrams: it was made without patterns");
  const auto short_one = search({.pattern = {.text = "e_"}});
  EXPECT_THAT(keys(short_one), ElementsAre("other"));
  EXPECT_EQ(short_one.effort.n_read, 101u);
  EXPECT_FALSE(short_one.effort.why_all_are_read.empty());
}

TEST_P(pattern_search, matches_have_fields_bytes_and_lines) {
  make();
  const auto writer = open_writer();
  put_texts(*writer, "a", "int x", "one\r\ntwo int\nint é int\n");
  commit(*writer);
  const auto found = search({.pattern = {.text = "int"}});
  ASSERT_EQ(found.hits.size(), 1u);
  EXPECT_THAT(
      found.hits[0].matches,
      ElementsAre(FieldMatch{0, {0, 3}, 1, {0, 5}}, FieldMatch{1, {9, 12}, 2, {5, 12}},
                  FieldMatch{1, {13, 16}, 3, {13, 23}}, FieldMatch{1, {20, 23}, 3, {13, 23}}));
  EXPECT_EQ(search({.pattern = {.text = "int"}, .n_matches = 2}).hits[0].matches.size(), 2u);
  // One that spans lines is told by its first.
  const auto across = search({.pattern = {.text = "two int\\nint"}});
  ASSERT_EQ(across.hits.size(), 1u);
  EXPECT_THAT(across.hits[0].matches, ElementsAre(FieldMatch{1, {5, 16}, 2, {5, 12}}));
}

TEST_P(pattern_search, a_question_orders_what_matches_and_a_filter_narrows_it) {
  fill();
  const auto filter = *parse_filter("year >= 2000", fixture_schema().attributes);
  auto texts = TextSearcher::create(fixture_schema());
  TextSearch by_words = {.text = "zebra cell", .n_wanted = 1000};
  by_words.filter = filter;
  const auto ranked = texts->search(*snapshot(), by_words);
  PatternSearch wanted = {.pattern = {.text = "cats ?\\d"}, .question = "zebra cell"};
  wanted.filter = filter;
  wanted.n_wanted = 1000;
  const auto found = search(wanted);
  PatternSearch alone = wanted;
  alone.question.clear();
  const auto matching = keys(search(alone));
  std::vector<std::string> want;
  for (const Hit& hit : ranked->hits) {
    if (std::find(matching.begin(), matching.end(), hit.key) != matching.end()) {
      want.push_back(hit.key);
    }
  }
  ASSERT_GT(want.size(), 3u);
  EXPECT_EQ(keys(found), want);
  EXPECT_GT(found.hits[0].score, 0);
  EXPECT_FALSE(found.hits[0].matches.empty());
  wanted.question = "quark";
  EXPECT_THAT(search(wanted).why_empty, HasSubstr("'quark'"));
}

TEST_P(pattern_search, errors_say_what_is_wrong_with_the_pattern) {
  make();
  auto searcher = PatternSearcher::create(fixture_schema());
  EXPECT_EQ(searcher->search(*snapshot(), {.pattern = {.text = "a(b"}}).status().message(),
            "bad pattern: missing closing parenthesis at byte 3 of 3");
  EXPECT_EQ(search({.pattern = {.text = "abc"}}).why_empty, "the store is empty");
}

TEST_P(pattern_search, a_limit_of_time_ends_it_and_what_was_read_is_said) {
  make();
  const auto writer = open_writer();
  const std::string text(2 << 20, 'a');
  for (int i = 0; i < 4; ++i) put_texts(*writer, "k" + std::to_string(i), "", text + "bcd");
  commit(*writer);
  const auto slow =
      search({.pattern = {.text = "[^x]*+(?:y|z)"}, .time_limit = std::chrono::milliseconds(20)});
  EXPECT_TRUE(slow.effort.is_out_of_time);
  EXPECT_LT(slow.effort.n_read, 4u);
  EXPECT_THAT(slow.why_empty, HasSubstr("the time was over"));
}

TEST_P(pattern_search, documents_on_which_a_pattern_takes_too_long_are_counted_and_named) {
  make();
  const auto writer = open_writer();
  put_texts(*writer, "easy", "", "aaab");
  put_texts(*writer, "hard", "", std::string(60, 'a') + "-b");
  commit(*writer);
  const auto found = search({.pattern = {.text = "(?:a|aa)+(?:a|aa)+(?:a|aa)+b"}});
  EXPECT_THAT(keys(found), ElementsAre("easy"));
  EXPECT_EQ(found.effort.n_too_hard, 1u);
  EXPECT_EQ(found.effort.first_too_hard, "hard");
}

TEST_P(pattern_search, it_stops_where_nobody_wants_it) {
  fill();
  struct Stopping : Pace {
    bool stop_asked() const override { return true; }
  } pace;
  const Pace::Scope scope(pace);
  auto searcher = PatternSearcher::create(fixture_schema());
  EXPECT_EQ(searcher->search(*snapshot(), {.pattern = {.text = "cats"}}).status().code(),
            Code::kCancelled);
}

TEST_P(pattern_search, segments_that_are_whole_are_searched_and_the_other_is_named) {
  make();
  const auto writer = open_writer();
  for (const char* key : {"a", "b", "c"}) {
    put_texts(*writer, key, "", "parse it");
    commit(*writer);
  }
  const SegmentView damaged = snapshot()->segments()[1];
  const std::string file = path("store/seg/" + damaged.row.file);
  std::string bytes = read(file);
  const auto section = damaged.segment->container().find(SectionKind::kStoredText, 0);
  bytes[static_cast<std::size_t>(section->offset) + 8] ^= 1;
  write(file, bytes);
  const auto found = search({.pattern = {.text = "parse"}});
  EXPECT_THAT(keys(found), ElementsAre("a", "c"));
  EXPECT_EQ(found.damaged.size(), 1u);
}

TEST_P(pattern_search, merged_and_compacted_stores_answer_alike_and_equal_a_rebuild) {
  fill();
  const PatternSearch wanted = {.pattern = {.text = "protein (cell|zebra)"}, .n_wanted = 1000};
  const auto before = search(wanted);
  {
    const auto writer = open_writer();
    ASSERT_TRUE(writer->compact(pace_).ok());
  }
  const auto after = search(wanted);
  EXPECT_EQ(keys(after), keys(before));
  EXPECT_EQ(after.effort.n_candidates, before.effort.n_candidates);
  expect_right();
  const auto report = verify_rebuild(place_, path("side"), pace_);
  ASSERT_TRUE(report.ok()) << report.status().message();
  for (const Status& difference : report->differences) ADD_FAILURE() << difference.message();
}

}  // namespace quern::store
