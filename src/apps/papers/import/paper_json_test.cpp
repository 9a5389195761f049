#include "apps/papers/import/paper_json.h"

#include <string>

#include <gtest/gtest.h>

#include "apps/papers/import/publication_facts.h"

namespace quern::apps {
namespace {

using Lines = std::vector<std::string>;

Paper read_paper(const std::string& json) {
  const Result<Paper> paper = paper_from_json(json);
  EXPECT_TRUE(paper.ok()) << paper.status().message();
  return paper.ok() ? *paper : Paper();
}

TEST(paper_json, scisumm_sections_lose_their_numbers_to_a_field) {
  const Paper paper = read_paper(R"({"_id": "A00-1031", "title": "TnT", "abstract": "It tags.",
    "year": 2000, "venue": "ANLP", "authors": ["Thorsten, Brants"],
    "sections": [{"heading": "1 Introduction", "number": "1", "text": "We tag."},
                 {"heading": "Acknowledgements", "number": "2", "text": "Thanks."}],
    "cites": ["P02-1040"], "cited_by": ["C02-1021"]})");
  EXPECT_EQ(paper.ids.acl, "A00-1031");
  EXPECT_EQ(paper.year, 2000);
  ASSERT_EQ(paper.authors.size(), 1U);
  EXPECT_EQ(paper.authors[0].name, "Thorsten Brants");
  ASSERT_EQ(paper.sections.size(), 2U);
  EXPECT_EQ(paper.sections[0],
            (PaperSection{.heading = "Introduction", .number = "1", .text = "We tag."}));
  EXPECT_EQ(paper.sections[1].number, "");
  ASSERT_EQ(paper.references.size(), 1U);
  EXPECT_EQ(paper.references[0].ids.acl, "P02-1040");
  ASSERT_EQ(paper.cited_by.size(), 1U);
  EXPECT_EQ(paper.cited_by[0].acl, "C02-1021");
}

TEST(paper_json, s2orc_paragraphs_become_sections_and_citing_sentences) {
  const Paper paper = read_paper(R"({"paper_id": "77499681", "title": "Über Sätze", "year": 2019,
    "authors": [{"first": "Ada", "middle": ["B."], "last": "Lovelace", "suffix": ""}],
    "body_text": [
      {"section": "Introduction", "text": "Ümlaut first. Others cite BIBREF0 here. End.",
       "cite_spans": [{"start": 26, "end": 33, "ref_id": "BIBREF0"}]},
      {"section": "Introduction", "text": "More of it.", "cite_spans": []},
      {"section": "2 Method", "text": "A method.", "cite_spans": []}],
    "abstract": [{"text": "Abstract one."}],
    "bib_entries": {"BIBREF0": {"title": "Cited", "authors": [{"first": "C", "last": "Babbage"}],
                                "year": 1837, "link": "123", "other_ids": {"DOI": ["10.1000/x"]}}}})");
  EXPECT_EQ(paper.ids.corpus_id, 77499681);
  EXPECT_EQ(paper.title, "Über Sätze");
  EXPECT_EQ(paper.abstract, "Abstract one.");
  EXPECT_EQ(paper.authors[0].name, "Ada B. Lovelace");
  ASSERT_EQ(paper.sections.size(), 2U);
  EXPECT_EQ(paper.sections[0].text, "Ümlaut first. Others cite BIBREF0 here. End.\n\nMore of it.");
  EXPECT_EQ(paper.sections[1].number, "2");
  ASSERT_EQ(paper.references.size(), 1U);
  EXPECT_EQ(paper.references[0].title, "Cited");
  EXPECT_EQ(paper.references[0].year, 1837);
  EXPECT_EQ(paper.references[0].ids.corpus_id, 123);
  EXPECT_EQ(paper.references[0].ids.doi, "10.1000/x");
  EXPECT_EQ(paper.references[0].authors, Lines{"C Babbage"});
  EXPECT_EQ(paper.references[0].contexts, Lines{"Others cite BIBREF0 here."});
}

