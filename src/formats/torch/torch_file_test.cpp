#include "formats/torch/torch_file.h"

#include <cstring>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "formats/test_folder.h"

namespace quern::formats {
namespace {

using ::testing::HasSubstr;

std::span<const std::byte> bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

std::string sparse() { return slurp(fixture("tiny-m3/sparse_linear.pt")); }

/// What is said of a file of torch.save in which each `from` is `to`, of the same length.
Status refused(const std::string& from, const std::string& to) {
  std::string file = sparse();
  EXPECT_EQ(from.size(), to.size());
  std::size_t n = 0;
  for (std::size_t at = 0; (at = file.find(from, at)) != std::string::npos; ++n) {
    file.replace(at, from.size(), to);
  }
  EXPECT_GT(n, 0u) << from;
  const Result<TensorMap> made = parse_torch(bytes_of(file));
  EXPECT_FALSE(made.ok());
  return made.status();
}

}  // namespace

TEST(torch_file, holds_the_parameters_of_a_module) {
  const std::string file = sparse();
  const Result<TensorMap> tensors = parse_torch(bytes_of(file));
  ASSERT_TRUE(tensors.ok()) << tensors.status().message();
  ASSERT_EQ(tensors->size(), 2u);
  const TensorEntry& weight = tensors->at("weight");
  EXPECT_EQ(weight.dtype, DType::kF16);
  EXPECT_EQ(weight.shape, (std::vector<std::int64_t>{1, 24}));
  EXPECT_EQ(weight.bytes.size(), 48u);
  EXPECT_EQ(tensors->at("bias").shape, std::vector<std::int64_t>{1});
}

TEST(torch_file, calls_nothing) {
  const Status status =
      refused("ctorch._utils\n_rebuild_tensor_v2\n", "cposix.system\nsystem_of_the_host\n");
  EXPECT_THAT(status.message(), HasSubstr("calls 'posix.system system_of_the_host'"));
  EXPECT_EQ(status.code(), Code::kUnsupported) << status.message();
}

TEST(torch_file, what_cannot_be_is_refused) {
  EXPECT_THAT(refused("HalfStorage", "LongStorage").message(),
              HasSubstr("holds 'torch LongStorage', want floats"));
  EXPECT_THAT(refused("data.pkl", "data.pkx").message(), HasSubstr("has no data.pkl"));
  EXPECT_THAT(refused("little", "middle").message(), HasSubstr("not little-endian"));
  EXPECT_EQ(parse_torch({}).status().code(), Code::kBadInput);
  EXPECT_EQ(parse_torch(bytes_of("PK\x05\x06")).status().code(), Code::kBadInput);
}

TEST(torch_file, no_cut_is_read_beyond_its_end) {
  const std::string file = sparse();
  for (std::size_t n = 0; n < file.size(); n += 7) {
    EXPECT_FALSE(parse_torch(bytes_of(file.substr(0, n))).ok()) << n;
  }
  // Single bytes that are wrong give an error or tensors inside the file.
  for (std::size_t at = 0; at < file.size(); ++at) {
    std::string wrong = file;
    wrong[at] = static_cast<char>(wrong[at] ^ 0x55);
    const Result<TensorMap> made = parse_torch(bytes_of(wrong));
    if (!made.ok()) continue;
    for (const auto& [name, entry] : *made) {
      EXPECT_GE(reinterpret_cast<const char*>(entry.bytes.data()), wrong.data());
      EXPECT_LE(reinterpret_cast<const char*>(entry.bytes.data() + entry.bytes.size()),
                wrong.data() + wrong.size());
    }
  }
}

}  // namespace quern::formats
