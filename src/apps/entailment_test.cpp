#include "apps/entailment.h"

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "apps/claims/verify_claim.h"
#include "apps/test_engine.h"

namespace quern::apps {
namespace {

using ::testing::HasSubstr;

class entailment : public EngineTest {
 protected:
  /// tiny-nli with other names for its labels.
  std::string model_with_labels(const std::vector<std::string>& labels) {
    const std::string folder = path("model" + std::to_string(n_models_++));
    std::filesystem::copy(fixture_model("tiny-nli"), folder,
                          std::filesystem::copy_options::recursive);
    std::ifstream in(folder + "/config.json");
    std::string config((std::istreambuf_iterator<char>(in)), {});
    config.resize(config.find("\"id2label\""));
    config += "\"id2label\": {";
    for (std::size_t i = 0; i < labels.size(); ++i) {
      config += (i == 0 ? "\"" : ", \"") + std::to_string(i) + "\": \"" + labels[i] + "\"";
    }
    std::ofstream(folder + "/config.json") << config << "}}";
    return folder;
  }

  /// The same without its third label.
  std::string model_with_two_labels(const std::string& first, const std::string& second) {
    const std::string folder = model_with_labels({first, second});
    const std::string file = folder + "/model.safetensors";
    std::ifstream in(file, std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(in)), {});
    std::uint64_t n_header = 0;
    std::memcpy(&n_header, bytes.data(), 8);
    auto header = nlohmann::json::parse(bytes.substr(8, n_header));
    std::string data;
    for (auto& [name, tensor] : header.items()) {
      if (name == "__metadata__") continue;
      const std::size_t begin = tensor["data_offsets"][0];
      std::size_t n = tensor["data_offsets"][1].get<std::size_t>() - begin;
      if (name.starts_with("classifier")) {
        n = n / 3 * 2;
        tensor["shape"][0] = 2;
      }
      tensor["data_offsets"] = {data.size(), data.size() + n};
      data += bytes.substr(8 + n_header + begin, n);
    }
    std::string text = header.dump();
    text.resize((text.size() + 7) / 8 * 8, ' ');
    n_header = text.size();
    std::ofstream out(file, std::ios::binary);
    out.write(reinterpret_cast<const char*>(&n_header), 8);
    out << text << data;
    return folder;
  }

  NliAnswer answer_of(const std::string& model) {
    const auto opened = Entailment::open(*engine_, model);
    EXPECT_TRUE(opened.ok()) << opened.status().message();
    if (!opened.ok()) return {};
    const NliPair pair = {.premise = "the cat sat", .hypothesis = "it is a cat"};
    const auto answers = opened->judge({&pair, 1}, engine::WorkClass::kInteractive);
    EXPECT_TRUE(answers.ok()) << answers.status().message();
    return answers.ok() && answers->size() == 1 ? (*answers)[0] : NliAnswer();
  }

  std::string refusal_of(const std::vector<std::string>& labels) {
    const auto opened = Entailment::open(*engine_, model_with_labels(labels));
    EXPECT_EQ(opened.status().code(), Code::kBadInput);
    return opened.status().message();
  }

 private:
  int n_models_ = 0;
};

}  // namespace

TEST_F(entailment, labels_are_found_by_name_in_any_order) {
  const NliAnswer a = answer_of(model_with_labels({"contradiction", "entailment", "neutral"}));
  const NliAnswer b = answer_of(model_with_labels({"ENTAILMENT", "Neutral", "CONTRADICTION"}));
  EXPECT_TRUE(a.status.ok() && b.status.ok());
  EXPECT_GT(a.n_tokens, 5);
  // Logit 0, 1 and 2 of the same model.
  EXPECT_EQ(a.contradiction, b.entailment);
  EXPECT_EQ(a.entailment, b.neutral);
  EXPECT_EQ(a.neutral, b.contradiction);
  EXPECT_NE(a.entailment, a.contradiction);
}

