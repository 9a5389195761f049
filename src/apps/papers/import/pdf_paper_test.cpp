#include "apps/papers/import/pdf_paper.h"

#include <algorithm>
#include <cstdlib>
#include <string>

#include <gtest/gtest.h>

#include "apps/papers/import/page_furniture.h"
#include "apps/papers/import/pdf_prose.h"
#include "apps/papers/import/reading_order.h"
#include "apps/papers/import/test_layout.h"
#include "base/test_folder.h"

namespace quern::apps {
namespace {

PdfPage page_of() { return {.width = 600, .height = 800}; }

std::vector<std::string> headings_of(const Paper& paper) {
  std::vector<std::string> out;
  for (const PaperSection& section : paper.sections) {
    out.push_back(section.number + "|" + section.heading);
  }
  return out;
}

TEST(pdf_layout, is_read_from_what_pdftotext_writes) {
  const auto layout = layout_from_bbox(
      "<html><head><title>A &amp; B</title></head><body><doc>\n<page width=\"612.0\" "
      "height=\"792.0\">\n"
      "<flow><block><line><word xMin=\"10.0\" yMin=\"20\" xMax=\"30\" "
      "yMax=\"32\">e\ufb03cient</word>\n"
      "<word xMin=\"32\" yMin=\"20\" xMax=\"40\" "
      "yMax=\"32\">&lt;x&gt;</word></line></block></flow></page></doc>");
  ASSERT_TRUE(layout.ok()) << layout.status().message();
  EXPECT_EQ(layout->title, "A & B");
  ASSERT_EQ(layout->pages.size(), 1U);
  ASSERT_EQ(layout->pages[0].lines.size(), 1U);
  EXPECT_EQ(layout->pages[0].lines[0].text(), "efficient <x>");
  EXPECT_EQ(layout->pages[0].lines[0].size, 12);
  EXPECT_FALSE(layout_from_bbox("").ok());
  EXPECT_FALSE(layout_from_bbox("<doc><page width=\"a\" height=\"1\">").ok());
  EXPECT_FALSE(layout_from_bbox("<doc><word xMin=\"nan\" yMin=\"1\" xMax=\"1\" yMax=\"1\">x").ok());
}

TEST(pdf_layout, small_capitals_are_one_word) {
  const auto layout = layout_from_bbox(
      "<doc><page width=\"9\" height=\"9\"><line><word xMin=\"0\" yMin=\"0\" xMax=\"5\" "
      "yMax=\"10\">I</word>"
      "<word xMin=\"5.1\" yMin=\"2\" xMax=\"50\" yMax=\"10\">NTRODUCTION</word></line>");
  ASSERT_TRUE(layout.ok());
  EXPECT_EQ(layout->pages[0].lines[0].text(), "INTRODUCTION");
}

TEST(reading_order, goes_down_one_column_and_then_the_other) {
  PdfLayout layout;
  layout.pages.push_back(page_of());
  PdfPage& page = layout.pages[0];
  page.lines.push_back(set_line(100, 50, std::string(60, 't')));
  PageSetter(page, 50, 100).prose(20, 45);
  PageSetter(page, 320, 100).prose(20, 45);
  page.lines.push_back(
      set_line(60, 400, "a wide line between both that goes all across the page here"));
  PageSetter(page, 50, 430).prose(10, 45);
  PageSetter(page, 320, 430).prose(10, 45);
  std::reverse(page.lines.begin(), page.lines.end());
  const std::vector<FlowLine> lines = lines_in_reading_order(layout);
  ASSERT_EQ(lines.size(), 62U);
  EXPECT_EQ(lines[0].column, PageColumn::kFull);
  EXPECT_EQ(lines[1].column, PageColumn::kLeft);
  EXPECT_TRUE(lines[21].is_first);
  EXPECT_EQ(lines[21].column, PageColumn::kRight);
  EXPECT_EQ(lines[41].line.words[0].text, "a");
  EXPECT_EQ(lines[42].column, PageColumn::kLeft);
  EXPECT_EQ(lines[61].column, PageColumn::kRight);
}

TEST(reading_order, puts_a_number_before_its_heading) {
  PdfLayout layout;
  layout.pages.push_back(page_of());
  layout.pages[0].lines.push_back(set_line(72, 100, "Introduction"));
  layout.pages[0].lines.push_back(set_line(50, 101, "1"));
  const std::vector<FlowLine> lines = lines_in_reading_order(layout);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0].line.text(), "1 Introduction");
}

