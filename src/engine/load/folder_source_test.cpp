// Models from the real hub in a home of their own: names, identity, what needs no weights.

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/engine.h"
#include "engine/load/model_source.h"
#include "formats/test_folder.h"
#include "hub/hub.h"

namespace quern::engine {
namespace {

using formats::fixture;
using testing::ElementsAre;

class folder_source : public ::testing::Test {
 protected:
  void SetUp() override {
    Result<std::unique_ptr<Engine>> made =
        Engine::make({.n_threads = 1, .home = home_.path(), .precision = "f32"});
    ASSERT_TRUE(made.ok()) << made.status().message();
    engine_ = std::move(*made);
  }

  void add(const std::string& path, const std::string& name, const std::string& hub_name = "") {
    const Result<hub::InstalledModel> added = hub_.add(path, name, hub_name);
    ASSERT_TRUE(added.ok()) << added.status().message();
  }

  Response embed(const std::string& model) {
    Request request;
    request.model = model;
    request.inputs.push_back({.text = "a small text", .text_pair = {}, .ids = {}});
    return engine_->run(std::move(request));
  }
  std::vector<float> vector_of(const std::string& model) {
    const Response response = embed(model);
    EXPECT_TRUE(response.status.ok()) << response.status.message();
    return response.outcomes.empty() ? std::vector<float>() : response.outcomes[0].values;
  }

  /// "name" or "name loaded" of each listed model.
  std::vector<std::string> listed() {
    std::vector<std::string> out;
    for (const ModelInfo& m : engine_->list()) out.push_back(m.name + (m.loaded ? " loaded" : ""));
    return out;
  }

  const formats::TestFolder home_;
  const hub::Hub hub_{home_.path()};
  std::unique_ptr<Engine> engine_;
};

}  // namespace

TEST_F(folder_source, a_model_replaced_under_its_name_is_seen_by_the_next_request) {
  add(fixture("tiny-mean-f32"), "m");
  const std::vector<float> mean = vector_of("m");
  ASSERT_FALSE(mean.empty());
  ASSERT_TRUE(hub_.remove("m").ok());
  EXPECT_EQ(embed("m").status.code(), Code::kNotFound);
  EXPECT_THAT(listed(), testing::IsEmpty());

  add(fixture("tiny-max"), "m");
  const std::vector<float> max = vector_of("m");
  EXPECT_NE(max, mean);
  EXPECT_EQ(max, vector_of(fixture("tiny-max")));
  EXPECT_EQ(engine_->describe("m")->max_tokens, engine_->describe(fixture("tiny-max"))->max_tokens);

  add(fixture("tiny-mean-f32"), "m");  // Over it, without removing first.
  EXPECT_EQ(vector_of("m"), mean);
}

TEST_F(folder_source, a_file_changed_in_place_makes_another_model) {
  const std::string path = home_.copy_model("tiny-mean-f32", "m");
  const std::vector<float> mean = vector_of(path);
  home_.write("m/1_Pooling/config.json", R"({"pooling_mode": "cls"})");
  EXPECT_NE(vector_of(path), mean);
}

TEST_F(folder_source, one_model_is_one_entry_by_whatever_name_it_is_used) {
  add(fixture("tiny-mean-f32"), "m", "org/tiny");
  const std::string chat = std::string(QUERN_SOURCE_DIR) + "/tests/data/decoders/tiny-chat.gguf";
  add(chat, "chat", "org/chat-GGUF");
  EXPECT_THAT(listed(), ElementsAre("chat", "m"));

  const std::string models = home_.path("models");
  const std::string m_digest = engine_->list()[1].digest;
  const std::string chat_digest = engine_->list()[0].digest;
  EXPECT_EQ(m_digest.size(), 64u);
  EXPECT_EQ(chat_digest.size(), 64u);
  for (const std::string& name : {std::string("m"), std::string("org/tiny"), models + "/m"}) {
    ASSERT_TRUE(engine_->warm(name).ok()) << name;
    EXPECT_THAT(listed(), ElementsAre("chat", "m loaded")) << name;
    EXPECT_EQ(engine_->describe(name)->name, "m");
    EXPECT_EQ(engine_->list()[1].digest, m_digest);
  }
  for (const std::string& name : {std::string("org/chat-GGUF"), std::string("chat"),
                                  models + "/chat", models + "/chat/tiny-chat.gguf"}) {
    ASSERT_TRUE(engine_->warm(name).ok()) << name;
    EXPECT_THAT(listed(), ElementsAre("chat loaded", "m loaded")) << name;
    EXPECT_EQ(engine_->describe(name)->name, "chat");
    EXPECT_EQ(engine_->list()[0].digest, chat_digest);
  }
  std::vector<std::string> weights;
  for (const ByteLedger::Tenant& t : engine_->stats().tenants) {
    if (t.name.starts_with("weights/") && t.bytes > 0) weights.push_back(t.name);
  }
  EXPECT_THAT(weights, testing::UnorderedElementsAre("weights/chat", "weights/m"));
}

TEST_F(folder_source, another_model_of_an_installed_name_is_listed_by_its_path) {
  add(fixture("tiny-mean-f32"), "m");
  std::filesystem::create_directories(home_.path("elsewhere"));
  const std::string path = home_.copy_model("tiny-max", "elsewhere/m");
  ASSERT_TRUE(engine_->warm(path).ok());
  const std::string whole = std::filesystem::canonical(path).string();
  EXPECT_THAT(listed(), testing::UnorderedElementsAre("m", whole + " loaded"));
}

TEST_F(folder_source, encoding_and_counting_need_no_weights) {
  const Result<std::unique_ptr<ModelSource>> source = make_folder_source(home_.path(), "f32");
  ASSERT_TRUE(source.ok());
  // Not even weights that are there.
  const std::string path = home_.copy_model("tiny-nli", "m");
  std::filesystem::remove(path + "/model.safetensors");
  const Result<ModelPlace> place = (*source)->resolve(path);
  ASSERT_TRUE(place.ok()) << place.status().message();
  const Result<ModelCard> card = (*source)->read(*place);
  ASSERT_TRUE(card.ok()) << card.status().message();
  EXPECT_EQ(card->as_encoder().folder.head.output, formats::OutputKind::kLogits);
  EXPECT_EQ(card->n_values(), 3);

  Request request;
  request.task = Task::kClassify;
  const Result<Plan> plan = plan_request(*card, request);
  ASSERT_TRUE(plan.ok()) << plan.status().message();
  const Input pair{.text = "a b", .text_pair = "c d", .ids = {}};
  const Result<text::Encoding> encoding = encode_input(*card, *plan, pair);
  ASSERT_TRUE(encoding.ok()) << encoding.status().message();
  EXPECT_GE(encoding->ids.size(), 7u);  // Three of them the template's.
  EXPECT_LE((*source)->tokenizer_bytes(*place), std::size_t{64} << 20);
  EXPECT_GE((*source)->tokenizer_bytes(*place), card->encoder->resident_bytes() / 4);
}

}  // namespace quern::engine
