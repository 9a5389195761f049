// Sources of files that hold one paper each.

#include <filesystem>
#include <functional>
#include <system_error>
#include <utility>

#include "apps/json_lines.h"
#include "apps/papers/import/clean_text.h"
#include "apps/papers/import/input_digest.h"
#include "apps/papers/import/paper_sources.h"
#include "apps/papers/import/pdf_paper.h"
#include "apps/papers/import/text_paper.h"
#include "base/mapped_file.h"

namespace quern::apps {
namespace {

using ReadFilePaper = std::function<Result<Paper>(const std::string& path)>;

// One file, one paper. What is known by its digest is not read.
class OneFileSource : public PaperSource {
 public:
  OneFileSource(std::string path, std::string name, ReadFilePaper read)
      : path_(std::move(path)), name_(std::move(name)), read_(std::move(read)) {}

  Result<std::optional<ReadPaper>> next(const IsKnownPaper& is_known) override {
    if (is_done_) return std::optional<ReadPaper>();
    is_done_ = true;
    ReadPaper out;
    out.origin = name_;
    out.status = read_once(is_known, out);
    return std::optional<ReadPaper>(std::move(out));
  }

 private:
  Status read_once(const IsKnownPaper& is_known, ReadPaper& out) const {
    std::error_code error;
    const std::uintmax_t n_bytes = std::filesystem::file_size(path_, error);
    if (error) return {Code::kIo, error.message()};
    out.n_bytes = static_cast<std::size_t>(n_bytes);
    if (n_bytes == 0) return {Code::kBadInput, "the file is empty"};
    QUERN_ASSIGN(out.input, digest_of_record_file(path_));
    out.is_known = is_known && is_known(out.origin, out.input);
    if (out.is_known) return {};
    QUERN_ASSIGN(out.paper, read_(path_));
    return {};
  }

  const std::string path_;
  const std::string name_;
  const ReadFilePaper read_;
  bool is_done_ = false;
};

Result<Paper> read_text_paper(const std::string& path) {
  QUERN_ASSIGN(const std::string bytes, read_file(path, kMaxTextFileBytes));
  const std::filesystem::path file(path);
  const std::string end = in_small_letters(file.extension().string());
  const std::string name = shown_path(file.stem().string());
  const std::string text = utf8_of_field(without_mark(bytes));
  return end == ".md" || end == ".markdown" ? paper_of_markdown(text, name)
                                            : paper_of_text(text, name);
}

}  // namespace

std::unique_ptr<PaperSource> text_source(const std::string& path, std::string name) {
  return std::make_unique<OneFileSource>(path, std::move(name), read_text_paper);
}

std::unique_ptr<PaperSource> pdf_source(const std::string& path, std::string name,
                                        const PdfReading& reading) {
  return std::make_unique<OneFileSource>(path, std::move(name), [reading](const std::string& file) {
    return paper_of_pdf(file, reading);
  });
}

}  // namespace quern::apps
