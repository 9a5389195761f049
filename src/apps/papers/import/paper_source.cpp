#include "apps/papers/import/paper_source.h"

#include <fstream>
#include <system_error>
#include <utility>

#include "apps/papers/import/paper_sources.h"
#include "base/utf8.h"

namespace quern::apps {
namespace {

Result<std::ifstream> open_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (file) return file;
  return {Code::kIo, std::generic_category().message(errno)};
}

}  // namespace

ReadPaper unread_paper(std::string origin, Status why) {
  ReadPaper out;
  out.origin = std::move(origin);
  out.status = std::move(why);
  return out;
}

std::string shown_path(const std::string& path) {
  std::string storage;
  return std::string(repair_utf8(path, storage));
}

Result<std::unique_ptr<PaperSource>> open_paper_source(const PaperPath& path,
                                                       const PdfReading& pdf) {
  if (path.path == "-") return standard_input_source();
  QUERN_ASSIGN(std::ifstream file, open_file(path.path));
  std::string name = shown_path(path.path);
  switch (path.format) {
    case PaperFormat::kJsonLines:
      return json_lines_source(std::move(file), std::move(name));
    case PaperFormat::kJson:
      return json_objects_source(std::move(file), std::move(name));
    case PaperFormat::kBibTeX:
      return bibtex_source(path.path, std::move(name));
    case PaperFormat::kRis:
      return ris_source(std::move(file), std::move(name));
    case PaperFormat::kText:
      return text_source(path.path, std::move(name));
    case PaperFormat::kPdf:
      return pdf_source(path.path, std::move(name), pdf);
    case PaperFormat::kJats:
      return jats_source(path.path, std::move(name));
    case PaperFormat::kAuto:
      break;
  }
  return {Code::kBadInput, "what kind of file it is was not found out"};
}

}  // namespace quern::apps
