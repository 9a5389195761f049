#include "formats/gguf/gguf.h"

#include <functional>

#include <gmock/gmock.h>

#include "formats/gguf/test_gguf.h"
#include "formats/test_folder.h"

namespace quern::formats {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::uint32_t kF32 = 0;
constexpr std::uint32_t kQ8_0 = 8;

TEST(gguf, worked_example) {
  TestGguf file;
  file.string("general.architecture", "llama").u32("llama.block_count", 2);
  file.tensor("w", {32, 3}, kQ8_0, std::string(3 * 34, 'q')).tensor("b", {2}, kF32, "12345678");
  const std::string bytes = file.bytes();
  const Result<GgufContents> gguf = parse_gguf_text(bytes);
  ASSERT_TRUE(gguf.ok()) << gguf.status().message();
  EXPECT_EQ(gguf->version, 3);
  EXPECT_EQ(*gguf->metadata.string("general.architecture"), "llama");
  EXPECT_EQ(*gguf->metadata.integer("llama.block_count", 1, 10), 2);
  ASSERT_EQ(gguf->tensors.size(), 2u);
  const GgufTensor& w = gguf->tensors.at("w");
  EXPECT_EQ(w.format, BlockFormat::kQ8_0);
  EXPECT_THAT(w.shape, ElementsAre(3, 32));
  EXPECT_EQ(w.bytes.size(), 3u * 34);
  EXPECT_EQ(reinterpret_cast<const char*>(gguf->tensors.at("b").bytes.data())[0], '1');
}

TEST(gguf, every_metadata_type_is_read) {
  TestGguf file;
  file.entry("u8", 0, TestGguf::raw<std::uint8_t>(200));
  file.entry("i8", 1, TestGguf::raw<std::int8_t>(-3));
  file.entry("u16", 2, TestGguf::raw<std::uint16_t>(60000));
  file.entry("i16", 3, TestGguf::raw<std::int16_t>(-300));
  file.u32("u32", 4'000'000'000u);
  file.entry("i32", 5, TestGguf::raw<std::int32_t>(-70000));
  file.f32("f32", 0.5f).boolean("yes", true).string("text", std::string("a\0b\xff", 4));
  file.entry("u64", 10, TestGguf::raw<std::uint64_t>(UINT64_MAX));
  file.entry("i64", 11, TestGguf::raw<std::int64_t>(INT64_MIN));
  file.entry("f64", 12, TestGguf::raw(1e300));
  file.strings("list", {"x", "", "yz"}).array<float>("scores", 6, {1.0f, -2.0f});
  file.array<std::int32_t>("types", 5, {1, -1, 3}).array<std::uint8_t>("flags", 7, {1, 0});
  const std::string bytes = file.bytes();
  const Result<GgufContents> gguf = parse_gguf_text(bytes);
  ASSERT_TRUE(gguf.ok()) << gguf.status().message();
  const GgufMetadata& m = gguf->metadata;
  EXPECT_EQ(*m.integer("u8", 0, 255), 200);
  EXPECT_EQ(*m.integer("i8", -9, 9), -3);
  EXPECT_EQ(*m.integer("u16", 0, 65535), 60000);
  EXPECT_EQ(*m.integer("i16", -999, 0), -300);
  EXPECT_EQ(*m.integer("u32", 0, INT64_MAX), 4'000'000'000);
  EXPECT_EQ(*m.integer("i32", -99999, 0), -70000);
  EXPECT_EQ(*m.number_or("f32", 0, 1, 9), 0.5);
  EXPECT_EQ(*m.number_or("u8", 0, 255, 9), 200.0);
  EXPECT_EQ(*m.number_or("f64", 0, 1e308, 9), 1e300);
  EXPECT_TRUE(*m.boolean_or("yes", false));
  EXPECT_EQ(*m.string("text"), std::string_view("a\0b\xff", 4));
  EXPECT_EQ(m.integer("u64", 0, INT64_MAX).status().code(), Code::kBadInput);
  EXPECT_EQ(*m.integer("i64", INT64_MIN, 0), INT64_MIN);
  EXPECT_THAT(*m.strings("list"), ElementsAre("x", "", "yz"));
  EXPECT_THAT(*m.floats("scores"), ElementsAre(1.0f, -2.0f));
  EXPECT_THAT(*m.integers("types"), ElementsAre(1, -1, 3));
  EXPECT_FALSE(m.integers("flags").ok());
  EXPECT_TRUE(m.strings("none")->empty());
  EXPECT_EQ(*m.integer_or("none", 1, 2, 7), 7);
  EXPECT_EQ(*m.string_or("none", "d"), "d");
}

TEST(gguf, nested_arrays_are_read_up_to_a_depth) {
  const auto nested = [](int depth) {
    std::string value =
        TestGguf::raw<std::uint32_t>(4) + TestGguf::raw<std::uint64_t>(1) + TestGguf::raw(7u);
    for (int i = 0; i < depth; ++i) {
      value = TestGguf::raw<std::uint32_t>(9) + TestGguf::raw<std::uint64_t>(1) + value;
    }
    return TestGguf().entry("a", 9, value).bytes();
  };
  const std::string bytes = nested(1);
  const Result<GgufContents> gguf = parse_gguf_text(bytes);
  ASSERT_TRUE(gguf.ok()) << gguf.status().message();
  const auto& outer = std::get<GgufArray>(gguf->metadata.all().at("a"));
  EXPECT_EQ(outer.type, GgufType::kArray);
  const std::vector<GgufValue> inner = gguf_elements(outer);
  ASSERT_EQ(inner.size(), 1u);
  EXPECT_EQ(std::get<std::uint64_t>(gguf_elements(std::get<GgufArray>(inner[0])).at(0)), 7u);
  EXPECT_TRUE(parse_gguf_text(nested(3)).ok());
  EXPECT_FALSE(parse_gguf_text(nested(4)).ok());
  EXPECT_FALSE(parse_gguf_text(nested(1000)).ok());
}

TEST(gguf, a_wrong_value_is_named_with_what_it_is) {
  TestGguf file;
  file.u32("n", 0).string("s", "x").strings("list", {"a"}).f32("nan", std::nanf(""));
  const std::string bytes = file.bytes();
  const Result<GgufContents> gguf = parse_gguf_text(bytes);
  ASSERT_TRUE(gguf.ok());
  const GgufMetadata& m = gguf->metadata;
  EXPECT_EQ(m.integer("n", 1, 8).status().message(), "'n' is 0, want an integer from 1 to 8");
  EXPECT_EQ(m.integer("s", 1, 8).status().message(), "'s' is \"x\", want an integer from 1 to 8");
  EXPECT_EQ(m.integer("no", 1, 8).status().message(), "no 'no', want an integer from 1 to 8");
  EXPECT_EQ(m.string("list").status().message(), "'list' is an array of 1 strings, want a string");
  EXPECT_FALSE(m.number_or("nan", -1, 1, 0).ok());
  EXPECT_FALSE(m.floats("list").ok());
  EXPECT_FALSE(m.strings("s").ok());
}

TEST(gguf, alignment_is_honoured) {
  TestGguf file;
  file.alignment = 256;
  file.u32("general.alignment", 256).tensor("a", {1}, kF32, "aaaa").tensor("b", {1}, kF32, "bbbb");
  const std::string bytes = file.bytes();
  const Result<GgufContents> gguf = parse_gguf_text(bytes);
  ASSERT_TRUE(gguf.ok()) << gguf.status().message();
  EXPECT_EQ(gguf->tensors.at("b").bytes[0], std::byte{'b'});
  EXPECT_EQ((gguf->tensors.at("b").bytes.data() - gguf->tensors.at("a").bytes.data()), 256);
  for (const std::uint32_t bad : {0u, 7u, 12u, 4u, 1u << 31}) {
    EXPECT_THAT(
        parse_gguf_text(TestGguf().u32("general.alignment", bad).bytes()).status().message(),
        HasSubstr("'general.alignment' is"));
  }
}

TEST(gguf, hostile_files_are_refused) {
  struct Case {
    const char* message;
    Code code;
    std::function<void(TestGguf&)> lie;
  };
  const Code bad = Code::kBadInput;
  const Code no = Code::kUnsupported;
  const std::string four = "4444";
  const Case cases[] = {
      {"does not begin with 'GGUF'", bad, [](auto& f) { f.magic = 0x47475546; }},
      {"GGUF version 1, want", no, [](auto& f) { f.version = 1; }},
      {"GGUF version 4, want", no, [](auto& f) { f.version = 4; }},
      {"GGUF version 0, want", no, [](auto& f) { f.version = 0; }},
      {"big-endian", no, [](auto& f) { f.version = 3u << 24; }},
      {"metadata entries and", bad, [](auto& f) { f.n_entries = UINT64_MAX; }},
      {"metadata entries and", bad, [](auto& f) { f.n_tensors = 1ull << 60; }},
      {"metadata key", bad, [](auto& f) { f.u32("x", 1).n_entries = 3; }},
      {"a metadata key of 0 bytes", bad, [](auto& f) { f.u32("", 1); }},
      {"a metadata key of 65536", bad, [](auto& f) { f.u32(std::string(65536, 'k'), 1); }},
      {"metadata key that is not UTF-8", bad, [](auto& f) { f.u32("\xff", 1); }},
      {"'x' is there twice", bad, [](auto& f) { f.u32("x", 1).u32("x", 2); }},
      {"'x' has the unknown type 13", bad, [](auto& f) { f.entry("x", 13, "abcdabcd"); }},
      {"value of 'x' is not valid", bad, [](auto& f) { f.entry("x", 7, "\x02"); }},
      {"value of 'x' is not valid", bad,
       [](auto& f) { f.entry("x", 8, TestGguf::raw<std::uint64_t>(1ull << 62)); }},
      {"value of 'x' is not valid", bad,
       [](auto& f) { f.entry("x", 9, TestGguf::raw(4u) + TestGguf::raw(UINT64_MAX / 4 + 2)); }},
      {"value of 'x' is not valid", bad,
       [](auto& f) { f.entry("x", 9, TestGguf::raw(8u) + TestGguf::raw(UINT64_MAX)); }},
      {"value of 'x' is not valid", bad,
       [](auto& f) { f.entry("x", 9, TestGguf::raw(99u) + TestGguf::raw<std::uint64_t>(0)); }},
      {"a tensor name of 0 bytes", bad, [&](auto& f) { f.tensor("", {1}, kF32, four); }},
      {"tensor name that is not UTF-8", bad, [&](auto& f) { f.tensor("\xc3", {1}, kF32, four); }},
      {"tensor 't' is there twice", bad,
       [&](auto& f) { f.tensor("t", {1}, kF32, four).tensor("t", {1}, kF32, four); }},
      {"0 dimensions", bad, [&](auto& f) { f.tensor("t", {}, kF32, four); }},
      {"5 dimensions", bad, [&](auto& f) { f.tensor("t", {1, 1, 1, 1, 1}, kF32, four); }},
      {"has 8 bytes from data byte 32 on, the file has 32 data bytes", bad,
       [&](auto& f) { f.tensor("t", {1}, kF32, four).describe("u", {2}, kF32, 32); }},
      {"from data byte 18446744073709551584 on", bad,
       [&](auto& f) { f.tensor("t", {1}, kF32, four).describe("u", {8}, kF32, UINT64_MAX - 31); }},
      {"begins at data byte 4, want a multiple of 32", bad,
       [&](auto& f) { f.tensor("t", {2}, kF32, "12345678").describe("u", {1}, kF32, 4); }},
      {"tensors 't' and 'u' overlap", bad,
       [&](auto& f) {
         f.tensor("t", {16}, kF32, std::string(64, 't')).describe("u", {1}, kF32, 32);
       }},
      {"'general.alignment' is \"32\"", bad, [](auto& f) { f.string("general.alignment", "32"); }},
  };
  for (const Case& c : cases) {
    TestGguf file;
    file.string("general.name", "hostile");
    c.lie(file);
    const Status status = parse_gguf_text(file.bytes()).status();
    EXPECT_EQ(status.code(), c.code) << c.message;
    EXPECT_THAT(status.message(), HasSubstr(c.message));
  }
}

TEST(gguf, tensors_that_cannot_be_read_are_noted_and_the_others_are_read) {
  const std::string four = "abcd";
  struct Case {
    const char* problem;
    Code code;
    std::vector<std::int64_t> dims;
    std::uint32_t type;
  };
  const Case cases[] = {
      {"tensor 'odd': dimensions [0], want 1", Code::kBadInput, {0}, kF32},
      {"tensor 'odd': dimensions [1, -4]", Code::kBadInput, {-4, 1}, kF32},
      {"overflow", Code::kBadInput, {1ll << 40, 1ll << 40}, kF32},
      {"tensor 'odd' has type 4, which", Code::kUnsupported, {1}, 4},
      {"type 4294967295", Code::kUnsupported, {1}, UINT32_MAX},
      {"rows of 33 elements, want a multiple of 32 for q8_0", Code::kBadInput, {33}, kQ8_0},
  };
  for (const Case& c : cases) {
    TestGguf file;
    file.tensor("odd", c.dims, c.type, four).tensor("t", {1}, kF32, four);
    const std::string bytes = file.bytes();
    const Result<GgufContents> read = parse_gguf_text(bytes);
    ASSERT_TRUE(read.ok()) << read.status().message();
    const GgufTensor& odd = read->tensors.find("odd")->second;
    EXPECT_EQ(odd.problem.code(), c.code);
    EXPECT_THAT(odd.problem.message(), HasSubstr(c.problem));
    EXPECT_TRUE(odd.bytes.empty());
    const GgufTensor& whole = read->tensors.find("t")->second;
    EXPECT_TRUE(whole.problem.ok());
    EXPECT_EQ(whole.bytes.size(), 4u);
  }
}

TEST(gguf, every_truncation_is_refused) {
  TestGguf file;
  file.string("general.architecture", "llama").strings("list", {"a", "bc"});
  file.array<float>("f", 6, {1, 2, 3}).tensor("w", {32, 3}, kQ8_0, std::string(96 + 6, 'q'));
  const std::string bytes = file.bytes();
  ASSERT_TRUE(parse_gguf_text(bytes).ok());
  // The last 26 bytes are padding, which a file need not have.
  for (std::size_t n = 0; n + 26 < bytes.size(); ++n) {
    const std::string cut = bytes.substr(0, n);
    EXPECT_FALSE(parse_gguf_text(cut).ok()) << n;
  }
}

class SplitGguf : public testing::Test {
 protected:
  /// One part: its number and count as the file says them, one tensor.
  std::string part(int number, int count, const std::string& tensor) const {
    TestGguf file;
    file.entry("split.no", 2, TestGguf::raw<std::uint16_t>(number));
    file.entry("split.count", 2, TestGguf::raw<std::uint16_t>(count));
    if (number == 0) file.entry("split.tensors.count", 5, TestGguf::raw<std::int32_t>(count));
    return file.tensor(tensor, {1}, kF32, "1234").bytes();
  }
  TestFolder folder;
};

TEST_F(SplitGguf, any_part_opens_all) {
  folder.write("m-00001-of-00003.gguf", part(0, 3, "a"));
  folder.write("m-00002-of-00003.gguf", part(1, 3, "b"));
  folder.write("m-00003-of-00003.gguf", part(2, 3, "c"));
  for (const char* name : {"m-00001-of-00003.gguf", "m-00003-of-00003.gguf"}) {
    const Result<GgufFile> file = GgufFile::open(folder.path(name));
    ASSERT_TRUE(file.ok()) << file.status().message();
    EXPECT_EQ(file->tensors().size(), 3u);
    EXPECT_EQ(file->files().size(), 3u);
    EXPECT_EQ(file->n_bytes(), 12u);
    EXPECT_NE(file->find("b"), nullptr);
    EXPECT_EQ(*file->metadata().integer("split.no", 0, 9), 0);
  }
}

TEST_F(SplitGguf, parts_that_do_not_fit_together_are_refused) {
  const std::string first = folder.write("m-00001-of-00002.gguf", part(0, 2, "a"));
  EXPECT_EQ(GgufFile::open(first).status().code(), Code::kNotFound);
  folder.write("m-00002-of-00002.gguf", part(1, 2, "a"));
  EXPECT_THAT(GgufFile::open(first).status().message(), HasSubstr("tensor 'a' is in another part"));
  folder.write("m-00002-of-00002.gguf", part(0, 2, "b"));
  EXPECT_THAT(GgufFile::open(first).status().message(), HasSubstr("'split.no' is 0, want 1"));
  folder.write("m-00002-of-00002.gguf", part(1, 3, "b"));
  EXPECT_THAT(GgufFile::open(first).status().message(), HasSubstr("'split.count' is 3, want 2"));
  folder.write("m-00002-of-00002.gguf", TestGguf().tensor("b", {1}, kF32, "1234").bytes());
  EXPECT_THAT(GgufFile::open(first).status().message(), HasSubstr("no 'split.count', want 2"));
  folder.write("m-00002-of-00002.gguf", "GGUF");
  EXPECT_THAT(GgufFile::open(first).status().message(), HasSubstr("m-00002-of-00002.gguf"));
}

TEST_F(SplitGguf, one_part_of_many_under_another_name_is_refused) {
  EXPECT_THAT(GgufFile::open(folder.write("m.gguf", part(0, 2, "a"))).status().message(),
              HasSubstr("'split.count' is 2, want 1"));
  EXPECT_TRUE(GgufFile::open(folder.write("w-00001-of-00001.gguf", TestGguf().bytes())).ok());
}

TEST(gguf, a_real_file_reads) {
  const std::string path = shared_file("data/tiny_models/stories260K.gguf");
  if (path.empty()) GTEST_SKIP() << "the shared data are not there";
  const Result<GgufFile> file = GgufFile::open(path);
  ASSERT_TRUE(file.ok()) << file.status().message();
  EXPECT_EQ(*file->metadata().string("general.architecture"), "llama");
  ASSERT_NE(file->find("token_embd.weight"), nullptr);
  EXPECT_THAT(file->find("token_embd.weight")->shape, ElementsAre(512, 64));
  EXPECT_EQ(file->metadata().strings("tokenizer.ggml.tokens")->size(), 512u);
}

}  // namespace
}  // namespace quern::formats
