#include "apps/papers/paper_adding.h"

#include <gtest/gtest.h>

#include "apps/papers/test_papers.h"

namespace quern::apps {
namespace {

class PaperAddingTest : public PapersTest {
 protected:
  KnownPaper only(const std::string& name) {
    const auto library = open_library();
    const auto id = library->find(name);
    EXPECT_TRUE(id.ok() && *id) << name;
    if (!id.ok() || !*id) return {};
    const std::int64_t ids[] = {**id};
    return *(*library->papers(ids))[0];
  }
};

TEST_F(PaperAddingTest, ARecordThatIsThereAsItIsPasses) {
  EXPECT_EQ(add_paper(attention_paper(), "a.jsonl: 1").n_new, 1u);
  const PaperAddReport again = add_paper(attention_paper(), "a.jsonl: 1");
  EXPECT_EQ(again.n_new, 0u);
  EXPECT_EQ(again.n_unchanged, 1u);
}

TEST_F(PaperAddingTest, RecordsOfOnePaperBecomeOne) {
  add_paper(attention_paper(), "a.jsonl: 1");
  Paper bibtex;
  bibtex.title = "Attention is all you need.";
  bibtex.ids.doi = "10.5555/3295222.3295349";
  bibtex.year = 2017;
  const PaperAddReport report = add_paper(bibtex, "b.bib: vaswani2017");
  EXPECT_EQ(report.n_new, 0u);
  EXPECT_EQ(report.n_changed, 1u);
  EXPECT_EQ(report.n_with_text, 1u);  // Its text is still there.
  const KnownPaper paper = only("DOI:10.5555/3295222.3295349");
  EXPECT_EQ(paper.paper.title, "Attention Is All You Need");
  EXPECT_EQ(paper.paper.ids.arxiv, "1706.03762");
  EXPECT_TRUE(paper.has_text);
  const auto library = open_library();
  EXPECT_EQ(library->counts()->n_papers, 1u);
  EXPECT_EQ(library->counts()->n_passages, 3u);
}

TEST_F(PaperAddingTest, ALaterRecordOfTheSameOriginTakesItsPlace) {
  add_paper(tagger_paper(), "a.jsonl: 1");
  Paper newer = tagger_paper();
  newer.title = "TnT: a tagger";
  newer.year = 2001;
  add_paper(newer, "a.jsonl: 1");
  const KnownPaper paper = only("ACL:A00-1031");
  EXPECT_EQ(paper.paper.title, "TnT: a tagger");
  EXPECT_EQ(paper.paper.year, 2001);
}

TEST_F(PaperAddingTest, ManyRecordsOfOnePaperInOneRun) {
  std::vector<ReadPaper> records(3);
  records[0].paper = attention_paper();
  records[0].origin = "1";
  records[1].paper = attention_paper();
  records[1].paper.sections.clear();
  records[1].paper.ids.doi = "10.1/x";
  records[1].origin = "2";
  records[2].paper.ids.doi = "10.1/X";
  records[2].paper.tldr = "Attention suffices.";
  records[2].origin = "3";
  const PaperAddReport report = add(std::move(records));
  EXPECT_EQ(report.n_new, 1u);
  EXPECT_EQ(report.n_changed, 2u);
  const KnownPaper paper = only("ARXIV:1706.03762");
  EXPECT_EQ(paper.paper.tldr, "Attention suffices.");
  EXPECT_TRUE(paper.has_text);
}

TEST_F(PaperAddingTest, WhatIsNoPaperIsRefusedByItsOrigin) {
  std::vector<ReadPaper> records(3);
  records[0].origin = "x.bib: nothing";
  records[1].origin = "x.bib: line 3";
  records[1].status = Status(Code::kBadInput, "a brace is missing");
  records[2].origin = "x.bib: good";
  records[2].paper.title = "A good one";
  const PaperAddReport report = add(std::move(records));
  EXPECT_EQ(report.n_new, 1u);
  EXPECT_EQ(report.n_refused, 2u);
  ASSERT_EQ(problems_.size(), 2u);
  EXPECT_EQ(problems_[0], "x.bib: nothing: the record has neither a title nor an id");
  EXPECT_EQ(problems_[1], "x.bib: line 3: a brace is missing");
}

TEST_F(PaperAddingTest, LinksAreFoundWhicheverEndComesFirst) {
  Paper citing = attention_paper();
  citing.references = {{.ids = {.acl = "A00-1031"}, .contexts = {"As Brants (2000) did."}},
                       {.title = "A book of which nothing else is known", .year = 1999}};
  add_paper(citing, "1");
  add_paper(tagger_paper(), "2");
  const KnownPaper tagger = only("ACL:A00-1031");
  EXPECT_EQ(tagger.paper.n_citations, 1700);  // As its source counts.
  const auto library = open_library();
  const auto citations = library->citations(tagger.paper.ids.corpus_id, 0, 10, {});
  ASSERT_TRUE(citations.ok()) << citations.status().message();
  ASSERT_EQ(citations->links.size(), 1u);
  EXPECT_EQ(citations->links[0].paper.paper.title, "Attention Is All You Need");
  EXPECT_EQ(citations->links[0].contexts.texts, std::vector<std::string>{"As Brants (2000) did."});
  const std::int64_t id = citations->links[0].paper.paper.ids.corpus_id;
  const auto references = library->references(id, 0, 10);
  ASSERT_EQ(references->links.size(), 2u);
  EXPECT_EQ(references->links[0].paper.paper.ids.acl, "A00-1031");
  EXPECT_EQ(references->links[1].paper.paper.ids.corpus_id, 0);
  EXPECT_EQ(references->links[1].paper.paper.title, "A book of which nothing else is known");
  EXPECT_EQ(references->links[1].paper.paper.year, 1999);
  EXPECT_EQ(only("ARXIV:1706.03762").n_references, 2);
}

TEST_F(PaperAddingTest, WhatALinkIsForIsKept) {
  Paper citing = attention_paper();
  citing.sections.push_back({.heading = "Related work", .text = "Brants (2000) made a tagger."});
  citing.references = {{.ids = {.acl = "A00-1031"},
                        .contexts = {"Brants (2000) made a tagger.", "From elsewhere."},
                        .intents = {{}, {"result"}},
                        .is_influential = true},
                       {.title = "A book of which nothing else is known", .year = 1999}};
  add_paper(citing, "1");
  add_paper(tagger_paper(), "2");
  const auto library = open_library();
  const std::int64_t tagger = only("ACL:A00-1031").paper.ids.corpus_id;
  const auto citations = library->citations(tagger, 0, 10, {});
  ASSERT_TRUE(citations.ok());
  const LinkContexts& contexts = citations->links[0].contexts;
  EXPECT_TRUE(contexts.is_influential);
  EXPECT_EQ(contexts.all_intents(), (std::vector<std::string>{"background", "result"}));
  // Who wrote a reference is as the cited paper says where the citing one does not.
  const auto known = library->known_references(only("ARXIV:1706.03762").paper.ids.corpus_id);
  ASSERT_TRUE(known.ok()) << known.status().message();
  ASSERT_EQ(known->size(), 1u);
  EXPECT_EQ((*known)[0].corpus_id, tagger);
  EXPECT_EQ((*known)[0].number, 1u);
  EXPECT_EQ((*known)[0].authors, std::vector<std::string>{"Thorsten Brants"});
  EXPECT_EQ((*known)[0].year, 2000);
  EXPECT_EQ((*known)[0].contexts.size(), 2u);
}

TEST_F(PaperAddingTest, ALinkThatBothEndsKnowCountsOnce) {
  Paper cited = tagger_paper();
  cited.n_citations = 0;
  cited.cited_by = {{.arxiv = "1706.03762"}, {.acl = "W05-0807"}};
  add_paper(cited, "1");
  Paper citing = attention_paper();
  citing.references = {{.ids = {.doi = cited.ids.doi}}};
  add_paper(citing, "2");
  EXPECT_EQ(only("ACL:A00-1031").paper.n_citations, 2);
}

TEST_F(PaperAddingTest, WhatIsStoppedGoesOnAndIsTheSame) {
  std::vector<ReadPaper> records(2);
  records[0].paper = attention_paper();
  records[0].origin = "1";
  records[1].paper = tagger_paper();
  records[1].origin = "2";
  int n_asked = 0;
  is_stopped_ = [&] { return ++n_asked > 1; };
  EXPECT_TRUE(add(records).was_stopped);
  EXPECT_EQ(open_library()->counts()->n_papers, 1u);
  is_stopped_ = {};
  const PaperAddReport rest = add(records);
  EXPECT_EQ(rest.n_new, 1u);
  EXPECT_EQ(rest.n_unchanged, 1u);
  EXPECT_EQ(open_library()->counts()->n_papers, 2u);
}

TEST_F(PaperAddingTest, AKnownInputIsNotReadAgain) {
  std::vector<ReadPaper> records(1);
  records[0].paper = attention_paper();
  records[0].origin = "a.pdf";
  records[0].input = std::string(32, 'x');
  add(records);
  records[0].paper.title = "Not looked at";
  EXPECT_EQ(add(records).n_unchanged, 1u);
  records[0].input = std::string(32, 'y');
  EXPECT_EQ(add(records).n_changed, 1u);
}

TEST_F(PaperAddingTest, APaperIsRemoved) {
  add_paper(attention_paper(), "1");
  add_paper(tagger_paper(), "2");
  auto writer = store::Writer::open({.folder = library_folder()}, {.who = "test"});
  ASSERT_TRUE(writer.ok());
  std::vector<std::string> unknown;
  const auto n = remove_papers(**writer, {"ACL:A00-1031", "ACL:X00-0000", "nonsense"}, unknown);
  ASSERT_TRUE(n.ok()) << n.status().message();
  EXPECT_EQ(*n, 1u);
  EXPECT_EQ(unknown, (std::vector<std::string>{"ACL:X00-0000", "nonsense"}));
  writer->reset();
  EXPECT_EQ(open_library()->counts()->n_papers, 1u);
  EXPECT_EQ(add_paper(tagger_paper(), "2").n_new, 1u);
}

}  // namespace
}  // namespace quern::apps
