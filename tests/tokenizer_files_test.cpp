// Tokenizer files, read by formats and run by text, against the ids that llama.cpp publishes for
// its test texts. The files are too large for the repository: see formats::shared_file.

#include <sstream>

#include <gtest/gtest.h>

#include "formats/model_folder.h"
#include "formats/test_folder.h"
#include "text/tokenizer.h"

namespace quern {
namespace {

using formats::shared_file;
using formats::slurp;
using text::TokenId;

std::vector<std::string> records_of(const std::string& text) {
  constexpr std::string_view kMark = "\n__ggml_vocab_test__\n";
  std::vector<std::string> records;
  std::size_t at = 0;
  for (std::size_t end; (end = text.find(kMark, at)) != std::string::npos;
       at = end + kMark.size()) {
    records.push_back(text.substr(at, end - at));
  }
  records.push_back(text.substr(at));
  return records;
}

std::vector<std::vector<TokenId>> ids_of(const std::string& text) {
  std::vector<std::vector<TokenId>> rows;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream numbers(line);
    rows.emplace_back();
    for (TokenId id; numbers >> id;) rows.back().push_back(id);
  }
  return rows;
}

/// Holds the tokenizer of `file` against the published ids of `reference`.
void expect_ids(const std::string& file, const std::string& reference) {
  const std::string path = shared_file("data/tokenizers/" + file);
  if (path.empty()) GTEST_SKIP() << "the shared data are not there";
  // read_tokenizer takes folders: a lone tokenizer.json is put into one.
  const formats::TestFolder folder;
  std::string model = path;
  if (path.ends_with(".json")) {
    folder.write("tokenizer.json", slurp(path));
    model = folder.path();
  }
  const Result<text::TokenizerSpec> spec = formats::read_tokenizer(model);
  ASSERT_TRUE(spec.ok()) << spec.status().message();
  const Result<text::TextEncoder> encoder = text::TextEncoder::make(*spec);
  ASSERT_TRUE(encoder.ok()) << encoder.status().message();

  const std::string stem = shared_file("data/tokenizers/" + reference);
  const std::vector<std::string> texts = records_of(slurp(stem + ".inp"));
  const std::vector<std::vector<TokenId>> want = ids_of(slurp(stem + ".out"));
  ASSERT_GE(want.size(), 40u);
  for (std::size_t i = 0; i < want.size(); ++i) {
    std::vector<TokenId> got;
    encoder->tokenizer().encode(texts[i], text::Specials::kAsToken, got);
    EXPECT_EQ(got, want[i]) << file << ": " << texts[i];
  }
}

TEST(tokenizer_files, gguf_bert) {
  expect_ids("ggml-vocab-bert-bge.gguf", "ggml-vocab-bert-bge.gguf");
}
TEST(tokenizer_files, gguf_gpt2) {
  expect_ids("ggml-vocab-gpt-2.gguf", "ggml-vocab-gpt-2.gguf");
}
TEST(tokenizer_files, gguf_llama3) {
  expect_ids("ggml-vocab-llama-bpe.gguf", "ggml-vocab-llama-bpe.gguf");
}
TEST(tokenizer_files, gguf_qwen2) {
  expect_ids("ggml-vocab-qwen2.gguf", "ggml-vocab-qwen2.gguf");
}
TEST(tokenizer_files, gguf_llama2) {
  expect_ids("ggml-vocab-llama-spm.gguf", "ggml-vocab-llama-spm.gguf");
}
TEST(tokenizer_files, gguf_phi3) {
  expect_ids("ggml-vocab-phi-3.gguf", "ggml-vocab-phi-3.gguf");
}
TEST(tokenizer_files, tokenizer_json_llama2_has_the_ids_of_its_gguf) {
  expect_ids("hf/llama2_tokenizer.json", "ggml-vocab-llama-spm.gguf");
}

}  // namespace
}  // namespace quern
