#include "apps/dialogue/distinct_turns.h"

#include "apps/dialogue/test_dialogues.h"
#include "base/test_folder.h"

namespace quern::apps {
namespace {

class distinct_turns : public FolderTest {
 protected:
  std::vector<TurnPlace> found(std::span<const DialogueVectors> dialogues) {
    const DialoguesInMemory source(dialogues);
    const auto turns = DistinctTurns::find(source, folder_);
    EXPECT_TRUE(turns.ok()) << turns.status().message();
    std::vector<TurnPlace> out;
    EXPECT_TRUE(turns
                    ->for_each([&](const TurnPlace& place) -> Status {
                      out.push_back(place);
                      return {};
                    })
                    .ok());
    EXPECT_EQ(out.size(), turns->n());
    return out;
  }
};

}  // namespace

TEST_F(distinct_turns, are_those_that_follow_another_each_text_once) {
  const std::vector<DialogueVectors> dialogues = {
      {.d = 1, .turns = {1, 1, 1}, .texts = {"a", "b", "c"}},
      {.d = 1, .turns = {1}, .texts = {"d"}},
      {.d = 1, .turns = {1, 1, 1, 1}, .texts = {"b", "c", "a", "a"}}};
  EXPECT_EQ(found(dialogues), (std::vector<TurnPlace>{{0, 1}, {0, 2}, {2, 2}}));
  EXPECT_EQ(found({}).size(), 0u);
}

TEST_F(distinct_turns, of_more_texts_than_are_told_apart_together) {
  // 600,000 turns that follow another one, of which each text comes twice, far apart.
  DialogueVectors dialogue = {.d = 0};
  dialogue.texts.emplace_back("first");
  for (int i = 0; i < 600'000; ++i) dialogue.texts.push_back(std::to_string(i % 300'000));
  const std::vector<DialogueVectors> dialogues = {dialogue};
  const auto places = found(dialogues);
  ASSERT_EQ(places.size(), 300'000u);
  for (std::size_t i = 0; i < places.size(); ++i) ASSERT_EQ(places[i].i_turn, i + 1);
}

}  // namespace quern::apps
