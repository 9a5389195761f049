#include "apps/claims/corpus_documents.h"

#include <cstdlib>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "apps/claims/claim_corpus.h"
#include "apps/claims/corpus_reader.h"
#include "text/analysis/sentences.h"

namespace quern::apps {
namespace {

bool is_passage(const store::Document& document) { return document.fields[1].empty(); }

// Every passage, read back as a search reads it; its sentences are stretches of the source's text.
std::vector<StoredPassage> passages_of(const CorpusText& text, const CorpusDocuments& cut) {
  std::vector<StoredPassage> out;
  for (const store::Document& document : cut.documents) {
    EXPECT_TRUE(store::check_document(document, corpus_schema()).ok());
    EXPECT_EQ(document.key.substr(0, document.n_parent), text.source.key);
    if (!is_passage(document)) {
      EXPECT_FALSE(out.empty());
      const auto i = sentence_of_key(document.key);
      EXPECT_TRUE(i.ok());
      bool is_there = false;
      for (const PassageSentence& sentence : out.back().sentences) {
        if (sentence.i_sentence != *i) continue;
        is_there = out.back().text_of(sentence) == document.fields[1];
      }
      EXPECT_TRUE(is_there) << document.fields[1];
      continue;
    }
    const auto passage = passage_from_stored(document.key, document.fields[0], document.stored);
    EXPECT_TRUE(passage.ok()) << passage.status().message();
    out.push_back(*passage);
    const ByteSpan span = out.back().span;
    EXPECT_EQ(out.back().text, text.text.substr(span.begin, span.end - span.begin));
    for (const PassageSentence& sentence : out.back().sentences) {
      EXPECT_EQ(out.back().text_of(sentence),
                text.text.substr(sentence.span.begin, sentence.span.end - sentence.span.begin));
    }
  }
  return out;
}

std::size_t n_words(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), ' ')) + 1;
}

TEST(corpus_documents, of_an_abstract_are_one_passage_and_its_sentences_by_number) {
  const auto text = corpus_text_from_line(
      R"({"doc_id": 4983, "title": "On mice", "abstract": ["Mice are small. ", "", "+/-", " They run."]})");
  ASSERT_TRUE(text.ok()) << text.status().message();
  EXPECT_EQ(text->text, "Mice are small. +/- They run.");
  const CorpusDocuments cut = documents_of(*text);
  EXPECT_EQ(cut.n_passages, 1u);
  EXPECT_EQ(cut.n_sentences, 2u);
  const std::vector<StoredPassage> passages = passages_of(*text, cut);
  ASSERT_EQ(passages.size(), 1u);
  EXPECT_EQ(passages[0].source.title, "On mice");
  EXPECT_EQ(passages[0].source.key, "4983");
  EXPECT_EQ(cut.documents[0].fields[0], "On mice\nMice are small. +/- They run.");
  ASSERT_EQ(passages[0].sentences.size(), 4u);
  EXPECT_EQ(passages[0].text_of(passages[0].sentences[3]), "They run.");
  EXPECT_EQ(*sentence_of_key(cut.documents[2].key), 3u);
  EXPECT_EQ(passage_name(cut.documents[0].key), "4983#0");
  EXPECT_TRUE(cut.documents[2].key.starts_with(sentences_prefix(cut.documents[0].key)));
}

TEST(corpus_documents, of_long_texts_are_passages_of_some_250_words) {
  CorpusText text;
  text.source.key = "long";
  for (int i = 0; i < 120; ++i) {
    text.text += "Sentence number " + std::to_string(i) + " of this text has some ten words. ";
  }
  const std::vector<StoredPassage> passages = passages_of(text, documents_of(text));
  ASSERT_EQ(passages.size(), 5u);
  std::size_t n_sentences = 0;
  for (const StoredPassage& passage : passages) {
    EXPECT_LE(n_words(passage.text), 260u);
    EXPECT_GE(n_words(passage.text), 180u);
    EXPECT_EQ(passage.sentences.front().i_sentence, n_sentences);
    n_sentences += passage.sentences.size();
  }
  EXPECT_EQ(n_sentences, 120u);
}

TEST(corpus_documents, of_one_sentence_and_of_one_endless_word_are_passages_too) {
  for (const std::string& only : {std::string("One."), std::string(5000, 'x')}) {
    CorpusText text;
    text.source.key = "k";
    text.text = only;
    ASSERT_TRUE(check_corpus_text(text).ok());
    EXPECT_FALSE(passages_of(text, documents_of(text)).empty());
  }
}

