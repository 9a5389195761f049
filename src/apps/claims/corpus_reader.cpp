#include "apps/claims/corpus_reader.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "apps/bounded_lines.h"
#include "apps/claims/markdown_text.h"
#include "apps/code/tree_walk.h"
#include "apps/json_lines.h"
#include "base/sha256.h"
#include "store/byte_cursor.h"
#include "text/analysis/sentences.h"

namespace quern::apps {
namespace {

namespace fs = std::filesystem;

enum class FileForm { kJsonLines, kText, kMarkdown, kPdf, kUnknown };

// By the end of its name, in any case.
FileForm form_of(const std::string& path) {
  std::string end = fs::path(path).extension().string();
  std::transform(end.begin(), end.end(), end.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 32) : c; });
  if (end == ".jsonl" || end == ".ndjson") return FileForm::kJsonLines;
  if (end == ".txt" || end == ".text") return FileForm::kText;
  if (end == ".md" || end == ".markdown") return FileForm::kMarkdown;
  if (end == ".pdf") return FileForm::kPdf;
  return FileForm::kUnknown;
}

constexpr int kBytesToKnow = 4096;

// A file that was named itself, whatever its name: lines of objects begin with one.
FileForm form_by_bytes(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::string begin(5, ' ');
  in.read(begin.data(), 5);
  if (begin == "%PDF-") return FileForm::kPdf;
  in.clear();
  in.seekg(0);
  char c = 0;
  for (int i = 0; i < kBytesToKnow && in.get(c); ++i) {
    if (c == '{') return FileForm::kJsonLines;
    if (static_cast<unsigned char>(c) > ' ' && c != '\xef' && c != '\xbb' && c != '\xbf') break;
  }
  return FileForm::kText;
}

struct InputPath {
  std::string path;
  FileForm form = FileForm::kText;
};

Status cannot_read(const std::string& path, const std::string& why) {
  return {Code::kIo, fmt::format("cannot read '{}': {}", path, why)};
}

Status list_corpus_folder(const std::string& folder, std::vector<InputPath>& out) {
  QUERN_ASSIGN(const TreeWalk walk,
               walk_tree(folder, {.obey_ignore_rules = false, .max_file_bytes = UINT64_MAX}));
  const std::size_t n_before = out.size();
  for (const WalkedFile& file : walk.files) {
    const FileForm form = form_of(file.path);
    if (form == FileForm::kUnknown) continue;
    out.push_back({(fs::path(folder) / file.path).lexically_normal().string(), form});
  }
  if (out.size() > n_before) return {};
  return {Code::kBadInput,
          fmt::format("'{}' has no file of JSON lines (.jsonl), text (.txt), Markdown (.md) or PDF "
                      "(.pdf) among {}",
                      folder, walk.files.size())};
}

// Of a file, and of all else that its source is made of.
Result<std::string> digest_of_input(const std::string& path, const SourceFacts& facts) {
  QUERN_ASSIGN(const std::string of_file, sha256_hex_of_file(path));
  const std::string all = fmt::format("{}\n{}\n{}\n{}\n{}", kCorpusDocumentsVersion, of_file,
                                      facts.url, facts.date, facts.licence);
  return sha256_hex(store::bytes_of(all));
}

// Of a chapter; one that is shorter goes with the one behind it.
constexpr std::size_t kChapterBytes = 600;

}  // namespace

CorpusText corpus_text_from_markdown(std::string_view markdown) {
  MarkdownText read = text_of_markdown(markdown);
  CorpusText out;
  out.text = std::move(read.text);
  out.source.title = std::move(read.title);
  if (out.source.title.size() > kMaxSourceFactBytes) out.source.title.clear();
  for (const ByteSpan& sentence : text::sentences_of(out.text)) {
    if (!overlaps(read.headings, sentence.begin, sentence.end)) out.sentences.push_back(sentence);
  }
  std::size_t last = 0;
  for (const ByteSpan& heading : read.headings) {
    if (!out.chapters.empty() && heading.begin - last < kChapterBytes) continue;
    last = heading.begin;
    out.chapters.push_back(last);
  }
  return out;
}

struct CorpusReader::Impl {
  explicit Impl(CorpusReading wanted) : reading(std::move(wanted)) {}

  Status open_next_path();
  Status open_lines(const InputPath& path);
  Result<std::optional<ReadSource>> next_line();
  ReadSource read_file(const InputPath& path, const IsKnownInput& is_known) const;
  Status read_pdf(const InputPath& path, const IsKnownInput& is_known, ReadSource& out) const;
  Status read_text_file(const InputPath& path, ReadSource& out) const;
  void fill_facts(ClaimSource& source) const;

  const CorpusReading reading;
  std::size_t i_path = 0;        // The next of reading.paths.
  std::vector<InputPath> files;  // Of the path that is read now,
  std::size_t i_file = 0;        // and the next of them.
  std::ifstream file;
  std::optional<BoundedLines> lines;  // Of the file that is read now.
  std::string name;                   // Of it.
};

