#include "cli/line_editor.h"

#include <cerrno>
#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <cwchar>
#include <iostream>
#include <string_view>

#include <histedit.h>
#include <poll.h>
#include <unistd.h>

#include "cli/exit_code.h"
#include "cli/interrupt.h"

namespace quern::cli {
namespace {

constexpr int kHistoryLines = 1000;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

}  // namespace

struct LineEditor::Terminal {
  EditLine* line = nullptr;
  History* history = nullptr;
  std::string prompt;
};

namespace {

// libedit asks for the prompt through a C function.
char* prompt_of(EditLine* line) {
  std::string* prompt = nullptr;
  el_get(line, EL_CLIENTDATA, &prompt);
  return prompt->data();
}

// libedit's own reader would miss a signal that comes just before it waits. One character of the
// terminal; 0 at its end, -1 after a signal.
int read_character(EditLine*, wchar_t* character) {
  std::mbstate_t state{};
  for (;;) {
    pollfd ready[] = {
        {.fd = STDIN_FILENO, .events = POLLIN, .revents = 0},
        {.fd = interrupt_fd(), .events = POLLIN, .revents = 0},
    };
    if (::poll(ready, 2, -1) < 0 && errno != EINTR) return -1;
    if (is_interrupted()) {
      errno = EINTR;
      return -1;
    }
    if (ready[0].revents == 0) continue;
    char byte = 0;
    const ssize_t n = ::read(STDIN_FILENO, &byte, 1);
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (n <= 0) return static_cast<int>(n);
    const std::size_t size = std::mbrtowc(character, &byte, 1, &state);
    if (size == static_cast<std::size_t>(-2)) continue;  // The character has more bytes.
    if (size != static_cast<std::size_t>(-1)) return 1;
    state = {};  // Not a character of this locale: passed over.
  }
}

}  // namespace

LineEditor::LineEditor() {
  is_terminal_ = isatty(STDIN_FILENO) != 0 && isatty(STDERR_FILENO) != 0;
  if (!is_terminal_) return;
  // Without a locale libedit drops every character that is not ASCII. Numbers stay as they are.
  std::setlocale(LC_CTYPE, "");
  if (MB_CUR_MAX == 1) std::setlocale(LC_CTYPE, "C.UTF-8");
  terminal_ = new Terminal;
  terminal_->line = el_init("quern", stdin, stderr, stderr);
  terminal_->history = history_init();
  if (terminal_->line == nullptr || terminal_->history == nullptr) {
    is_terminal_ = false;  // A terminal that libedit does not know: lines as they come.
    return;
  }
  HistEvent event;
  history(terminal_->history, &event, H_SETSIZE, kHistoryLines);
  history(terminal_->history, &event, H_SETUNIQUE, 1);
  el_set(terminal_->line, EL_HIST, history, terminal_->history);
  el_set(terminal_->line, EL_EDITOR, "emacs");
  el_set(terminal_->line, EL_CLIENTDATA, &terminal_->prompt);
  el_set(terminal_->line, EL_PROMPT, prompt_of);
  el_set(terminal_->line, EL_GETCFN, read_character);
  el_set(terminal_->line, EL_BIND, "^R", "em-inc-search-prev", nullptr);
}

LineEditor::~LineEditor() {
  if (terminal_ == nullptr) return;
  if (terminal_->line != nullptr) el_end(terminal_->line);
  if (terminal_->history != nullptr) history_end(terminal_->history);
  delete terminal_;
}

std::optional<std::string> LineEditor::read_one(const std::string& prompt) {
  if (!is_terminal_) {
    std::string line;
    if (is_interrupted() || !std::getline(std::cin, line)) return std::nullopt;
    if (line.ends_with('\r')) line.pop_back();
    if (is_first_ && line.starts_with(kByteOrderMark)) line.erase(0, kByteOrderMark.size());
    is_first_ = false;
    return line;
  }
  terminal_->prompt = prompt;
  for (;;) {
    int n = 0;
    // Before the prompt is shown: what is typed at once is then the editor's and not the
    // terminal's, which drops it at Ctrl-C.
    el_set(terminal_->line, EL_PREP_TERM, 1);
    const char* text = el_gets(terminal_->line, &n);
    if (is_interrupted()) {  // The signal ended the read.
      const LineInfo* typed = el_line(terminal_->line);
      const bool was_empty = typed == nullptr || typed->lastchar == typed->buffer;
      clear_interrupt();
      print_note("\n");
      el_reset(terminal_->line);
      if (was_empty || is_interrupted()) return std::nullopt;
      continue;
    }
    if (text == nullptr || n <= 0) {
      print_note("\n");
      return std::nullopt;
    }
    std::string line(text, static_cast<std::size_t>(n));
    while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.pop_back();
    HistEvent event;
    if (!line.empty()) history(terminal_->history, &event, H_ENTER, line.c_str());
    return line;
  }
}

std::optional<std::string> LineEditor::read(const std::string& prompt) {
  std::optional<std::string> line = read_one(prompt);
  while (line && line->ends_with('\\')) {
    line->back() = '\n';
    const std::optional<std::string> more = read_one("... ");
    if (!more) break;
    *line += *more;
  }
  return line;
}

}  // namespace quern::cli
