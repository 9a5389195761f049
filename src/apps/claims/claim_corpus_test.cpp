#include "apps/claims/claim_corpus.h"

#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "apps/claims/test_corpus.h"
#include "base/test_folder.h"

namespace quern::apps {
namespace {

using claim_corpus_folder = FolderTest;

TEST(claim_corpus, names_are_such_as_folders_have_everywhere) {
  for (const char* good : {"a", "scifact", "news_2024-01", "0"}) {
    EXPECT_TRUE(check_corpus_name(good).ok()) << good;
  }
  for (const char* bad : {"", ".", "..", "a/b", "-a", "_a", "A", "a b", "caf\xc3\xa9", "a\n"}) {
    EXPECT_EQ(check_corpus_name(bad).code(), Code::kBadInput) << bad;
  }
  EXPECT_TRUE(check_corpus_name(std::string(64, 'a')).ok());
  EXPECT_FALSE(check_corpus_name(std::string(65, 'a')).ok());
}

TEST_F(claim_corpus_folder, corpora_of_a_home_are_the_folders_with_a_catalog) {
  EXPECT_TRUE(corpus_names(folder_)->empty());
  for (const char* name : {"b", "a", "Odd", "empty"}) {
    const std::string folder = corpus_folder(folder_, name);
    std::filesystem::create_directories(std::filesystem::path(folder).parent_path());
    if (std::string(name) == "empty") {
      std::filesystem::create_directories(folder);
    } else {
      ASSERT_TRUE(store::create_store({.folder = folder},
                                      {.fields = {{.name = "text", .analyzer = "english"}}}, "test")
                      .ok());
    }
  }
  EXPECT_EQ(*corpus_names(folder_), (std::vector<std::string>{"a", "b"}));
}

TEST_F(claim_corpus_folder, one_that_is_not_there_is_named_with_those_that_are) {
  EXPECT_EQ(open_corpus(folder_, "a").status().code(), Code::kNotFound);
  ASSERT_TRUE(ensure_corpus(folder_, "news").ok());
  ASSERT_TRUE(ensure_corpus(folder_, "news").ok());
  const Status status = open_corpus(folder_, "new").status();
  EXPECT_EQ(status.code(), Code::kNotFound);
  EXPECT_NE(status.message().find("news"), std::string::npos) << status.message();
  EXPECT_EQ(open_corpus(folder_, "../x").status().code(), Code::kBadInput);
  EXPECT_TRUE(open_corpus(folder_, "news").ok());
}

using corpus_adding = CorpusTest;

constexpr const char* kShrews =
    R"({"id": "s", "title": "Shrews", "text": "Shrews are small. They eat a lot."})";

TEST_F(corpus_adding, keeps_what_is_known_of_each_source) {
  const CorpusAddReport report = add_lines(
      {R"({"id": "s", "title": "Shrews", "text": "They are small. They eat.", "url": "u", "date": "2020", "licence": "CC0"})",
       R"({"doc_id": 7, "abstract": ["One.", "Two."]})"});
  EXPECT_EQ(report.n_new, 2u);
  EXPECT_EQ(report.n_passages, 2u);
  EXPECT_EQ(report.n_sentences, 4u);
  const auto sources = corpus_sources(*open_test_corpus());
  ASSERT_TRUE(sources.ok()) << sources.status().message();
  ASSERT_EQ(sources->size(), 2u);
  EXPECT_EQ((*sources)[0].source.key, "7");
  EXPECT_EQ((*sources)[0].origin, "line 2");
  const CorpusSource& shrews = (*sources)[1];
  EXPECT_EQ(shrews.source.key, "s");
  EXPECT_EQ(shrews.source.title, "Shrews");
  EXPECT_EQ(shrews.source.url, "u");
  EXPECT_EQ(shrews.source.date, "2020");
  EXPECT_EQ(shrews.source.licence, "CC0");
  EXPECT_EQ(shrews.n_passages, 1u);
  EXPECT_EQ(shrews.n_sentences, 2u);
  EXPECT_EQ(shrews.n_bytes, 25u);
  EXPECT_GT(shrews.added_ms, 1'600'000'000'000);
}

TEST_F(corpus_adding, passes_over_what_is_there_and_replaces_what_changed) {
  add_lines({kShrews, R"({"id": "t", "text": "Trees are tall."})"});
  const CorpusAddReport again = add_lines({kShrews, R"({"id": "t", "text": "Trees grow."})"});
  EXPECT_EQ(again.n_unchanged, 1u);
  EXPECT_EQ(again.n_changed, 1u);
  EXPECT_EQ(again.n_new, 0u);
  const auto store = open_test_corpus();
  const auto snapshot = store->snapshot();
  ASSERT_TRUE(snapshot.ok());
  EXPECT_EQ((*snapshot)->row().n_live, 5u);  // Two passages, three sentences.
  const std::uint64_t generation = (*snapshot)->id();
  EXPECT_EQ(add_lines({kShrews}).n_unchanged, 1u);
  EXPECT_EQ((*open_test_corpus()->snapshot())->id(), generation);
  // What is known of it is a part of it.
  EXPECT_EQ(
      add_lines(
          {R"({"id": "s", "title": "Shrews", "text": "Shrews are small. They eat a lot.", "date": "2020"})"})
          .n_changed,
      1u);
}

TEST_F(corpus_adding, replaces_a_source_by_the_later_one_of_the_same_key) {
  const CorpusAddReport report = add_lines(
      {R"({"id": "a", "text": "First words."})", R"({"id": "a", "text": "Last words."})"});
  EXPECT_EQ(report.n_new, 1u);
  EXPECT_EQ(report.n_changed, 1u);
  const auto snapshot = open_test_corpus()->snapshot();
  EXPECT_EQ((*snapshot)->row().n_live, 2u);
}

TEST_F(corpus_adding, has_each_sentence_of_a_source_once) {
  const CorpusAddReport report =
      add_lines({R"({"id": "a", "text": "The same. The  same. Other. The same."})",
                 R"({"id": "b", "text": "The same."})"});
  EXPECT_EQ(report.n_repeated, 2u);
  EXPECT_EQ(report.n_sentences, 3u);
}

TEST_F(corpus_adding, refuses_what_is_no_source_and_adds_the_others) {
  const std::string long_key(901, 'k');
  const CorpusAddReport report = add_lines(
      {R"({"id": "a"})", R"({"id": "b", "text": "..."})", R"({"id": "", "text": "A text."})",
       R"({"id": ")" + long_key + R"(", "text": "A text."})", R"({"id": "c", "text": "a\u0000b"})",
       R"({"id": "d\u0000", "text": "A text."})", R"([1])", "nonsense",
       "{\"id\": \"e\", \"text\": \"\xff\"}", R"({"id": {}, "text": "A text."})",
       R"({"id": "f", "text": 3})", R"({"id": "g", "abstract": ["One.", 2]})",
       R"({"id": "h", "text": "A good one."})"});
  // An empty id is as good as none: the text names itself.
  EXPECT_EQ(report.n_new, 2u);
  EXPECT_EQ(report.n_refused, 11u);
  ASSERT_EQ(problems_.size(), 11u);
  EXPECT_NE(problems_[0].find("line 1: no \"text\""), std::string::npos) << problems_[0];
  EXPECT_NE(problems_[1].find("no letter"), std::string::npos) << problems_[1];
  EXPECT_NE(problems_[2].find("901"), std::string::npos) << problems_[2];
  EXPECT_NE(problems_[3].find("NUL"), std::string::npos) << problems_[3];
  EXPECT_NE(problems_[7].find("UTF-8"), std::string::npos) << problems_[7];
}

TEST_F(corpus_adding, goes_on_where_it_stopped) {
  model_ = "tiny-mean-f32";
  std::vector<std::string> lines;
  for (int i = 0; i < 40; ++i) {
    lines.push_back(R"({"id": )" + std::to_string(i) + R"(, "text": "Text number )" +
                    std::to_string(i) + R"( is here. It has two sentences."})");
  }
  int n_asked = 0;
  is_stopped_ = [&] { return ++n_asked > 20; };
  const CorpusAddReport first = add_lines(lines);
  EXPECT_TRUE(first.was_stopped);
  EXPECT_GT(first.n_new, 0u);
  EXPECT_LT(first.n_new, 40u);
  is_stopped_ = {};
  const CorpusAddReport second = add_lines(lines);
  EXPECT_FALSE(second.was_stopped);
  EXPECT_EQ(second.n_unchanged, first.n_new);
  EXPECT_EQ(second.n_new, 40 - first.n_new);
  const auto snapshot = open_test_corpus()->snapshot();
  EXPECT_EQ((*snapshot)->row().n_live, 120u);
  EXPECT_EQ((*snapshot)->n_missing((*snapshot)->active_space()->id), 0u);
}

