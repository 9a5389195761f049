#include "apps/claims/claim_corpus.h"

#include <filesystem>
#include <string>

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace quern::apps