TEST(paper_json, s2orc_of_the_tools_and_of_cord_are_read_too) {
  const Paper tools = read_paper(R"({"paper_id": "N18-3011", "title": "T", "abstract": "A",
    "pdf_parse": {"abstract": [], "body_text": [{"section": "Intro", "sec_num": "1", "text": "x"}],
                  "bib_entries": {}}})");
  EXPECT_EQ(tools.sections[0].number, "1");
  EXPECT_EQ(tools.abstract, "A");
  const std::string sha(40, 'a');
  const Paper cord = read_paper(R"({"paper_id": ")" + sha + R"(", "metadata": {"title": "Virus",
    "authors": [{"first": "A", "middle": [], "last": "B", "affiliation": {"institution": "C"}}]},
    "abstract": [], "body_text": [{"section": "", "text": "y"}], "bib_entries": {}})");
  EXPECT_EQ(cord.title, "Virus");
  EXPECT_EQ(cord.ids.paper_id, "");
  EXPECT_EQ(cord.authors[0].affiliations, Lines{"C"});
}

TEST(paper_json, s2orc_annotations_are_stretches_of_characters) {
  // "Ü" is one character of two bytes: places by byte would be one off behind it.
  const Paper paper = read_paper(R"({"corpusid": 5, "externalids": {"doi": "10.1000/ABC"},
    "content": {"source": {"oainfo": {"license": "CCBY", "openaccessurl": "https://e.org/p.pdf",
                                      "status": "GOLD"}},
      "text": "Ü Title\nAbs here.\nIntro\nWe cite [1]. Yes.\nSecond par.\nB. Bee. Work. 1999.",
      "annotations": {"title": "[{\"start\":0,\"end\":7}]",
        "abstract": "[{\"start\":8,\"end\":17}]",
        "sectionheader": "[{\"start\":18,\"end\":23,\"attributes\":{\"n\":\"1.\"}}]",
        "paragraph": "[{\"start\":24,\"end\":41},{\"start\":42,\"end\":53}]",
        "bibref": "[{\"start\":32,\"end\":35,\"attributes\":{\"ref_id\":\"b0\"}}]",
        "bibentry": "[{\"start\":54,\"end\":73,\"attributes\":{\"id\":\"b0\",\"matched_paper_id\":9}}]",
        "bibauthor": "[{\"start\":54,\"end\":60}]",
        "bibtitle": "[{\"start\":62,\"end\":66}]"}}})");
  EXPECT_EQ(paper.ids.corpus_id, 5);
  EXPECT_EQ(paper.ids.doi, "10.1000/ABC");
  EXPECT_EQ(paper.title, "Ü Title");
  EXPECT_EQ(paper.abstract, "Abs here.");
  ASSERT_EQ(paper.sections.size(), 1U);
  EXPECT_EQ(paper.sections[0],
            (PaperSection{
                .heading = "Intro", .number = "1", .text = "We cite [1]. Yes.\n\nSecond par."}));
  ASSERT_EQ(paper.references.size(), 1U);
  EXPECT_EQ(paper.references[0].ids.corpus_id, 9);
  EXPECT_EQ(paper.references[0].title, "Work");
  EXPECT_EQ(paper.references[0].year, 1999);
  EXPECT_EQ(paper.references[0].contexts, Lines{"We cite [1]."});
  EXPECT_EQ(paper.licence, "CCBY");
  EXPECT_TRUE(paper.is_open_access);
}

TEST(paper_json, the_second_s2orc_has_its_bibliography_apart) {
  const Paper paper = read_paper(R"({"corpusid": 6, "title": "T",
    "openaccessinfo": {"externalids": {"ArXiv": "2001.00001"}, "license": "CCBY", "status": "GREEN"},
    "body": {"text": "Head\nBody cites it.", "annotations": {
      "section_header": "[{\"start\":0,\"end\":4}]", "paragraph": "[{\"start\":5,\"end\":19}]",
      "bib_ref": "[{\"start\":10,\"end\":15,\"attributes\":{\"ref_id\":\"b7\"}}]"}},
    "bibliography": {"text": "An entry", "annotations": {
      "bib_entry": "[{\"start\":0,\"end\":8,\"attributes\":{\"id\":\"b7\",\"matched_paper_id\":\"88\"}}]"}}})");
  EXPECT_EQ(paper.ids.arxiv, "2001.00001");
  EXPECT_EQ(paper.ids.corpus_id, 6);
  ASSERT_EQ(paper.sections.size(), 1U);
  EXPECT_EQ(paper.sections[0].heading, "Head");
  ASSERT_EQ(paper.references.size(), 1U);
  EXPECT_EQ(paper.references[0].ids.corpus_id, 88);
  EXPECT_EQ(paper.references[0].contexts, Lines{"Body cites it."});
}

