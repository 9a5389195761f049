#include "models/tensor_source.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "formats/gguf/test_gguf.h"

namespace quern::models {
namespace {

TEST(tensor_source, a_tensor_that_cannot_be_read_is_refused_where_it_is_needed) {
  constexpr std::uint32_t kF32 = 0, kQ8_0 = 8;
  formats::TestGguf file;
  file.string("general.architecture", "llama");
  file.tensor("odd", {33, 3}, kQ8_0, std::string(34, 'q')).tensor("none", {0}, kF32, "");
  file.tensor("w", {32, 3}, kQ8_0, std::string(3 * 34, 'q'));
  const auto path = std::filesystem::temp_directory_path() / "tensor_source_test.gguf";
  std::ofstream(path, std::ios::binary) << file.bytes();
  Result<formats::GgufFile> opened = formats::GgufFile::open(path.string());
  std::filesystem::remove(path);
  ASSERT_TRUE(opened.ok()) << opened.status().message();
  const TensorSource source(std::move(*opened));
  EXPECT_EQ(source.matrix("w", 3, 32)->bytes.size(), 3u * 34);
  EXPECT_TRUE(source.has("odd"));  // Not taken for one that a model may lack.
  EXPECT_EQ(source.matrix("odd", 3, 33).status().message(),
            "tensor 'odd': rows of 33 elements, want a multiple of 32 for q8_0");
  EXPECT_EQ(source.vector("none", 1).status().message(),
            "tensor 'none': dimensions [0], want 1 or more each");
}

}  // namespace
}  // namespace quern::models
