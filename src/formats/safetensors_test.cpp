#include "formats/safetensors.h"

#include <cstring>

#include <gmock/gmock.h>

#include "formats/test_folder.h"

namespace quern::formats {
namespace {

using testing::HasSubstr;

/// A file with this header and `n_data` bytes 0, 1, 2, ...
std::string file_bytes(std::string_view header, std::size_t n_data) {
  std::string out;
  for (int i = 0; i < 8; ++i) out += static_cast<char>((header.size() >> (8 * i)) & 0xff);
  out += header;
  for (std::size_t i = 0; i < n_data; ++i) out += static_cast<char>(i);
  return out;
}

Result<TensorMap> parse(const std::string& file) {
  return parse_safetensors(std::as_bytes(std::span(file)));
}

Status error_of(std::string_view header, std::size_t n_data) {
  return parse(file_bytes(header, n_data)).status();
}

TEST(safetensors, worked_example) {
  const std::string file =
      file_bytes(R"({"__metadata__":{"format":"pt"},)"
                 R"("b":{"dtype":"F16","shape":[2,3],"data_offsets":[8,20]},)"
                 R"("a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
                 R"("none":{"dtype":"I64","shape":[0,4],"data_offsets":[20,20]},)"
                 R"("one":{"dtype":"U8","shape":[],"data_offsets":[20,21]}}   )",
                 21);
  const Result<TensorMap> tensors = parse(file);
  ASSERT_TRUE(tensors.ok()) << tensors.status().message();
  ASSERT_EQ(tensors->size(), 4u);
  EXPECT_EQ(tensors->at("b").dtype, DType::kF16);
  EXPECT_EQ(tensors->at("b").shape, (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(tensors->at("b").bytes.size(), 12u);
  EXPECT_EQ(std::to_integer<int>(tensors->at("b").bytes[0]), 8);
  EXPECT_TRUE(tensors->at("none").bytes.empty());
  EXPECT_TRUE(tensors->at("one").shape.empty());
}

TEST(safetensors, an_empty_map_is_a_file_without_tensors) {
  EXPECT_TRUE(parse(file_bytes("{}", 0)).ok());
  EXPECT_THAT(error_of("{}", 3).message(), HasSubstr("tensors end at data byte 0, the file has 3"));
}

TEST(safetensors, data_may_lie_at_an_odd_address) {
  const std::string file =
      file_bytes(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]} })", 4);
  const Result<TensorMap> tensors = parse(file);
  ASSERT_TRUE(tensors.ok()) << tensors.status().message();
  std::uint32_t bits = 0;
  std::memcpy(&bits, tensors->at("a").bytes.data(), 4);
  EXPECT_EQ(bits, 0x03020100u);
}

TEST(safetensors, refuses_every_lie_of_a_header) {
  struct Case {
    const char* header;
    std::size_t n_data;
    const char* message;
  };
  const Case cases[] = {
      {R"([])", 0, "does not begin with '{'"},
      {R"({"a":)", 0, "not valid JSON"},
      {"{\"\xff\":{}}", 0, "not valid JSON"},
      {R"({"a":3})", 0, "tensor 'a': an integer instead of an object with 'dtype'"},
      {R"({"a":{"shape":[1],"data_offsets":[0,4]}})", 4, "tensor 'a': no 'dtype'"},
      {R"({"a":{"dtype":"F32","data_offsets":[0,4]}})", 4, "tensor 'a': no 'shape'"},
      {R"({"a":{"dtype":"F32","shape":[1]}})", 4, "tensor 'a': no 'data_offsets'"},
      {R"({"a":{"dtype":"F31","shape":[1],"data_offsets":[0,4]}})", 4, "dtype 'F31', want F32"},
      {R"({"a":{"dtype":7,"shape":[1],"data_offsets":[0,4]}})", 4, "want a string"},
      {R"({"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})", 4, "else than counts"},
      {R"({"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}})", 4, "else than counts"},
      {R"({"a":{"dtype":"F32","shape":1,"data_offsets":[0,4]}})", 4, "want an array"},
      {R"({"a":{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[0,4]}})", 4,
       "more than 8 dimensions"},
      {R"({"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,4]}})", 4,
       "overflows"},
      {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", 4,
       "4 bytes of data, want 8 for f32 [2]"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}})", 4, "[4, 0] do not lie in"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}})", 4, "[0, 8] do not lie in"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[18446744073709551612,0]}})", 4,
       "do not lie in"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}})", 4, "not a pair"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}})", 4, "not a pair"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}})", 4, "not a pair"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
       R"("b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}})",
       6, "tensor 'b' begins at data byte 2, want 4: tensors overlap"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
       R"("b":{"dtype":"F32","shape":[1],"data_offsets":[6,10]}})",
       10, "tensor 'b' begins at data byte 6, want 4: a hole"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", 5, "the file has 5"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
       R"("a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})",
       8, "tensor 'a' is there twice"},
      {R"({"__metadata__":[]})", 0, "'__metadata__' is not an object"},
      {R"({"__metadata__":{"n":1}})", 0, "want a string"},
  };
  for (const Case& c : cases) {
    const Status status = error_of(c.header, c.n_data);
    EXPECT_EQ(status.code(), Code::kBadInput) << c.header;
    EXPECT_THAT(status.message(), HasSubstr(c.message)) << c.header;
  }
  EXPECT_EQ(error_of(R"({"a":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1]}})", 1).code(),
            Code::kUnsupported);
}