TEST(page_furniture, goes_and_text_stays) {
  PdfLayout layout;
  for (int i = 0; i < 4; ++i) {
    layout.pages.push_back(page_of());
    PdfPage& page = layout.pages.back();
    page.lines.push_back(set_line(200, 20, "Bee et al."));
    page.lines.push_back(set_line(300, 780, std::to_string(i + 1)));
    PageSetter(page, 50, 60, 100 * i).prose(30);
    for (int n = 0; n < 30; ++n) {
      page.lines.push_back(set_line(10, 60 + 12 * static_cast<float>(n), std::to_string(n + 100)));
    }
  }
  PdfWord turned = {.box = {15, 200, 30, 500}, .text = "arXiv:1706.03762v5"};
  layout.pages[0].lines.push_back(line_of_words({turned}));
  const PageFurniture taken = take_page_furniture(layout);
  EXPECT_EQ(taken.stamp, "arXiv:1706.03762v5");
  EXPECT_EQ(taken.running, "Bee et al.\n1\n");
  for (const PdfPage& page : layout.pages) EXPECT_EQ(page.lines.size(), 30U);
}

TEST(page_furniture, a_number_alone_at_the_foot_is_the_pages) {
  PdfLayout layout;
  layout.pages.push_back(page_of());
  PageSetter(layout.pages[0]).prose(20);
  layout.pages.push_back(page_of());
  PageSetter(layout.pages[1], 50, 60, 50).prose(20).line("17");
  layout.pages[0].lines.push_back(set_line(300, 770, "1"));
  take_page_furniture(layout);
  EXPECT_EQ(layout.pages[0].lines.size(), 20U);
  EXPECT_EQ(layout.pages[1].lines.size(), 21U);  // In the text, not at the page's foot.
}

TEST(pdf_roles, a_line_spread_to_fill_its_column_is_no_table) {
  PdfLayout layout;
  layout.pages.push_back(page_of());
  PageSetter(layout.pages[0]).prose(10).space(60).prose(5);
  std::vector<PdfWord> spread, cells;
  for (int i = 0; i < 5; ++i) {
    const float at = 50 + 60 * static_cast<float>(i);
    spread.push_back({.box = {at, 190, at + 40, 200}, .text = "widewide"});
    cells.push_back({.box = {at, 205, at + 10 + 7 * static_cast<float>(i), 215}, .text = "12.5"});
  }
  layout.pages[0].lines.push_back(line_of_words(spread));
  layout.pages[0].lines.push_back(line_of_words(cells));
  const PdfFlow flow = flow_of_lines(lines_in_reading_order(layout));
  EXPECT_EQ(flow.roles[10], LineRole::kBody);
  EXPECT_EQ(flow.roles[11], LineRole::kTable);
}

TEST(pdf_roles, captions_begin_with_a_number_and_a_stop) {
  EXPECT_TRUE(begins_caption("Figure 3: What it is"));
  EXPECT_TRUE(begins_caption("Fig. 1. What it is"));
  EXPECT_TRUE(begins_caption("TABLE II"));
  EXPECT_FALSE(begins_caption("Figure 3 shows that"));
  EXPECT_FALSE(begins_caption("Figures are"));
}

TEST(pdf_prose, joins_words_as_the_document_writes_them) {
  PdfLayout layout;
  layout.pages.push_back(page_of());
  PageSetter(layout.pages[0])
      .line("we use the state-of-the-art of information and well-known infor-")
      .line("mation in this, the state-")
      .line("of-the-art method; it is a new-")
      .line("found one.")
      .space(12)
      .line("Another paragraph.");
  const PdfFlow flow = flow_of_lines(lines_in_reading_order(layout));
  const WordForms forms(flow);
  EXPECT_EQ(prose_of_lines(flow, {0, 1, 2, 3, 4}, forms),
            "we use the state-of-the-art of information and well-known information in this, the "
            "state-of-the-art method; it is a newfound one.\n\nAnother paragraph.");
}

TEST(pdf_prose, marks_of_notes_go_and_exponents_stay) {
  const auto word = [](float left, float right, float top, float bottom, const char* text) {
    return PdfWord{.box = {left, top, right, bottom}, .text = text};
  };
  EXPECT_EQ(text_of_line(line_of_words({word(0, 30, 0, 10, "model"), word(30, 34, 0, 6, "3"),
                                        word(37, 50, 0, 10, "and"), word(53, 63, 0, 10, "10"),
                                        word(63, 67, 0, 6, "6"), word(67, 70, 0, 10, ",")})),
            "model and 10^6,");
}

