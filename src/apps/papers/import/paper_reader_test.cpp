#include "apps/papers/import/paper_reader.h"

#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/test_folder.h"

namespace quern::apps {
namespace {

class paper_reader : public FolderTest {
 protected:
  std::vector<ReadPaper> read_all(PaperReading reading, const IsKnownPaper& is_known = {}) {
    std::vector<ReadPaper> out;
    auto reader = PaperReader::open(std::move(reading));
    EXPECT_TRUE(reader.ok()) << reader.status().message();
    if (!reader.ok()) return out;
    n_bytes_ = (*reader)->n_bytes();
    while (true) {
      auto next = (*reader)->next(is_known);
      EXPECT_TRUE(next.ok()) << next.status().message();
      if (!next.ok() || !*next) return out;
      out.push_back(std::move(**next));
    }
  }
  std::vector<ReadPaper> read_path(const std::string& name) {
    return read_all({.paths = {path(name)}});
  }

  std::uint64_t n_bytes_ = 0;
};

TEST_F(paper_reader, a_folder_is_read_in_order_with_all_that_is_below_it) {
  std::filesystem::create_directory(path("b"));
  write(path("c.jsonl"), "{\"_id\": \"3\", \"title\": \"C\"}\n");
  write(path("a.json"), "[{\"_id\": \"1\", \"title\": \"A\"}, {\"title\": \"A2\"}]");
  write(path("b/x.ndjson"), "{\"_id\": \"2\", \"title\": \"B\"}\n");
  write(path("readme.txt"), "not about papers");
  const std::vector<ReadPaper> papers = read_all({.paths = {folder_}});
  ASSERT_EQ(papers.size(), 4U);
  EXPECT_EQ(papers[0].origin, path("a.json") + ": 1");
  EXPECT_EQ(papers[1].origin, path("a.json") + ": line 1");
  EXPECT_EQ(papers[2].paper.title, "B");
  EXPECT_EQ(papers[3].paper.title, "C");
  EXPECT_EQ(n_bytes_, read(path("a.json")).size() + 2 * read(path("c.jsonl")).size());
}

TEST_F(paper_reader, answers_of_an_api_are_several_papers) {
  write(path("search.json"), R"({"total": 2, "offset": 0, "data": [
    {"paperId": "649def34f8be52c8b66281af98ae884c09aef38b", "title": "A"}, {"title": "B"},
    {"contexts": ["x"], "citedPaper": {"paperId": null, "title": "C"}}]})");
  const std::vector<ReadPaper> papers = read_path("search.json");
  ASSERT_EQ(papers.size(), 3U);
  EXPECT_EQ(papers[0].origin, path("search.json") + ": 649def34f8be52c8b66281af98ae884c09aef38b");
  EXPECT_EQ(papers[1].origin, path("search.json") + ": line 1, number 2");
  EXPECT_EQ(papers[2].paper.title, "C");
}

TEST_F(paper_reader, what_cannot_be_read_is_said_and_the_rest_is_read) {
  write(path("a.jsonl"), "{\"title\": \"A\"}\nbroken\n");
  write(path("b.jsonl"), "{\"title\": \"B\"}\n");
  PaperReading reading = {.paths = {path("a.jsonl"), path("b.jsonl")}};
  auto reader = PaperReader::open(reading);
  ASSERT_TRUE(reader.ok());
  std::filesystem::remove(path("b.jsonl"));
  std::vector<ReadPaper> papers;
  for (auto next = (*reader)->next(); next.ok() && *next; next = (*reader)->next()) {
    papers.push_back(**next);
  }
  ASSERT_EQ(papers.size(), 3U);
  EXPECT_TRUE(papers[0].status.ok());
  EXPECT_EQ(papers[1].status.code(), Code::kBadInput);
  EXPECT_EQ(papers[2].origin, path("b.jsonl"));
  EXPECT_EQ(papers[2].status.code(), Code::kIo);
}

TEST_F(paper_reader, bibliographies_have_their_keys_in_origins) {
  write(path("a.bib"), "@article{one, title={One}}\n@article{bad\n@article{two, title={Two}}\n");
  write(path("b.ris"), "TY  - JOUR\nTI  - Three\nER  - \nTY  - JOUR\nAB  - No title\nER  - \n");
  const std::vector<ReadPaper> papers = read_all({.paths = {folder_}});
  ASSERT_EQ(papers.size(), 5U);
  EXPECT_EQ(papers[0].origin, path("a.bib") + ": one");
  EXPECT_EQ(papers[1].origin, path("a.bib") + ": line 2");
  EXPECT_EQ(papers[1].status.code(), Code::kBadInput);
  EXPECT_EQ(papers[2].paper.title, "Two");
  EXPECT_EQ(papers[3].origin, path("b.ris") + ": line 1");
  EXPECT_EQ(papers[4].status.message(), "the record of line 4 has neither a title nor an id");
  const std::vector<ReadPaper> again =
      read_all({.paths = {folder_}}, [](const std::string&, const std::string&) { return true; });
  ASSERT_EQ(again.size(), 5U);
  EXPECT_TRUE(again[0].is_known);
  EXPECT_FALSE(again[1].is_known);
  EXPECT_TRUE(again[3].is_known);
}

