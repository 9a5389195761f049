#include "engine/texts/text_reader.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mapped_file.h"
#include "engine/texts/byte_form.h"
#include "engine/texts/json_text.h"

namespace quern::engine {
namespace {

constexpr std::size_t kReadBytes = 256u << 10;

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t\r\n\v\f") == std::string_view::npos;
}

}  // namespace

Result<TextFormat> parse_text_format(std::string_view name) {
  if (name == "auto") return TextFormat::kAuto;
  if (name == "lines") return TextFormat::kLines;
  if (name == "jsonl") return TextFormat::kJsonLines;
  return Status(Code::kBadInput,
                "format '" + std::string(name) + "' is not known, want auto, lines or jsonl");
}

struct TextReader::State {
  std::string path;
  int fd = -1;
  TextFormat format = TextFormat::kAuto;
  std::optional<std::size_t> n_bytes;
  std::size_t n_taken = 0;  // Bytes of lines handed out.
  long n_lines = 0;
  bool at_end = false;

  ByteForm form = ByteForm::kUtf8;
  std::string raw;  // Of another form: bytes read that are no whole character yet.

  std::string buffer;  // Bytes read and not handed out are buffer[begin..].
  std::size_t begin = 0;
  std::size_t scanned = 0;  // No newline in buffer[begin, scanned).
  JsonTextParser parser;

  ~State() {
    if (fd > 0) ::close(fd);
  }

  Result<std::size_t> read_into(std::string& bytes);
  Status fill();
  Result<bool> take_line(std::string_view& line, bool& too_long);
  Status skip_rest_of_line();
  Status fill_first_line(std::size_t n_most);
  Status take_mark();
  Status sniff();
};

// Appends what one read brings; 0 at the end.
Result<std::size_t> TextReader::State::read_into(std::string& bytes) {
  const std::size_t held = bytes.size();
  bytes.resize(held + kReadBytes);
  ssize_t n = ::read(fd, bytes.data() + held, kReadBytes);
  while (n < 0 && errno == EAGAIN) {  // A pipe that whoever opened it made non-blocking.
    pollfd waiting{.fd = fd, .events = POLLIN, .revents = 0};
    if (::poll(&waiting, 1, -1) >= 0) n = ::read(fd, bytes.data() + held, kReadBytes);
  }
  bytes.resize(held + static_cast<std::size_t>(n > 0 ? n : 0));
  if (n >= 0) return static_cast<std::size_t>(n);
  if (errno == EINTR) return Status(Code::kCancelled, "interrupted");
  return Status(Code::kIo, "cannot read " + path + ": " + errno_text(errno));
}

// Reads once more into the buffer; at_end when there is nothing left.
Status TextReader::State::fill() {
  if (begin > 0) {
    buffer.erase(0, begin);
    scanned -= begin;
    begin = 0;
  }
  QUERN_ASSIGN(const std::size_t n, read_into(form == ByteForm::kUtf8 ? buffer : raw));
  at_end = n == 0;
  if (form != ByteForm::kUtf8) move_as_utf8(form, at_end, raw, buffer);
  return {};
}

// Drops bytes up to the next newline, which stays in the buffer.
Status TextReader::State::skip_rest_of_line() {
  for (;;) {
    const std::size_t newline = buffer.find('\n', begin);
    n_taken += (newline == std::string::npos ? buffer.size() : newline) - begin;
    begin = scanned = newline == std::string::npos ? buffer.size() : newline;
    if (newline != std::string::npos || at_end) return {};
    QUERN_TRY(fill());
  }
}

// `line` points into the buffer until the next call.
Result<bool> TextReader::State::take_line(std::string_view& line, bool& too_long) {
  too_long = false;
  for (;;) {
    const std::size_t newline = buffer.find('\n', scanned);
    const bool found = newline != std::string::npos;
    const std::size_t end = found ? newline : buffer.size();
    scanned = end;
    if (end - begin > kMaxLineBytes) {
      too_long = true;
      line = {};
      QUERN_TRY(skip_rest_of_line());
      if (begin < buffer.size()) ++begin, ++n_taken;
      scanned = begin;
      ++n_lines;
      return true;
    }
    if (found || (at_end && end > begin)) {
      line = std::string_view(buffer).substr(begin, end - begin);
      n_taken += line.size() + (found ? 1 : 0);
      begin = scanned = end + (found ? 1 : 0);
      ++n_lines;
      if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
      return true;
    }
    if (at_end) return false;
    QUERN_TRY(fill());
  }
}

