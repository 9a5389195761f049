#include "apps/papers/report_writer.h"

#include <atomic>
#include <chrono>
#include <thread>

#include <gtest/gtest.h>

#include "apps/papers/reply_json.h"

namespace quern::apps {
namespace {

TEST(ReportWriter, ManyPromptsAreAnsweredInTheirOrder) {
  std::atomic<int> n_now{0}, n_most{0};
  ReportWriter writer;
  writer.ask = [&](const WriterPrompt& prompt) -> Result<std::string> {
    const int now = ++n_now;
    for (int most = n_most; now > most && !n_most.compare_exchange_weak(most, now);) {
    }
    // The first to be asked is the last to answer.
    std::this_thread::sleep_for(std::chrono::milliseconds(20 - 2 * std::stoi(prompt.user)));
    --n_now;
    if (prompt.user == "3") return {Code::kDeadline, "it hangs"};
    return "reply to " + prompt.user;
  };
  std::vector<WriterPrompt> prompts;
  for (int i = 0; i < 9; ++i) prompts.push_back({.system = "s", .user = std::to_string(i)});
  for (const auto& [n_at_once, most_at_once] : {std::pair(8, 4), {3, 100}, {1, 9}}) {
    n_most = 0;
    writer.n_at_once = n_at_once;
    const auto replies = ask_writer_of_all(writer, prompts, most_at_once);
    ASSERT_EQ(replies.size(), 9u);
    for (std::size_t i = 0; i < 9; ++i) {
      EXPECT_EQ(replies[i].prompt, std::to_string(i));
      EXPECT_EQ(replies[i].reply, i == 3 ? "" : "reply to " + std::to_string(i));
      EXPECT_EQ(replies[i].error, i == 3 ? "it hangs" : "");
    }
    EXPECT_LE(n_most, std::min(n_at_once, most_at_once));
    if (n_at_once > 1) {
      EXPECT_GT(n_most, 1);
    }
  }
  EXPECT_TRUE(ask_writer_of_all(writer, {}, 4).empty());
}

TEST(ReportWriter, TextsInPromptsAreHarmlessAndWhole) {
  EXPECT_EQ(harmless("a [1]\nb"), "a (1) b");
  EXPECT_EQ(begin_of("na\u00efve", 3), "na");
  EXPECT_EQ(begin_of("na\u00efve", 4), "na\u00ef");
  EXPECT_EQ(begin_of("naive", 9), "naive");
  EXPECT_EQ(without_thinking("<think>hm</think>so<think>"), "so");
}

TEST(ReportWriter, AnObjectIsFoundAmongWords) {
  const auto found = object_in_reply(
      "<think>{\"a\": 0}</think>Here it is:\n```json\n{\"a\": \"}\\\"{\", \"b\": [1, \"2\", -3, "
      "\"x\", 4.5]}\n``` {\"a\": 9}");
  ASSERT_TRUE(found.ok()) << found.status().message();
  EXPECT_EQ(reply_line(*found, "a", 100), "}\"{");
  EXPECT_EQ(reply_numbers(*found, "b"), (std::vector<std::size_t>{1, 2}));
  EXPECT_EQ(reply_line(*found, "b", 100), "");
  EXPECT_EQ(reply_line(*found, "c", 100), "");
  for (const char* bad : {"", "none", "{\"a\": 1", "{a}", "[1]"}) {
    EXPECT_FALSE(object_in_reply(bad).ok()) << bad;
  }
}

}  // namespace
}  // namespace quern::apps
