#include "formats/pair_prompt.h"

#include <gtest/gtest.h>

namespace quern::formats {

TEST(pair_prompt, qwen3s_holds_its_instruction_and_ends_behind_an_empty_thought) {
  const PairPrompt prompt = qwen3_pair_prompt();
  EXPECT_TRUE(prompt.head.starts_with("<|im_start|>system\nJudge whether the Document meets"));
  EXPECT_TRUE(prompt.head.ends_with("that answer the query\n<Query>: "));
  EXPECT_EQ(prompt.between, "\n<Document>: ");
  EXPECT_EQ(prompt.suffix, "<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n");
  EXPECT_EQ(*head_with(prompt, ""), prompt.head);
  EXPECT_TRUE(head_with(prompt, "Find cats")->ends_with("<Instruct>: Find cats\n<Query>: "));
}

TEST(pair_prompt, another_template_without_an_instruction_takes_none) {
  const PairPrompt prompt = *parse_pair_prompt("Q {query} D {document} A");
  EXPECT_EQ(prompt.head, "Q ");
  EXPECT_EQ(prompt.between, " D ");
  EXPECT_EQ(prompt.suffix, " A");
  EXPECT_EQ(head_with(prompt, "Find cats").status().code(), Code::kBadInput);
}

TEST(pair_prompt, a_template_of_another_form_is_refused) {
  for (const char* text : {"", "{query}", "{document} {query}", "{query} {query} {document}"}) {
    EXPECT_EQ(parse_pair_prompt(text).status().code(), Code::kUnsupported) << text;
  }
}

}  // namespace quern::formats
