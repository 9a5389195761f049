#include "apps/dialogue/turn_spool.h"

#include <filesystem>

#include "apps/dialogue/test_dialogues.h"
#include "base/test_folder.h"

namespace quern::apps {
namespace {

class turn_spool : public FolderTest {};

}  // namespace

TEST_F(turn_spool, gives_back_what_memory_would) {
  auto dialogues = made_up_dialogues(2000);  // More than waits for the disk.
  dialogues[3] = {.d = 8};
  dialogues[5].texts[0] = "";
  dialogues[6].texts[1] = std::string(3'000'000, 'x');
  dialogues.push_back({.d = 8});
  const TurnSpool spool = spooled(dialogues, folder_);
  const DialoguesInMemory memory(dialogues);
  ASSERT_EQ(spool.n_dialogues(), memory.n_dialogues());
  ASSERT_EQ(spool.n_turns(), memory.n_turns());
  for (std::size_t i = 0; i < memory.n_dialogues(); ++i) {
    ASSERT_EQ(*spool.n_turns_of(i), *memory.n_turns_of(i)) << i;
  }
  std::vector<float> got(8 + kTurnExtras), want(8 + kTurnExtras);
  for (std::size_t i = 0; i < memory.n_turns(); ++i) {
    const TurnPlace place = *memory.place(i);
    ASSERT_EQ(*spool.place(i), place);
    ASSERT_EQ(*spool.text(place), *memory.text(place));
    ASSERT_TRUE(spool.read_turn(place, std::span(got).first(8), std::span(got).last(4)).ok());
    ASSERT_TRUE(memory.read_turn(place, std::span(want).first(8), std::span(want).last(4)).ok());
    ASSERT_EQ(got, want) << i;
  }
}

TEST_F(turn_spool, leaves_nothing_behind_and_says_where_it_cannot_be) {
  {
    const TurnSpool spool = spooled(made_up_dialogues(3), folder_);
    EXPECT_TRUE(std::filesystem::is_empty(folder_));
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder_));
  EXPECT_EQ(TurnSpool::create(path("nowhere"), 8).status().code(), Code::kNotFound);
}

}  // namespace quern::apps
