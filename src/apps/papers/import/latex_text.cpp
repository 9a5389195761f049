#include "apps/papers/import/latex_text.h"

#include <algorithm>
#include <vector>

#include "apps/papers/import/latex_symbols.h"
#include "base/utf8.h"
#include "text/pipeline/unicode_form.h"

namespace quern::apps {
namespace {

bool is_command_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// Reads LaTeX from front to back; braces count for nothing but accents' and commands' arguments.
class LatexReader {
 public:
  explicit LatexReader(std::string_view latex) : latex_(latex) {}

  std::string read() {
    while (at_ < latex_.size()) step();
    end_accents();
    return std::move(out_);
  }

 private:
  bool starts_with(std::string_view text) const { return latex_.substr(at_).starts_with(text); }

  void step() {
    const char c = latex_[at_];
    if (c == '\\') return command();
    if (c == '{' || c == '}' || c == '$') {
      ++at_;
    } else if (c == '~') {
      put(" ", 1);
    } else if (starts_with("---")) {
      put("—", 3);
    } else if (starts_with("--")) {
      put("–", 2);
    } else if (starts_with("``")) {
      put("“", 2);
    } else if (starts_with("''")) {
      put("”", 2);
    } else {
      character();
    }
  }

  void put(std::string_view text, std::size_t n_read) {
    out_ += text;
    at_ += n_read;
  }

  // An accent comes before its letter and is written behind it.
  void character() {
    const Decoded c = decode_utf8(latex_, at_);
    const auto n = static_cast<std::size_t>(c.n_bytes);
    const bool is_blank = c.code <= ' ';
    put(latex_.substr(at_, n), n);
    if (!is_blank) end_accents();
  }

  // The one next to the letter is the innermost.
  void end_accents() {
    for (; !accents_.empty(); accents_.pop_back()) append_utf8(accents_.back(), out_);
  }

  void command() {
    std::size_t end = at_ + 1;
    while (end < latex_.size() && is_command_letter(latex_[end])) ++end;
    const bool is_word = end > at_ + 1;
    if (!is_word) end = std::min(end + 1, latex_.size());
    const std::string_view name = latex_.substr(at_ + 1, end - at_ - 1);
    at_ = end;
    if (is_word) skip_blanks();
    if (const CodePoint accent = latex_accent(name); accent != 0) {
      accents_.push_back(accent);
    } else if (is_word) {
      word_command(name);
    } else if (name == "\\" || name == "," || name == ";" || name == "/" || name == "-") {
      out_ += name == "/" || name == "-" ? "" : " ";
    } else {
      out_ += name;  // \&, \%, \_, "\ "
    }
  }

  void word_command(std::string_view name) {
    // The dotless letters are for accents to stand on, which composed characters have dots under.
    if (!accents_.empty() && (name == "i" || name == "j")) {
      out_ += name;
      return end_accents();
    }
    const std::string_view symbol = latex_symbol(name);
    out_ += symbol;
    if (!symbol.empty()) end_accents();
    if (hides_its_argument(name) || name == "href") skip_argument();
  }

  // Blanks behind a command's name are not printed.
  void skip_blanks() {
    while (at_ < latex_.size() && (latex_[at_] == ' ' || latex_[at_] == '\n')) ++at_;
  }

  void skip_argument() {
    if (at_ >= latex_.size() || latex_[at_] != '{') return;
    int depth = 0;
    while (at_ < latex_.size()) {
      const char c = latex_[at_++];
      depth += c == '{' ? 1 : c == '}' ? -1 : 0;
      if (depth == 0) return;
    }
  }

  std::string_view latex_;
  std::size_t at_ = 0;
  std::string out_;
  std::vector<CodePoint> accents_;  // They wait for their letter.
};

}  // namespace

std::string text_of_latex(std::string_view latex) {
  const std::string text = LatexReader(latex).read();
  std::string storage, out;
  text::append_in_form(text::normalizers::UnicodeForm::kNfc, repair_utf8(text, storage), out);
  return out;
}

std::string literal_of_latex(std::string_view latex) {
  std::string out;
  for (std::size_t i = 0; i < latex.size(); ++i) {
    const char c = latex[i];
    const char next = i + 1 < latex.size() ? latex[i + 1] : '\0';
    if (c == '\\' && std::string_view("_%&#~${}").find(next) != std::string_view::npos) {
      out += next;
      ++i;
    } else if (c != '{' && c != '}') {
      out += c;
    }
  }
  return out;
}

}  // namespace quern::apps