TEST(paper_json, data_sets_of_semantic_scholar) {
  const Paper paper = read_paper(R"({"corpusid": 13756489,
    "externalids": {"ArXiv": "1706.03762", "DBLP": "journals/corr/VaswaniSPUJGKP17", "MAG": "2963403868",
                    "CorpusId": "13756489", "PubMed": null, "DOI": null, "ACL": null},
    "url": "https://www.semanticscholar.org/paper/204e3073870fae3d05bcbc2f6a8e263d9b72e776",
    "title": "Attention is All you Need", "authors": [{"authorId": "40348417", "name": "Ashish Vaswani"}],
    "venue": "Neural Information Processing Systems", "publicationvenueid": "d9720b90", "year": 2017,
    "referencecount": 41, "citationcount": 1000, "influentialcitationcount": 100, "isopenaccess": false,
    "s2fieldsofstudy": [{"category": "Computer Science", "source": "external"},
                        {"category": "Computer Science", "source": "s2-fos-model"}],
    "publicationtypes": ["JournalArticle", "Conference"], "publicationdate": "2017-06-12",
    "journal": {"name": "ArXiv", "pages": null, "volume": "abs/1706.03762"}})");
  EXPECT_EQ(paper.ids.corpus_id, 13756489);
  EXPECT_EQ(paper.ids.arxiv, "1706.03762");
  EXPECT_EQ(paper.ids.mag, "2963403868");
  EXPECT_EQ(paper.ids.dblp, "journals/corr/VaswaniSPUJGKP17");
  EXPECT_EQ(paper.authors[0], (PaperAuthor{.name = "Ashish Vaswani", .id = "40348417"}));
  EXPECT_EQ(paper.date, "2017-06-12");
  EXPECT_EQ(paper.n_citations, 1000);
  EXPECT_EQ(paper.n_influential_citations, 100);
  EXPECT_EQ(paper.fields_of_study, Lines{"Computer Science"});
  EXPECT_EQ(paper.publication_types, (Lines{"JournalArticle", "Conference"}));
  EXPECT_EQ(paper.journal.volume, "abs/1706.03762");
  const Paper abstract = read_paper(R"({"corpusid": 13756489, "abstract": "The dominant models.",
    "openaccessinfo": {"externalids": {"DOI": "10.1/x"}, "license": "CCBY", "status": "GREEN"}})");
  EXPECT_EQ(abstract.abstract, "The dominant models.");
  EXPECT_EQ(abstract.title, "");
  EXPECT_EQ(read_paper(R"({"corpusid": 1, "model": "tldr@v2.0.0", "text": "Short."})").tldr,
            "Short.");
}

TEST(paper_json, the_graph_api) {
  const std::string id = "649def34f8be52c8b66281af98ae884c09aef38b";
  const Paper paper = read_paper(R"({"paperId": ")" + id + R"(", "corpusId": 215416146,
    "externalIds": {"MAG": "3015453090", "DBLP": "conf/acl/LoWNKW20", "ACL": "2020.acl-main.447",
                    "DOI": "10.18653/V1/2020.ACL-MAIN.447", "CorpusId": 215416146},
    "title": "S2ORC", "year": 2020, "isOpenAccess": true, "tldr": {"model": "m", "text": "A corpus."},
    "openAccessPdf": {"url": "https://e.org/a.pdf", "status": "HYBRID", "license": "CCBY"},
    "fieldsOfStudy": ["Computer Science"],
    "references": [{"paperId": ")" +
                                 std::string(40, 'b') + R"(", "title": "Cited", "year": 1999,
                    "authors": [{"authorId": "1", "name": "A B"}]}],
    "citations": [{"paperId": ")" +
                                 std::string(40, 'c') + R"("}]})");
  EXPECT_EQ(paper.ids.paper_id, id);
  EXPECT_EQ(paper.ids.acl, "2020.acl-main.447");
  EXPECT_EQ(paper.tldr, "A corpus.");
  EXPECT_TRUE(paper.is_open_access);
  EXPECT_EQ(paper.pdf_url, "https://e.org/a.pdf");
  ASSERT_EQ(paper.references.size(), 1U);
  EXPECT_EQ(paper.references[0].title, "Cited");
  EXPECT_EQ(paper.references[0].authors, Lines{"A B"});
  ASSERT_EQ(paper.cited_by.size(), 1U);
  EXPECT_EQ(paper.cited_by[0].paper_id, std::string(40, 'c'));
}

