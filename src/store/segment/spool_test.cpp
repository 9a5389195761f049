#include "store/segment/spool.h"

#include <string>

#include <gtest/gtest.h>

#include "base/test_folder.h"
#include "store/byte_cursor.h"

namespace quern::store {
namespace {

class spool : public FolderTest {
 protected:
  std::string copy(Spool& from) {
    std::string out;
    const Status status = from.copy_to([&](std::span<const std::byte> bytes) {
      out.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
      return Status();
    });
    EXPECT_TRUE(status.ok()) << status.message();
    return out;
  }
};

}  // namespace

TEST_F(spool, few_bytes_stay_in_memory) {
  Spool bytes(real_files(), path("tmp"));
  ASSERT_TRUE(bytes.append(bytes_of("a")).ok());
  ASSERT_TRUE(bytes.sink()(bytes_of("bc")).ok());
  EXPECT_EQ(copy(bytes), "abc");
  EXPECT_TRUE(list_folder(folder_)->empty());
}

TEST_F(spool, many_bytes_go_through_a_file_that_is_removed) {
  std::string want;
  {
    Spool bytes(real_files(), path("tmp"));
    for (int i = 0; i < 1100; ++i) {
      const std::string part(10'000, static_cast<char>('a' + i % 26));
      ASSERT_TRUE(bytes.append(bytes_of(part)).ok());
      want += part;
    }
    EXPECT_EQ(list_folder(folder_)->size(), 1u);
    EXPECT_TRUE(copy(bytes) == want);
  }
  EXPECT_TRUE(list_folder(folder_)->empty());
}

TEST_F(spool, a_file_that_cannot_be_made_is_an_error) {
  Spool bytes(real_files(), path("no/tmp"));
  ASSERT_TRUE(bytes.append(bytes_of(std::string(4 << 20, 'x'))).ok());
  EXPECT_EQ(bytes.append(bytes_of("y")).code(), Code::kNotFound);
}

}  // namespace quern::store
