#include "engine/cache/result_disk.h"

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/cache/disk_row.h"

namespace quern::engine {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

ResultKey key_of(int n) {
  Sha256 sha;
  sha.add(std::as_bytes(std::span(&n, 1)));
  return {.bytes = sha.digest()};
}

StoredResult result_of(int n, std::size_t n_values = 384) {
  StoredResult out;
  std::mt19937 random(static_cast<unsigned>(n));
  for (std::size_t i = 0; i < n_values; ++i) out.values.push_back(static_cast<float>(random()));
  if (n % 3 == 0) out.ids.assign(static_cast<std::size_t>(n % 5), n);
  return out;
}

class result_disk : public ::testing::Test {
 protected:
  result_disk() { fs::remove_all(folder_); }
  ~result_disk() override { fs::remove_all(folder_); }

  std::unique_ptr<ResultDisk> open(std::size_t limit = 64 << 20) {
    auto disk = ResultDisk::open(ledger_, folder_, limit);
    EXPECT_TRUE(disk.ok()) << disk.status().message();
    return disk.ok() ? std::move(*disk) : nullptr;
  }

  void fill(int n) {
    const auto disk = open();
    for (int i = 0; i < n; ++i) disk->put(key_of(i), result_of(i));
  }

  static bool has(ResultDisk& disk, int n) {
    StoredResult out;
    if (!disk.find(key_of(n), out)) return false;
    EXPECT_EQ(out, result_of(n));
    return true;
  }

  std::string file() const { return ResultDisk::file_in(folder_); }

  // Bytes in the middle of the file, over what stands there.
  void damage(std::size_t at, const std::string& bytes) const {
    std::fstream f(file(), std::ios::in | std::ios::out | std::ios::binary);
    f.seekp(static_cast<std::streamoff>(at));
    f.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }

  const std::string folder_ = ::testing::TempDir() + "/quern_results_" + std::to_string(::getpid());
  ByteLedger ledger_{64 << 20};
};

}  // namespace

TEST(disk_row, comes_back_as_it_was) {
  for (int n = 0; n < 50; ++n) {
    const StoredResult result = result_of(n, static_cast<std::size_t>(n));
    const std::string row = disk_row(key_of(n), result);
    const auto back = parse_disk_row(key_of(n), std::as_bytes(std::span(row)));
    ASSERT_TRUE(back.ok()) << back.status().message();
    EXPECT_EQ(*back, result);
  }
}

TEST(disk_row, no_damaged_row_is_taken) {
  const std::string row = disk_row(key_of(3), result_of(3, 4));
  const auto parse = [](int key, std::string_view bytes) {
    return parse_disk_row(key_of(key), std::as_bytes(std::span(bytes.data(), bytes.size())));
  };
  ASSERT_TRUE(parse(3, row).ok());
  EXPECT_THAT(parse(4, row).status().message(), HasSubstr("checksum"));  // Another's row.
  for (std::size_t n = 0; n < row.size(); ++n) EXPECT_FALSE(parse(3, row.substr(0, n)).ok());
  EXPECT_FALSE(parse(3, row + "x").ok());
  for (std::size_t bit = 0; bit < row.size() * 8; ++bit) {
    std::string changed = row;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
    EXPECT_FALSE(parse(3, changed).ok()) << bit;
  }
  std::string huge = row;
  std::fill(huge.begin() + 8, huge.begin() + 16, '\xff');
  EXPECT_FALSE(parse(3, huge).ok());
}

TEST_F(result_disk, results_survive_the_process) {
  fill(500);
  const auto disk = open();
  for (int i = 0; i < 500; ++i) EXPECT_TRUE(has(*disk, i)) << i;
  EXPECT_FALSE(has(*disk, 500));
  EXPECT_EQ(disk->stats().n_hits, 500);
  EXPECT_EQ(disk->stats().n_items, 500u);
}

TEST_F(result_disk, its_memory_is_booked) {
  const auto disk = open();
  EXPECT_GT(ledger_.used_bytes(), 1u << 20);
  ByteLedger small(1000);
  EXPECT_EQ(ResultDisk::open(small, folder_, 1 << 20).status().code(), Code::kExhausted);
}

