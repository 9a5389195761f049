#include "apps/claims/pdf_text.h"

#include <cstdlib>
#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "base/test_folder.h"

namespace quern::apps {
namespace {

// A PDF of one page with a line of text; `trailer` goes into its last dictionary.
std::string pdf_of(const std::string& line, const std::string& trailer = "") {
  const std::string page = "BT /F1 12 Tf 72 700 Td (" + line + ") Tj ET";
  const std::string objects[] = {
      "<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
      "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R "
      "/Resources << /Font << /F1 5 0 R >> >> >>",
      "<< /Length " + std::to_string(page.size()) + " >>\nstream\n" + page + "\nendstream",
      "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"};
  std::string out = "%PDF-1.4\n";
  std::string table = "xref\n0 6\n0000000000 65535 f \n";
  for (std::size_t i = 0; i < std::size(objects); ++i) {
    std::string offset = std::to_string(out.size());
    table += std::string(10 - offset.size(), '0') + offset + " 00000 n \n";
    out += std::to_string(i + 1) + " 0 obj\n" + objects[i] + "\nendobj\n";
  }
  const std::string offset = std::to_string(out.size());
  return out + table + "trailer\n<< /Size 6 /Root 1 0 R " + trailer + " >>\nstartxref\n" + offset +
         "\n%%EOF\n";
}

class pdf_text : public FolderTest {
 protected:
  // A program in the place of pdftotext.
  PdfReading by(const std::string& script) {
    write(path("program"), "#!/bin/sh\n" + script);
    std::filesystem::permissions(path("program"), std::filesystem::perms::owner_all);
    return {.program = path("program")};
  }

  Status read_by(const PdfReading& reading) {
    write(path("a.pdf"), pdf_of("Text."));
    return text_of_pdf(path("a.pdf"), reading).status();
  }
};

TEST_F(pdf_text, the_program_sees_no_environment_of_ours) {
  ::setenv("QUERN_TEST_SECRET", "secret", 1);
  const PdfReading reading = by("env");
  write(path("a.pdf"), pdf_of("Text."));
  const auto text = text_of_pdf(path("a.pdf"), reading);
  ASSERT_TRUE(text.ok()) << text.status().message();
  EXPECT_EQ(text->find("QUERN"), std::string::npos) << *text;
  EXPECT_EQ(text->find("HOME="), std::string::npos) << *text;
  EXPECT_NE(text->find("LC_ALL=C.UTF-8"), std::string::npos) << *text;
  EXPECT_NE(text->find("PATH="), std::string::npos) << *text;
}

class pdf_text_by_poppler : public pdf_text {
 protected:
  void SetUp() override {
    pdf_text::SetUp();
    if (std::system("pdftotext -v > /dev/null 2>&1") != 0) GTEST_SKIP() << "no pdftotext";
  }
};

TEST_F(pdf_text_by_poppler, has_what_the_pages_say) {
  for (const char* name : {"a.pdf", "an odd 'name'.pdf"}) {
    write(path(name), pdf_of("Mice are small. They run."));
    const auto text = text_of_pdf(path(name));
    ASSERT_TRUE(text.ok()) << text.status().message();
    EXPECT_EQ(text->substr(0, 25), "Mice are small. They run.");
    EXPECT_EQ(text->find('\f'), std::string::npos);
  }
}

TEST_F(pdf_text_by_poppler, says_what_is_wrong_with_a_file) {
  const std::string key(32, 'k');
  write(path("locked.pdf"),
        pdf_of("Secret.", "/ID [<00><00>] /Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O (" +
                              key + ") /U (" + key + ") >>"));
  EXPECT_EQ(text_of_pdf(path("locked.pdf")).status().message(), "the PDF is encrypted");
  write(path("blank.pdf"), pdf_of(""));
  EXPECT_NE(text_of_pdf(path("blank.pdf")).status().message().find("no text"), std::string::npos);
  write(path("broken.pdf"), "%PDF-1.4\n" + std::string(5000, 'x'));
  EXPECT_EQ(text_of_pdf(path("broken.pdf")).status().code(), Code::kBadInput);
}

TEST_F(pdf_text, of_what_is_no_pdf_is_not_asked_for) {
  const PdfReading never = by("echo reached; exit 0");
  write(path("a.pdf"), "plain text");
  EXPECT_EQ(text_of_pdf(path("a.pdf"), never).status().message(), "it is no PDF");
  write(path("a.pdf"), "");
  EXPECT_EQ(text_of_pdf(path("a.pdf"), never).status().message(), "the file is empty");
  EXPECT_EQ(text_of_pdf(path("nothing.pdf"), never).status().code(), Code::kIo);
  write(path("a.pdf"), pdf_of("Text."));
  PdfReading small = never;
  small.limits.file_bytes = 10;
  EXPECT_EQ(text_of_pdf(path("a.pdf"), small).status().code(), Code::kTooLarge);
}

TEST_F(pdf_text, names_the_package_that_is_missing) {
  const char* const before = std::getenv("PATH");
  const std::string kept = before == nullptr ? "" : before;
  ::setenv("PATH", folder_.c_str(), 1);
  const Status status = read_by({});
  ::setenv("PATH", kept.c_str(), 1);
  EXPECT_EQ(status.code(), Code::kNotFound);
  EXPECT_NE(status.message().find("poppler-utils"), std::string::npos) << status.message();
}

TEST_F(pdf_text, of_a_reader_that_goes_wrong_is_an_error_in_good_time) {
  EXPECT_EQ(read_by(by("echo some text; exit 1")).code(), Code::kBadInput);
  EXPECT_EQ(read_by(by("echo some text; kill -SEGV $$")).code(), Code::kBadInput);
  PdfReading endless = by("while :; do echo 'endless text of a bomb'; done");
  endless.limits.text_bytes = 1 << 20;
  EXPECT_EQ(read_by(endless).code(), Code::kTooLarge);
  PdfReading hanging = by("echo some text; sleep 100");
  hanging.limits.time = std::chrono::seconds(1);
  EXPECT_EQ(read_by(hanging).code(), Code::kDeadline);
  PdfReading hungry = by("x=xxxxxxxxxxxxxxxx; while :; do x=$x$x; done");
  hungry.limits.heap_bytes = std::size_t{64} << 20;
  EXPECT_EQ(read_by(hungry).code(), Code::kBadInput);
}

TEST_F(pdf_text, is_utf8_without_nul_whatever_comes) {
  write(path("a.pdf"), pdf_of("Text."));
  const auto text = text_of_pdf(path("a.pdf"), by("printf 'one\\000\\377two\\fthree'"));
  ASSERT_TRUE(text.ok()) << text.status().message();
  EXPECT_EQ(*text, "one\ufffd\ufffdtwo\nthree");
}

}  // namespace
}  // namespace quern::apps
