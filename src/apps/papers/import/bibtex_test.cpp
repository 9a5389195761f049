#include "apps/papers/import/bibtex.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace quern::apps {
namespace {

std::vector<BibtexPapers::Item> items_of(const std::string& text) {
  BibtexPapers papers(text);
  std::vector<BibtexPapers::Item> out;
  while (auto item = papers.next()) out.push_back(std::move(*item));
  return out;
}

TEST(bibtex, an_entry_becomes_a_paper) {
  const auto items = items_of(R"(
@inproceedings{devlin-etal-2019-bert,
    title = "{BERT}: Pre-training of {D}eep Bidirectional {T}ransformers",
    author = "Devlin, Jacob  and
      Chang, Ming-Wei and {Google AI and Friends} and others",
    booktitle = "Proceedings of NAACL",
    month = jun,
    year = "2019",
    url = "https://aclanthology.org/N19-1423",
    doi = "10.18653/v1/N19-1423",
    pages = "4171--4186",
    keywords = {computer science, BERT},
    abstract = "We introduce {BERT}.",
})");
  ASSERT_EQ(items.size(), 1U);
  EXPECT_TRUE(items[0].status.ok()) << items[0].status.message();
  const Paper& paper = items[0].paper;
  EXPECT_EQ(items[0].entry.key, "devlin-etal-2019-bert");
  EXPECT_EQ(items[0].entry.n_line, 2U);
  EXPECT_EQ(paper.title, "BERT: Pre-training of Deep Bidirectional Transformers");
  ASSERT_EQ(paper.authors.size(), 3U);
  EXPECT_EQ(paper.authors[0].name, "Jacob Devlin");
  EXPECT_EQ(paper.authors[2].name, "Google AI and Friends");
  EXPECT_EQ(paper.venue, "Proceedings of NAACL");
  EXPECT_EQ(paper.year, 2019);
  EXPECT_EQ(paper.ids.acl, "N19-1423");
  EXPECT_EQ(paper.ids.doi, "10.18653/v1/N19-1423");
  EXPECT_EQ(paper.journal.pages, "4171–4186");
  EXPECT_EQ(paper.fields_of_study, std::vector<std::string>{"Computer Science"});
  EXPECT_EQ(paper.publication_types, std::vector<std::string>{"Conference"});
  EXPECT_EQ(paper.abstract, "We introduce BERT.");
}

TEST(bibtex, strings_are_joined_and_months_known) {
  const auto items = items_of(R"(@STRING(acl = "Proc. of " # {ACL})
@preamble{"\newcommand{\x}{y}"}
@Article ( key1 , TITLE = {One} # " and " # {Two}, journal = acl # ", vol. " # 12,
  month = Feb # "~3", day = 3, YEAR = 2001 )
)");
  ASSERT_EQ(items.size(), 1U);
  EXPECT_TRUE(items[0].status.ok()) << items[0].status.message();
  EXPECT_EQ(items[0].entry.key, "key1");
  EXPECT_EQ(items[0].paper.title, "One and Two");
  EXPECT_EQ(items[0].paper.journal.name, "Proc. of ACL, vol. 12");
  EXPECT_EQ(items[0].paper.date, "2001-02-03");
}

TEST(bibtex, arxiv_ids_stand_in_many_places) {
  const auto items = items_of(R"(
@misc{a, title={A}, eprint={1706.03762}, archivePrefix={arXiv}, primaryClass={cs.CL}}
@article{b, title={B}, journal={arXiv preprint arXiv:1607.06450}}
@article{DBLP:journals/corr/C14, title={C}, journal={CoRR}, volume={abs/1409.0473}}
@misc{d, title={D}, eprint={12345}, eprinttype={pubmed}}
)");
  ASSERT_EQ(items.size(), 4U);
  EXPECT_EQ(items[0].paper.ids.arxiv, "1706.03762");
  EXPECT_EQ(items[0].paper.fields_of_study, std::vector<std::string>{"Computer Science"});
  EXPECT_EQ(items[1].paper.ids.arxiv, "1607.06450");
  EXPECT_EQ(items[2].paper.ids.arxiv, "1409.0473");
  EXPECT_EQ(items[2].paper.ids.dblp, "journals/corr/C14");
  EXPECT_EQ(items[3].paper.ids.pubmed, "12345");
  EXPECT_EQ(items[3].paper.ids.arxiv, "");
}

TEST(bibtex, comments_are_passed_over) {
  const auto items = items_of(R"(% @article{no, title={No}
mail me@home.org {
@comment{jabref-meta: @article{no, title={No}} }
@comment no braces
@article{yes, % a comment
  title = {Yes}, }
)");
  ASSERT_EQ(items.size(), 2U);
  // What stands behind a percent sign outside of entries is an entry, as it is for BibTeX.
  EXPECT_FALSE(items[0].status.ok());
  EXPECT_EQ(items[1].paper.title, "Yes");
}

TEST(bibtex, an_error_names_its_line_and_the_next_entry_is_read) {
  const auto items = items_of(R"(@article{a,
  title = {Never closed,
  year = 2001
}
@article{b, title = {B}}
@article{c title = {C}}
@article{d, title {D}}

@article{e, title = "E" year = 3}
@article{f, title = {F}}
@book{g, year = 2000}
@article{h, title = {H)");
  std::vector<std::string> told;
  for (const auto& item : items) {
    told.push_back(item.status.ok() ? item.paper.title : item.status.message());
  }
  EXPECT_EQ(told,
            (std::vector<std::string>{"line 5: want a comma or the end of the entry behind a field",
                                      "B", "line 6: want a comma behind the key 'c'",
                                      "line 7: want = behind the field's name 'title'",
                                      "line 9: want a comma or the end of the entry behind a field",
                                      "F", "line 11: the entry has neither a title nor an id",
                                      "field 'title' of line 12: line 12: a brace is not closed"}));
}

TEST(bibtex, a_child_has_what_its_parent_says) {
  const auto items = items_of(R"(@inproceedings{c, title={C}, crossref={P:1}}
@proceedings{p:1, title={Proc. of X}, year={1999}, booktitle={X}, editor={Ed, It}}
)");
  ASSERT_EQ(items.size(), 2U);
  EXPECT_EQ(items[0].paper.title, "C");
  EXPECT_EQ(items[0].paper.venue, "X");
  EXPECT_EQ(items[0].paper.year, 1999);
}

TEST(bibtex, old_files_are_read_by_their_code_page) {
  const auto items = items_of(
      "@article{a, title={Stra\xdf"
      "e}, author={M\xfcller, J\\\"urgen}}");
  ASSERT_EQ(items.size(), 1U);
  EXPECT_EQ(items[0].paper.title, "Straße");
  EXPECT_EQ(items[0].paper.authors[0].name, "Jürgen Müller");
}

TEST(bibtex, entries_lie_behind_each_other_in_the_file) {
  const std::string text = "x @article{a, title={A}} y @article{b, title={B}}z";
  const auto items = items_of(text);
  ASSERT_EQ(items.size(), 2U);
  EXPECT_EQ(items[0].entry.bytes, (ByteSpan{0, 24}));
  EXPECT_EQ(items[1].entry.bytes, (ByteSpan{24, text.size() - 1}));
}

TEST(bibtex, values_that_grow_without_end_are_refused) {
  std::string text = "@string{a = \"" + std::string(1000, 'x') + "\"}\n";
  for (char c = 'b'; c < 'z'; ++c) {
    const std::string before(1, static_cast<char>(c - 1));
    text += "@string{" + std::string(1, c) + " = " + before + " # " + before + "}\n";
  }
  const auto items = items_of(text + "@article{k, title = {K}}");
  ASSERT_FALSE(items.empty());
  EXPECT_FALSE(items[0].status.ok());
  EXPECT_EQ(items.back().paper.title, "K");
}

}  // namespace
}  // namespace quern::apps