TEST(paper_json, what_the_api_says_of_links_and_venues) {
  const Paper paper = read_paper(R"({"corpusId": 1, "title": "T",
    "publicationVenue": {"id": "v-1", "name": "Annual Meeting of the ACL", "type": "conference",
                         "alternate_names": ["ACL"], "url": "https://acl.org"},
    "references": [
      {"contexts": ["a", "b"], "intents": ["result"], "isInfluential": true,
       "contextsWithIntent": [{"context": "a", "intents": ["result"]}, {"context": "b", "intents": []}],
       "citedPaper": {"corpusId": 2, "title": "Cited"}},
      {"contexts": ["c"], "intents": ["background"], "citedPaper": {"corpusId": 3}}],
    "citations": [{"contexts": [], "citingPaper": {"corpusId": 4}}]})");
  EXPECT_EQ(paper.publication_venue.id, "v-1");
  EXPECT_EQ(paper.publication_venue.alternate_names, Lines{"ACL"});
  EXPECT_EQ(paper.venue, "Annual Meeting of the ACL");
  ASSERT_EQ(paper.references.size(), 2U);
  EXPECT_EQ(paper.references[0].title, "Cited");
  EXPECT_EQ(paper.references[0].contexts, (Lines{"a", "b"}));
  EXPECT_EQ(paper.references[0].intents, (std::vector<Lines>{{"result"}, {}}));
  EXPECT_TRUE(paper.references[0].is_influential);
  EXPECT_EQ(paper.references[1].ids.corpus_id, 3);
  EXPECT_EQ(paper.references[1].intents, std::vector<Lines>{{"background"}});
  ASSERT_EQ(paper.cited_by.size(), 1U);
  EXPECT_EQ(paper.cited_by[0].corpus_id, 4);
}

TEST(paper_json, arxiv_metadata) {
  const Paper paper =
      read_paper(R"({"id": "0704.0001", "submitter": "Pavel", "doi": "10.1103/PhysRevD.76.013009",
    "authors": "C. Bal\\'azs, E. L. Berger", "title": "Calculation of prompt\n  diphotons",
    "journal-ref": "Phys.Rev.D76:013009,2007", "categories": "hep-ph cs.CL", "license": null,
    "abstract": "  A fully differential\ncalculation.\n", "update_date": "2008-11-26",
    "versions": [{"version": "v1", "created": "Mon, 2 Apr 2007 19:18:42 GMT"}],
    "authors_parsed": [["Bal\u00e1zs", "C.", ""], ["Berger", "E. L.", "Jr"]]})");
  EXPECT_EQ(paper.ids.arxiv, "0704.0001");
  EXPECT_EQ(paper.ids.doi, "10.1103/PhysRevD.76.013009");
  EXPECT_EQ(paper.title, "Calculation of prompt diphotons");
  EXPECT_EQ(paper.abstract, "A fully differential calculation.");
  EXPECT_EQ(paper.date, "2007-04-02");
  EXPECT_EQ(paper.year, 2007);
  EXPECT_EQ(paper.fields_of_study, (Lines{"Physics", "Computer Science"}));
  ASSERT_EQ(paper.authors.size(), 2U);
  EXPECT_EQ(paper.authors[0].name, "C. Balázs");
  EXPECT_EQ(paper.authors[1].name, "E. L. Berger Jr");
  EXPECT_EQ(paper.pdf_url, "https://arxiv.org/pdf/0704.0001");
}