Status CorpusReader::Impl::open_next_path() {
  const std::string& path = reading.paths[i_path++];
  files.clear();
  i_file = 0;
  if (path == "-") {
    files.push_back({path, FileForm::kJsonLines});
    return {};
  }
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found) {
    return {Code::kNotFound, fmt::format("there is no '{}'", path)};
  }
  if (error) return cannot_read(path, error.message());
  if (fs::is_directory(status)) return list_corpus_folder(path, files);
  if (!fs::is_regular_file(status)) {
    return {Code::kBadInput,
            fmt::format("'{}' is no file: JSON lines are taken from standard input as -", path)};
  }
  FileForm form = form_of(path);
  if (form == FileForm::kUnknown) form = form_by_bytes(path);
  files.push_back({fs::path(path).lexically_normal().string(), form});
  return {};
}

Status CorpusReader::Impl::open_lines(const InputPath& path) {
  file = std::ifstream();
  name = path.path;
  if (path.path == "-") {
    name = "standard input";
    lines.emplace(std::cin, kMaxCorpusLineBytes);
    return {};
  }
  file.open(path.path, std::ios::binary);
  if (!file) return cannot_read(path.path, std::generic_category().message(errno));
  lines.emplace(file, kMaxCorpusLineBytes);
  return {};
}

void CorpusReader::Impl::fill_facts(ClaimSource& source) const {
  if (source.url.empty()) source.url = reading.facts.url;
  if (source.date.empty()) source.date = reading.facts.date;
  if (source.licence.empty()) source.licence = reading.facts.licence;
}

// Blank lines are passed over, and byte order marks before lines.
Result<std::optional<ReadSource>> CorpusReader::Impl::next_line() {
  ReadSource out;
  while (true) {
    QUERN_ASSIGN(const std::optional<BoundedLines::Line> line, lines->next().in(name));
    if (!line) {
      lines.reset();
      return std::optional<ReadSource>();
    }
    out.n_bytes += line->n_bytes;
    const std::string_view text = without_mark(line->text);
    if (!line->is_too_long && text.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    const std::string origin = fmt::format("{} line {}", name, line->n_line);
    if (line->is_too_long) {
      out.status = {Code::kTooLarge, fmt::format("the line has {} bytes, {} at most", line->n_bytes,
                                                 kMaxCorpusLineBytes)};
    } else if (Result<CorpusText> read = corpus_text_from_line(text); read.ok()) {
      out.text = std::move(*read);
      fill_facts(out.text.source);
    } else {
      out.status = read.status();
    }
    out.text.origin = origin;
    return std::optional<ReadSource>(std::move(out));
  }
}

ReadSource CorpusReader::Impl::read_file(const InputPath& path,
                                         const IsKnownInput& is_known) const {
  ReadSource out;
  out.status =
      path.form == FileForm::kPdf ? read_pdf(path, is_known, out) : read_text_file(path, out);
  out.text.source.key = path.path;
  out.text.origin = path.path;
  fill_facts(out.text.source);
  return out;
}

Status CorpusReader::Impl::read_pdf(const InputPath& path, const IsKnownInput& is_known,
                                    ReadSource& out) const {
  std::error_code error;
  const std::uintmax_t n_bytes = fs::file_size(path.path, error);
  if (error) return cannot_read(path.path, error.message());
  out.n_bytes = static_cast<std::size_t>(n_bytes);
  QUERN_ASSIGN(out.text.input, digest_of_input(path.path, reading.facts));
  out.is_known = is_known && is_known(path.path, out.text.input);
  if (out.is_known) return {};
  QUERN_ASSIGN(out.text.text, text_of_pdf(path.path, reading.pdf));
  return {};
}

Status CorpusReader::Impl::read_text_file(const InputPath& path, ReadSource& out) const {
  std::error_code error;
  const std::uintmax_t n_bytes = fs::file_size(path.path, error);
  std::ifstream in(path.path, std::ios::binary);
  if (error || !in) return cannot_read(path.path, error ? error.message() : "it does not open");
  out.n_bytes = static_cast<std::size_t>(n_bytes);
  if (n_bytes > kMaxSourceBytes) {
    return {Code::kTooLarge,
            fmt::format("the file has {} bytes, {} at most", n_bytes, kMaxSourceBytes)};
  }
  std::string bytes(out.n_bytes, '\0');
  in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(in.gcount()));
  if (bytes.empty()) return {Code::kBadInput, "the file is empty"};
  const std::string_view text = without_mark(bytes);
  QUERN_TRY(check_source_text(text));
  if (path.form == FileForm::kMarkdown) {
    out.text = corpus_text_from_markdown(text);
    if (out.text.sentences.empty()) return {Code::kBadInput, "it has no sentence"};
  } else {
    out.text.text = text;
  }
  return {};
}

CorpusReader::CorpusReader(CorpusReading reading)
    : impl_(std::make_unique<Impl>(std::move(reading))) {}

CorpusReader::~CorpusReader() = default;

Result<std::optional<ReadSource>> CorpusReader::next(const IsKnownInput& is_known) {
  Impl& my = *impl_;
  while (true) {
    if (my.lines) {
      QUERN_ASSIGN(std::optional<ReadSource> line, my.next_line());
      if (line) return line;
      continue;
    }
    if (my.i_file == my.files.size()) {
      if (my.i_path == my.reading.paths.size()) return std::optional<ReadSource>();
      QUERN_TRY(my.open_next_path());
      continue;
    }
    const InputPath& path = my.files[my.i_file++];
    if (path.form == FileForm::kJsonLines) {
      QUERN_TRY(my.open_lines(path));
      continue;
    }
    return std::optional<ReadSource>(my.read_file(path, is_known));
  }
}

}  // namespace quern::apps
