#include "apps/papers/paper_library.h"

#include <gtest/gtest.h>

#include "apps/papers/test_papers.h"

namespace quern::apps {
namespace {

class PaperLibraryTest : public PapersTest {
 protected:
  void fill() {
    add_paper(attention_paper(), "a");
    add_paper(tagger_paper(), "b");
    Paper other;
    other.title = "Attention in birds";
    other.abstract = "Birds attend to motion.";
    other.authors = {{.name = "Ada Attend"}};
    other.year = 2019;
    other.n_citations = 5;
    add_paper(other, "c");
    library_ = open_library();
  }
  void TearDown() override {
    library_.reset();
    PapersTest::TearDown();
  }
  std::string title_of(std::int64_t corpus_id) {
    const std::int64_t ids[] = {corpus_id};
    const auto papers = library_->papers(ids);
    return papers.ok() && (*papers)[0] ? (*papers)[0]->paper.title : "";
  }
  std::vector<std::string> titles(const PaperHits& hits) {
    std::vector<std::string> out;
    for (const PaperHit& hit : hits.hits) out.push_back(title_of(hit.corpus_id));
    return out;
  }
  std::unique_ptr<PaperLibrary> library_;
};

TEST_F(PaperLibraryTest, APaperIsFoundByWhatItSaysAndByWhoWroteIt) {
  fill();
  const auto by_body = library_->search({.text = "28.4 BLEU"});
  ASSERT_TRUE(by_body.ok()) << by_body.status().message();
  EXPECT_EQ(titles(*by_body), std::vector<std::string>{"Attention Is All You Need"});
  const auto by_author = library_->search({.text = "brants 2000"});
  EXPECT_EQ(titles(*by_author).at(0), "TnT - A Statistical Part-Of-Speech Tagger");
  const auto nothing = library_->search({.text = "zebra"});
  EXPECT_EQ(nothing->total, 0u);
  EXPECT_FALSE(nothing->why_empty.empty());
}

TEST_F(PaperLibraryTest, PagesOrdersAndPassages) {
  fill();
  PaperAsk ask = {.text = "attention", .n_wanted = 1};
  const auto first = library_->search(ask);
  EXPECT_EQ(first->total, 2u);
  ask.offset = 1;
  const auto second = library_->search(ask);
  EXPECT_EQ(second->total, 2u);
  EXPECT_NE(titles(*first), titles(*second));
  ask = {.text = "attention", .order = PaperOrder::kCitations};
  EXPECT_EQ(titles(*library_->search(ask)).at(0), "Attention in birds");
  ask.order = PaperOrder::kDate;
  EXPECT_EQ(titles(*library_->search(ask)).at(0), "Attention in birds");
  ask = {.text = "networks are slow", .n_snippets = 1};
  const auto found = library_->search(ask);
  ASSERT_EQ(found->hits.size(), 1u);
  ASSERT_EQ(found->hits[0].snippets.size(), 1u);
  EXPECT_EQ(found->hits[0].snippets[0].section, "1 Introduction");
  EXPECT_FALSE(library_->search({.text = "x", .offset = 1000, .n_wanted = 1}).ok());
}

TEST_F(PaperLibraryTest, SnippetsHaveTheirPlaceInTheFullText) {
  fill();
  const auto found = library_->snippets({.text = "reaches BLEU"});
  ASSERT_TRUE(found.ok()) << found.status().message();
  ASSERT_EQ(found->snippets.size(), 1u);
  const PaperSnippet& snippet = found->snippets[0];
  EXPECT_EQ(snippet.text, "Our model reaches 28.4 BLEU. It is fast.");
  EXPECT_EQ(snippet.kind, SnippetKind::kBody);
  EXPECT_EQ(snippet.sentences.size(), 2u);
  const auto text = library_->text_of(snippet.corpus_id);
  ASSERT_TRUE(text.ok());
  EXPECT_EQ(text->substr(snippet.bytes.begin, snippet.bytes.end - snippet.bytes.begin),
            snippet.text);
  PaperAsk ask = {.text = "attention"};
  ask.filter.min_citations = 5;
  const auto cited = library_->snippets(ask);
  ASSERT_EQ(cited->snippets.size(), 1u);
  EXPECT_EQ(cited->snippets[0].text, "Birds attend to motion.");
}

TEST_F(PaperLibraryTest, TitlesAreMatchedAndCompleted) {
  fill();
  const auto match = library_->match("attention is all you NEED!", {});
  ASSERT_TRUE(match.ok() && *match);
  EXPECT_EQ(title_of((*match)->corpus_id), "Attention Is All You Need");
  EXPECT_GT((*match)->score, 0);
  EXPECT_FALSE(*library_->match("a wholly different subject", {}));
  const auto completions = library_->complete("atten", 10);
  ASSERT_TRUE(completions.ok()) << completions.status().message();
  ASSERT_EQ(completions->size(), 2u);
  EXPECT_EQ((*completions)[0].title, "Attention in birds");  // It is cited more often.
  EXPECT_EQ((*completions)[1].authors_year, "Vaswani & Shazeer, 2017");
  EXPECT_TRUE(library_->complete("  ", 10)->empty());
}

TEST_F(PaperLibraryTest, AuthorsAndTheirPapers) {
  fill();
  const auto found = library_->search_authors("thor brants", 0, 10);
  ASSERT_TRUE(found.ok()) << found.status().message();
  ASSERT_EQ(found->total, 1u);
  const KnownAuthor& author = found->authors[0];
  EXPECT_EQ(author.name, "Thorsten Brants");
  EXPECT_EQ(author.n_papers, 1);
  EXPECT_EQ(author.n_citations, 1700);
  EXPECT_EQ(author.h_index, 1);
  const auto papers = library_->papers_of_author(author.id);
  ASSERT_EQ(papers->size(), 1u);
  EXPECT_EQ(title_of((*papers)[0]), "TnT - A Statistical Part-Of-Speech Tagger");
  const std::string ids[] = {author.id, "1"};
  const auto known = library_->authors(ids);
  EXPECT_TRUE((*known)[0].has_value());
  EXPECT_FALSE((*known)[1].has_value());
}

TEST_F(PaperLibraryTest, VectorsFindAndCompare) {
  model_ = "tiny-roberta";
  fill();
  const auto counts = library_->counts();
  EXPECT_EQ(counts->n_papers, 3u);
  EXPECT_EQ(counts->n_without_vector, 0u);
  const auto found = library_->search({.text = "birds"});
  ASSERT_TRUE(found.ok()) << found.status().message();
  EXPECT_EQ(found->total, 3u);  // Each has some likeness.
  EXPECT_EQ(titles(*found).at(0), "Attention in birds");
  const std::int64_t like[] = {found->hits[0].corpus_id};
  const auto alike = library_->alike(like, {}, 10);
  ASSERT_TRUE(alike.ok()) << alike.status().message();
  EXPECT_EQ(alike->size(), 2u);
  EXPECT_EQ(std::count(alike->begin(), alike->end(), like[0]), 0);
  EXPECT_FALSE(library_->vector_of(like[0])->empty());
}

TEST_F(PaperLibraryTest, TheBulkRouteHasItsPagesAndOrders) {
  fill();
  EXPECT_EQ(library_->bulk({.query = "attention"})->total, 2u);
  EXPECT_EQ(library_->bulk({.query = "attention -bird"})->total, 1u);
  EXPECT_EQ(library_->bulk({.query = "BLEU"})->total, 0u);  // Of a section.
  const auto first = library_->bulk({.n_wanted = 2});
  EXPECT_EQ(first->total, 3u);
  ASSERT_EQ(first->corpus_ids.size(), 2u);
  const auto rest = library_->bulk({.offset = 2, .n_wanted = 2});
  ASSERT_EQ(rest->corpus_ids.size(), 1u);
  EXPECT_EQ(library_->bulk({.is_descending = true})->corpus_ids[0], rest->corpus_ids[0]);
  const auto cited = library_->bulk({.sort = BulkSort::kCitationCount, .is_descending = true});
  EXPECT_EQ(title_of(cited->corpus_ids[0]), "TnT - A Statistical Part-Of-Speech Tagger");
  const auto dated = library_->bulk({.sort = BulkSort::kPublicationDate});
  EXPECT_EQ(title_of(dated->corpus_ids[0]), "TnT - A Statistical Part-Of-Speech Tagger");
  EXPECT_EQ(title_of(dated->corpus_ids[2]), "Attention in birds");
}

TEST_F(PaperLibraryTest, ALibraryOfNothingAnswers) {
  ASSERT_TRUE(ensure_library(library_folder()).ok());
  library_ = open_library();
  EXPECT_FALSE(*library_->find("ACL:A00-1031"));
  EXPECT_FALSE(library_->find("nonsense").ok());
  EXPECT_EQ(library_->search({.text = "x"})->total, 0u);
  EXPECT_EQ(library_->snippets({.text = "x"})->snippets.size(), 0u);
  EXPECT_EQ(library_->bulk({})->total, 0u);
  EXPECT_EQ(library_->counts()->n_papers, 0u);
  EXPECT_EQ(library_->search_authors("x", 0, 10)->total, 0u);
  EXPECT_FALSE(library_->text_of(1).ok());
}

TEST_F(PaperLibraryTest, AnotherStoreIsNoLibrary) {
  ASSERT_TRUE(store::create_store({.folder = path("other")},
                                  {.fields = {{.name = "text", .analyzer = "english"}}}, "test")
                  .ok());
  const auto library = PaperLibrary::open({.folder = path("other"), .pool = &pool_});
  ASSERT_FALSE(library.ok());
  EXPECT_EQ(library.status().code(), Code::kBadInput);
  EXPECT_FALSE(PaperLibrary::open({.folder = path("none"), .pool = &pool_}).ok());
}

}  // namespace
}  // namespace quern::apps