TEST_F(result_disk, what_is_removed_is_gone) {
  const auto disk = open();
  disk->put(key_of(1), result_of(1));
  disk->remove(key_of(1));
  disk->remove(key_of(2));
  disk->flush();
  EXPECT_FALSE(has(*disk, 1));
  EXPECT_EQ(disk->stats().n_items, 0u);
  EXPECT_EQ(disk->stats().n_bytes, 0u);
}

TEST_F(result_disk, never_grows_beyond_its_limit) {
  constexpr std::size_t kLimit = 4 << 20;
  const auto disk = open(kLimit);
  for (int i = 0; i < 8000; ++i) {
    disk->put(key_of(i), result_of(i));
    if (i % 50 == 0) disk->flush();
  }
  disk->flush();
  EXPECT_GT(disk->stats().n_evicted, 1000);
  EXPECT_EQ(disk->stats().n_written - disk->stats().n_evicted,
            static_cast<long>(disk->stats().n_items));
  EXPECT_LE(fs::file_size(file()) + fs::file_size(file() + "-wal"), kLimit + (1 << 20));
  EXPECT_TRUE(has(*disk, 7999));
  EXPECT_FALSE(has(*disk, 0));
}

TEST_F(result_disk, what_was_used_lately_stays) {
  const auto disk = open(4 << 20);
  for (int i = 0; i < 6000; ++i) {
    disk->put(key_of(i), result_of(i));
    if (i % 50 == 0) {
      disk->flush();
      EXPECT_TRUE(has(*disk, 0)) << i;
    }
  }
}

TEST_F(result_disk, a_damaged_row_is_a_miss_and_goes) {
  fill(100);
  {
    auto sql = Sql::open(file(), Sql::Access::kWrite, 1000);
    ASSERT_TRUE(sql.ok());
    ASSERT_TRUE(sql->run("UPDATE result SET value = zeroblob(length(value)) WHERE id = 7").ok());
    ASSERT_TRUE(sql->run("UPDATE result SET value = x'00' WHERE id = 8").ok());
    ASSERT_TRUE(sql->run("UPDATE result SET value = 'text' WHERE id = 9").ok());
  }
  const auto disk = open();
  int n_found = 0;
  for (int i = 0; i < 100; ++i) n_found += has(*disk, i) ? 1 : 0;
  EXPECT_EQ(n_found, 97);
  EXPECT_EQ(disk->stats().n_unusable, 3);
  disk->flush();
  EXPECT_EQ(disk->stats().n_items, 97u);
  disk->put(key_of(6), result_of(6));
  disk->flush();
  EXPECT_TRUE(has(*disk, 6));
}

TEST_F(result_disk, another_version_is_set_aside) {
  fill(10);
  {
    auto sql = Sql::open(file(), Sql::Access::kWrite, 1000);
    ASSERT_TRUE(sql.ok() && sql->run("PRAGMA user_version = 99").ok());
  }
  EXPECT_THAT(result_file_info(folder_).status().message(),
              HasSubstr("it is of version 99, want 1"));
  const auto disk = open();
  EXPECT_FALSE(has(*disk, 1));
  disk->put(key_of(1), result_of(1));
  disk->flush();
  EXPECT_TRUE(has(*disk, 1));
  EXPECT_TRUE(fs::exists(folder_ + "/results-unusable.sqlite"));
}

