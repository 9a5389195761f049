#include "hub/packed_cache.h"

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <sys/resource.h>

#include "formats/test_folder.h"

namespace quern::hub {
namespace {

namespace fs = std::filesystem;
using formats::TestFolder;
using testing::HasSubstr;

class PackedCacheTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(::unsetenv("QUERN_PACKED_QUOTA"), 0);
    ASSERT_EQ(::unsetenv("QUERN_PACKED"), 0);
  }
  void TearDown() override { SetUp(); }

  static PackedKey key(char digit, const std::string& precision = "f32") {
    return {.model_digest = std::string(64, digit),
            .precision = precision,
            .isa = "plain",
            .numerics_version = 1};
  }
  static std::span<const std::byte> bytes_of(const std::string& text) {
    return std::as_bytes(std::span(text));
  }
  static std::string text_of(const MappedSections& mapped) {
    std::string out;
    for (int i = 0; i < mapped.n(); ++i) {
      EXPECT_TRUE(mapped.check(i).ok());
      const auto bytes = mapped.sections[static_cast<std::size_t>(i)].bytes;
      out.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    }
    return out;
  }
  Status find_and_check(const PackedKey& key) const {
    const Result<MappedSections> found = cache.find(key);
    return found.ok() ? found->check(0) : found.status();
  }
  /// The only file of the cache.
  std::string only_file() const {
    EXPECT_EQ(n_files(), 1);
    return fs::directory_iterator(cache.folder())->path().string();
  }
  int n_files() const {
    return fs::exists(cache.folder())
               ? static_cast<int>(std::distance(fs::directory_iterator(cache.folder()),
                                                fs::directory_iterator()))
               : 0;
  }
  void set_age(const std::string& file, std::chrono::minutes age) const {
    fs::last_write_time(file, fs::file_time_type::clock::now() - age);
  }

  TestFolder home;
  PackedCache cache{home.path()};
};

TEST_F(PackedCacheTest, what_was_published_is_found_and_begins_at_a_page) {
  EXPECT_EQ(cache.find(key('a')).status().code(), Code::kNotFound);
  const std::string payload(100'000, 'w');
  ASSERT_TRUE(cache.publish(key('a'), bytes_of(payload)).ok());
  const Result<MappedSections> found = cache.find(key('a'));
  ASSERT_TRUE(found.ok()) << found.status().message();
  EXPECT_EQ(text_of(*found), payload);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(found->sections[0].bytes.data()) % 4096, 0u);
  EXPECT_EQ(n_files(), 1);
}

TEST_F(PackedCacheTest, every_part_of_the_key_counts) {
  ASSERT_TRUE(cache.publish(key('a'), bytes_of("a")).ok());
  PackedKey other = key('a');
  other.isa = "avx2";
  EXPECT_FALSE(cache.find(other).ok());
  other = key('a');
  other.numerics_version = 2;
  EXPECT_FALSE(cache.find(other).ok());
  EXPECT_FALSE(cache.find(key('a', "bf16")).ok());
  EXPECT_FALSE(cache.find(key('b')).ok());
}

TEST_F(PackedCacheTest, a_file_under_the_wrong_name_is_not_believed) {
  ASSERT_TRUE(cache.publish(key('a'), bytes_of("a")).ok());
  const std::string a = only_file();
  ASSERT_TRUE(cache.publish(key('b'), bytes_of("b")).ok());
  for (const auto& entry : fs::directory_iterator(cache.folder())) {
    if (entry.path() != a) fs::copy(a, entry, fs::copy_options::overwrite_existing);
  }
  const Status status = cache.find(key('b')).status();
  EXPECT_EQ(status.code(), Code::kBadInput);
  EXPECT_THAT(status.message(), HasSubstr("belongs elsewhere"));
  // Equal first digits, as far as the name goes.
  PackedKey near = key('a');
  near.model_digest.back() = 'c';
  EXPECT_EQ(cache.find(near).status().code(), Code::kBadInput);
}

