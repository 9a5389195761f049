// An engine over the small models of tests/data, for the tests of this room.

#pragma once

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "apps/text_embedder.h"
#include "base/test_folder.h"
#include "engine/engine.h"

namespace quern::apps {

inline std::string fixture_model(const std::string& name) {
  return std::string(QUERN_SOURCE_DIR "/tests/data/models/") + name;
}

/// A folder of its own for each test, which is the home of its engine, too.
class EngineTest : public FolderTest {
 protected:
  void SetUp() override {
    FolderTest::SetUp();
    engine_ = make_engine("f32");
  }
  void TearDown() override {
    engine_.reset();
    FolderTest::TearDown();
  }

  std::unique_ptr<engine::Engine> make_engine(const std::string& precision) {
    auto made = engine::Engine::make(
        {.n_threads = 2, .home = path("home"), .precision = precision, .results = {}});
    EXPECT_TRUE(made.ok()) << made.status().message();
    return made.ok() ? std::move(*made) : nullptr;
  }

  /// As the engine makes it of this text, with this prompt.
  std::vector<float> vector_by_engine(const std::string& model, const std::string& text,
                                      const std::string& prompt = "") {
    engine::Request request;
    request.model = fixture_model(model);
    request.prompt = prompt;
    request.inputs.emplace_back();
    request.inputs.back().text = text;
    engine::Response response = engine_->run(std::move(request));
    EXPECT_TRUE(response.status.ok()) << response.status.message();
    return response.outcomes.empty() ? std::vector<float>() : response.outcomes[0].values;
  }

  /// An embedder of byte tokens that takes a letter behind its prompt, but not three bytes.
  TextEmbedder embedder_of_two_bytes() {
    EmbedderWish wish = {.model = fixture_model("tiny-roberta"), .text_prompt = ""};
    const auto encoder = engine_->text_encoder(wish.model);
    const auto model = engine_->describe(wish.model);
    EXPECT_TRUE(encoder.ok() && model.ok());
    const auto n_tokens = [&](const char* text) {
      return static_cast<int>((*encoder)->encode(*wish.text_prompt + text, 0).ids.size());
    };
    while (n_tokens("\u4e2d") <= model->max_tokens) *wish.text_prompt += "x";
    const auto opened = TextEmbedder::open(*engine_, wish);
    EXPECT_TRUE(opened.ok()) << opened.status().message();
    return *opened;
  }

  std::unique_ptr<engine::Engine> engine_;
};

}  // namespace quern::apps