TEST(safetensors, refuses_a_header_length_that_lies) {
  EXPECT_THAT(parse("").status().message(), HasSubstr("too short for a header"));
  EXPECT_THAT(parse("1234567").status().message(), HasSubstr("too short for a header"));
  EXPECT_FALSE(parse(std::string(8, '\0')).ok());
  for (const char top : {'\x01', '\x7f', '\xff'}) {
    std::string file = file_bytes("{}", 0);
    file[7] = top;
    EXPECT_THAT(parse(file).status().message(), HasSubstr("header says it has")) << int{top};
  }
}

TEST(safetensors, every_truncation_of_a_real_file_is_refused) {
  const std::string file = slurp(fixture("tiny-mean-bf16/model.safetensors"));
  ASSERT_TRUE(parse(file).ok());
  for (std::size_t n = 0; n < file.size(); n += (n < 4000 ? 7 : 997)) {
    EXPECT_FALSE(parse(file.substr(0, n)).ok()) << n;
  }
  EXPECT_FALSE(parse(file + "x").ok());
}

TEST(safetensors, nesting_beyond_the_limit_is_an_error) {
  EXPECT_THAT(error_of("{\"a\":" + std::string(1 << 20, '['), 0).message(),
              HasSubstr("not valid JSON"));
}

TEST(tensor_files, one_file_and_a_sharded_set_hold_what_the_index_says) {
  Result<TensorFiles> one = TensorFiles::open(fixture("tiny-mean-f32"));
  ASSERT_TRUE(one.ok()) << one.status().message();
  EXPECT_EQ(one->files().size(), 1u);
  ASSERT_NE(one->find("embeddings.LayerNorm.weight"), nullptr);
  EXPECT_EQ(one->find("embeddings.LayerNorm.weight")->shape, (std::vector<std::int64_t>{32}));
  EXPECT_EQ(one->find("no.such.tensor"), nullptr);

  Result<TensorFiles> three = TensorFiles::open(fixture("tiny-sharded"));
  ASSERT_TRUE(three.ok()) << three.status().message();
  EXPECT_EQ(three->files().size(), 3u);
  ASSERT_EQ(three->all().size(), one->all().size());
  for (const auto& [name, entry] : one->all()) {
    ASSERT_NE(three->find(name), nullptr) << name;
    EXPECT_EQ(three->find(name)->shape, entry.shape) << name;
  }
  EXPECT_EQ(three->n_bytes(), one->n_bytes());
  three->drop_pages();
  EXPECT_NE(three->find("embeddings.LayerNorm.weight")->bytes[1], std::byte{0xff});
}

TEST(tensor_files, a_hostile_index_is_refused) {
  struct Case {
    const char* from;
    const char* to;
    const char* message;
  };
  const Case cases[] = {
      {"model-00001-of-00003.safetensors", "../model-00001-of-00003.safetensors", "beside the"},
      {"model-00001-of-00003.safetensors", "/etc/passwd", "beside the index"},
      {"model-00001-of-00003.safetensors", "", "beside the index"},
      {"model-00001-of-00003.safetensors", "..", "beside the index"},
      {"model-00001-of-00003.safetensors", "model-1.safetensors", "cannot open"},
      {"model-00001-of-00003.safetensors", "config.json", "config.json"},
      {"\"embeddings.LayerNorm.bias\"", "\"no.such.tensor\"", "tensor 'no.such.tensor' is not in"},
      {"weight_map", "weight_mop", "no 'weight_map'"},
      {"{", "", "not valid JSON"},
  };
  for (const Case& c : cases) {
    const TestFolder folder;
    const std::string model = folder.copy_model("tiny-sharded", "m");
    replace_in(model + "/model.safetensors.index.json", c.from, c.to);
    const Status status = TensorFiles::open(model).status();
    EXPECT_FALSE(status.ok()) << c.to;
    EXPECT_THAT(status.message(), HasSubstr(c.message));
  }
}

TEST(tensor_files, says_what_is_missing) {
  const TestFolder folder;
  EXPECT_EQ(TensorFiles::open(folder.path()).status().code(), Code::kNotFound);
  folder.write("pytorch_model.bin", "x");
  EXPECT_THAT(TensorFiles::open(folder.path()).status().message(),
              HasSubstr("pytorch_model.bin is not read"));
  EXPECT_EQ(TensorFiles::open(folder.path("a.safetensors")).status().code(), Code::kNotFound);
}

}  // namespace
}  // namespace quern::formats
