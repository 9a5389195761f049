#include "apps/dialogue/conversations.h"

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apps/dialogue/test_predictor.h"
#include "apps/test_engine.h"

namespace quern::apps {
namespace {

using testing::HasSubstr;

class conversations : public EngineTest {
 protected:
  void SetUp() override {
    EngineTest::SetUp();
    const std::string file = path("talks.qdp");
    const Status written =
        write_spoken_predictor(file, *engine_, fixture_model("tiny-mean-f32"),
                               {.n_turns = 1, .reservoir = echo_state_spec(20, 1)}, pool_);
    ASSERT_TRUE(written.ok()) << written.message();
    auto opened = PredictorFile::open(file);
    ASSERT_TRUE(opened.ok()) << opened.status().message();
    file_ = std::move(*opened);
    embedder_.emplace(*file_->embedder(*engine_));
    service_.emplace(
        *NextTurnService::make({.file = file_.get(), .embedder = &*embedder_, .pool = &pool_}));
  }

  static Result<Conversations::Heard> say(Conversations& all, const std::string& name,
                                          const std::string& text) {
    const Turn turn = {.text = text};
    return all.hear(name, std::span(&turn, 1), {});
  }

  ThreadPool pool_{2};
  std::unique_ptr<PredictorFile> file_;
  std::optional<TextEmbedder> embedder_;
  std::optional<NextTurnService> service_;
};

}  // namespace

TEST_F(conversations, one_goes_on_by_turns_to_the_bit_as_the_dialogue_is) {
  Conversations all(*service_, engine_->ledger());
  const Dialogue dialogue = spoken_dialogues(4)[3];
  const std::string whole = json_from_next(*service_->after(dialogue));
  for (std::size_t t = 0; t < 3; ++t) ASSERT_TRUE(say(all, "a", dialogue.turns[t].text).ok());
  ASSERT_TRUE(all.fork("a", "b").ok());
  const auto saved = bytes_from_conversation(*all.state("a"));
  ASSERT_TRUE(all.put("c", *conversation_from_bytes(service_->predictor(), saved)).ok());
  for (const char* name : {"a", "b", "c"}) {
    const auto heard = say(all, name, dialogue.turns[3].text);
    ASSERT_TRUE(heard.ok()) << heard.status().message();
    EXPECT_EQ(json_from_next(heard->next), whole);
    EXPECT_EQ(heard->n_turns, 4u);
  }
  // Several turns at once.
  const auto heard = all.hear("d", dialogue.turns, {});
  EXPECT_EQ(json_from_next(heard->next), whole);
  ASSERT_EQ(all.list().size(), 4u);
  EXPECT_EQ(all.list()[1].name, "b");
  EXPECT_EQ(all.list()[1].n_turns, 4u);
  ASSERT_EQ(all.list_after(all.list()[1].name, 1).size(), 1u);
  EXPECT_EQ(all.list_after(all.list()[1].name, 1)[0].name, all.list()[2].name);
  EXPECT_EQ(all.list_after(all.list()[3].name, 9).size(), 0u);
  ASSERT_TRUE(all.remove("b").ok());
  EXPECT_EQ(all.remove("b").code(), Code::kNotFound);
  EXPECT_EQ(all.state("b").status().code(), Code::kNotFound);
  EXPECT_EQ(all.fork("b", "x").code(), Code::kNotFound);
}

TEST_F(conversations, what_fails_was_not_heard) {
  Conversations all(*service_, engine_->ledger());
  EXPECT_EQ(say(all, "a", "  ").status().code(), Code::kBadInput);
  EXPECT_EQ(all.size(), 0u);
  ASSERT_TRUE(say(all, "a", "the cat").ok());
  EXPECT_FALSE(say(all, "a", "\t").ok());
  EXPECT_EQ(all.state("a")->n_turns(), 1u);
  EXPECT_EQ(say(all, "", "cat").status().code(), Code::kBadInput);
  EXPECT_EQ(say(all, std::string(256, 'a'), "cat").status().code(), Code::kBadInput);
  EXPECT_EQ(say(all, "a\xff", "cat").status().code(), Code::kBadInput);
  const Turn turn = {.speaker = std::string(256, 's'), .text = "cat"};
  EXPECT_THAT(all.hear("a", std::span(&turn, 1), {}).status().message(), HasSubstr("speaker"));
  const NextAsk gone = {.is_stopped = [] { return true; }};
  const Turn fine = {.text = "cat"};
  EXPECT_EQ(all.hear("a", std::span(&fine, 1), gone).status().code(), Code::kCancelled);
  EXPECT_EQ(all.state("a")->n_turns(), 1u);
  EXPECT_EQ(all.put("a", new_conversation(service_->predictor())).code(), Code::kBadInput);
}

TEST_F(conversations, their_number_is_bounded_and_idle_ones_make_room_where_they_may) {
  Conversations strict(*service_, engine_->ledger(), {.n_most = 2});
  ASSERT_TRUE(say(strict, "a", "cat").ok() && say(strict, "b", "cat").ok());
  EXPECT_EQ(say(strict, "c", "cat").status().code(), Code::kExhausted);
  EXPECT_TRUE(say(strict, "a", "dog").ok());
  ASSERT_TRUE(strict.remove("a").ok());
  EXPECT_TRUE(say(strict, "c", "cat").ok());

  Conversations lenient(*service_, engine_->ledger(),
                        {.n_most = 2, .idle = std::chrono::seconds(1)});
  ASSERT_TRUE(say(lenient, "a", "cat").ok() && say(lenient, "b", "cat").ok());
  EXPECT_EQ(say(lenient, "c", "cat").status().code(), Code::kExhausted);
  std::this_thread::sleep_for(std::chrono::milliseconds(2100));
  ASSERT_TRUE(say(lenient, "b", "cat").ok());
  EXPECT_TRUE(say(lenient, "c", "cat").ok());
  EXPECT_EQ(lenient.n_expired(), 1);
  EXPECT_EQ(lenient.state("a").status().code(), Code::kNotFound);
  EXPECT_EQ(lenient.state("b")->n_turns(), 2u);
}

TEST_F(conversations, their_bytes_are_in_the_ledger) {
  ByteLedger ledger(std::size_t{1} << 20);
  const std::size_t n_before = ledger.used_bytes();
  {
    Conversations all(*service_, ledger);
    Status status;
    int n = 0;
    const Turn turn = {.text = "cat"};
    while (status.ok() && n < 10'000) status = say(all, std::to_string(n++), "cat").status();
    EXPECT_EQ(status.code(), Code::kExhausted);
    EXPECT_GT(n, 500);
    ASSERT_TRUE(all.remove("0").ok());
    EXPECT_TRUE(say(all, "new", "cat").ok());
    for (const auto& row : all.list()) ASSERT_TRUE(all.remove(row.name).ok());
    EXPECT_EQ(ledger.used_bytes(), n_before);
  }
}

TEST_F(conversations, many_at_once_lose_no_turn) {
  Conversations all(*service_, engine_->ledger());
  std::vector<std::thread> threads;
  for (int id = 0; id < 4; ++id) {
    threads.emplace_back([&, id] {
      for (int i = 0; i < 10; ++i) {
        EXPECT_TRUE(say(all, "shared", "cat").ok());
        EXPECT_TRUE(say(all, std::to_string(id), "dog").ok());
        EXPECT_FALSE(say(all, "bad", " ").ok());
        EXPECT_TRUE(all.fork("shared", "f" + std::to_string(id)).ok());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(all.state("shared")->n_turns(), 40u);
  EXPECT_EQ(all.state("2")->n_turns(), 10u);
  EXPECT_EQ(all.size(), 9u);
}

}  // namespace quern::apps
