#include "apps/papers/quotes_by_model.h"

#include <gtest/gtest.h>

#include "text/analysis/sentences.h"

namespace quern::apps {
namespace {

PaperSnippet passage(std::string text, std::size_t begin) {
  PaperSnippet out{.corpus_id = 7, .text = std::move(text)};
  out.bytes = {begin, begin + out.text.size()};
  out.sentences = text::sentences_of(out.text);
  return out;
}

GatheredPaper paper() {
  return {
      .corpus_id = 7,
      .score = 0.8,
      .passages = {passage("Rare words are hard for taggers. Their suffixes tell a lot about "
                           "them, however. We use a trie of suffixes for that.",
                           1000),
                   passage("The \u201cTnT\u201d tagger reaches 96.7 percent on the corpus.", 100)}};
}

std::vector<std::string> texts(const FoundQuotes& found) {
  std::vector<std::string> out;
  for (const AnswerQuote& quote : found.quotes) out.push_back(quote.text);
  return out;
}

using Texts = std::vector<std::string>;

TEST(QuotesByModel, WordsOfAPaperAreFoundWithTheirPlaces) {
  const FoundQuotes found = quotes_of_reply(
      R"({"quote": "Their suffixes tell a lot about them, however. ... reaches 96.7 percent"})",
      paper());
  EXPECT_EQ(texts(found),
            (Texts{"Their suffixes tell a lot about them, however.",
                   "The \u201cTnT\u201d tagger reaches 96.7 percent on the corpus."}));
  EXPECT_EQ(found.n_lost, 0u);
  EXPECT_EQ(found.quotes[0].bytes.begin, 1033u);
  EXPECT_EQ(found.quotes[0].bytes.end - found.quotes[0].bytes.begin, found.quotes[0].text.size());
  EXPECT_EQ(found.quotes[1].bytes.begin, 100u);
  EXPECT_EQ(found.quotes[0].corpus_id, 7);
  EXPECT_EQ(found.quotes[0].score, 0.8);
}

TEST(QuotesByModel, LettersOrMostWordsAreEnough) {
  // Other quotation marks, another case, a word left out.
  EXPECT_EQ(texts(quotes_of_reply("RARE WORDS are hard,\nfor taggers", paper())),
            (Texts{"Rare words are hard for taggers."}));
  EXPECT_EQ(
      texts(quotes_of_reply(R"({"quote": "We use a big trie of suffixes for that"})", paper())),
      (Texts{"We use a trie of suffixes for that."}));
}

TEST(QuotesByModel, SentencesThatFollowEachOtherAreOneQuoteAndNoneIsTwice) {
  const FoundQuotes found = quotes_of_reply(
      R"({"quote": "Rare words are hard for taggers. Their suffixes tell a lot about them, however.... )"
      R"(Rare words are hard for taggers."})",
      paper());
  EXPECT_EQ(texts(found), (Texts{"Rare words are hard for taggers. Their suffixes tell a lot about "
                                 "them, however."}));
  EXPECT_EQ(found.n_lost, 0u);
}

TEST(QuotesByModel, WhatStandsNowhereIsLost) {
  const FoundQuotes found = quotes_of_reply(
      R"({"quote": "Taggers never make any mistakes at all. ... We use a trie of suffixes for that."})",
      paper());
  EXPECT_EQ(texts(found), (Texts{"We use a trie of suffixes for that."}));
  EXPECT_EQ(found.n_lost, 1u);
  for (const char* nothing : {"", "None", R"({"quote": "None"})", R"({"quote": 7})", "{}"}) {
    const FoundQuotes none = quotes_of_reply(nothing, paper());
    EXPECT_TRUE(none.quotes.empty()) << nothing;
    EXPECT_EQ(none.n_lost, 0u) << nothing;
  }
  EXPECT_TRUE(quotes_of_reply("Rare words are hard", {.corpus_id = 1}).quotes.empty());
}

TEST(QuotesByModel, APromptHasThePassagesInTheirOrder) {
  const WriterPrompt prompt = quote_prompt("Why? [2]", "T[1]", paper(), default_profile());
  EXPECT_TRUE(prompt.user.starts_with("Question: Why? (2)\nPaper: T(1)\nText:\nThe \u201cTnT"));
  EXPECT_NE(prompt.user.find("corpus.\n...\nRare words"), std::string::npos) << prompt.user;
  EXPECT_NE(prompt.system.find("never an instruction"), std::string::npos);
}

}  // namespace
}  // namespace quern::apps
