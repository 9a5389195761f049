#include "apps/papers/question_parts.h"

#include <array>
#include <charconv>
#include <regex>

#include <fmt/format.h>

#include "apps/papers/paper_dates.h"

namespace quern::apps {
namespace {

// Longer ones are texts, of which rules of this kind understand nothing.
constexpr std::size_t kMaxRuledBytes = 600;

const char* const kPapers =
    R"((?:papers?|articles?|works?|stud(?:y|ies)|research|literature|publications?|results?|approaches|methods)\s+)"
    R"((?:that\s+(?:was|were)\s+)?(?:published\s+|written\s+|done\s+|from\s+)?|published\s+)";

struct YearForm {
  const char* pattern;  // Behind kPapers; years in its groups.
  enum { kSince, kAfter, kUntil, kBefore, kIn, kBetween, kLast, kDecade } means;
};
constexpr std::array kForms = {
    YearForm{R"((?:since|starting(?:\s+in)?)\s+(\d{4}))", YearForm::kSince},
    YearForm{R"(after\s+(\d{4}))", YearForm::kAfter},
    YearForm{R"((?:until|up\s+to|till)\s+(\d{4}))", YearForm::kUntil},
    YearForm{R"(before\s+(\d{4}))", YearForm::kBefore},
    YearForm{R"((?:between|from)\s+(\d{4})\s*(?:and|to|-|\xe2\x80\x93)\s*(\d{4}))",
             YearForm::kBetween},
    YearForm{R"((?:in|of|during)\s+(\d{4})\s*(?:-|\xe2\x80\x93)\s*(\d{4}))", YearForm::kBetween},
    YearForm{R"((?:in|of|during)\s+the\s+(\d{4})s\b)", YearForm::kDecade},
    YearForm{R"((?:in|of|during)\s+(\d{4})(?!\d|s\b))", YearForm::kIn},
    YearForm{
        R"((?:in|of|over|during|within)\s+the\s+(?:last|past)\s+(\d{1,2}|two|three|five|ten)\s+years)",
        YearForm::kLast}};

int number_in(const std::string& text) {
  if (text == "two") return 2;
  if (text == "three") return 3;
  if (text == "five") return 5;
  if (text == "ten") return 10;
  int number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
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
  for (const YearForm& form : kForms) {
    const std::regex pattern(std::string("(?:") + kPapers + ")" + form.pattern,
                             std::regex::ECMAScript | std::regex::icase);
    std::smatch found;
    if (!std::regex_search(text, found, pattern)) continue;
    const int a = number_in(found[1]);
    const int b = found.size() > 2 ? number_in(found[2]) : 0;
    const std::string years = years_text(form, a, b, this_year);
    const Result<DayRange> days = days_of_years(years);
    if (!days.ok()) continue;
    note = fmt::format("published {}", years);
    text = on_one_line(std::string(found.prefix()) + " " + std::string(found.suffix()));
    return *days;
  }
  return {};
}

/// "what are", "how do", "find papers about": nothing to look for.
std::string without_asking(const std::string& text) {
  static const std::regex asking(
      R"(^(?:please\s+)?(?:can\s+you\s+|could\s+you\s+)?(?:tell\s+me|explain|describe|summari[sz]e|find|list|show(?:\s+me)?|give(?:\s+me)?)?\s*)"
      R"((?:(?:what|which|who|how|why|when|where)\b\s*)?(?:(?:is|are|was|were|do|does|did|can|have|has)\b\s*)?)"
      R"((?:there\s+)?(?:(?:some|any|the|recent|relevant|known|main)\b\s*)*)"
      R"((?:(?:papers?|articles?|works?|research|literature|studies|approaches|methods)\b\s*(?:on|about|for|to|of|that|which)\s+)?)",
      std::regex::ECMAScript | std::regex::icase);
  std::string out = std::regex_replace(text, asking, "", std::regex_constants::format_first_only);
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
