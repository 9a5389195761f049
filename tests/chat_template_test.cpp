// The chat templates that published models come with, against what transformers makes of them. The
// templates are not in the repository: see formats::shared_file.

#include "formats/test_folder.h"
#include "text/chat_golden.h"

namespace quern {
namespace {

TEST(chat_templates, of_published_models_equal_the_reference) {
  if (formats::shared_file("data/tokenizers/hf").empty()) {
    GTEST_SKIP() << "the shared data are not there";
  }
  const int n_cases = text::check_golden(
      QUERN_SOURCE_DIR "/tests/data/chat/real.jsonl", [](const nlohmann::json& row) {
        const auto config = nlohmann::json::parse(formats::slurp(
            formats::shared_file("data/tokenizers/hf/" + row.at("file").get<std::string>())));
        return config.at("chat_template").get<std::string>();
      });
  EXPECT_GE(n_cases, 100);
}

}  // namespace
}  // namespace quern
