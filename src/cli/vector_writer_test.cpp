#include "cli/vector_writer.h"

#include <cmath>
#include <cstring>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cli/temp_folder.h"

namespace quern::cli {
namespace {

engine::Outcome good(std::vector<float> values, int n_dropped = 0) {
  return {.status = {}, .values = std::move(values), .n_tokens = 5, .n_dropped = n_dropped};
}

engine::Outcome bad() {
  return {.status = Status(Code::kBadInput, "no"), .values = {}, .n_tokens = 0, .n_dropped = 0};
}

std::unique_ptr<VectorWriter> open(const std::string& path, int dims) {
  auto writer = make_vector_writer(path, {.dims = dims});
  EXPECT_TRUE(writer.ok()) << writer.status().message();
  return writer.ok() ? std::move(*writer) : nullptr;
}

std::vector<float> floats_of(const std::string& bytes) {
  std::vector<float> values(bytes.size() / sizeof(float));
  std::memcpy(values.data(), bytes.data(), values.size() * sizeof(float));
  return values;
}

}  // namespace

TEST(vector_writer, npy_holds_rows_in_order_and_nan_for_failed_ones) {
  const TempFolder folder;
  auto writer = open(folder.file("out.npy"), 2);
  ASSERT_TRUE(writer->write({}, good({1, 2})).ok());
  ASSERT_TRUE(writer->write({}, bad()).ok());
  ASSERT_TRUE(writer->write({}, good({3, 4})).ok());
  ASSERT_TRUE(writer->finish().ok());

  const std::string bytes = folder.read("out.npy");
  ASSERT_EQ(bytes.size(), 128u + 3 * 2 * 4);
  EXPECT_EQ(bytes.substr(0, 10), std::string("\x93NUMPY\x01\x00\x76\x00", 10));
  EXPECT_EQ(bytes.substr(10, 57), "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2),");
  EXPECT_EQ(bytes[127], '\n');
  const std::vector<float> values = floats_of(bytes.substr(128));
  EXPECT_EQ(values[0], 1);
  EXPECT_EQ(values[1], 2);
  EXPECT_TRUE(std::isnan(values[2]) && std::isnan(values[3]));
  EXPECT_EQ(values[5], 4);
}

TEST(vector_writer, npy_of_nothing_is_an_empty_array) {
  const TempFolder folder;
  ASSERT_TRUE(open(folder.file("out.npy"), 384)->finish().ok());
  const std::string bytes = folder.read("out.npy");
  EXPECT_EQ(bytes.size(), 128u);
  EXPECT_NE(bytes.find("'shape': (0, 384), }"), std::string::npos);
}

TEST(vector_writer, npy_refuses_pipes_and_rows_of_another_width) {
  const TempFolder folder;
  Result<OutputFile> device = OutputFile::create("/dev/null");
  ASSERT_TRUE(device.ok());
  EXPECT_EQ(make_npy_writer(std::move(*device), 2).status().code(), Code::kUnsupported);
  auto writer = open(folder.file("out.npy"), 2);
  EXPECT_EQ(writer->write({}, good({1, 2, 3})).message(), "a vector has 3 numbers, want 2");
}

TEST(vector_writer, jsonl_says_what_became_of_each_input) {
  const TempFolder folder;
  auto writer = open(folder.file("out.jsonl"), 2);
  ASSERT_TRUE(writer->write({}, good({0.25f, -1})).ok());
  ASSERT_TRUE(writer->write({}, good({1, 0}, /*n_dropped=*/3)).ok());
  ASSERT_TRUE(writer->write({}, bad()).ok());
  ASSERT_TRUE(writer->finish().ok());
  EXPECT_EQ(folder.read("out.jsonl"),
            "{\"index\":0,\"embedding\":[0.25,-1],\"n_tokens\":5,\"truncated\":false}\n"
            "{\"index\":1,\"embedding\":[1,0],\"n_tokens\":5,\"truncated\":true}\n"
            "{\"index\":2,\"error\":{\"code\":\"bad_input\",\"message\":\"no\"}}\n");
}

TEST(vector_writer, unknown_endings_are_refused_before_anything_is_made) {
  const TempFolder folder;
  const auto writer = make_vector_writer(folder.file("out.csv"), {.dims = 2});
  EXPECT_EQ(writer.status().code(), Code::kBadInput);
  EXPECT_EQ(folder.n_files(), 0);
}

}  // namespace quern::cli