TEST_F(entailment, a_model_of_two_labels_says_nothing_of_what_it_does_not_name) {
  const NliAnswer all = answer_of(fixture_model("tiny-nli"));  // contradiction, entailment, neutral
  const NliAnswer binary = answer_of(model_with_two_labels("not_entailment", "entailment"));
  EXPECT_TRUE(binary.status.ok()) << binary.status.message();
  EXPECT_EQ(binary.entailment, all.entailment);
  EXPECT_EQ(binary.neutral, all.contradiction);  // Label 0.
  EXPECT_LT(binary.contradiction, std::min(binary.entailment, binary.neutral) - 50);
  const NliAnswer sided = answer_of(model_with_two_labels("contradiction", "entailment"));
  EXPECT_EQ(sided.contradiction, all.contradiction);
  EXPECT_LT(sided.neutral, std::min(sided.entailment, sided.contradiction) - 50);
}

TEST_F(entailment, claims_are_not_judged_by_a_model_of_two_labels) {
  for (const char* other : {"contradiction", "not_entailment"}) {
    const auto opened = Entailment::open(*engine_, model_with_two_labels(other, "entailment"));
    ASSERT_TRUE(opened.ok()) << opened.status().message();
    EXPECT_FALSE(opened->has_all_labels());
    const auto made = ClaimVerifier::create(
        {.engine = engine_.get(), .entailment = &*opened, .calibration = default_calibration()});
    EXPECT_EQ(made.status().code(), Code::kBadInput);
    EXPECT_THAT(made.status().message(), HasSubstr(std::string("'") + other + "', 'entailment'"));
  }
  const auto three = Entailment::open(*engine_, fixture_model("tiny-nli"));
  ASSERT_TRUE(three.ok());
  EXPECT_TRUE(three->has_all_labels());
}

TEST_F(entailment, other_labels_are_refused_by_name) {
  EXPECT_THAT(refusal_of({"positive", "negative", "mixed"}),
              HasSubstr("its labels are 'positive', 'negative', 'mixed'"));
  EXPECT_THAT(refusal_of({"entailment", "contradiction", "unrelated"}), HasSubstr("'unrelated'"));
  EXPECT_THAT(refusal_of({"LABEL_0", "LABEL_1", "LABEL_2"}), HasSubstr("'LABEL_0'"));
  EXPECT_THAT(refusal_of({"entailment", "entailment", "neutral"}), HasSubstr("'entailment'"));
}

TEST_F(entailment, what_is_no_classifier_is_refused) {
  const auto opened = Entailment::open(*engine_, fixture_model("tiny-mean-f32"));
  EXPECT_EQ(opened.status().code(), Code::kBadInput);
  EXPECT_THAT(opened.status().message(), HasSubstr("tiny-mean-f32"));
  EXPECT_EQ(Entailment::open(*engine_, "no-such-model").status().code(), Code::kNotFound);
}

TEST_F(entailment, digest_is_that_of_the_files) {
  const auto first = Entailment::open(*engine_, fixture_model("tiny-nli"));
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(first->digest().size(), 64u);
  const auto again = Entailment::open(*engine_, fixture_model("tiny-nli"));
  EXPECT_EQ(again->digest(), first->digest());
  const auto other =
      Entailment::open(*engine_, model_with_labels({"entailment", "contradiction", "neutral"}));
  EXPECT_NE(other->digest(), first->digest());
}

TEST_F(entailment, pairs_of_one_request_are_as_alone) {
  const auto opened = Entailment::open(*engine_, fixture_model("tiny-nli"));
  ASSERT_TRUE(opened.ok());
  const std::vector<NliPair> pairs = {{"a b c", "b"}, {"", "x"}, {"the cat sat", "it is a cat"}};
  const auto together = opened->judge(pairs, engine::WorkClass::kInteractive);
  ASSERT_TRUE(together.ok());
  ASSERT_EQ(together->size(), 3u);
  const NliAnswer alone = answer_of(fixture_model("tiny-nli"));
  EXPECT_EQ((*together)[2].entailment, alone.entailment);
  EXPECT_EQ((*together)[2].neutral, alone.neutral);
  EXPECT_TRUE(opened->judge({}, engine::WorkClass::kInteractive)->empty());
}

}  // namespace quern::apps
