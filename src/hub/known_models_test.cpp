#include "hub/known_models.h"

#include <cctype>
#include <set>

#include <gmock/gmock.h>

#include "hub/pull/pull_reference.h"

namespace quern::hub {
namespace {

TEST(known_models, each_name_stands_for_one_model) {
  std::set<std::string> names;
  for (std::string name : known_model_names()) {
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    EXPECT_TRUE(names.insert(name).second) << name;
  }
  for (const KnownModel& model : known_models()) {
    EXPECT_TRUE(parse_pull_reference(model.repo).ok()) << model.repo;
    EXPECT_EQ(find_known_model(model.repo), &model);
  }
}

TEST(known_models, prompts_are_those_of_the_makers) {
  const auto query = [](const char* name) {
    const KnownModel* model = find_known_model(name);
    for (const KnownPrompt& prompt : model->prompts) {
      if (prompt.name == "query") return std::string(prompt.text);
    }
    return std::string("none");
  };
  EXPECT_EQ(query("bge-base-en-v1.5"), "Represent this sentence for searching relevant passages: ");
  EXPECT_EQ(query("multilingual-e5-small"), "query: ");
  EXPECT_EQ(query("nomic-embed-text-v1.5"), "search_query: ");
  EXPECT_EQ(query("embeddinggemma-300m"), "task: search result | query: ");
  EXPECT_EQ(query("all-MiniLM-L6-v2"), "none");
  EXPECT_THAT(query("Qwen3-Embedding-0.6B"), testing::EndsWith("answer the query\nQuery:"));
}

}  // namespace
}  // namespace quern::hub
