// Every tokenizer component, alone and as model families combine them, read by formats and run by
// text, against huggingface/tokenizers: tests/data/tokenizer/pipeline_golden.json, written by
// tools/make_pipeline_golden.py.

#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/utf8.h"
#include "formats/tokenizer/tokenizer_json.h"
#include "text/pipeline/pipeline_tokenizer.h"
#include "text/tokenizer.h"

namespace quern {
namespace {

using nlohmann::json;
using text::TokenId;
using text::Tokenizer;
using Ids = std::vector<TokenId>;

const json& golden() {
  static const json file =
      json::parse(std::ifstream(QUERN_SOURCE_DIR "/tests/data/tokenizer/pipeline_golden.json"));
  return file;
}

/// The tokenizer.json of a case.
std::string file_of(const json& item) {
  json file = item.at("file");
  file["model"] = golden().at("models").at(item.at("model").get<std::string>());
  file["model"].update(item.at("set"));
  return file.dump();
}

Ids encoded(const Tokenizer& tokenizer, const std::string& text) {
  Ids ids;
  tokenizer.encode(text, text::Specials::kAsToken, ids);
  return ids;
}

/// A text as its decoders leave it: they may drop the spaces at its front, and the bytes of half a
/// character are U+FFFD.
std::string without_front(const std::string& text) {
  std::string repaired;
  const std::string valid(repair_utf8(text, repaired));
  return valid.substr(std::min(valid.find_first_not_of(' '), valid.size()));
}

std::string decoded(const Tokenizer& tokenizer, const Ids& ids) {
  std::string out;
  for (const TokenId id : ids) tokenizer.decode(id, out);
  return without_front(out);
}

void expect_golden(const json& item, const Tokenizer& tokenizer) {
  const json& texts = golden().at("texts");
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const std::string text = texts[i].get<std::string>();
    const Ids want = item.at("ids").at(i).get<Ids>();
    EXPECT_EQ(encoded(tokenizer, text), want) << item.at("name") << ": " << texts[i];
    if (!item.contains("decoded")) continue;
    EXPECT_EQ(decoded(tokenizer, want), without_front(item["decoded"][i].get<std::string>()))
        << item.at("name") << ": " << texts[i];
  }
}

TEST(pipeline_golden, every_component_and_family_equals_the_reference) {
  ASSERT_GT(golden().at("cases").size(), 100u);
  for (const json& item : golden().at("cases")) {
    const Result<text::TokenizerSpec> spec = formats::parse_tokenizer_json(file_of(item));
    ASSERT_TRUE(spec.ok()) << item.at("name") << ": " << spec.status().message();
    const auto fastest = text::make_tokenizer(*spec);
    ASSERT_TRUE(fastest.ok()) << item.at("name") << ": " << fastest.status().message();
    expect_golden(item, **fastest);
    const auto general = text::make_pipeline_tokenizer(*spec);
    ASSERT_TRUE(general.ok()) << item.at("name") << ": " << general.status().message();
    expect_golden(item, **general);
  }
}

}  // namespace
}  // namespace quern
