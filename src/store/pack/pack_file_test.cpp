#include "store/pack/pack_file.h"

#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/store_fixture.h"

namespace quern::store {
namespace {

using testing::HasSubstr;

class pack_file : public StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    create_with_vectors();
    auto out = open_writer();
    for (int round = 0; round < 3; ++round) {
      for (int i = 0; i < 20; ++i) put(*out, "k" + std::to_string(i * (round + 1)), i + round);
      erase(*out, "k" + std::to_string(round * 3));
      commit(*out);
    }
    const Status packed = out->pack(pack_, pace_);
    ASSERT_TRUE(packed.ok()) << packed.message();
  }

  std::string open_message(const std::string& bytes) {
    write(path("changed"), bytes);
    const auto store = Store::open({.folder = path("changed")});
    if (!store.ok()) return store.status().message();
    const auto state = (*store)->snapshot();
    if (!state.ok()) return state.status().message();
    return (*state)->damaged().empty() ? "" : (*state)->damaged()[0].message();
  }

  std::string pack_ = testing::TempDir() + "quern-pack-" + std::to_string(::getpid());

  void TearDown() override {
    std::filesystem::remove(pack_);
    StoreTest::TearDown();
  }
};

}  // namespace

TEST_F(pack_file, says_what_the_store_says_without_it) {
  const Model before = model_;
  std::filesystem::remove_all(place_.folder);
  place_.folder = pack_;
  expect_model();
  expect_right();
  const Snapshot packed = snapshot();
  EXPECT_EQ(packed->spaces()[0].space, fixture_space());
  const auto writer = Writer::open(place_, {.who = "x"});
  EXPECT_EQ(writer.status().code(), Code::kUnsupported);
  EXPECT_THAT(writer.status().message(), HasSubstr("it is only read"));
  std::filesystem::permissions(pack_, std::filesystem::perms::owner_read);
  expect_model();
}

TEST_F(pack_file, its_catalog_is_booked_while_it_is_made_and_while_it_is_open) {
  const std::size_t n_bytes = PackFile::open(pack_)->catalog_bytes();
  ASSERT_GT(n_bytes, 0u);
  for (const std::size_t room : {n_bytes - 1, n_bytes}) {
    ByteLedger ledger(room);
    const auto opened = Store::open({.folder = pack_, .ledger = &ledger});
    EXPECT_EQ(opened.ok(), room == n_bytes) << opened.status().message();
    EXPECT_EQ(ledger.used_bytes(), opened.ok() ? n_bytes : 0);
  }
  for (const std::size_t room : {std::size_t{4096}, std::size_t{4} << 20}) {
    ByteLedger ledger((std::size_t{1} << 20) + room);
    auto out =
        Writer::open(place_, {.who = "x", .ledger = &ledger, .memory_bytes = std::size_t{1} << 20});
    ASSERT_TRUE(out.ok()) << out.status().message();
    EXPECT_EQ((*out)->pack(path("booked"), pace_).ok(), room > n_bytes);
    EXPECT_EQ(ledger.used_bytes(), std::size_t{1} << 20);
  }
}

TEST_F(pack_file, what_is_there_is_not_written_over) {
  const std::string before = read(pack_);
  EXPECT_EQ(open_writer()->pack(pack_, pace_).code(), Code::kUnavailable);
  EXPECT_EQ(read(pack_), before);
  EXPECT_EQ(open_writer()->pack(path("no/where"), pace_).code(), Code::kNotFound);
  class Stops : public Pace {
    bool stop_asked() const override { return true; }
  } stops;
  EXPECT_EQ(open_writer()->pack(path("stopped"), stops).code(), Code::kCancelled);
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
    EXPECT_EQ(entry.path().filename(), "store");
  }
  expect_right();
}

TEST_F(pack_file, every_cut_and_every_changed_byte_around_the_files_is_named) {
  const std::string whole = read(pack_);
  EXPECT_EQ(open_message(whole), "");
  for (std::size_t n = 0; n < whole.size(); n += 1 + n / 3) {
    EXPECT_NE(open_message(whole.substr(0, n)), "") << n;
  }
  EXPECT_NE(open_message(whole + "x"), "");
  for (std::size_t i = 0; i < 64; ++i) {
    for (const std::size_t at : {i, whole.size() - 1 - i, whole.size() - 100 - i}) {
      std::string changed = whole;
      changed[at] = static_cast<char>(changed[at] ^ 0x21);
      EXPECT_NE(open_message(changed), "") << at;
    }
  }
  std::string newer = whole;
  newer[8] = 7;
  EXPECT_THAT(open_message(newer), HasSubstr("has format 7, this version reads 1"));
  std::string catalog = whole;
  catalog[kPackAlign + 3000] = static_cast<char>(catalog[kPackAlign + 3000] ^ 1);
  EXPECT_THAT(open_message(catalog), HasSubstr("its catalog"));
}

TEST_F(pack_file, a_damaged_part_is_named_and_the_rest_is_read) {
  std::string bytes = read(pack_);
  const std::size_t at = bytes.rfind("QUERNSEG");  // The footer of the last text.
  ASSERT_NE(at, std::string::npos);
  bytes[at - 20] = static_cast<char>(bytes[at - 20] ^ 1);
  EXPECT_THAT(open_message(bytes), HasSubstr("changed"));
  place_.folder = path("changed");
  EXPECT_EQ(snapshot()->segments().size(), 2u);
}

}  // namespace quern::store
