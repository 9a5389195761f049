#include "apps/vector_log.h"

#include <chrono>
#include <csignal>
#include <filesystem>
#include <random>
#include <thread>

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/sha256.h"
#include "base/test_folder.h"
#include "store/byte_cursor.h"
#include "store/vector/test_vectors.h"

namespace quern::apps {
namespace {

namespace fs = std::filesystem;

constexpr int kD = 70;

store::OwnedRow vector_of(int n) {
  return *store::code_row(store::falling_vector(kD, static_cast<unsigned>(n)), kD,
                          store::Metric::kCosine);
}

std::string text_of(int n) { return "text " + std::to_string(n); }

class vector_log : public FolderTest {
 protected:
  std::unique_ptr<VectorLog> open(std::uint64_t limit = 1 << 30, std::uint64_t file = 1 << 20,
                                  const std::string& of = "model") {
    auto log = VectorLog::open(
        {.folder = path("vectors"), .limit_bytes = limit, .file_bytes = file, .ledger = &ledger_},
        sha256_hex(store::bytes_of(of)), kD);
    EXPECT_TRUE(log.ok()) << log.status().message();
    return std::move(*log);
  }

  static void put(VectorLog& log, int begin, int end) {
    for (int n = begin; n < end; ++n) log.put(log.key_of(text_of(n)), vector_of(n));
  }

  static bool has(VectorLog& log, int n) {
    const std::optional<store::OwnedRow> found = log.find(log.key_of(text_of(n)));
    if (found) {
      EXPECT_EQ(found->planes, vector_of(n).planes) << n;
      EXPECT_EQ(found->factors.scale, vector_of(n).factors.scale) << n;
      EXPECT_EQ(found->factors.norm2, vector_of(n).factors.norm2) << n;
    }
    return found.has_value();
  }

  static int n_found(VectorLog& log, int begin, int end) {
    int n_found = 0;
    for (int n = begin; n < end; ++n) n_found += has(log, n) ? 1 : 0;
    return n_found;
  }

  std::string stem(int number, const std::string& of = "model") const {
    return path("vectors/" + sha256_hex(store::bytes_of(of)) + "/" + std::to_string(number));
  }