TEST_F(PackedCacheTest, damage_is_found_and_repaired_by_publishing) {
  const std::string payload(10'000, 'w');
  ASSERT_TRUE(cache.publish(key('a'), bytes_of(payload)).ok());
  const std::string path = only_file();
  const std::string whole = formats::slurp(path);
  for (const std::size_t at : {0u, 9u, 20u, 100u, 136u, 4000u, 4090u, 4096u, 14'095u}) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] + 1);
    home.write("packed/" + fs::path(path).filename().string(), damaged);
    EXPECT_FALSE(find_and_check(key('a')).ok()) << at;
    home.write("packed/" + fs::path(path).filename().string(), whole.substr(0, at));
    EXPECT_FALSE(find_and_check(key('a')).ok()) << at;
  }
  ASSERT_TRUE(cache.publish(key('a'), bytes_of(payload)).ok());
  EXPECT_TRUE(find_and_check(key('a')).ok());
}

TEST_F(PackedCacheTest, sections_are_written_one_by_one_and_checked_each_by_itself) {
  Result<PackedWriter> writer = cache.begin(key('a'), {5000, 0, 3});
  ASSERT_TRUE(writer.ok()) << writer.status().message();
  for (const std::string& section : {std::string(5000, 'x'), std::string(), std::string("abc")}) {
    EXPECT_EQ(cache.find(key('a')).status().code(), Code::kNotFound);
    ASSERT_TRUE(writer->add(bytes_of(section)).ok());
  }
  ASSERT_TRUE(writer->publish().ok());
  {
    const Result<MappedSections> found = cache.find(key('a'));
    ASSERT_TRUE(found.ok()) << found.status().message();
    EXPECT_EQ(found->n_bytes(), 5003u);
    EXPECT_EQ(text_of(*found), std::string(5000, 'x') + "abc");
  }
  std::string file = formats::slurp(only_file());
  file[4096 + 8192] = 'A';  // Of the last section.
  home.write("packed/" + fs::path(only_file()).filename().string(), file);
  const Result<MappedSections> found = cache.find(key('a'));
  ASSERT_TRUE(found.ok()) << found.status().message();
  EXPECT_TRUE(found->check(0).ok());
  EXPECT_TRUE(found->check(1).ok());
  EXPECT_THAT(found->check(2).message(), HasSubstr("section 2 of 3 is damaged"));
}

TEST_F(PackedCacheTest, an_unfinished_file_is_gone_with_its_writer) {
  {
    Result<PackedWriter> writer = cache.begin(key('a'), {10, 10});
    ASSERT_TRUE(writer.ok());
    ASSERT_TRUE(writer->add(bytes_of("0123456789")).ok());
    EXPECT_EQ(n_files(), 1);
  }
  EXPECT_EQ(n_files(), 0);
}

TEST_F(PackedCacheTest, a_mapped_payload_outlives_its_file) {
  const std::string payload(10'000, 'w');
  ASSERT_TRUE(cache.publish(key('a'), bytes_of(payload)).ok());
  const Result<MappedSections> found = cache.find(key('a'));
  ASSERT_TRUE(found.ok());
  ASSERT_TRUE(cache.publish(key('a'), bytes_of("another")).ok());
  cache.clear(key('a').model_digest);
  EXPECT_EQ(text_of(*found), payload);
}

TEST_F(PackedCacheTest, the_least_recently_used_file_makes_room) {
  const std::string payload(1'000'000, 'w');
  ASSERT_EQ(::setenv("QUERN_PACKED_QUOTA", "2500000", 1), 0);
  ASSERT_TRUE(cache.publish(key('a'), bytes_of(payload)).ok());
  const std::string a = only_file();
  set_age(a, std::chrono::minutes(60));
  ASSERT_TRUE(cache.publish(key('b'), bytes_of(payload)).ok());
  for (const auto& entry : fs::directory_iterator(cache.folder())) {
    if (entry.path() != a) set_age(entry.path(), std::chrono::minutes(30));
  }
  EXPECT_TRUE(cache.find(key('a')).ok());  // Used now: b is the oldest.
  ASSERT_TRUE(cache.publish(key('c'), bytes_of(payload)).ok());
  EXPECT_TRUE(cache.find(key('a')).ok());
  EXPECT_FALSE(cache.find(key('b')).ok());
  EXPECT_TRUE(cache.find(key('c')).ok());
}

TEST_F(PackedCacheTest, what_is_over_the_quota_is_refused_and_removes_nothing) {
  ASSERT_TRUE(cache.publish(key('a'), bytes_of("small")).ok());
  ASSERT_EQ(::setenv("QUERN_PACKED_QUOTA", "10kB", 1), 0);
  const Status status = cache.publish(key('b'), bytes_of(std::string(20'000, 'w')));
  EXPECT_EQ(status.code(), Code::kExhausted);
  EXPECT_THAT(status.message(), HasSubstr("the quota is 10"));
  EXPECT_EQ(n_files(), 1);
}

TEST_F(PackedCacheTest, the_quota_follows_the_free_disk_unless_it_is_given) {
  ASSERT_TRUE(cache.publish(key('a'), bytes_of("x")).ok());
  EXPECT_LE(cache.quota_bytes(), std::size_t{8} << 30);
  EXPECT_LE(cache.quota_bytes(), fs::space(home.path()).available / 9);
  ASSERT_EQ(::setenv("QUERN_PACKED_QUOTA", "3MB", 1), 0);
  EXPECT_EQ(cache.quota_bytes(), 3u << 20);
  ASSERT_EQ(::setenv("QUERN_PACKED_QUOTA", "nonsense", 1), 0);
  EXPECT_GT(cache.quota_bytes(), 0u);
}

TEST_F(PackedCacheTest, a_full_disk_leaves_nothing_behind) {
  rlimit old{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old), 0);
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{.rlim_cur = 50'000, .rlim_max = old.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const Status status = cache.publish(key('a'), bytes_of(std::string(100'000, 'w')));
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &old), 0);
  std::signal(SIGXFSZ, old_handler);
  EXPECT_EQ(status.code(), Code::kIo);
  EXPECT_THAT(status.message(), HasSubstr("cannot write"));
  EXPECT_EQ(n_files(), 0);
}

TEST_F(PackedCacheTest, a_home_that_cannot_be_written_to_is_no_cache) {
  const PackedCache nowhere(home.write("file", "not a folder"));
  EXPECT_EQ(nowhere.find(key('a')).status().code(), Code::kNotFound);
  EXPECT_EQ(nowhere.publish(key('a'), bytes_of("x")).code(), Code::kUnavailable);
  nowhere.clear(key('a').model_digest);
}

TEST_F(PackedCacheTest, parts_of_killed_processes_go_after_an_hour) {
  const std::string old_part = home.write("packed/a.qpk.1.0.part", "half");
  const std::string new_part = home.write("packed/b.qpk.2.0.part", "half");
  set_age(old_part, std::chrono::minutes(90));
  ASSERT_TRUE(cache.publish(key('a'), bytes_of("x")).ok());
  EXPECT_FALSE(fs::exists(old_part));
  EXPECT_TRUE(fs::exists(new_part));
}

TEST_F(PackedCacheTest, clearing_takes_all_files_of_one_model) {
  ASSERT_TRUE(cache.publish(key('a'), bytes_of("1")).ok());
  ASSERT_TRUE(cache.publish(key('a', "bf16"), bytes_of("2")).ok());
  ASSERT_TRUE(cache.publish(key('b'), bytes_of("3")).ok());
  cache.clear(key('a').model_digest);
  EXPECT_EQ(n_files(), 1);
  EXPECT_TRUE(cache.find(key('b')).ok());
}

TEST_F(PackedCacheTest, publishers_and_readers_at_once_see_whole_files) {
  const std::vector<std::string> payloads = {std::string(300'000, 'x'), std::string(200'000, 'y')};
  ASSERT_TRUE(cache.publish(key('a'), bytes_of(payloads[0])).ok());
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 10; ++i) {
        EXPECT_TRUE(cache.publish(key('a'), bytes_of(payloads[(t + i) % 2])).ok());
        const Result<MappedSections> found = cache.find(key('a'));
        ASSERT_TRUE(found.ok()) << found.status().message();
        EXPECT_THAT(payloads, testing::Contains(text_of(*found)));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(n_files(), 1);
}

TEST_F(PackedCacheTest, can_be_switched_off) {
  EXPECT_TRUE(is_packed_cache_on());
  for (const char* value : {"off", "0", "no"}) {
    ASSERT_EQ(::setenv("QUERN_PACKED", value, 1), 0);
    EXPECT_FALSE(is_packed_cache_on());
  }
  ASSERT_EQ(::setenv("QUERN_PACKED", "on", 1), 0);
  EXPECT_TRUE(is_packed_cache_on());
}

}  // namespace
}  // namespace quern::hub