// Two columns, a running head, a note, a caption, a bibliography.
PdfLayout layout_of_paper() {
  PdfLayout layout;
  for (int i = 0; i < 3; ++i) layout.pages.push_back(page_of());
  PdfPage& first = layout.pages[0];
  first.lines.push_back(set_line(100, 60, "A Paper of Two Columns", 20));
  first.lines.push_back(set_line(200, 100, "Ann Bee and Carl Dee", 12));
  PageSetter(first, 50, 150)
      .line("Abstract", 12, 80)
      .prose(10, 45)
      .space(12)
      .line("1 Introduction", 12)
      .prose(20, 45);
  first.lines.push_back(set_line(50, 700, "1 a note below the text", 8));
  PageSetter(first, 320, 150)
      .prose(10, 45)
      .space(10)
      .line("Figure 1: What it shows.")
      .space(10)
      .prose(10, 45)
      .space(8)
      .line("1.1 Data", 11)
      .prose(5, 45);
  for (int i = 1; i < 3; ++i) {
    PdfPage& page = layout.pages[static_cast<std::size_t>(i)];
    page.lines.push_back(set_line(200, 20, "A Paper of Two Columns", 8));
    page.lines.push_back(set_line(300, 780, std::to_string(i + 1), 8));
    PageSetter setter(page, 50, 60, 100 * i);
    setter.prose(20, 45).space(12).line(i == 1 ? "2 Results" : "References", 12);
    if (i == 1) setter.prose(15, 45);
    for (int n = 1; i == 2 && n < 6; ++n) {
      setter.line("[" + std::to_string(n) + "] A. Bee. The title of it. Journal")
          .line("of Examples, " + std::to_string(1990 + n) + ".", 10, 15);
    }
    PageSetter(page, 320, 60, 100 * i + 50).prose(i == 1 ? 40 : 1, 45);
  }
  return layout;
}

TEST(pdf_paper, has_its_parts_and_nothing_else) {
  const Paper paper = paper_of_layout(layout_of_paper());
  EXPECT_EQ(paper.title, "A Paper of Two Columns");
  ASSERT_EQ(paper.authors.size(), 2U);
  EXPECT_EQ(paper.authors[1].name, "Carl Dee");
  EXPECT_EQ(paper.abstract.substr(0, 29), "words of prose like xaaa agai");
  EXPECT_EQ(headings_of(paper),
            (std::vector<std::string>{"1|Introduction", "1.1|Data", "2|Results"}));
  for (const PaperSection& section : paper.sections) {
    for (const char* no : {"note below", "Figure 1", "A Paper of Two"}) {
      EXPECT_EQ(section.text.find(no), std::string::npos) << section.heading << ": " << no;
    }
  }
  ASSERT_GE(paper.references.size(), 5U);
  EXPECT_EQ(paper.references[0].title, "The title of it");
  EXPECT_EQ(paper.references[4].year, 1995);
}

TEST(pdf_paper, abstracts_may_begin_with_their_name_but_sections_stay) {
  const auto read = [](const std::string& first, const std::string& second) {
    PdfLayout layout;
    layout.pages.push_back(page_of());
    PageSetter(layout.pages[0])
        .line("A Paper of Its Own", 20)
        .space(20)
        .line(first)
        .prose(3)
        .space(12)
        .line("1 Introduction", 14)
        .line(second)
        .prose(20);
    return paper_of_layout(std::move(layout));
  };
  const Paper paper =
      read("Abstract. We say what this is about in some words", "Abstract interpretation is old");
  EXPECT_EQ(paper.abstract.substr(0, 15), "We say what thi");
  ASSERT_EQ(paper.sections.size(), 1U);
  EXPECT_EQ(paper.sections[0].text.substr(0, 23), "Abstract interpretation");
}

TEST(pdf_paper, of_no_pages_is_empty) {
  EXPECT_EQ(paper_of_layout({}), Paper());
  PdfLayout layout;
  layout.pages.push_back(page_of());
  EXPECT_EQ(paper_of_layout(std::move(layout)), Paper());
}

