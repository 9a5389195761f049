// Claims, evidence and a search of corpora that answers what it is told, for the tests of this
// folder.

#pragma once

#include <map>
#include <string>
#include <vector>

#include "apps/claims/verify_claim.h"
#include "apps/test_engine.h"

namespace quern::apps {

inline EvidenceSentence sentence_of(const std::string& source, const std::string& text) {
  EvidenceSentence out;
  out.source.key = source;
  out.text = text;
  out.span = {.begin = 0, .end = text.size()};
  return out;
}

/// A corpus that has for each claim what was put there.
class FakeEvidenceSearch : public EvidenceSearch {
 public:
  Result<FoundEvidence> find(const std::string& claim, const EvidenceWish& wish) override {
    FoundEvidence out;
    out.generation = 7;
    const auto found = by_claim.find(claim);
    if (found == by_claim.end()) {
      out.why_empty = "the corpus has nothing near it";
    } else {
      out.sentences = found->second;
      if (out.sentences.size() > wish.n_sentences) out.sentences.resize(wish.n_sentences);
    }
    return out;
  }

  std::map<std::string, std::vector<EvidenceSentence>> by_claim;
};

/// An engine with a small NLI model that says anything.
class ClaimTest : public EngineTest {
 protected:
  void SetUp() override {
    EngineTest::SetUp();
    auto opened = Entailment::open(*engine_, fixture_model("tiny-nli"));
    ASSERT_TRUE(opened.ok()) << opened.status().message();
    entailment_ = std::move(*opened);
    search_.by_claim["the cat sat"] = {near("a", "the cat sat on the mat", 0.9),
                                       near("b", "the dog ran", 0.8),
                                       near("b", "no cat sat there in 1999", 0.7)};
    search_.by_claim["a dog ran"] = {near("c", "the dog did not run", 0.6)};
  }

  static EvidenceSentence near(const std::string& source, const std::string& text, double cosine) {
    EvidenceSentence out = sentence_of(source, text);
    out.nearness = {.cosine = cosine, .lexical = 3.25, .passage_rank = 1};
    out.passage = source + "#0";
    out.before = "Before.";
    return out;
  }

  ClaimVerifier verifier(EvidenceSearch* search) {
    auto made = ClaimVerifier::create({.engine = engine_.get(),
                                       .search = search,
                                       .corpus = "pets",
                                       .entailment = &*entailment_,
                                       .calibration = default_calibration()});
    EXPECT_TRUE(made.ok()) << made.status().message();
    return std::move(*made);
  }

  ClaimResult verified(const ClaimAsk& ask) {
    const auto result = verifier(&search_).verify(ask);
    EXPECT_TRUE(result.ok()) << result.status().message();
    return result.ok() ? *result : ClaimResult();
  }

  FakeEvidenceSearch search_;
  std::optional<Entailment> entailment_;
};

}  // namespace quern::apps