TEST_F(paper_reader, a_key_that_is_used_again_is_another_record) {
  write(path("a.bib"), "@misc{k, title={One}}\n@misc{k, title={Two}}\n");
  const std::vector<ReadPaper> papers = read_path("a.bib");
  ASSERT_EQ(papers.size(), 2U);
  EXPECT_EQ(papers[0].origin, path("a.bib") + ": k");
  EXPECT_EQ(papers[1].origin, path("a.bib") + ": k (line 2)");
}

TEST_F(paper_reader, links_and_pipes_in_a_folder_are_said) {
  write(path("a.jsonl"), "{\"title\": \"A\"}\n");
  std::filesystem::create_symlink(path("a.jsonl"), path("b.jsonl"));
  std::filesystem::create_symlink(path("a.jsonl"), path("other"));
  ASSERT_EQ(::mkfifo(path("c.pdf").c_str(), 0600), 0);
  const std::vector<ReadPaper> papers = read_all({.paths = {folder_}});
  ASSERT_EQ(papers.size(), 3U);
  EXPECT_EQ(papers[1].origin, path("b.jsonl"));
  EXPECT_EQ(papers[1].status.message(), "it is a link, and links in folders are not followed");
  EXPECT_EQ(papers[2].status.message(), "it is no file");
}

TEST_F(paper_reader, a_text_is_read_where_it_is_named) {
  write(path("notes.txt"), "Title\n\nText.\n");
  EXPECT_EQ(read_path("notes.txt")[0].paper.title, "Title");
  EXPECT_EQ(read_all({.paths = {folder_}, .format = PaperFormat::kText}).size(), 1U);
}

TEST_F(paper_reader, a_file_without_papers_says_so) {
  for (const char* name : {"a.jsonl", "b.json", "c.bib", "d.ris", "e.xml", "f.pdf"}) {
    write(path(name), std::string_view(name) == "c.bib" ? "nothing here" : "\n");
    const std::vector<ReadPaper> papers = read_path(name);
    ASSERT_EQ(papers.size(), 1U) << name;
    EXPECT_EQ(papers[0].status.code(), Code::kBadInput) << name;
    EXPECT_EQ(papers[0].origin, path(name));
  }
}

TEST_F(paper_reader, articles_are_read_and_known_by_their_file) {
  const std::string article =
      "<article><front><article-meta><article-id pub-id-type='pmc'>7</article-id>"
      "<title-group><article-title>A</article-title></title-group></article-meta></front></"
      "article>";
  write(path("one.nxml"), article);
  write(path("two.xml"), "<set>" + article + article + "</set>");
  EXPECT_EQ(read_path("one.nxml")[0].origin, path("one.nxml"));
  const std::vector<ReadPaper> two = read_path("two.xml");
  ASSERT_EQ(two.size(), 2U);
  EXPECT_EQ(two[0].origin, path("two.xml") + ": PMC7");
  EXPECT_EQ(two[0].paper.title, "A");
}

TEST_F(paper_reader, a_bibliography_in_utf16_is_read) {
  std::string bytes = "\xff\xfe";
  for (const char c : std::string("@article{k, title={T}}")) bytes += {c, '\0'};
  write(path("a.bib"), bytes);
  EXPECT_EQ(read_path("a.bib")[0].paper.title, "T");
}

TEST_F(paper_reader, paths_that_lead_nowhere_are_errors_at_once) {
  EXPECT_EQ(PaperReader::open({.paths = {path("no")}}).status().code(), Code::kNotFound);
  EXPECT_EQ(PaperReader::open({.paths = {folder_}}).status().code(), Code::kBadInput);
  EXPECT_EQ(PaperReader::open({.paths = {"/dev/null"}}).status().code(), Code::kBadInput);
}

TEST_F(paper_reader, a_named_file_is_known_by_its_bytes) {
  write(path("export"), "{\"title\": \"A\"}\n{\"title\": \"B\"}\n");
  EXPECT_EQ(read_path("export").size(), 2U);
  write(path("export"), "{\n \"title\": \"A\"\n}\n");
  EXPECT_EQ(read_path("export").size(), 1U);
}

TEST(paper_format, is_known_by_name_and_by_bytes) {
  EXPECT_EQ(paper_format_of_path("a/B.PDF"), PaperFormat::kPdf);
  EXPECT_EQ(paper_format_of_path("a.pdf/b"), std::nullopt);
  EXPECT_EQ(paper_format_of_bytes("%!\n%PDF-1.4"), PaperFormat::kPdf);
  EXPECT_EQ(paper_format_of_bytes("% mine\n @Article (k,"), PaperFormat::kBibTeX);
  EXPECT_EQ(paper_format_of_bytes("\xef\xbb\xbfTY  - JOUR\r\n"), PaperFormat::kRis);
  EXPECT_EQ(paper_format_of_bytes("<?xml version='1.0'?><article>"), PaperFormat::kJats);
  EXPECT_EQ(paper_format_of_bytes("mail me@home.org\nTY"), PaperFormat::kText);
  EXPECT_EQ(paper_format_of_bytes(""), PaperFormat::kText);
  EXPECT_EQ(*paper_format_of_name("ris"), PaperFormat::kRis);
  EXPECT_FALSE(paper_format_of_name("docx").ok());
}

}  // namespace
}  // namespace quern::apps