// A pipe may bring the first line in pieces.
Status TextReader::State::fill_first_line(std::size_t n_most) {
  while (!at_end && buffer.size() < n_most && buffer.find('\n') == std::string::npos) {
    QUERN_TRY(fill());
  }
  return {};
}

// Drops a byte order mark, which may say that all bytes are to be read otherwise.
Status TextReader::State::take_mark() {
  QUERN_TRY(fill_first_line(kFileStartBytes));
  const Result<FileStart> start = recognise_bytes(buffer);
  if (!start.ok()) return {start.status().code(), path + " " + start.status().message()};
  if (start->form == ByteForm::kUtf8) {
    begin = scanned = n_taken = start->n_mark_bytes;
    return {};
  }
  form = start->form;
  raw = buffer.substr(start->n_mark_bytes);
  buffer.clear();
  move_as_utf8(form, at_end, raw, buffer);
  n_bytes.reset();  // What is handed out has another length.
  return {};
}

// Settles kAuto by the first line.
Status TextReader::State::sniff() {
  QUERN_TRY(take_mark());
  if (format != TextFormat::kAuto) return {};
  QUERN_TRY(fill_first_line(kMaxLineBytes));
  const std::size_t newline = buffer.find('\n', begin);
  const std::string_view first = std::string_view(buffer).substr(
      begin, newline == std::string::npos ? newline : newline - begin);
  const std::size_t at = first.find_first_not_of(" \t");
  std::string text;
  std::optional<std::string> pair;
  const bool is_json =
      at != std::string_view::npos && first[at] == '{' && parser.parse(first, text, pair).ok();
  format = is_json ? TextFormat::kJsonLines : TextFormat::kLines;
  return {};
}

Result<TextReader> TextReader::open(const std::string& path, TextFormat format) {
  auto state = std::make_unique<State>();
  state->format = format;
  if (path == "-") {
    state->path = "standard input";
    state->fd = STDIN_FILENO;
  } else {
    state->path = "'" + path + "'";
    state->fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (state->fd < 0) {
      const Code code = errno == ENOENT || errno == ENOTDIR ? Code::kNotFound : Code::kIo;
      return Status(code, "cannot open texts " + state->path + ": " + errno_text(errno));
    }
  }
  struct stat info{};
  if (::fstat(state->fd, &info) == 0) {
    if (S_ISDIR(info.st_mode)) {
      return Status(Code::kIo, "cannot read " + state->path + ": it is a folder, want a file");
    }
    if (S_ISREG(info.st_mode)) state->n_bytes = static_cast<std::size_t>(info.st_size);
  }
  if (format == TextFormat::kAuto && (ends_with(path, ".jsonl") || ends_with(path, ".ndjson"))) {
    state->format = TextFormat::kJsonLines;
  }
  QUERN_TRY(state->sniff());
  return TextReader(std::move(state));
}

Result<bool> TextReader::next(TextItem& item) {
  for (;;) {
    std::string_view line;
    bool too_long = false;
    QUERN_ASSIGN(const bool more, state_->take_line(line, too_long));
    if (!more) return false;
    item.line = state_->n_lines;
    item.status = {};
    item.text.clear();
    item.text_pair.reset();
    if (too_long) {
      item.status = {Code::kBadInput,
                     "longer than " + std::to_string(kMaxLineBytes >> 20) + " MB, cannot be read"};
    } else if (state_->format == TextFormat::kLines) {
      item.text.assign(line);
    } else {
      if (is_blank(line)) continue;
      item.status = state_->parser.parse(line, item.text, item.text_pair);
    }
    return true;
  }
}

bool TextReader::is_ready() const {
  const State& s = *state_;
  if (s.at_end || s.buffer.find('\n', s.scanned) != std::string::npos) return true;
  pollfd waiting{.fd = s.fd, .events = POLLIN, .revents = 0};
  return ::poll(&waiting, 1, 0) != 0;
}

TextFormat TextReader::format() const { return state_->format; }
std::size_t TextReader::bytes_read() const { return state_->n_taken; }
std::optional<std::size_t> TextReader::bytes_total() const { return state_->n_bytes; }

TextReader::TextReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
TextReader::TextReader(TextReader&&) noexcept = default;
TextReader& TextReader::operator=(TextReader&&) noexcept = default;
TextReader::~TextReader() = default;

}  // namespace quern::engine
