// A LoRA adapter merged at installation, through the whole engine against transformers with the
// adapter that PEFT merged (tools/make_adapter_fixtures.py).

#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cli/temp_folder.h"
#include "fixture_engine.h"
#include "hub/adapted_model.h"

namespace quern {
namespace {

TEST(adapter_golden, logits_are_those_of_the_model_that_peft_merged) {
  const std::string adapter = QUERN_SOURCE_DIR "/tests/data/adapters/lora-classifier";
  const cli::TempFolder home;
  const hub::Hub hub(home.file("home"));
  const auto model = hub::add_adapted(
      hub, {.base = fixture_model("tiny-mean-f32"), .adapter = adapter, .name = "merged"});
  ASSERT_TRUE(model.ok()) << model.status().message();

  std::ifstream file(adapter + "/logits.json");
  const nlohmann::json rows = nlohmann::json::parse(file);
  ASSERT_EQ(rows.size(), 3u);
  engine::Request request = request_of(model->path, {});
  request.task = engine::Task::kClassify;
  for (const nlohmann::json& row : rows) {
    request.inputs.push_back({.text = row["text"], .text_pair = row["text_pair"], .ids = {}});
  }
  const engine::Response response = make_test_engine()->run(std::move(request));
  ASSERT_TRUE(response.status.ok()) << response.status.message();
  ASSERT_EQ(response.outcomes.size(), rows.size());
  EXPECT_EQ(response.head->labels,
            (std::vector<std::string>{"contradiction", "entailment", "neutral"}));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (std::size_t k = 0; k < 3; ++k) {
      EXPECT_NEAR(response.outcomes[i].values[k], rows[i]["logits"][k].get<double>(), 2e-5)
          << i << ", " << k;
    }
  }
}

}  // namespace
}  // namespace quern
