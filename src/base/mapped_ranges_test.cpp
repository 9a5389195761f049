#include "base/mapped_ranges.h"

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/mapped_file.h"

namespace quern {
namespace {

std::string write_temporary(const std::string& name, std::size_t n_bytes) {
  const std::string path = testing::TempDir() + name + std::to_string(::getpid());
  std::ofstream(path, std::ios::binary) << std::string(n_bytes, 'x');
  return path;
}

std::string path_at(const void* address) {
  const char* path = mapped_path(address);
  return path == nullptr ? "none" : path;
}

}  // namespace

TEST(mapped_ranges, an_address_has_the_name_of_its_file_while_it_is_mapped) {
  const std::string a = write_temporary("a", 10'000);
  const std::string b = write_temporary("b", 1);
  const std::byte* gone = nullptr;
  {
    const Result<MappedFile> first = MappedFile::open(a);
    Result<MappedFile> second = MappedFile::open(b);
    ASSERT_TRUE(first.ok() && second.ok());
    const MappedFile moved = std::move(*second);
    gone = first->bytes().data();
    EXPECT_EQ(path_at(gone), a);
    EXPECT_EQ(path_at(gone + 9'999), a);
    EXPECT_NE(path_at(gone + 10'000), a);
    EXPECT_EQ(path_at(moved.bytes().data()), b);
  }
  EXPECT_EQ(path_at(gone), "none");
  EXPECT_EQ(path_at(nullptr), "none");
  std::filesystem::remove(a);
  std::filesystem::remove(b);
}

TEST(mapped_ranges, more_mappings_than_names_do_no_harm) {
  std::vector<std::byte> memory(5000);
  for (std::byte& byte : memory) note_mapping({&byte, 1}, "many");
  EXPECT_EQ(path_at(&memory[4000]), "many");
  EXPECT_EQ(path_at(&memory[4999]), "none");
  for (std::byte& byte : memory) forget_mapping({&byte, 1});
  EXPECT_EQ(path_at(&memory[4000]), "none");
}

TEST(mapped_ranges_death, a_file_cut_short_is_named) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const std::string path = write_temporary("cut", 100'000);
  EXPECT_EXIT(
      {
        const Result<MappedFile> file = MappedFile::open(path);
        explain_lost_mappings(6);
        std::filesystem::resize_file(path, 0);
        volatile std::byte last = file->bytes()[99'999];
        static_cast<void>(last);
      },
      testing::ExitedWithCode(6), "quern: '.*cut.*' was changed while it was in use");
  std::filesystem::remove(path);
}

TEST(mapped_ranges_death, another_bus_error_is_what_it_always_was) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const std::string path = write_temporary("other", 10);
  EXPECT_EXIT(
      {
        explain_lost_mappings(6);
        std::FILE* file = std::fopen(path.c_str(), "r");
        auto* bytes = static_cast<volatile char*>(
            ::mmap(nullptr, 10'000, PROT_READ, MAP_SHARED, ::fileno(file), 0));
        static_cast<void>(bytes[9'000]);
      },
      testing::KilledBySignal(SIGBUS), "");
  std::filesystem::remove(path);
}

}  // namespace quern
