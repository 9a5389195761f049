// Models whose weights are streamed answer as they do when all of them stay in memory, to the bit.

#include <gtest/gtest.h>

#include "fixture_engine.h"

namespace quern {
namespace {

using engine::EngineOptions;
using engine::Response;
using engine::Task;

EngineOptions options_of(bool stream) {
  EngineOptions options;
  options.precision = "f32";
  options.stream = stream;
  return options;
}

TEST(streamed, encoders) {
  const auto whole = make_test_engine(options_of(false));
  const auto streamed = make_test_engine(options_of(true));
  for (const std::string name : {"tiny-mean-f32", "tiny-cls", "tiny-st-chain", "tiny-nli"}) {
    for (int run = 0; run < 2; ++run) {
      auto request = request_of(fixture_model(name), {"the cat sat on the mat", "a dog ran", ""});
      if (name == "tiny-nli") request.task = Task::kClassify;
      const Response want = whole->run(request);
      const Response got = streamed->run(request);
      ASSERT_TRUE(want.status.ok()) << want.status.message();
      ASSERT_TRUE(got.status.ok()) << got.status.message();
      ASSERT_EQ(got.outcomes.size(), want.outcomes.size());
      for (std::size_t i = 0; i < want.outcomes.size(); ++i) {
        EXPECT_EQ(got.outcomes[i].values, want.outcomes[i].values) << name << " " << i;
      }
    }
  }
}

TEST(streamed, decoders) {
  const auto whole = make_test_engine(options_of(false));
  const auto streamed = make_test_engine(options_of(true));
  engine::GenerateRequest request;
  request.model = QUERN_SOURCE_DIR "/tests/data/decoders/tiny-chat.gguf";
  request.prompt = "the cat sat";
  request.max_tokens = 12;
  const auto answer = [&](engine::Engine& engine) {
    std::string text;
    const auto result = engine::generate_and_wait(
        engine, request, [&](const engine::GenerateDelta& delta) { text += delta.text; });
    EXPECT_TRUE(result.status.ok()) << result.status.message();
    EXPECT_GT(result.n_tokens, 0);
    return text;
  };
  EXPECT_EQ(answer(*streamed), answer(*whole));
}

}  // namespace
}  // namespace quern
