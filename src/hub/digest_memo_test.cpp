#include "hub/digest_memo.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "formats/test_folder.h"

namespace quern::hub {
namespace {

using formats::TestFolder;

const std::string kDigest(64, 'd');

FileIdentity old_file(std::uint64_t inode) {
  return {.device = 1, .inode = inode, .n_bytes = 3, .mtime_ns = -4, .ctime_ns = 5};
}

TEST(digest_memo, remembers_a_file_in_exactly_that_state) {
  const TestFolder folder;
  const DigestMemo memo(folder.path("packed/digests"));
  EXPECT_EQ(memo.find(old_file(2)), std::nullopt);
  memo.remember(old_file(2), kDigest);
  EXPECT_EQ(memo.find(old_file(2)), kDigest);
  for (const auto change :
       {+[](FileIdentity& f) { ++f.device; }, +[](FileIdentity& f) { ++f.inode; },
        +[](FileIdentity& f) { ++f.n_bytes; }, +[](FileIdentity& f) { ++f.mtime_ns; },
        +[](FileIdentity& f) { ++f.ctime_ns; }}) {
    FileIdentity changed = old_file(2);
    change(changed);
    EXPECT_EQ(memo.find(changed), std::nullopt);
  }
}

TEST(digest_memo, a_newer_state_takes_the_place_of_the_older) {
  const TestFolder folder;
  const DigestMemo memo(folder.path("digests"));
  memo.remember(old_file(2), kDigest);
  FileIdentity newer = old_file(2);
  newer.mtime_ns = 100;
  memo.remember(newer, std::string(64, 'e'));
  EXPECT_EQ(memo.find(newer), std::string(64, 'e'));
  EXPECT_EQ(memo.find(old_file(2)), std::nullopt);
}

TEST(digest_memo, a_file_that_may_still_change_is_not_remembered) {
  const TestFolder folder;
  const DigestMemo memo(folder.path("digests"));
  const auto now = std::chrono::duration_cast<std::chrono::nanoseconds>(
      std::chrono::system_clock::now().time_since_epoch());
  FileIdentity fresh = old_file(2);
  fresh.mtime_ns = now.count();
  memo.remember(fresh, kDigest);
  EXPECT_EQ(memo.find(fresh), std::nullopt);
  fresh = old_file(2);
  fresh.ctime_ns = now.count();
  memo.remember(fresh, kDigest);
  EXPECT_EQ(memo.find(fresh), std::nullopt);
}

TEST(digest_memo, keeps_the_newest_thousand) {
  const TestFolder folder;
  std::string text = "quern digests 1\n";
  for (int i = 0; i < 1000; ++i) text += "1 " + std::to_string(i) + " 3 -4 5 " + kDigest + "\n";
  const DigestMemo memo(folder.write("digests", text));
  memo.remember(old_file(5000), kDigest);
  EXPECT_EQ(memo.find(old_file(5000)), kDigest);
  EXPECT_EQ(memo.find(old_file(999)), kDigest);
  EXPECT_EQ(memo.find(old_file(0)), std::nullopt);
  EXPECT_EQ(parse_digest_memo(formats::slurp(folder.path("digests"))).size(), 1000u);
}

TEST(digest_memo, lines_that_make_no_sense_are_left_out) {
  const std::string good = "1 2 3 -4 5 " + kDigest + "\n";
  EXPECT_EQ(parse_digest_memo("quern digests 1\n" + good).size(), 1u);
  EXPECT_TRUE(parse_digest_memo("quern digests 2\n" + good).empty());
  EXPECT_TRUE(parse_digest_memo("").empty());
  const std::vector<std::string> wrong = {"",
                                          "\n",
                                          "1 2 3 4 5",
                                          "1 2 3 4 5 dd",
                                          "-1 2 3 4 5 " + kDigest,
                                          "1 2 3 4 99999999999999999999 " + kDigest,
                                          "1 2 3 4 5 " + kDigest + "0",
                                          "x" + good,
                                          "1 2 3 4 5  " + kDigest,
                                          "1 2 3 4 5 " + std::string(64, 'D')};
  for (const std::string& bad : wrong) {
    EXPECT_EQ(parse_digest_memo("quern digests 1\n" + bad + "\n" + good).size(), 1u) << bad;
  }
}

TEST(digest_memo, a_hostile_or_unwritable_file_costs_nothing_but_time) {
  const TestFolder folder;
  const DigestMemo huge(folder.write("huge", std::string(2 << 20, 'x')));
  EXPECT_EQ(huge.find(old_file(2)), std::nullopt);
  huge.remember(old_file(2), kDigest);
  EXPECT_EQ(huge.find(old_file(2)), kDigest);

  const DigestMemo nowhere(folder.write("file", "x") + "/digests");
  nowhere.remember(old_file(2), kDigest);
  EXPECT_EQ(nowhere.find(old_file(2)), std::nullopt);
}

}  // namespace
}  // namespace quern::hub
