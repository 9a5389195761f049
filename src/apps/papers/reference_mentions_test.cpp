#include "apps/papers/reference_mentions.h"

#include <gtest/gtest.h>

#include "text/analysis/sentences.h"

namespace quern::apps {
namespace {

using Named = std::vector<std::pair<std::string, std::int64_t>>;

Named found(const std::string& text, const std::vector<KnownReference>& references) {
  Named out;
  for (const ReferenceMention& one : mentions_in(text, text::sentences_of(text), references)) {
    out.emplace_back(text.substr(one.bytes.begin, one.bytes.end - one.bytes.begin), one.corpus_id);
  }
  return out;
}

TEST(ReferenceMentions, ANameWithItsYearIsAMention) {
  const std::vector<KnownReference> references = {
      {.corpus_id = 1, .authors = {"Thorsten Brants"}, .year = 2000},
      {.corpus_id = 2, .authors = {"Franz Josef Och", "Hermann Ney"}, .year = 2003},
      {.corpus_id = 3, .authors = {"M\u00fcller"}, .year = 1999}};
  EXPECT_EQ(
      found("Brants (2000) and others (Och and Ney, 2003b; M\u00fcller et al., 1999) say so.",
            references),
      (Named{{"Brants (2000", 1}, {"Och and Ney, 2003b", 2}, {"M\u00fcller et al., 1999", 3}}));
  // Another year, a part of a word, a name that belongs to another sentence or mention.
  EXPECT_TRUE(
      found("Brants (2001), Ochre 2003, Brantsen (2000), 12000 of Brants.", references).empty());
  EXPECT_TRUE(found("This is by Brants. In 2000 there was more of it.", references).empty());
  EXPECT_TRUE(
      found("Brants (1999; 2000) is not read, nor is Brants; Doe, 2000.", references).empty());
  EXPECT_TRUE(found("Anyone, 2000", {{.corpus_id = 4, .year = 2000}}).empty());
}

TEST(ReferenceMentions, ANumberIsOneWhereTheSentenceIsKnownToCite) {
  const std::vector<KnownReference> references = {
      {.corpus_id = 1, .number = 1, .contexts = {"It was shown [1, 3-5]."}},
      {.corpus_id = 4, .number = 4, .contexts = {"It was shown [1, 3-5]."}},
      {.corpus_id = 7, .number = 7, .contexts = {"Another sentence [7]."}}};
  EXPECT_EQ(found("It was\nshown [1, 3-5]. The vector [1, 4] is short. And so [7].", references),
            (Named{{"1", 1}, {"3-5", 4}}));
  EXPECT_TRUE(found("[", references).empty());
}

}  // namespace
}  // namespace quern::apps