TEST_F(result_disk, files_of_others_and_garbage_are_set_aside) {
  const std::vector<std::string> contents = {"not a database at all", std::string(100'000, 'x'),
                                             "SQLite format 3\0and then nothing of it"};
  for (const std::string& content : contents) {
    fs::create_directories(folder_);
    std::ofstream(file()) << content;
    const auto disk = open();
    ASSERT_NE(disk, nullptr);
    disk->put(key_of(1), result_of(1));
    disk->flush();
    EXPECT_TRUE(has(*disk, 1));
    EXPECT_TRUE(fs::exists(folder_ + "/results-unusable.sqlite"));
  }
  fs::remove_all(folder_);
  fs::create_directories(folder_);
  {
    auto sql = Sql::open(file(), Sql::Access::kCreate, 1000);
    ASSERT_TRUE(sql.ok() && sql->run("CREATE TABLE other (x)").ok());
  }
  ASSERT_NE(open(), nullptr);
}

TEST_F(result_disk, what_a_file_from_elsewhere_would_run_is_not_run) {
  fill(10);
  {
    sqlite3* raw = nullptr;  // Ours makes no triggers.
    ASSERT_EQ(sqlite3_open(file().c_str(), &raw), SQLITE_OK);
    ASSERT_EQ(
        sqlite3_exec(raw, "CREATE TRIGGER r AFTER INSERT ON result BEGIN DELETE FROM result; END",
                     nullptr, nullptr, nullptr),
        SQLITE_OK);
    sqlite3_close(raw);
  }
  {
    const auto disk = open();
    disk->put(key_of(11), result_of(11));
    disk->flush();
    EXPECT_TRUE(has(*disk, 1));
    EXPECT_TRUE(has(*disk, 11));
  }
  {
    sqlite3* raw = nullptr;
    ASSERT_EQ(sqlite3_open(file().c_str(), &raw), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(raw,
                           "ALTER TABLE result RENAME TO kept;"
                           "CREATE VIEW result AS SELECT * FROM kept",
                           nullptr, nullptr, nullptr),
              SQLITE_OK);
    sqlite3_close(raw);
  }
  const auto disk = open();
  EXPECT_FALSE(has(*disk, 1));
  EXPECT_TRUE(fs::exists(folder_ + "/results-unusable.sqlite"));
}

// Wherever the file is damaged, nobody is kept from starting and no wrong result comes out.
TEST_F(result_disk, damage_anywhere_gives_no_wrong_result) {
  fill(300);
  const std::string whole = folder_ + "-whole";
  fs::copy_file(file(), whole, fs::copy_options::overwrite_existing);
  const std::size_t size = fs::file_size(whole);
  std::mt19937 random(5);
  for (int round = 0; round < 60; ++round) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    fs::copy_file(whole, file());
    if (round % 3 == 0) {
      fs::resize_file(file(), random() % size);
    } else {
      damage(round % 3 == 1 ? random() % size : random() % 8192,
             std::string(1 + random() % 5000, static_cast<char>(random())));
    }
    auto disk = open();
    ASSERT_NE(disk, nullptr);
    for (int i = 0; i < 300; ++i) has(*disk, i);
    disk->put(key_of(1000), result_of(1000));
    disk->flush();
    disk.reset();
    ASSERT_NE(open(), nullptr);
  }
  fs::remove(whole);
}

TEST_F(result_disk, a_full_disk_ends_the_writing_and_nothing_else) {
  std::signal(SIGXFSZ, SIG_IGN);
  fill(50);
  {
    const auto disk = open();
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
    rlimit small = before;
    small.rlim_cur = 256 << 10;
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
    for (int i = 100; i < 2000; ++i) disk->put(key_of(i), result_of(i));
    disk->flush();
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
    EXPECT_GT(disk->stats().n_dropped, 1000);
    for (int i = 0; i < 50; ++i) EXPECT_TRUE(has(*disk, i)) << i;
    disk->put(key_of(5000), result_of(5000));
    disk->flush();
    EXPECT_FALSE(has(*disk, 5000));
  }
  const auto disk = open();
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(has(*disk, i)) << i;
  disk->put(key_of(5000), result_of(5000));
  disk->flush();
  EXPECT_TRUE(has(*disk, 5000));
}

TEST_F(result_disk, a_folder_that_cannot_be_made_is_an_error) {
  std::ofstream(folder_) << "a file";
  const auto disk = ResultDisk::open(ledger_, folder_, 1 << 20);
  EXPECT_EQ(disk.status().code(), Code::kIo);
}

