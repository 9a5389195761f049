#include "hub/model_state.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "formats/test_folder.h"

namespace quern::hub {
namespace {

namespace fs = std::filesystem;
using formats::TestFolder;

std::string fingerprint(const std::string& path) {
  const Result<ModelState> state = ModelState::of(path);
  EXPECT_TRUE(state.ok()) << state.status().message();
  return state.ok() ? state->fingerprint() : "";
}

}  // namespace

TEST(model_state, a_changed_added_or_replaced_file_is_another_state) {
  const TestFolder folder;
  folder.copy_model("tiny-mean-f32", "m");
  const std::string path = folder.path("m");
  const Result<ModelState> first = ModelState::of(path);
  ASSERT_TRUE(first.ok()) << first.status().message();
  EXPECT_TRUE(first->is_current());
  EXPECT_EQ(fingerprint(path), first->fingerprint());

  folder.write("m/1_Pooling/config.json", R"({"pooling_mode": "cls"})");
  EXPECT_FALSE(first->is_current());
  const std::string changed = fingerprint(path);
  EXPECT_NE(changed, first->fingerprint());

  folder.write("m/chat_template.jinja", "x");
  const std::string added = fingerprint(path);
  EXPECT_NE(added, changed);

  // The same bytes under the same names: still other files.
  fs::copy(path, folder.path("n"), fs::copy_options::recursive);
  fs::rename(path, folder.path("old"));
  fs::rename(folder.path("n"), path);
  EXPECT_NE(fingerprint(path), added);
  EXPECT_FALSE(first->is_current());
}

TEST(model_state, what_makes_rows_and_terms_counts) {
  const TestFolder folder;
  const std::string path = folder.copy_model("tiny-m3", "m");
  std::string before = fingerprint(path);
  for (const char* file : {"sparse_linear.pt", "colbert_linear.pt", "artifact.metadata"}) {
    folder.write(std::string("m/") + file, "other");
    const std::string after = fingerprint(path);
    EXPECT_NE(after, before) << file;
    before = after;
  }
}

TEST(model_state, what_is_no_part_of_a_model_changes_nothing) {
  const TestFolder folder;
  const std::string path = folder.copy_model("tiny-mean-f32", "m");
  const std::string before = fingerprint(path);
  folder.write("m/notes.log", "x");
  EXPECT_EQ(fingerprint(path), before);
}

TEST(model_state, a_gguf_file_is_all_its_parts) {
  const TestFolder folder;
  const std::string first = folder.write("m-00001-of-00002.gguf", "a");
  folder.write("m-00002-of-00002.gguf", "b");
  const Result<ModelState> state = ModelState::of(first);
  ASSERT_TRUE(state.ok());
  folder.write("other.gguf", "c");
  EXPECT_TRUE(state->is_current());
  folder.write("m-00002-of-00002.gguf", "longer");
  EXPECT_FALSE(state->is_current());
}

TEST(model_state, what_is_gone_is_not_found) {
  const TestFolder folder;
  const std::string path = folder.copy_model("tiny-mean-f32", "m");
  const Result<ModelState> state = ModelState::of(path);
  fs::remove_all(path);
  EXPECT_FALSE(state->is_current());
  EXPECT_EQ(ModelState::of(path).status().code(), Code::kNotFound);
}

}  // namespace quern::hub
