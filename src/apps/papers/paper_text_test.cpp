#include "apps/papers/paper_text.h"

#include <string>

#include <gtest/gtest.h>

#include "apps/papers/paper_documents.h"
#include "apps/papers/paper_schema.h"
#include "apps/papers/test_papers.h"

namespace quern::apps {
namespace {

TEST(PaperText, PartsStandBehindEachOther) {
  const FullText text = full_text_of(attention_paper());
  EXPECT_EQ(text.part(text.title), "Attention Is All You Need");
  EXPECT_EQ(text.text,
            "Attention Is All You Need\n\nWe propose the Transformer. It is based solely on "
            "attention mechanisms.\n\n1 Introduction\n\nRecurrent networks are slow to "
            "train.\n\n2 Results\n\nOur model reaches 28.4 BLEU. It is fast.");
  EXPECT_EQ(text.body().substr(0, 14), "1 Introduction");
  ASSERT_EQ(text.sections.size(), 2u);
  EXPECT_EQ(text.part(text.sections[1].span), "Our model reaches 28.4 BLEU. It is fast.");
}

TEST(PaperText, SectionsComeBackFromWhatIsStored) {
  Paper paper = attention_paper();
  paper.sections.insert(paper.sections.begin(), {.heading = "", .text = "Before all."});
  paper.sections.push_back({.heading = "Empty", .text = ""});
  const FullText text = full_text_of(paper);
  const auto sections = sections_from_bytes(bytes_from_sections(text), text.body());
  ASSERT_TRUE(sections.ok()) << sections.status().message();
  ASSERT_EQ(sections->size(), 4u);
  EXPECT_EQ((*sections)[0].text, "Before all.");
  EXPECT_EQ((*sections)[1].heading, "1 Introduction");
  EXPECT_EQ((*sections)[2].text, "Our model reaches 28.4 BLEU. It is fast.");
  Paper again = paper;
  again.sections = *sections;
  EXPECT_EQ(full_text_of(again).text, text.text);
  EXPECT_FALSE(sections_from_bytes("\x01\x05", text.body()).ok());
  EXPECT_FALSE(sections_from_bytes(bytes_from_sections(text), "short").ok());
}

TEST(PaperText, PassagesAreWholeSentencesOfOneSection) {
  Paper paper = attention_paper();
  std::string prose;
  for (int i = 0; i < 100; ++i) prose += "Sentence " + std::to_string(i) + " has just six words. ";
  paper.sections[0].text = prose;
  const FullText text = full_text_of(paper);
  const std::vector<PaperPassage> passages = passages_of(text);
  ASSERT_EQ(passages.size(), 1u + 4u + 1u);  // 600 words: four of at most 180.
  EXPECT_EQ(passages[0].kind, SnippetKind::kAbstract);
  std::size_t end = 0;
  for (const PaperPassage& passage : passages) {
    EXPECT_GE(passage.span.begin, end);
    end = passage.span.end;
    EXPECT_EQ(text.part(passage.span).back(), '.');
  }
  EXPECT_EQ(passages[1].heading, "1 Introduction");
  EXPECT_EQ(passages[5].heading, "2 Results");
}

TEST(PaperText, ATitleAloneIsAPassage) {
  Paper paper;
  paper.title = "Only a title";
  const std::vector<PaperPassage> passages = passages_of(full_text_of(paper));
  ASSERT_EQ(passages.size(), 1u);
  EXPECT_EQ(passages[0].kind, SnippetKind::kTitle);
}

TEST(PaperText, DocumentsOfAPaperCarryItsPlaces) {
  Paper paper = attention_paper();
  paper.title = "\u00dcber Attention";  // Two bytes, one character.
  const auto documents = documents_of(paper, 0xABC, 0);
  ASSERT_EQ(documents.size(), 4u);
  EXPECT_EQ(documents[0].key, "000000000abc.");
  for (const store::Document& document : documents) {
    EXPECT_TRUE(store::check_document(document, paper_schema()).ok());
  }
  const FullText text = full_text_of(paper);
  for (std::size_t i = 1; i < documents.size(); ++i) {
    const auto passage =
        passage_from_stored_paper(documents[i].fields[kPassageField], documents[i].stored);
    ASSERT_TRUE(passage.ok());
    EXPECT_EQ(text.part(passage->bytes), passage->text);
    EXPECT_EQ(passage->begin, passage->bytes.begin - 1);  // In characters: one less.
    EXPECT_EQ(passage->title, paper.title);
  }
}

}  // namespace
}  // namespace quern::apps