TEST_F(result_disk, two_may_use_one_folder) {
  const auto first = open();
  const auto second = open();
  std::thread other([&] {
    for (int i = 0; i < 500; ++i) second->put(key_of(i + 10'000), result_of(i + 10'000));
    second->flush();
  });
  for (int i = 0; i < 500; ++i) first->put(key_of(i), result_of(i));
  first->flush();
  other.join();
  for (int i = 0; i < 500; ++i) {
    EXPECT_TRUE(has(*second, i));
    EXPECT_TRUE(has(*first, i + 10'000));
  }
}

TEST_F(result_disk, of_two_that_find_it_damaged_one_sets_it_aside) {
  fill(300);
  const auto first = open();
  const auto second = open();
  damage(0, std::string(fs::file_size(file()), 'x'));
  const auto use = [](ResultDisk& disk, int n) {
    for (int i = 0; i < 5; ++i) {  // Finds the damage, then begins anew.
      has(disk, i);
      disk.put(key_of(n), result_of(n));
      disk.flush();
    }
    return has(disk, n);
  };
  EXPECT_TRUE(use(*first, 1001));
  EXPECT_TRUE(use(*second, 1002));
  EXPECT_TRUE(has(*first, 1002));
  EXPECT_TRUE(has(*second, 1001));
}

TEST_F(result_disk, what_waits_is_bounded_also_while_others_are_written) {
  const auto disk = open(16 << 20);  // A MB may wait.
  auto other = Sql::open(file(), Sql::Access::kWrite, 1000);
  ASSERT_TRUE(other.ok() && other->run("BEGIN IMMEDIATE").ok());  // The writer waits for it.
  for (int i = 0; i < 400; ++i) disk->put(key_of(i), result_of(i));
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  EXPECT_EQ(disk->stats().n_dropped, 0);
  for (int i = 400; i < 800; ++i) disk->put(key_of(i), result_of(i));
  EXPECT_GT(disk->stats().n_dropped, 50);
  ASSERT_TRUE(other->run("ROLLBACK").ok());
  disk->flush();
  for (int i = 1000; i < 1400; ++i) disk->put(key_of(i), result_of(i));
  disk->flush();
  for (int i = 1000; i < 1400; ++i) EXPECT_TRUE(has(*disk, i));
}

TEST_F(result_disk, is_told_of_and_cleared_also_in_use) {
  EXPECT_EQ(result_file_info(folder_).status().code(), Code::kNotFound);
  EXPECT_EQ(clear_result_file(folder_).status().code(), Code::kNotFound);
  const auto disk = open();
  for (int i = 0; i < 1000; ++i) disk->put(key_of(i), result_of(i));
  disk->flush();
  const auto info = result_file_info(folder_);
  ASSERT_TRUE(info.ok()) << info.status().message();
  EXPECT_EQ(info->n_items, 1000u);
  EXPECT_GT(info->n_file_bytes, 1'000'000u);
  const auto freed = clear_result_file(folder_);
  ASSERT_TRUE(freed.ok()) << freed.status().message();
  EXPECT_GT(*freed, 1'000'000u);
  EXPECT_EQ(result_file_info(folder_)->n_items, 0u);
  EXPECT_FALSE(has(*disk, 1));
  disk->put(key_of(1), result_of(1));
  disk->flush();
  EXPECT_TRUE(has(*disk, 1));
}

// 200 times with QUERN_KILLS=200.
TEST_F(result_disk, opens_after_every_kill_with_no_wrong_result) {
  const char* wish = std::getenv("QUERN_KILLS");
  const int n_kills = wish != nullptr ? std::atoi(wish) : 20;
  std::mt19937 random(3);
  std::size_t n_survived = 0;
  for (int kill = 0; kill < n_kills; ++kill) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      const auto disk = open(2 << 20);
      for (int i = kill * 500;; ++i) {
        disk->put(key_of(i), result_of(i));
        if (i % 40 == 0) disk->flush();
      }
    }
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 60'000));
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    const auto disk = open(2 << 20);
    ASSERT_NE(disk, nullptr);
    for (int i = kill * 500; i < kill * 500 + 200; ++i) has(*disk, i);
    EXPECT_EQ(disk->stats().n_unusable, 0);
    n_survived = std::max(n_survived, disk->stats().n_items);
  }
  EXPECT_FALSE(fs::exists(folder_ + "/results-unusable.sqlite"));
  EXPECT_GT(n_survived, 100u);
}

}  // namespace quern::engine
