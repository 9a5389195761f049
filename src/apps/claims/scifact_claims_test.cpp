#include "apps/claims/scifact_claims.h"

#include <gmock/gmock.h>

namespace quern::apps {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string refused(const std::string& line) {
  const auto claim = scifact_claim_from_line(line);
  EXPECT_FALSE(claim.ok()) << line;
  return claim.status().message();
}

}  // namespace

TEST(scifact_claims, a_line_of_its_files) {
  const auto claim = scifact_claim_from_line(
      R"({"id": 3, "claim": "1,000 genomes", "evidence": {"14717500": [{"sentences": [2, 5],
          "label": "SUPPORT"}, {"sentences": [7], "label": "SUPPORT"}]}, "cited_doc_ids": [1]})");
  ASSERT_TRUE(claim.ok()) << claim.status().message();
  EXPECT_EQ(claim->id, "3");
  ASSERT_EQ(claim->evidence.size(), 1u);
  const SciFactAbstract& abstract = claim->evidence.at("14717500");
  EXPECT_EQ(abstract.label, Verdict::kSupported);
  EXPECT_THAT(abstract.rationales, ElementsAre(ElementsAre(2, 5), ElementsAre(7)));
}

TEST(scifact_claims, the_label_of_a_claim_is_what_its_abstracts_say) {
  const auto label = [](const std::string& evidence) {
    const auto claim =
        scifact_claim_from_line(R"({"id": 1, "claim": "x", "evidence": )" + evidence + "}");
    EXPECT_TRUE(claim.ok()) << claim.status().message();
    return label_of(*claim);
  };
  EXPECT_EQ(label("{}"), Verdict::kNotEnoughInfo);
  EXPECT_EQ(label(R"({"1": [{"sentences": [0], "label": "CONTRADICT"}]})"), Verdict::kRefuted);
  EXPECT_EQ(label(R"({"1": [{"sentences": [0], "label": "CONTRADICT"}],
                      "2": [{"sentences": [0], "label": "SUPPORT"}],
                      "3": [{"sentences": [0], "label": "CONTRADICT"}]})"),
            Verdict::kRefuted);
}

TEST(scifact_claims, what_is_no_claim_of_it_says_why) {
  EXPECT_THAT(refused("{}"), HasSubstr("\"id\""));
  EXPECT_THAT(refused(R"({"id": 1})"), HasSubstr("\"claim\""));
  EXPECT_THAT(refused(R"({"id": 1, "claim": "x"})"), HasSubstr("\"evidence\""));
  EXPECT_THAT(refused(R"({"id": 1, "claim": "x", "evidence": {"7": []}})"), HasSubstr("\"7\""));
  EXPECT_THAT(refused(R"({"id": 1, "claim": "x", "evidence": {"7": [{"sentences": [-1],
                          "label": "SUPPORT"}]}})"),
              HasSubstr("sentence"));
  EXPECT_THAT(refused(R"({"id": 1, "claim": "x", "evidence": {"7": [{"sentences": [1],
                          "label": "PERHAPS"}]}})"),
              HasSubstr("\"7\""));
  EXPECT_THAT(refused(R"({"id": 1, "claim": "x", "evidence": {"7": [
      {"sentences": [1], "label": "SUPPORT"}, {"sentences": [2], "label": "CONTRADICT"}]}})"),
              HasSubstr("two labels"));
}

}  // namespace quern::apps
