#include "hub/model_digest.h"

#include <chrono>
#include <filesystem>

#include <gtest/gtest.h>

#include "formats/test_folder.h"
#include "hub/hub.h"
#include "hub/packed_cache.h"

namespace quern::hub {
namespace {

namespace fs = std::filesystem;
using formats::fixture;
using formats::TestFolder;

class ModelDigestTest : public testing::Test {
 protected:
  std::string digest(const std::string& folder) const {
    const auto files = formats::TensorFiles::open(folder);
    EXPECT_TRUE(files.ok()) << files.status().message();
    const Result<std::string> out = model_digest(home.path(), folder, *files);
    EXPECT_TRUE(out.ok()) << out.status().message();
    return *out;
  }
  bool has_memo() const { return fs::exists(home.path("packed/digests")); }

  TestFolder home;
};

TEST_F(ModelDigestTest, names_content_and_not_place) {
  const std::string a = home.copy_model("tiny-mean-f32", "a");
  const std::string b = home.copy_model("tiny-mean-f32", "b");
  EXPECT_EQ(digest(a).size(), 64u);
  EXPECT_EQ(digest(a), digest(b));
  EXPECT_EQ(digest(a), digest(fixture("tiny-mean-f32")));
  EXPECT_NE(digest(a), digest(fixture("tiny-mean-f16")));
  EXPECT_NE(digest(fixture("tiny-sharded")), digest(a));
}

TEST_F(ModelDigestTest, nothing_is_read_where_the_weights_are_not_known) {
  const std::string a = home.copy_model("tiny-mean-f32", "a");
  EXPECT_EQ(known_model_digest(home.path(), a), std::nullopt);
  EXPECT_FALSE(has_memo());
  EXPECT_EQ(*model_digest(home.path(), a), digest(a));
}

TEST_F(ModelDigestTest, a_changed_config_is_another_model) {
  const std::string a = home.copy_model("tiny-mean-f32", "a");
  const std::string before = digest(a);
  home.write("a/config.json", formats::slurp(a + "/config.json") + " ");
  EXPECT_NE(digest(a), before);
}

TEST_F(ModelDigestTest, other_matrices_of_rows_are_another_model) {
  const Hub hub(home.path());
  ASSERT_TRUE(hub.add(fixture("tiny-m3"), "m3", "").ok());
  EXPECT_EQ(digest(home.path("models/m3")), digest(fixture("tiny-m3")));  // It has them all.
  const std::string a = home.copy_model("tiny-m3", "a");
  std::string before = digest(a);
  for (const char* file : {"sparse_linear.pt", "colbert_linear.pt", "artifact.metadata"}) {
    home.write(std::string("a/") + file, "other");
    const std::string after = digest(a);
    EXPECT_NE(after, before) << file;
    before = after;
  }
}

TEST_F(ModelDigestTest, an_installed_model_is_not_read_for_its_digest) {
  const Hub hub(home.path());
  ASSERT_TRUE(hub.add(fixture("tiny-mean-f32"), "m", "").ok());
  const std::string folder = home.path("models/m");
  const std::string want = digest(fixture("tiny-mean-f32"));
  fs::remove(home.path("packed/digests"));
  EXPECT_EQ(digest(folder), want);
  EXPECT_FALSE(has_memo());
  // So much is it believed that a changed digest would pass.
  formats::replace_in(folder + "/quern.json", "\"sha256\": \"", "\"sha256\": \"0");
  const std::string manifest = formats::slurp(folder + "/quern.json");
  const std::size_t weights = manifest.find("model.safetensors");
  ASSERT_NE(weights, std::string::npos);
  const std::size_t at = manifest.find("\"sha256\": \"", weights) + 11;
  home.write("models/m/quern.json", manifest.substr(0, at) + "0" + manifest.substr(at));
  EXPECT_NE(digest(folder), want);
}

TEST_F(ModelDigestTest, weights_newer_than_the_manifest_are_read) {
  const Hub hub(home.path());
  ASSERT_TRUE(hub.add(fixture("tiny-mean-f32"), "m", "").ok());
  const std::string folder = home.path("models/m");
  const std::string before = digest(folder);
  std::string weights = formats::slurp(folder + "/model.safetensors");
  weights.back() = static_cast<char>(weights.back() + 1);  // Of equal size.
  home.write("models/m/model.safetensors", weights);
  fs::last_write_time(folder + "/model.safetensors",
                      fs::last_write_time(folder + "/quern.json") + std::chrono::seconds(1));
  EXPECT_NE(digest(folder), before);
}

TEST_F(ModelDigestTest, a_manifest_outside_the_home_is_not_believed) {
  const Hub hub(home.path());
  ASSERT_TRUE(hub.add(fixture("tiny-mean-f32"), "m", "").ok());
  ASSERT_TRUE(hub.add(fixture("tiny-mean-f16"), "other", "").ok());
  const std::string stranger = home.path("stranger");
  fs::copy(home.path("models/m"), stranger, fs::copy_options::recursive);
  fs::copy(home.path("models/other/model.safetensors"), stranger + "/model.safetensors",
           fs::copy_options::overwrite_existing);
  EXPECT_NE(digest(stranger), digest(home.path("models/m")));
}

TEST_F(ModelDigestTest, removing_a_model_removes_its_packed_weights) {
  const Hub hub(home.path());
  const PackedCache cache(home.path());
  ASSERT_TRUE(hub.add(fixture("tiny-mean-f32"), "m", "").ok());
  ASSERT_TRUE(hub.add(fixture("tiny-nli"), "nli", "").ok());
  const auto key_of = [&](const std::string& name) {
    return PackedKey{.model_digest = digest(home.path("models/" + name)),
                     .precision = "f32",
                     .isa = "plain",
                     .numerics_version = 1};
  };
  const PackedKey m = key_of("m");
  const PackedKey nli = key_of("nli");
  ASSERT_TRUE(cache.publish(m, {}).ok());
  ASSERT_TRUE(cache.publish(nli, {}).ok());
  ASSERT_TRUE(hub.remove("m").ok());
  EXPECT_FALSE(cache.find(m).ok());
  EXPECT_TRUE(cache.find(nli).ok());
}

}  // namespace
}  // namespace quern::hub
