#include "hub/known_facts.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "formats/test_folder.h"
#include "hub/hub.h"

namespace quern::hub {
namespace {

namespace fs = std::filesystem;

class KnownFactsTest : public testing::Test {
 protected:
  /// Installs a changed tiny-mean-f32 as that repository's and reads it back.
  KnownFacts read(const std::string& hub_name) {
    const Result<InstalledModel> added = hub.add(model, "m", hub_name);
    EXPECT_TRUE(added.ok()) << added.status().message();
    const Result<formats::ModelFolder> read = formats::read_model_folder(added->path);
    EXPECT_TRUE(read.ok()) << read.status().message();
    folder = *read;
    return add_known_facts(folder);
  }

  formats::TestFolder home;
  Hub hub{home.path()};
  std::string model = home.copy_model("tiny-mean-f32", "source");
  formats::ModelFolder folder;
};

TEST_F(KnownFactsTest, prompts_where_the_files_name_none) {
  const KnownFacts taken = read("BAAI/bge-small-en-v1.5");
  EXPECT_EQ(taken.repo, "BAAI/bge-small-en-v1.5");
  EXPECT_TRUE(taken.gave_prompts);
  EXPECT_EQ(folder.prompts.at("query"),
            "Represent this sentence for searching relevant passages: ");
  EXPECT_EQ(folder.default_prompt, "");
  EXPECT_FALSE(taken.gave_pooling);  // modules.json says it.
  EXPECT_EQ(folder.head.poolings.front(), formats::Pooling::kMean);
}

TEST_F(KnownFactsTest, the_folders_own_prompts_stay) {
  home.write("source/config_sentence_transformers.json", R"({"prompts": {"query": "mine: "}})");
  EXPECT_FALSE(read("BAAI/bge-small-en-v1.5").gave_prompts);
  EXPECT_EQ(folder.prompts.at("query"), "mine: ");
}

TEST_F(KnownFactsTest, pooling_where_there_is_no_modules_json) {
  fs::remove(model + "/modules.json");
  EXPECT_TRUE(read("BAAI/bge-small-en-v1.5").gave_pooling);
  EXPECT_EQ(folder.head.poolings.front(), formats::Pooling::kCls);
}

TEST_F(KnownFactsTest, nothing_for_models_of_other_repositories) {
  fs::remove(model + "/modules.json");
  for (const char* repo : {"", "org/bge-small-en-v1.5-mine", "BAAI/else"}) {
    const KnownFacts taken = read(repo);
    EXPECT_EQ(taken.repo, "") << repo;
    EXPECT_TRUE(folder.prompts.empty());
    EXPECT_EQ(folder.head.poolings.front(), formats::Pooling::kMean);
  }
}

TEST_F(KnownFactsTest, usual_names_find_the_installed_model) {
  read("sentence-transformers/all-MiniLM-L6-v2");
  for (const char* name : {"all-minilm", "all-MiniLM-L6-v2", "M"}) {
    EXPECT_EQ(hub.find(name)->name, "m") << name;
  }
  EXPECT_FALSE(hub.find("bge-small").ok());
}

}  // namespace
}  // namespace quern::hub
