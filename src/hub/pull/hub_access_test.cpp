#include "hub/pull/hub_access.h"

#include <cstdlib>

#include <gmock/gmock.h>

#include "formats/test_folder.h"

namespace quern::hub {
namespace {

using testing::HasSubstr;

class HubAccessTest : public testing::Test {
 protected:
  HubAccessTest() {
    for (const char* name : kNames) ::unsetenv(name);
    ::setenv("HOME", folder.path().c_str(), 1);
  }
  ~HubAccessTest() override {
    for (const char* name : kNames) ::unsetenv(name);
    ::setenv("HOME", home.c_str(), 1);
  }
  static constexpr const char* kNames[] = {
      "HF_ENDPOINT",   "HF_TOKEN",       "HUGGING_FACE_HUB_TOKEN", "HF_HOME",
      "HF_TOKEN_PATH", "XDG_CACHE_HOME", "HF_HUB_OFFLINE",         "HF_HUB_DOWNLOAD_TIMEOUT"};
  formats::TestFolder folder;
  std::string home = std::getenv("HOME") == nullptr ? "" : std::getenv("HOME");
};

TEST_F(HubAccessTest, defaults_and_the_token_file) {
  EXPECT_EQ(hub_access_from_environment()->endpoint, "https://huggingface.co");
  EXPECT_EQ(hub_access_from_environment()->token, "");
  folder.write(".cache/huggingface/token", "hf_file\n");
  EXPECT_EQ(hub_access_from_environment()->token, "hf_file");
  folder.write("hf/token", "hf_home");
  ::setenv("HF_HOME", folder.path("hf").c_str(), 1);
  EXPECT_EQ(hub_access_from_environment()->token, "hf_home");
  ::setenv("HUGGING_FACE_HUB_TOKEN", "hf_old", 1);
  EXPECT_EQ(hub_access_from_environment()->token, "hf_old");
  ::setenv("HF_TOKEN", " hf_new\n", 1);
  EXPECT_EQ(hub_access_from_environment()->token, "hf_new");
}

TEST_F(HubAccessTest, variables_are_read_and_wrong_ones_refused) {
  ::setenv("HF_ENDPOINT", "https://mirror.example/hf/", 1);
  ::setenv("HF_HUB_OFFLINE", "true", 1);
  ::setenv("HF_HUB_DOWNLOAD_TIMEOUT", "7", 1);
  EXPECT_EQ(hub_access_from_environment()->endpoint, "https://mirror.example/hf");
  EXPECT_TRUE(hub_access_from_environment()->offline);
  EXPECT_EQ(hub_access_from_environment()->stall_timeout, std::chrono::seconds(7));
  ::setenv("HF_HUB_DOWNLOAD_TIMEOUT", "soon", 1);
  EXPECT_THAT(hub_access_from_environment().status().message(), HasSubstr("is 'soon'"));
  ::setenv("HF_ENDPOINT", "mirror.example", 1);
  EXPECT_THAT(hub_access_from_environment().status().message(), HasSubstr("HF_ENDPOINT is"));
  ::unsetenv("HF_ENDPOINT");
  ::setenv("HF_TOKEN", "a\r\nX-Evil: 1", 1);
  EXPECT_EQ(hub_access_from_environment().status().code(), Code::kBadInput);
}

}  // namespace
}  // namespace quern::hub
