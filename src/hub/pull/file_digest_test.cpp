#include "hub/pull/file_digest.h"

#include <gmock/gmock.h>

#include "formats/test_folder.h"

namespace quern::hub {
namespace {

using testing::HasSubstr;

// As `git hash-object` and `sha256sum` say of a file that holds "hello\n".
TEST(file_digest, both_of_the_hubs_digests) {
  const formats::TestFolder folder;
  const std::string path = folder.write("f", "hello\n");
  EXPECT_EQ(*git_sha1_of_file(path), "ce013625030ba8dba906f756967f9e9ca394464a");
  const std::string sha256 = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03";
  EXPECT_EQ(*check_file(path, {.path = "f", .n_bytes = 6}), sha256);
  EXPECT_TRUE(check_file(path, {.path = "f", .n_bytes = 6, .sha256 = sha256}).ok());
  EXPECT_THAT(check_file(path, {.path = "f", .n_bytes = 7}).status().message(),
              HasSubstr("came with 6 bytes, the hub lists 7"));
  EXPECT_THAT(check_file(path, {.path = "f", .n_bytes = 6, .sha256 = std::string(64, 'a')})
                  .status()
                  .message(),
              HasSubstr("'f' came with sha256 5891"));
}

}  // namespace
}  // namespace quern::hub
