#include "apps/papers/question_parts.h"

#include <array>
#include <charconv>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "apps/papers/paper_dates.h"
#include "base/check.h"
#include "text/pipeline/regex.h"

namespace quern::apps {
namespace {

// Longer ones are texts, of which rules of this kind understand nothing.
constexpr std::size_t kMaxRuledBytes = 600;

const char* const kPapers =
    R"((?:papers?|articles?|works?|stud(?:y|ies)|research|literature|publications?|results?|approaches|methods)\s+)"
    R"((?:that\s+(?:was|were)\s+)?(?:published\s+|written\s+|done\s+|from\s+)?|published\s+)";

struct YearForm {
  const char* pattern;  // Behind kPapers.
  enum { kSince, kAfter, kUntil, kBefore, kIn, kBetween, kLast, kDecade } means;
};
constexpr std::array kForms = {
    YearForm{R"((?:since|starting(?:\s+in)?)\s+(\d{4}))", YearForm::kSince},
    YearForm{R"(after\s+(\d{4}))", YearForm::kAfter},
    YearForm{R"((?:until|up\s+to|till)\s+(\d{4}))", YearForm::kUntil},
    YearForm{R"(before\s+(\d{4}))", YearForm::kBefore},
    YearForm{R"((?:between|from)\s+(\d{4})\s*(?:and|to|-|\x{2013})\s*(\d{4}))", YearForm::kBetween},
    YearForm{R"((?:in|of|during)\s+(\d{4})\s*(?:-|\x{2013})\s*(\d{4}))", YearForm::kBetween},
    YearForm{R"((?:in|of|during)\s+the\s+(\d{4})s\b)", YearForm::kDecade},
    YearForm{R"((?:in|of|during)\s+(\d{4})(?!\d|s\b))", YearForm::kIn},
    YearForm{
        R"((?:in|of|over|during|within)\s+the\s+(?:last|past)\s+(\d{1,2}|two|three|five|ten)\s+years)",
        YearForm::kLast}};

/// Numbers of a phrase, in order; "five" is one.
std::vector<int> numbers_in(std::string_view text) {
  std::vector<int> out;
  for (std::size_t at = 0; at < text.size();) {
    int number = 0;
    const auto read = std::from_chars(text.data() + at, text.data() + text.size(), number);
    if (text[at] == '-' || read.ec != std::errc()) {
      ++at;
      continue;
    }
    out.push_back(number);
    at = static_cast<std::size_t>(read.ptr - text.data());
  }
  constexpr std::pair<std::string_view, int> kWords[] = {
      {" two ", 2}, {" three ", 3}, {" five ", 5}, {" ten ", 10}};
  for (const auto& [word, number] : kWords) {
    if (out.empty() && text.find(word) != text.npos) out.push_back(number);
  }
  return out;
}

/// Of our own patterns: they compile.
text::Regex compiled(const std::string& pattern) {
  Result<text::Regex> regex = text::Regex::compile(pattern);
  QUERN_CHECK(regex.ok());
  return *regex;
}

std::string years_text(const YearForm& form, int a, int b, int this_year) {
  switch (form.means) {
    case YearForm::kSince:
      return fmt::format("{:04}-", a);
    case YearForm::kAfter:
      return fmt::format("{:04}-", a + 1);
    case YearForm::kUntil:
      return fmt::format("-{:04}", a);
    case YearForm::kBefore:
      return fmt::format("-{:04}", a - 1);
    case YearForm::kIn:
      return fmt::format("{:04}", a);
    case YearForm::kBetween:
      return fmt::format("{:04}-{:04}", std::min(a, b), std::max(a, b));
    case YearForm::kDecade:
      return fmt::format("{:04}-{:04}", a, a + 9);
    case YearForm::kLast:
      return fmt::format("{:04}-", this_year - a);
  }
  return "";
}

std::string on_one_line(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) > ' ') {
      out += c;
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

/// Takes the years out of `text`, if it says some.
std::optional<DayRange> take_years(std::string& text, int this_year, std::string& note) {
  static const std::vector<text::Regex> regexes = [] {
    std::vector<text::Regex> out;
    for (const YearForm& form : kForms) {
      out.push_back(compiled(std::string("(?i)(?:") + kPapers + ")" + form.pattern));
    }
    return out;
  }();
  text::RegexScratch scratch(text.size());
  for (std::size_t i = 0; i < kForms.size(); ++i) {
    const YearForm& form = kForms[i];
    text::RegexMatch found;
    if (!regexes[i].find(text, 0, scratch, found)) continue;
    const std::vector<int> numbers =
        numbers_in(std::string_view(text).substr(found.begin, found.end - found.begin));
    if (numbers.empty()) continue;
    const std::string years =
        years_text(form, numbers[0], numbers.size() > 1 ? numbers[1] : 0, this_year);
    const Result<DayRange> days = days_of_years(years);
    if (!days.ok()) continue;
    note = fmt::format("published {}", years);
    text = on_one_line(text.substr(0, found.begin) + " " + text.substr(found.end));
    return *days;
  }
  return {};
}

/// "what are", "how do", "find papers about": nothing to look for.
std::string without_asking(const std::string& text) {
  static const text::Regex asking = compiled(
      R"((?i)\A(?:please\s+)?(?:can\s+you\s+|could\s+you\s+)?(?:tell\s+me|explain|describe|summari[sz]e|find|list|show(?:\s+me)?|give(?:\s+me)?)?\s*)"
      R"((?:(?:what|which|who|how|why|when|where)\b\s*)?(?:(?:is|are|was|were|do|does|did|can|have|has)\b\s*)?)"
      R"((?:there\s+)?(?:(?:some|any|the|recent|relevant|known|main)\b\s*)*)"
      R"((?:(?:papers?|articles?|works?|research|literature|studies|approaches|methods)\b\s*(?:on|about|for|to|of|that|which)\s+)?)");
  text::RegexScratch scratch(text.size());
  text::RegexMatch found;
  std::string out = asking.find(text, 0, scratch, found) ? text.substr(found.end) : text;
  while (!out.empty() && (out.back() == '?' || out.back() == ' ')) out.pop_back();
  return out.empty() ? text : out;
}

}  // namespace

QuestionParts parts_of_question(std::string_view question, int this_year) {
  QuestionParts out;
  out.text = on_one_line(question);
  out.search = out.text;
  if (out.text.size() > kMaxRuledBytes) return out;
  out.published = take_years(out.search, this_year, out.note);
  out.search = without_asking(out.search);
  return out;
}

}  // namespace quern::apps