  ByteLedger ledger_{64 << 20};
};

}  // namespace

TEST_F(vector_log, what_was_put_comes_back_to_the_bit_now_and_later) {
  {
    const auto log = open();
    put(*log, 0, 100);
    EXPECT_TRUE(has(*log, 99));  // Not written yet.
    log->flush();
    EXPECT_EQ(n_found(*log, 0, 100), 100);
    put(*log, 100, 150);
  }
  const auto log = open();
  EXPECT_EQ(log->n_vectors(), 150u);
  EXPECT_EQ(n_found(*log, 0, 150), 150);
  EXPECT_FALSE(has(*log, 150));
  EXPECT_GT(ledger_.used_bytes(), 0u);
}

TEST_F(vector_log, a_fingerprint_has_its_own_vectors) {
  put(*open(), 0, 10);
  const auto other = open(1 << 30, 1 << 20, "another model");
  EXPECT_EQ(n_found(*other, 0, 10), 0);
}

TEST_F(vector_log, the_same_text_is_written_once) {
  put(*open(), 0, 10);
  const auto size = fs::file_size(stem(1) + ".qvl");
  put(*open(), 0, 10);
  EXPECT_EQ(fs::file_size(stem(1) + ".qvl"), size);
}

TEST_F(vector_log, a_torn_tail_of_any_length_is_cut_and_nothing_else_is_lost) {
  put(*open(), 0, 4);
  const std::string records = read(stem(1) + ".qvl");
  const std::string keys = read(stem(1) + ".qvk");
  const auto n_whole = [](std::size_t bytes, std::size_t each) {
    return bytes < kLogHeaderBytes ? 0 : static_cast<int>((bytes - kLogHeaderBytes) / each);
  };
  const auto put_back = [&](std::size_t n_records, std::size_t n_keys) {
    fs::remove_all(fs::path(stem(1)).parent_path());
    fs::create_directory(fs::path(stem(1)).parent_path());
    write(stem(1) + ".qvl", records.substr(0, n_records));
    write(stem(1) + ".qvk", keys.substr(0, n_keys));
  };
  set_log_level(LogLevel::kOff);
  for (std::size_t n = 0; n <= records.size(); n += n < records.size() - 3 ? 3 : 1) {
    put_back(n, keys.size());
    {
      const auto log = open();
      EXPECT_EQ(n_found(*log, 0, 4), n_whole(n, log_record_bytes(kD))) << n;
      put(*log, 0, 6);
      log->flush();
      EXPECT_EQ(n_found(*log, 0, 6), 6) << n;
    }
    EXPECT_EQ(n_found(*open(), 0, 6), 6) << n;
  }
  for (std::size_t n = 0; n < keys.size(); ++n) {
    put_back(records.size(), n);
    const auto log = open();
    EXPECT_EQ(n_found(*log, 0, 4), n_whole(n, sizeof(VectorKey))) << n;
    put(*log, 0, 6);
    log->flush();
    EXPECT_EQ(n_found(*log, 0, 6), 6) << n;
  }
  set_log_level(LogLevel::kWarn);
}

TEST_F(vector_log, damage_anywhere_costs_vectors_and_never_gives_wrong_ones) {
  put(*open(), 0, 3);
  set_log_level(LogLevel::kOff);
  const std::string records = read(stem(1) + ".qvl");
  const std::string keys = read(stem(1) + ".qvk");
  for (const bool in_keys : {false, true}) {
    const std::string& whole = in_keys ? keys : records;
    for (std::size_t at = 0; at < whole.size(); at += 5) {
      std::string bytes = whole;
      bytes[at] = static_cast<char>(bytes[at] ^ 0x41);
      fs::remove_all(fs::path(stem(1)).parent_path());
      fs::create_directory(fs::path(stem(1)).parent_path());
      write(stem(1) + ".qvl", in_keys ? records : bytes);
      write(stem(1) + ".qvk", in_keys ? bytes : keys);
      const auto log = open();
      EXPECT_EQ(n_found(*log, 0, 3), at < kLogHeaderBytes ? 0 : 2) << in_keys << at;
      put(*log, 0, 3);  // What was lost is put again, and found.
      EXPECT_EQ(n_found(*log, 0, 3), 3) << in_keys << at;
      log->flush();
      EXPECT_EQ(n_found(*log, 0, 3), 3) << in_keys << at;
    }
  }
  set_log_level(LogLevel::kWarn);
}

TEST_F(vector_log, several_at_once_do_not_disturb_each_other) {
  const auto first = open();
  const auto second = open();
  for (int n = 0; n < 200; n += 2) {
    put(*first, n, n + 1);
    put(*second, n + 1, n + 2);
    if (n % 14 == 0) first->flush();
    if (n % 22 == 0) second->flush();
  }
  first->flush();
  second->flush();
  EXPECT_EQ(n_found(*open(), 0, 200), 200);
  EXPECT_EQ(n_found(*first, 0, 200), 100);  // As it was when it was opened, and its own.
}

TEST_F(vector_log, processes_share_a_folder) {
  constexpr int kProcesses = 4;
  for (int p = 0; p < kProcesses; ++p) {
    if (::fork() == 0) {
      {
        const auto log = open(1 << 30, 20'000);
        for (int n = 0; n < 200; ++n) {
          put(*log, p * 100 + n, p * 100 + n + 1);  // Half of them are the next one's, too.
          log->flush();
        }
      }
      ::_exit(testing::Test::HasFailure() ? 1 : 0);
    }
  }
  for (int p = 0; p < kProcesses; ++p) {
    int status = 0;
    ::wait(&status);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(n_found(*open(), 0, 500), 500);
}

TEST_F(vector_log, files_are_rolled_and_the_oldest_goes_first) {
  const std::uint64_t file = 10 * log_record_bytes(kD);
  put(*open(1 << 30, file), 0, 1);
  {
    const auto log = open(1 << 30, file);
    for (int n = 1; n < 100; ++n) {
      put(*log, n, n + 1);
      log->flush();
    }
    EXPECT_EQ(n_found(*log, 0, 100), 100);
  }
  EXPECT_TRUE(fs::exists(stem(10) + ".qvk"));
  const auto now = fs::file_time_type::clock::now();
  for (int i = 1; i <= 10; ++i) {
    fs::last_write_time(stem(i) + ".qvl", now - std::chrono::hours(20 - i));
  }
  const std::uint64_t left = trim_vector_logs(path("vectors"), 6 * (file + 500));
  EXPECT_LE(left, 6 * (file + 500));
  EXPECT_GT(left, 4 * file);
  const auto log = open();
  EXPECT_FALSE(has(*log, 0));
  EXPECT_TRUE(has(*log, 99));
  EXPECT_FALSE(fs::exists(stem(1) + ".qvl"));
  EXPECT_FALSE(fs::exists(stem(1) + ".qvk"));
}

TEST_F(vector_log, a_limit_is_kept_while_writing_and_what_is_open_stays_readable) {
  const std::uint64_t limit = 100 * log_record_bytes(kD);
  const auto log = open(limit);
  for (int n = 0; n < 500; ++n) {
    put(*log, n, n + 1);
    log->flush();
  }
  EXPECT_EQ(n_found(*log, 0, 500), 500);  // This one holds what it wrote open.
  EXPECT_LE(trim_vector_logs(path("vectors"), limit * 2), limit + log_record_bytes(kD) * 2);
  const int n_left = n_found(*open(), 0, 500);
  EXPECT_GE(n_left, 50);
  EXPECT_LE(n_left, 101);
}

TEST_F(vector_log, what_is_being_appended_to_is_not_removed) {
  const auto log = open();
  put(*log, 0, 10);
  log->flush();
  EXPECT_GT(trim_vector_logs(path("vectors"), 0), 0u);
  EXPECT_EQ(n_found(*open(), 0, 10), 10);
}

TEST_F(vector_log, a_full_disk_costs_what_is_new_and_nothing_else) {
  std::signal(SIGXFSZ, SIG_IGN);
  set_log_level(LogLevel::kOff);
  const auto log = open();
  put(*log, 0, 20);
  log->flush();
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  rlimit small = before;
  small.rlim_cur = fs::file_size(stem(1) + ".qvl") + log_record_bytes(kD) * 5 / 2;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  put(*log, 20, 40);
  log->flush();
  put(*log, 40, 50);
  log->flush();
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  set_log_level(LogLevel::kWarn);
  EXPECT_EQ(n_found(*log, 0, 50), 20);
  EXPECT_EQ(fs::file_size(stem(1) + ".qvl"), kLogHeaderBytes + 20 * log_record_bytes(kD));
  EXPECT_EQ(n_found(*open(), 0, 50), 20);
}

TEST_F(vector_log, no_kill_loses_what_was_flushed) {
  std::mt19937 random(7);
  int n = 0;
  for (int kill = 0; kill < 20; ++kill) {
    int pipe[2];
    ASSERT_EQ(::pipe(pipe), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      const auto log = open(1 << 30, 50'000);
      for (int i = n;; i += 3) {
        put(*log, i, i + 3);
        log->flush();
        const int done = i + 3;
        if (::write(pipe[1], &done, sizeof done) != sizeof done) ::_exit(1);
      }
    }
    ::close(pipe[1]);
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 20'000));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    for (int next = 0; ::read(pipe[0], &next, sizeof next) == sizeof next;) n = next;
    ::close(pipe[0]);
  }
  EXPECT_GT(n, 0);
  EXPECT_EQ(n_found(*open(), 0, n), n);
}

TEST_F(vector_log, what_is_no_fingerprint_or_no_width_is_refused) {
  for (const std::string bad : {"", "../../etc", "ABC"}) {
    EXPECT_EQ(VectorLog::open({.folder = path("vectors")}, bad, kD).status().code(),
              Code::kBadInput);
  }
  const std::string good(64, 'a');
  for (const int d : {0, -1, 65537}) {
    EXPECT_EQ(VectorLog::open({.folder = path("vectors")}, good, d).status().code(),
              Code::kBadInput);
  }
}

TEST_F(vector_log, files_of_others_are_left_alone) {
  put(*open(), 0, 3);
  const std::string newer = [&] {
    std::string bytes = read(stem(1) + ".qvl");
    bytes[8] = 9;
    return bytes;
  }();
  write(stem(7) + ".qvl", newer);
  write(stem(7) + ".qvk", read(stem(1) + ".qvk"));
  EXPECT_EQ(check_log_header(store::bytes_of(newer), LogPart::kRecords, kD).code(),
            Code::kUnsupported);
  set_log_level(LogLevel::kOff);
  const auto log = open(1 << 30, 100);  // The first is full: a new file is made.
  put(*log, 3, 4);
  log->flush();
  set_log_level(LogLevel::kWarn);
  EXPECT_EQ(n_found(*log, 0, 4), 4);
  EXPECT_EQ(read(stem(7) + ".qvl"), newer);
  EXPECT_TRUE(fs::exists(stem(8) + ".qvl"));
}

TEST_F(vector_log, memory_that_is_not_there_is_an_error) {
  put(*open(), 0, 100);
  ByteLedger small(1000);
  const auto log = VectorLog::open({.folder = path("vectors"), .ledger = &small},
                                   sha256_hex(store::bytes_of(std::string("model"))), kD);
  EXPECT_EQ(log.status().code(), Code::kExhausted);
}

TEST(vector_log_form, keys_differ_by_text_and_by_fingerprint) {
  EXPECT_EQ(vector_key("a", "b"), vector_key("a", "b"));
  EXPECT_NE(vector_key("a", "b"), vector_key("a", "c"));
  EXPECT_NE(vector_key("a", "b"), vector_key("c", "b"));
}

}  // namespace quern::apps