TEST_F(corpus_adding, does_not_read_what_comes_from_a_file_that_is_known) {
  int n_read = 0;
  const auto add_input = [&](const std::string& input) {
    bool is_done = false;
    return add_read([&](const IsKnownInput& is_known) -> std::optional<ReadSource> {
      if (std::exchange(is_done, true)) return {};
      ReadSource out;
      out.is_known = is_known("a.pdf", input);
      if (out.is_known) return out;
      ++n_read;
      out.text.source.key = "a.pdf";
      out.text.text = "What it says.";
      out.text.input = input;
      return out;
    });
  };
  EXPECT_EQ(add_input("first bytes").n_new, 1u);
  EXPECT_EQ(add_input("first bytes").n_unchanged, 1u);
  EXPECT_EQ(n_read, 1);
  add_input("other bytes");
  EXPECT_EQ(n_read, 2);
}

TEST_F(corpus_adding, removes_sources_by_their_keys) {
  add_lines({kShrews, R"({"id": "s2", "text": "Not the same as s."})"});
  auto writer = store::Writer::open({.folder = corpus_folder(folder_, "test")}, {.who = "test"});
  ASSERT_TRUE(writer.ok());
  std::vector<std::string> unknown;
  const auto n = remove_from_corpus(**writer, {"s", "nobody"}, unknown);
  ASSERT_TRUE(n.ok()) << n.status().message();
  EXPECT_EQ(*n, 1u);
  EXPECT_EQ(unknown, std::vector<std::string>{"nobody"});
  const auto store = open_test_corpus();
  EXPECT_EQ((*store->snapshot())->row().n_live, 2u);
  EXPECT_EQ(corpus_sources(*store)->size(), 1u);
  EXPECT_EQ(*remove_from_corpus(**writer, {}, unknown), 1u);
  EXPECT_EQ((*store->snapshot())->row().n_live, 0u);
}

}  // namespace
}  // namespace quern::apps
