#include "apps/claims/pdf_text.h"

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>
#include <vector>

#include <fmt/format.h>
#include <unistd.h>

#include "apps/claims/corpus_documents.h"
#include "apps/claims/pdf_pages.h"
#include "base/child_process.h"
#include "base/utf8.h"

namespace quern::apps {
namespace {

namespace fs = std::filesystem;

// Readers of PDF look for its first line in so many bytes.
constexpr std::size_t kHeaderBytes = 1024;

Result<std::string> find_pdftotext() {
  const char* const path = std::getenv("PATH");
  std::string_view rest = path == nullptr ? "" : path;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(':'), rest.size());
    const std::string program = std::string(rest.substr(0, end)) + "/pdftotext";
    if (end > 0 && ::access(program.c_str(), X_OK) == 0) return program;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return {Code::kNotFound,
          "there is no pdftotext to read PDF with: it is in the package poppler-utils"};
}

// All that it needs; keys and tokens in ours are no business of a hostile file.
std::vector<std::string> environment_for_reading() {
  std::vector<std::string> out = {"LANG=C.UTF-8", "LC_ALL=C.UTF-8"};
  const char* const path = std::getenv("PATH");
  if (path != nullptr) out.push_back(std::string("PATH=") + path);
  return out;
}

Status check_file(const std::string& path, const PdfLimits& limits) {
  std::error_code error;
  const std::uintmax_t n_bytes = fs::file_size(path, error);
  std::ifstream in(path, std::ios::binary);
  if (error || !in) return {Code::kIo, error ? error.message() : "it does not open"};
  if (n_bytes > limits.file_bytes) {
    return {Code::kTooLarge,
            fmt::format("the PDF has {} bytes, {} at most", n_bytes, limits.file_bytes)};
  }
  std::array<char, kHeaderBytes> header{};
  in.read(header.data(), header.size());
  const std::string_view begin(header.data(), static_cast<std::size_t>(in.gcount()));
  if (begin.find("%PDF-") != std::string_view::npos) return {};
  return {Code::kBadInput, begin.empty() ? "the file is empty" : "it is no PDF"};
}

// Said by the file's last part or a part of it: only asked where it could not be read.
bool is_encrypted(const std::string& path) {
  constexpr std::string_view kMark = "/Encrypt";
  std::ifstream in(path, std::ios::binary);
  std::string buffer(std::size_t{1} << 20, '\0');
  std::string before;
  while (in) {
    in.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    before.append(buffer, 0, static_cast<std::size_t>(in.gcount()));
    if (before.find(kMark) != std::string::npos) return true;
    before.erase(0, before.size() - std::min(before.size(), kMark.size()));
  }
  return false;
}

Status why_unread(const std::string& path, const std::string& ending) {
  if (is_encrypted(path)) return {Code::kBadInput, "the PDF is encrypted"};
  return {Code::kBadInput,
          fmt::format("the PDF is damaged or asks for too much (pdftotext: {})", ending)};
}

// What it says until its end.
Result<std::string> read_all(ChildProcess& child, const PdfLimits& limits) {
  const auto deadline = std::chrono::steady_clock::now() + limits.time;
  std::string out, buffer(std::size_t{64} << 10, '\0');
  while (true) {
    Result<std::size_t> n = child.read_some(buffer, deadline);
    if (n.status().code() == Code::kDeadline) {
      return {Code::kDeadline,
              fmt::format("reading the PDF takes more than {} seconds", limits.time.count())};
    }
    if (!n.ok()) return n.status();
    if (*n == 0) return out;
    out.append(buffer, 0, *n);
    if (out.size() > limits.text_bytes) {
      return {Code::kTooLarge,
              fmt::format("the PDF has more than {} bytes of text", limits.text_bytes)};
    }
  }
}

// UTF-8 without a NUL byte, whatever came.
std::string repaired(const std::string& text) {
  std::string storage, out;
  for (const char c : repair_utf8(text, storage)) {
    if (c == '\0') {
      append_utf8(kReplacement, out);
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

Result<std::string> run_pdftotext(const std::string& path, const PdfReading& reading,
                                  const std::vector<std::string>& more_options) {
  QUERN_TRY(check_file(path, reading.limits));
  ChildOptions options;
  options.program = reading.program;
  if (options.program.empty()) {
    QUERN_ASSIGN(options.program, find_pdftotext());
  }
  // A path that begins with "-" is no option.
  options.arguments = {"-q", "-enc", "UTF-8", "-eol", "unix"};
  options.arguments.insert(options.arguments.end(), more_options.begin(), more_options.end());
  options.arguments.push_back(path.starts_with('-') ? "./" + path : path);
  options.arguments.push_back("-");
  options.environment = environment_for_reading();
  options.others = Environment::kOnlyGiven;
  options.heap_bytes = reading.limits.heap_bytes;
  options.cpu_time = reading.limits.time;
  QUERN_ASSIGN(const std::unique_ptr<ChildProcess> child, ChildProcess::start(options));
  QUERN_ASSIGN(const std::string text, read_all(*child, reading.limits));
  const std::string ending = child->end();
  if (ending != "exit code 0") return why_unread(path, ending);
  return repaired(text);
}

Result<std::string> text_of_pdf(const std::string& path, const PdfReading& reading) {
  QUERN_ASSIGN(std::string text, run_pdftotext(path, reading, {}));
  text = text_of_pages(text);
  if (!says_something(text)) {
    return {Code::kBadInput, "the PDF has no text: its pages may be pictures"};
  }
  return text;
}

}  // namespace quern::apps
