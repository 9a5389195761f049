#include "apps/claims/corpus_reader.h"

#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/test_folder.h"

namespace quern::apps {
namespace {

class corpus_reader : public FolderTest {
 protected:
  std::vector<ReadSource> read_paths(const std::vector<std::string>& paths,
                                     const SourceFacts& facts = {}) {
    CorpusReader reader({.paths = paths, .facts = facts});
    std::vector<ReadSource> out;
    while (true) {
      auto read = reader.next();
      end_ = read.status();
      if (!read.ok() || !*read) return out;
      out.push_back(std::move(**read));
    }
  }

  Status end_;
};

TEST_F(corpus_reader, takes_facts_from_lines_by_any_of_their_names) {
  const auto text = corpus_text_from_line(
      R"({"_id": "a", "text": "One.", "title": "T", "url": "u", "publication_date": "2020-01", "license": "MIT"})");
  ASSERT_TRUE(text.ok()) << text.status().message();
  EXPECT_EQ(text->source.key, "a");
  EXPECT_EQ(text->source.title, "T");
  EXPECT_EQ(text->source.url, "u");
  EXPECT_EQ(text->source.date, "2020-01");
  EXPECT_EQ(text->source.licence, "MIT");
  EXPECT_FALSE(text->is_abstract);
  EXPECT_EQ(corpus_text_from_line(R"({"source": "s", "url": "u", "body": "One."})")->source.key,
            "s");
  EXPECT_EQ(corpus_text_from_line(R"({"url": "u", "text": "One."})")->source.key, "u");
  EXPECT_EQ(corpus_text_from_line(R"({"id": null, "doc_id": 3, "text": "One."})")->source.key, "3");
}

TEST_F(corpus_reader, names_a_text_without_a_name_by_itself) {
  const auto one = corpus_text_from_line(R"({"text": "One."})");
  ASSERT_TRUE(one.ok()) << one.status().message();
  EXPECT_EQ(one->source.key,
            corpus_text_from_line(R"({"text": "One.", "date": 2020})")->source.key);
  EXPECT_NE(one->source.key, corpus_text_from_line(R"({"text": "Two."})")->source.key);
}

TEST_F(corpus_reader, refuses_lines_that_are_deep_in_each_other) {
  std::string deep = R"({"text": "One.", "x": )";
  for (int i = 0; i < 100'000; ++i) deep += '[';
  EXPECT_EQ(corpus_text_from_line(deep).status().code(), Code::kBadInput);
  for (int i = 0; i < 100'000; ++i) deep += ']';
  EXPECT_EQ(corpus_text_from_line(deep + "}").status().code(), Code::kBadInput);
}

TEST_F(corpus_reader, reads_files_by_what_they_are) {
  write(path("a.jsonl"),
        "\xef\xbb\xbf{\"id\": 1, \"text\": \"One.\"}\n\n  \r\nbroken\n"
        "{\"id\": 2, \"text\": \"Two.\", \"licence\": \"MIT\"}");
  write(path("b.txt"), "\xef\xbb\xbfPlain text. Of two sentences.");
  write(path("c.md"), "# Title\n\nSome *text*.");
  write(path("d.unknown"), "  {\"id\": 3, \"text\": \"Three.\"}\n");
  write(path("e.unknown"), "Nothing but text.");
  const auto read = read_paths(
      {path("a.jsonl"), path("b.txt"), path("c.md"), path("d.unknown"), path("e.unknown")},
      {.url = "u", .licence = "CC0"});
  ASSERT_TRUE(end_.ok()) << end_.message();
  ASSERT_EQ(read.size(), 7u);
  EXPECT_EQ(read[0].text.source.key, "1");
  EXPECT_EQ(read[0].text.source.licence, "CC0");
  EXPECT_EQ(read[0].text.source.url, "u");
  EXPECT_EQ(read[1].status.code(), Code::kBadInput);
  EXPECT_EQ(read[1].text.origin, path("a.jsonl") + " line 4");
  EXPECT_EQ(read[2].text.source.licence, "MIT");
  EXPECT_EQ(read[3].text.text, "Plain text. Of two sentences.");
  EXPECT_EQ(read[3].text.source.key, path("b.txt"));
  EXPECT_EQ(read[4].text.text, "Title\n\nSome text.");
  EXPECT_EQ(read[4].text.source.title, "Title");
  EXPECT_EQ(read[5].text.source.key, "3");
  EXPECT_EQ(read[6].text.text, "Nothing but text.");
}

TEST_F(corpus_reader, walks_folders_in_order) {
  std::filesystem::create_directories(path("f/sub"));
  write(path("f/b.txt"), "B is here.");
  write(path("f/sub/a.md"), "A is here.");
  write(path("f/image.png"), "no text");
  write(path("f/empty.txt"), "");
  const auto read = read_paths({path("f")});
  ASSERT_TRUE(end_.ok()) << end_.message();
  ASSERT_EQ(read.size(), 3u);
  EXPECT_EQ(read[0].text.source.key, path("f/b.txt"));
  EXPECT_EQ(read[1].status.message(), "the file is empty");
  EXPECT_EQ(read[2].text.source.key, path("f/sub/a.md"));
}

TEST_F(corpus_reader, does_not_read_a_pdf_whose_file_is_known) {
  write(path("a.pdf"), "%PDF-1.4\n");
  write(path("program"), "#!/bin/sh\necho said");
  std::filesystem::permissions(path("program"), std::filesystem::perms::owner_all);
  const auto read_one = [&](const SourceFacts& facts, const std::string& known) {
    CorpusReader reader(
        {.paths = {path("a.pdf")}, .facts = facts, .pdf = {.program = path("program")}});
    return **reader.next([&](const std::string& key, const std::string& input) {
      EXPECT_EQ(key, path("a.pdf"));
      return input == known;
    });
  };
  const ReadSource first = read_one({}, "");
  EXPECT_FALSE(first.is_known);
  EXPECT_EQ(first.text.text, "said");
  EXPECT_TRUE(read_one({}, first.text.input).is_known);
  EXPECT_FALSE(read_one({.licence = "CC0"}, first.text.input).is_known);
  write(path("a.pdf"), "%PDF-1.5\n");
  EXPECT_FALSE(read_one({}, first.text.input).is_known);
}

TEST_F(corpus_reader, says_what_is_wrong_with_a_path) {
  read_paths({path("nothing")});
  EXPECT_EQ(end_.code(), Code::kNotFound);
  std::filesystem::create_directories(path("f"));
  write(path("f/image.png"), "no text");
  read_paths({path("f")});
  EXPECT_EQ(end_.code(), Code::kBadInput);
  EXPECT_NE(end_.message().find(".jsonl"), std::string::npos) << end_.message();
  // What never ends, and what nobody writes to, is not waited for.
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  for (const std::string& special : {std::string("/dev/zero"), path("pipe")}) {
    read_paths({special});
    EXPECT_EQ(end_.code(), Code::kBadInput) << special;
  }
}

TEST_F(corpus_reader, refuses_files_that_are_no_text) {
  write(path("nul.txt"), std::string("a\0b", 3));
  write(path("bad.txt"), "a \xff b");
  write(path("blank.txt"), " \n ");
  write(path("headings.md"), "# Only\n\n## Headings\n");
  for (const char* name : {"nul.txt", "bad.txt", "blank.txt", "headings.md"}) {
    const auto read = read_paths({path(name)});
    ASSERT_EQ(read.size(), 1u) << name;
    EXPECT_EQ(read[0].status.code(), Code::kBadInput) << name;
    EXPECT_EQ(read[0].text.origin, path(name));
  }
}

TEST_F(corpus_reader, passes_over_a_line_of_a_hundred_megabytes_with_little_memory) {
  {
    std::ofstream out(path("a.jsonl"), std::ios::binary);
    out << R"({"id": 1, "text": ")";
    const std::string megabyte(1 << 20, 'x');
    for (int i = 0; i < 100; ++i) out << megabyte;
    out << "\"}\n" << R"({"id": 2, "text": "Two."})" << "\n";
  }
  const auto read = read_paths({path("a.jsonl")});
  ASSERT_EQ(read.size(), 2u);
  EXPECT_EQ(read[0].status.code(), Code::kTooLarge);
  EXPECT_EQ(read[1].text.source.key, "2");
}

}  // namespace
}  // namespace quern::apps
