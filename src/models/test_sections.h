// Packed sections for tests: kept in memory, and as a file that is mapped.

#pragma once

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/checksum.h"
#include "models/sections.h"

namespace quern::models {

/// Bytes of the mapping around `at` that this process holds.
inline std::size_t resident_bytes(const void* at) {
  const auto want = reinterpret_cast<std::uintptr_t>(at);
  std::ifstream smaps("/proc/self/smaps");
  std::string line;
  bool is_it = false;
  while (std::getline(smaps, line)) {
    std::uintptr_t first = 0;
    std::uintptr_t end = 0;
    std::size_t kb = 0;
    if (std::sscanf(line.c_str(), "%" SCNxPTR "-%" SCNxPTR " ", &first, &end) == 2) {
      is_it = first <= want && want < end;
    } else if (is_it && std::sscanf(line.c_str(), "Rss: %zu kB", &kb) == 1) {
      return kb << 10;
    }
  }
  ADD_FAILURE() << "no mapping there";
  return 0;
}

class KeptSections : public SectionSink {
 public:
  Status begin(const std::vector<std::size_t>& bytes) override {
    announced = bytes;
    return {};
  }
  Status add(std::span<const std::byte> section) override {
    sections.emplace_back(reinterpret_cast<const char*>(section.data()), section.size());
    return {};
  }

  /// Written to a file of this test, each section at a page, and mapped.
  MappedSections mapped() const {
    constexpr std::size_t kPage = 4096;
    std::string name = testing::UnitTest::GetInstance()->current_test_info()->name();
    std::replace(name.begin(), name.end(), '/', '_');  // Of a parameter.
    const std::string path = testing::TempDir() + "/" + name + ".sections";
    std::string file;
    for (const std::string& section : sections) {
      file += section;
      file.resize((file.size() + kPage - 1) / kPage * kPage);
    }
    EXPECT_TRUE(write_file_atomically(path, file).ok());
    Result<MappedFile> opened = MappedFile::open(path);
    EXPECT_TRUE(opened.ok()) << opened.status().message();
    MappedSections out{.file = std::move(*opened), .sections = {}};
    std::size_t at = 0;
    for (const std::string& section : sections) {
      out.sections.push_back({out.file.bytes().subspan(at, section.size()),
                              checksum64(std::as_bytes(std::span(section)))});
      at += (section.size() + kPage - 1) / kPage * kPage;
    }
    return out;
  }

  std::vector<std::size_t> announced;
  std::vector<std::string> sections;
};

}  // namespace quern::models