TEST(paper_json, entries_of_the_anthology_and_of_csl) {
  const Paper acl = read_paper(R"({"acl_id": "P02-1040", "corpus_paper_id": 11080756,
    "title": "BLEU", "author": "Papineni, Kishore and\n Roukos, Salim", "year": "2002",
    "booktitle": "Proceedings of ACL", "pages": "311--318", "ENTRYTYPE": "inproceedings",
    "doi": "10.3115/1073083.1073135", "url": "https://aclanthology.org/P02-1040"})");
  EXPECT_EQ(acl.ids.acl, "P02-1040");
  EXPECT_EQ(acl.ids.corpus_id, 11080756);
  EXPECT_EQ(acl.authors[1].name, "Salim Roukos");
  EXPECT_EQ(acl.venue, "Proceedings of ACL");
  EXPECT_EQ(acl.publication_types, Lines{"Conference"});
  const Paper csl = read_paper(R"({"id": "k", "type": "article-journal", "title": "<i>T</i>",
    "container-title": "Nature", "author": [{"family": "Bee", "given": "Ann"}], "DOI": "10.1/x",
    "issued": {"date-parts": [[2017, 6, 12]]}, "page": "1-2"})");
  EXPECT_EQ(csl.title, "T");
  EXPECT_EQ(csl.authors[0].name, "Ann Bee");
  EXPECT_EQ(csl.venue, "Nature");
  EXPECT_EQ(csl.date, "2017-06-12");
  EXPECT_EQ(csl.year, 2017);
  EXPECT_EQ(csl.publication_types, Lines{"JournalArticle"});
}

TEST(paper_json, documents_of_corpora) {
  const Paper scifact = read_paper(
      R"({"doc_id": 4983, "title": "T", "abstract": ["One.", "Two."], "structured": false})");
  EXPECT_EQ(scifact.ids.corpus_id, 4983);
  EXPECT_EQ(scifact.abstract, "One. Two.");
  // Numbers of a corpus of any kind are no ids that others know: two corpora have the same.
  const Result<PaperRecord> beir =
      paper_record_from_json(R"({"_id": "4983", "title": "T", "text": "Text."})");
  ASSERT_TRUE(beir.ok());
  EXPECT_EQ(beir->key, "4983");
  EXPECT_EQ(beir->paper.ids, PaperIds());
  EXPECT_EQ(beir->paper.abstract, "Text.");
}

TEST(paper_json, what_is_no_paper_says_why) {
  const auto why = [](const std::string& line) { return paper_from_json(line).status().message(); };
  EXPECT_EQ(why("{}"), "it is no paper: no title, no text, and no id of one");
  EXPECT_EQ(why(R"({"title": ""})"), "it has neither a title nor an id");
  EXPECT_EQ(why("[1]"), "not a JSON object");
  EXPECT_EQ(why("{\"title\": \"\xe9\"}"), "it is not UTF-8");
  EXPECT_FALSE(paper_from_json(std::string(1000, '[')).ok());
}

TEST(paper_json, fields_of_another_kind_are_not_there) {
  const Paper paper =
      read_paper(R"({"paperId": 7, "corpusId": "x", "title": "T", "authors": {"a": 1},
    "year": [2], "journal": [5], "references": {"a": 1}, "externalIds": [], "tldr": "no",
    "openAccessPdf": "u", "isOpenAccess": "yes", "abstract": {"a": "b"}})");
  EXPECT_EQ(paper, (Paper{.title = "T"}));
}

TEST(paper_json, days_of_mail_and_months) {
  EXPECT_EQ(day_of_mail_date("12 Jun 2017 17:57:34 GMT"), "2017-06-12");
  EXPECT_EQ(day_of_mail_date("Mon, 12"), "");
  EXPECT_EQ(month_of("September"), 9);
  EXPECT_EQ(month_of("13"), 0);
}

}  // namespace
}  // namespace quern::apps
