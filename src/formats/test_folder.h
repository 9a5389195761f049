// For tests: a temporary folder that goes away, and the fixtures of tests/data.

#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace quern::formats {

class TestFolder {
 public:
  TestFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "quern_test.XXXXXX").string();
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    path_ = name;
  }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  ~TestFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  std::string path(const std::string& file = "") const {
    return file.empty() ? path_.string() : (path_ / file).string();
  }

  /// Writes a file, making the folders on the way.
  std::string write(const std::string& file, std::string_view text) const {
    const std::filesystem::path target = path_ / file;
    std::filesystem::create_directories(target.parent_path());
    std::ofstream(target, std::ios::binary) << text;
    return target.string();
  }

  /// Copies a folder of tests/data/models into this one, as `name`.
  std::string copy_model(const std::string& model, const std::string& name) const {
    const std::filesystem::path from =
        std::filesystem::path(QUERN_SOURCE_DIR) / "tests/data/models" / model;
    std::filesystem::copy(from, path_ / name, std::filesystem::copy_options::recursive);
    return path(name);
  }

 private:
  std::filesystem::path path_;
};

inline std::string fixture(const std::string& file) {
  return std::string(QUERN_SOURCE_DIR) + "/tests/data/models/" + file;
}

/// A file of the larger data beside the repository ($QUERN_SHARED, else ../shared); "" if it is not
/// there, and the test has to be skipped.
inline std::string shared_file(const std::string& file) {
  const char* folder = std::getenv("QUERN_SHARED");
  const std::string path =
      (folder != nullptr ? std::string(folder) : std::string(QUERN_SOURCE_DIR) + "/../shared") +
      "/" + file;
  return std::filesystem::exists(path) ? path : "";
}

inline std::string slurp(const std::string& path) {
  std::ostringstream out;
  out << std::ifstream(path, std::ios::binary).rdbuf();
  return out.str();
}

inline void replace_in(const std::string& path, std::string_view from, std::string_view to) {
  std::string text = slurp(path);
  const std::size_t at = text.find(from);
  ASSERT_NE(at, std::string::npos) << path << " has no " << from;
  text.replace(at, from.size(), to);
  std::ofstream(path, std::ios::binary) << text;
}

}  // namespace quern::formats
