// Tokenizer files, read by formats and run by text, against the ids that llama.cpp publishes for
// its test texts. The files are too large for the repository: see formats::shared_file.

#include <chrono>
#include <span>
#include <sstream>

#include <gtest/gtest.h>

#include "base/sha256.h"
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

/// Reads the tokenizer of a file of the shared data; a lone tokenizer.json is put into a folder, as
/// read_tokenizer takes those.
text::TextEncoder read_encoder(const std::string& path) {
  const formats::TestFolder folder;
  std::string model = path;
  if (path.ends_with(".json")) {
    folder.write("tokenizer.json", slurp(path));
    model = folder.path();
  }
  const Result<text::TokenizerSpec> spec = formats::read_tokenizer(model);
  EXPECT_TRUE(spec.ok()) << spec.status().message();
  Result<text::TextEncoder> encoder = text::TextEncoder::make(*spec);
  EXPECT_TRUE(encoder.ok()) << encoder.status().message();
  return std::move(*encoder);
}

/// Holds the tokenizer of `file` against the published ids of `reference`.
void expect_ids(const std::string& file, const std::string& reference) {
  const std::string path = shared_file("data/tokenizers/" + file);
  if (path.empty()) GTEST_SKIP() << "the shared data are not there";
  const text::TextEncoder encoder = read_encoder(path);
  const std::string stem = shared_file("data/tokenizers/" + reference);
  const std::vector<std::string> texts = records_of(slurp(stem + ".inp"));
  const std::vector<std::vector<TokenId>> want = ids_of(slurp(stem + ".out"));
  ASSERT_GE(want.size(), 40u);
  for (std::size_t i = 0; i < want.size(); ++i) {
    std::vector<TokenId> got;
    encoder.tokenizer().encode(texts[i], text::Specials::kAsToken, got);
    EXPECT_EQ(got, want[i]) << file << ": " << texts[i];
  }
}

TEST(tokenizer_files, gguf_bert) {
  expect_ids("ggml-vocab-bert-bge.gguf", "ggml-vocab-bert-bge.gguf");
}
TEST(tokenizer_files, gguf_gpt2) { expect_ids("ggml-vocab-gpt-2.gguf", "ggml-vocab-gpt-2.gguf"); }
TEST(tokenizer_files, gguf_llama3) {
  expect_ids("ggml-vocab-llama-bpe.gguf", "ggml-vocab-llama-bpe.gguf");
}
TEST(tokenizer_files, gguf_qwen2) { expect_ids("ggml-vocab-qwen2.gguf", "ggml-vocab-qwen2.gguf"); }
TEST(tokenizer_files, gguf_llama2) {
  expect_ids("ggml-vocab-llama-spm.gguf", "ggml-vocab-llama-spm.gguf");
}
TEST(tokenizer_files, gguf_phi3) { expect_ids("ggml-vocab-phi-3.gguf", "ggml-vocab-phi-3.gguf"); }
TEST(tokenizer_files, tokenizer_json_llama2_has_the_ids_of_its_gguf) {
  expect_ids("hf/llama2_tokenizer.json", "ggml-vocab-llama-spm.gguf");
}

// long_text_golden.txt: see tools/make_tokenizer_files_golden.py.
TEST(tokenizer_files, a_whole_book_has_the_ids_of_huggingface_tokenizers) {
  const std::string book = shared_file("data/tokenizers/war-and-peace.txt");
  if (book.empty()) GTEST_SKIP() << "the shared data are not there";
  const std::string text = slurp(book);
  std::istringstream lines(
      slurp(std::string(QUERN_SOURCE_DIR) + "/tests/data/tokenizer/long_text_golden.txt"));
  int n_files = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with('#')) continue;
    std::istringstream fields(line);
    std::string file;
    std::string digest;
    std::size_t n_ids = 0;
    fields >> file >> n_ids >> digest;
    std::vector<TokenId> ids;
    read_encoder(shared_file("data/tokenizers/" + file))
        .tokenizer()
        .encode(text, text::Specials::kAsToken, ids);
    EXPECT_EQ(ids.size(), n_ids) << file;
    EXPECT_EQ(sha256_hex(std::as_bytes(std::span(ids))), digest) << file;
    ++n_files;
  }
  EXPECT_EQ(n_files, 9);
}

// Quadratic work would take minutes; the limit leaves room for sanitizers and a busy machine.
TEST(tokenizer_files, one_endless_word_costs_no_more_than_its_length) {
  const std::string text(1 << 20, 'a');
  for (const char* name : {"bert-bge", "gpt-2", "llama-bpe", "qwen2", "llama-spm", "phi-3"}) {
    const std::string path =
        shared_file("data/tokenizers/ggml-vocab-" + std::string(name) + ".gguf");
    if (path.empty()) GTEST_SKIP() << "the shared data are not there";
    const text::TextEncoder encoder = read_encoder(path);
    const auto start = std::chrono::steady_clock::now();
    std::vector<TokenId> ids;
    encoder.tokenizer().encode(text, text::Specials::kAsToken, ids);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    EXPECT_FALSE(ids.empty());
    EXPECT_LT(seconds.count(), 10) << name;
    RecordProperty(name, std::to_string(seconds.count()));
  }
}

}  // namespace
}  // namespace quern
