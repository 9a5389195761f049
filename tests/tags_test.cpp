// Labels of tokens through the whole engine against the pipeline of transformers on the same small
// models (tools/make_tag_fixtures.py).

#include "engine/scoring/tags.h"

#include <algorithm>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "fixture_engine.h"

namespace quern {
namespace {

using engine::Request;
using engine::Response;
using engine::Tag;
using nlohmann::json;
using ::testing::HasSubstr;

constexpr float kTolerance = 2e-5f;

void expect_tags(const std::vector<Tag>& got, const json& want, const std::string& text) {
  ASSERT_EQ(got.size(), want.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    SCOPED_TRACE(i);
    EXPECT_EQ(got[i].label, want[i]["label"].get<std::string>());
    EXPECT_NEAR(got[i].score, want[i]["score"].get<float>(), kTolerance);
    const auto piece = [&](std::size_t begin, std::size_t end) {
      return text.substr(begin, end - begin);
    };
    EXPECT_EQ(piece(got[i].bytes.begin, got[i].bytes.end),
              piece(want[i]["begin"], want[i]["end"].get<std::size_t>()));
    EXPECT_EQ(got[i].bytes.begin, want[i]["begin"].get<std::size_t>());
  }
}

class tags : public testing::TestWithParam<const char*> {};

}  // namespace

TEST_P(tags, are_those_of_the_pipeline) {
  const json golden = json::parse(std::ifstream(fixture_model(GetParam()) + "/golden.json"));
  std::vector<std::string> texts;
  for (const json& c : golden["cases"]) texts.push_back(c["text"]);
  Request request = request_of(fixture_model(GetParam()), texts);
  request.task = engine::Task::kTag;
  const Response response = make_test_engine()->run(request);
  ASSERT_TRUE(response.status.ok()) << response.status.message();
  for (std::size_t i = 0; i < texts.size(); ++i) {
    SCOPED_TRACE(texts[i]);
    ASSERT_TRUE(response.outcomes[i].status.ok()) << response.outcomes[i].status.message();
    const std::vector<Tag> tokens = engine::token_tags(response.head->labels, response.outcomes[i]);
    expect_tags(tokens, golden["cases"][i]["tokens"], texts[i]);
    expect_tags(engine::joined_tags(tokens), golden["cases"][i]["spans"], texts[i]);
  }
}

INSTANTIATE_TEST_SUITE_P(fixtures, tags,
                         testing::Values("tiny-tags", "tiny-tags-roberta", "tiny-tags-modernbert"),
                         [](const auto& p) {
                           std::string name = p.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(tags, follow_the_text_where_it_is_cut_and_behind_a_prompt) {
  const auto engine = make_test_engine();
  const std::string text = "the cat sleeps over a red house";
  Request request = request_of(fixture_model("tiny-tags"), {text});
  request.task = engine::Task::kTag;
  const Response whole = engine->run(request);
  ASSERT_TRUE(whole.status.ok()) << whole.status.message();
  request.max_tokens = 5;
  request.truncation_side = text::TruncationSide::kLeft;
  const Response last = engine->run(request);
  ASSERT_EQ(last.outcomes.at(0).spans.size(), 3u);
  EXPECT_EQ(last.outcomes[0].spans.back(), whole.outcomes.at(0).spans.back());
  EXPECT_EQ(last.outcomes[0].spans.back().end, text.size());
  request.max_tokens = 0;
  request.prompt = "find: ";
  const Response behind = engine->run(request);
  EXPECT_EQ(behind.outcomes.at(0).spans, whole.outcomes.at(0).spans);
  EXPECT_NE(behind.outcomes.at(0).values, whole.outcomes.at(0).values);
}

TEST(tags, are_asked_for_by_their_task_and_of_texts) {
  const auto engine = make_test_engine();
  Request request = request_of(fixture_model("tiny-tags"), {"a"});
  EXPECT_THAT(engine->run(request).status.message(),
              HasSubstr("labels the tokens of texts (classify --tokens), want one that embeds"));
  request.task = engine::Task::kTag;
  request.inputs[0].ids = {{4, 5}};
  EXPECT_THAT(engine->run(request).outcomes.at(0).status.message(), HasSubstr("came as token ids"));
  request = request_of(fixture_model("tiny-nli"), {"a"});
  request.task = engine::Task::kTag;
  EXPECT_EQ(engine->run(request).status.code(), Code::kBadInput);
}

}  // namespace quern
