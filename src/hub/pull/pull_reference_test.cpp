#include "hub/pull/pull_reference.h"

#include <gmock/gmock.h>

namespace quern::hub {
namespace {

using testing::HasSubstr;

std::string parsed(const std::string& text) {
  const Result<PullReference> reference = parse_pull_reference(text);
  if (!reference.ok()) return reference.status().message();
  return reference->repo + " " + reference->revision + " " + reference->file;
}

TEST(pull_reference, repositories_revisions_and_files) {
  EXPECT_EQ(parsed("hf:org/repo"), "org/repo main ");
  EXPECT_EQ(parsed("org/repo"), "org/repo main ");
  EXPECT_EQ(parsed("hf:gpt2"), "gpt2 main ");
  EXPECT_EQ(parsed("hf:org/repo@v1.0"), "org/repo v1.0 ");
  EXPECT_EQ(parsed("hf:org/repo@refs/pr/1:sub/m.gguf"), "org/repo refs/pr/1 sub/m.gguf");
  EXPECT_EQ(parsed("org/repo:Q4_K_M"), "org/repo main Q4_K_M");
  EXPECT_EQ(parsed("https://huggingface.co/org/repo/"), "org/repo main ");
  EXPECT_EQ(parsed("https://huggingface.co/org/repo/tree/dev"), "org/repo dev ");
  EXPECT_EQ(parsed("https://huggingface.co/org/repo/blob/main/a/m.gguf?download=true"),
            "org/repo main a/m.gguf");
}

TEST(pull_reference, known_names_in_any_case) {
  EXPECT_EQ(parsed("all-minilm-l6-V2"), "sentence-transformers/all-MiniLM-L6-v2 main ");
  EXPECT_EQ(parsed("all-minilm"), "sentence-transformers/all-MiniLM-L6-v2 main ");
  EXPECT_EQ(parsed("nomic-embed-text@dev"), "nomic-ai/nomic-embed-text-v1.5 dev ");
  EXPECT_THAT(parsed("bge-smol-en-v1.5"), HasSubstr("did you mean bge-small-en-v1.5"));
  EXPECT_EQ(parse_pull_reference("zzz").status().code(), Code::kNotFound);
}

TEST(pull_reference, what_is_none_is_refused) {
  for (const char* text :
       {"", "hf:", "hf:/", "hf:a/b/c", "hf:a/..", "hf:../b", "a b/c", "hf:a/b@",
        "hf:a/b:", "hf:a/b@x..y", "hf:a/b@x y", "hf:ä/b", "https://example.org/a/b"}) {
    EXPECT_EQ(parse_pull_reference(text).status().code(), Code::kBadInput) << text;
  }
}

}  // namespace
}  // namespace quern::hub
