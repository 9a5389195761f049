#include "engine/task_check.h"

#include <vector>

#include <gtest/gtest.h>

namespace quern::engine {
namespace {

using formats::Task;

std::string refusal(Task does, const std::vector<std::string>& labels, Task wanted) {
  const Status status = check_task("m", does, labels, formats::Scale::kRaw, wanted);
  EXPECT_EQ(status.code(), status.ok() ? Code::kOk : Code::kBadInput);
  return status.message();
}

const std::vector<std::string> kOne = {"LABEL_0"};
const std::vector<std::string> kNli = {"contradiction", "entailment", "neutral"};

}  // namespace

TEST(task_check, a_model_does_its_own_task) {
  EXPECT_EQ(refusal(Task::kEmbed, {}, Task::kEmbed), "");
  EXPECT_EQ(refusal(Task::kClassify, kNli, Task::kClassify), "");
  EXPECT_EQ(refusal(Task::kClassify, kOne, Task::kRerank), "");
  EXPECT_EQ(refusal(Task::kClassify, kNli, Task::kZeroShot), "");
}

TEST(task_check, and_no_other) {
  EXPECT_EQ(refusal(Task::kEmbed, {}, Task::kClassify),
            "model 'm' embeds texts, want one that classifies texts");
  EXPECT_EQ(refusal(Task::kClassify, kOne, Task::kEmbed),
            "model 'm' classifies texts, want one that embeds texts");
  // mem0ai/mem0#4033: an embedder and a cross-encoder taken for each other.
  EXPECT_EQ(
      refusal(Task::kEmbed, {}, Task::kRerank),
      "model 'm' embeds texts, want one that scores a document for a query (a cross-encoder)");
  EXPECT_EQ(refusal(Task::kGenerate, {}, Task::kRerank),
            "model 'm' generates text, want one that scores a document for a query (a "
            "cross-encoder)");
  EXPECT_EQ(refusal(Task::kClassify, kNli, Task::kRerank),
            "model 'm' has 3 labels, want one that scores a document for a query (a "
            "cross-encoder): with a single label");
  EXPECT_EQ(refusal(Task::kClassify, kOne, Task::kZeroShot),
            "model 'm': its labels are 'LABEL_0', want one that is named entailment and one "
            "contradiction");
}

}  // namespace quern::engine