TEST(corpus_documents, keep_to_chapters_and_their_headings) {
  std::string markdown = "# Title\n\n";
  for (const char* chapter : {"## Mice", "## Shrews"}) {
    markdown += std::string(chapter) + "\n\n";
    for (int i = 0; i < 20; ++i) {
      markdown += std::string(chapter + 3) + " have, number " + std::to_string(i) +
                  ", a great many hairs. ";
    }
    markdown += "\n\n";
  }
  const CorpusText read = corpus_text_from_markdown(markdown);
  CorpusText text = read;
  text.source.key = "k";
  const std::vector<StoredPassage> passages = passages_of(text, documents_of(text));
  ASSERT_EQ(passages.size(), 2u);
  EXPECT_TRUE(passages[0].text.starts_with("Title\n\nMice\n\nMice have")) << passages[0].text;
  EXPECT_TRUE(passages[1].text.starts_with("Shrews\n\nShrews have")) << passages[1].text;
  EXPECT_EQ(passages[1].sentences.size(), 20u);
  EXPECT_EQ(passages[1].source.title, "Title");
}

TEST(corpus_documents, have_digests_that_change_with_anything_that_is_kept) {
  CorpusText text;
  text.source.key = "k";
  text.text = "One. Two.";
  const std::string digest = digest_of(text);
  EXPECT_EQ(digest.size(), 32u);
  EXPECT_EQ(digest_of(text), digest);
  for (std::string* part : {&text.source.key, &text.source.title, &text.source.url,
                            &text.source.date, &text.source.licence, &text.text}) {
    const std::string before = *part;
    *part += "x";
    EXPECT_NE(digest_of(text), digest);
    *part = before;
  }
  text.sentences = {{0, 4}};
  EXPECT_NE(digest_of(text), digest);
}

TEST(corpus_documents, dates_are_filtered_by_as_far_as_they_are_known) {
  const auto day_of = [](const std::string& date) {
    CorpusText text;
    text.source = {.key = "k", .date = date};
    text.text = "One.";
    const CorpusDocuments made = documents_of(text);
    for (const store::AttributeValue& value : made.documents[0].attributes) {
      if (value.i_attribute == kDateAttributeOfCorpus)
        return store::date_from_seconds(value.number);
    }
    return std::string("none");
  };
  EXPECT_EQ(day_of("2020-05-17"), "2020-05-17");
  EXPECT_EQ(day_of("2020-05"), "2020-05-01");
  EXPECT_EQ(day_of("1999"), "1999-01-01");
  EXPECT_EQ(day_of("last May"), "none");
  EXPECT_EQ(day_of(""), "none");
}

// docs/claims_corpora.md has the numbers.
TEST(corpus_documents, of_abstracts_have_the_sentences_that_they_came_with) {
  const char* const shared = std::getenv("QUERN_SHARED");
  std::ifstream in(std::string(shared != nullptr ? shared : QUERN_SOURCE_DIR "/../shared") +
                   "/data/scifact/scifact_corpus_original.jsonl");
  if (!in) GTEST_SKIP() << "no SciFact";
  std::size_t n_right = 0, n_ours = 0, n_theirs = 0;
  for (std::string line; std::getline(in, line);) {
    const auto text = corpus_text_from_line(line);
    ASSERT_TRUE(text.ok()) << text.status().message();
    std::set<std::size_t> theirs;
    for (const ByteSpan& span : text->sentences) theirs.insert(span.end);
    theirs.erase(text->text.size());
    n_theirs += theirs.size();
    for (const ByteSpan& span : text::sentences_of(text->text)) {
      if (span.end == text->text.size()) continue;
      ++n_ours;
      n_right += theirs.count(span.end);
    }
  }
  EXPECT_EQ(n_theirs, 40'769u);
  EXPECT_GT(static_cast<double>(n_right) / static_cast<double>(n_ours), 0.992);
  EXPECT_GT(static_cast<double>(n_right) / static_cast<double>(n_theirs), 0.966);
}

TEST(corpus_documents, that_are_damaged_are_none) {
  CorpusText text;
  text.source.key = "k";
  text.text = "One. Two. Three.";
  const store::Document passage = documents_of(text).documents[0];
  const auto read = [&](std::string_view stored) {
    return passage_from_stored(passage.key, passage.fields[0], stored).status().code();
  };
  EXPECT_EQ(read(passage.stored), Code::kOk);
  for (std::size_t n = 0; n < passage.stored.size(); ++n) {
    EXPECT_EQ(read(passage.stored.substr(0, n)), Code::kBadInput) << n;
  }
  EXPECT_EQ(read(passage.stored + "x"), Code::kBadInput);
  EXPECT_EQ(passage_from_stored("k", passage.fields[0], passage.stored).status().code(),
            Code::kBadInput);
  EXPECT_EQ(passage_from_stored(passage.key, "One.", passage.stored).status().code(),
            Code::kBadInput);
}

}  // namespace
}  // namespace quern::apps