class pdf_paper_file : public FolderTest {
 protected:
  // A PDF of pages with lines of text from top to bottom; `trailer` goes into its dictionary.
  std::string pdf_of(const std::vector<std::string>& pages, const std::string& trailer = "") {
    std::vector<std::string> objects = {"<< /Type /Catalog /Pages 2 0 R >>", "",
                                        "<< /Type /Font /Subtype /Type1 /BaseFont /Times-Roman >>"};
    std::string kids;
    for (const std::string& page : pages) {
      objects.push_back("<< /Length " + std::to_string(page.size()) + " >>\nstream\n" + page +
                        "\nendstream");
      objects.push_back("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents " +
                        std::to_string(objects.size()) +
                        " 0 R /Resources << /Font << /F1 3 0 R >> >> >>");
      kids += std::to_string(objects.size()) + " 0 R ";
    }
    objects[1] =
        "<< /Type /Pages /Kids [" + kids + "] /Count " + std::to_string(pages.size()) + " >>";
    std::string out = "%PDF-1.4\n", table;
    for (std::size_t i = 0; i < objects.size(); ++i) {
      const std::string at = std::to_string(out.size());
      table += std::string(10 - at.size(), '0') + at + " 00000 n \n";
      out += std::to_string(i + 1) + " 0 obj\n" + objects[i] + "\nendobj\n";
    }
    const std::string n = std::to_string(objects.size() + 1);
    return out + "xref\n0 " + n + "\n0000000000 65535 f \n" + table + "trailer\n<< /Size " + n +
           " /Root 1 0 R " + trailer + " >>\nstartxref\n" + std::to_string(out.size()) +
           "\n%%EOF\n";
  }
  static std::string text_at(int x, int y, int size, const std::string& text) {
    return "BT /F1 " + std::to_string(size) + " Tf " + std::to_string(x) + " " + std::to_string(y) +
           " Td (" + text + ") Tj ET\n";
  }
  static bool has_poppler() { return std::system("pdftotext -v > /dev/null 2>&1") == 0; }
};

TEST_F(pdf_paper_file, is_read_by_poppler) {
  if (!has_poppler()) GTEST_SKIP() << "no pdftotext";
  std::string page = text_at(150, 700, 20, "The Title of a Paper") +
                     text_at(250, 670, 12, "Ann Bee") + text_at(72, 630, 14, "Abstract") +
                     text_at(72, 600, 10, "We say what it is about.") +
                     text_at(72, 570, 14, "1  Introduction");
  for (int i = 0; i < 20; ++i) {
    page +=
        text_at(72, 550 - 12 * i, 10, "It goes on for a while, line after line of it, with words.");
  }
  write(path("a.pdf"), pdf_of({page}));
  const auto paper = paper_of_pdf(path("a.pdf"));
  ASSERT_TRUE(paper.ok()) << paper.status().message();
  EXPECT_EQ(paper->title, "The Title of a Paper");
  ASSERT_EQ(paper->authors.size(), 1U);
  EXPECT_EQ(paper->authors[0].name, "Ann Bee");
  EXPECT_EQ(paper->abstract, "We say what it is about.");
  EXPECT_EQ(headings_of(*paper), std::vector<std::string>{"1|Introduction"});
}

TEST_F(pdf_paper_file, says_why_it_is_no_paper) {
  if (!has_poppler()) GTEST_SKIP() << "no pdftotext";
  const auto why = [&](const std::string& bytes) {
    write(path("a.pdf"), bytes);
    return paper_of_pdf(path("a.pdf")).status().message();
  };
  EXPECT_EQ(why(pdf_of({""})), "the PDF has no text: its pages may be pictures");
  EXPECT_EQ(why(""), "the file is empty");
  EXPECT_EQ(why("no PDF"), "it is no PDF");
  EXPECT_NE(why("%PDF-1.4\n" + std::string(5000, 'x')).find("damaged"), std::string::npos);
  const std::string key(32, 'k');
  EXPECT_EQ(why(pdf_of({"x"}, "/ID [<00><00>] /Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O (" +
                                  key + ") /U (" + key + ") >>")),
            "the PDF is encrypted");
  std::string signs;
  for (int i = 0; i < 120; ++i) signs += text_at(72, 780 - 6 * i, 5, "#$ %& @ [=] {+}");
  EXPECT_NE(why(pdf_of({signs})).find("no words"), std::string::npos);
  EXPECT_EQ(why(pdf_of(std::vector<std::string>(kMaxPdfPaperPages + 1, "x"))),
            "the PDF has more than 1000 pages");
}

}  // namespace
}  // namespace quern::apps
