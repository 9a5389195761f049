#include "apps/papers/import/publication_facts.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "apps/papers/import/clean_text.h"

namespace quern::apps {
namespace {

using Names = std::pair<std::string_view, std::string_view>;

// Types of BibTeX, CSL, Crossref and RIS.
constexpr Names kTypes[] = {
    {"article", "JournalArticle"},
    {"article-journal", "JournalArticle"},
    {"journal-article", "JournalArticle"},
    {"jour", "JournalArticle"},
    {"ejour", "JournalArticle"},
    {"inproceedings", "Conference"},
    {"conference", "Conference"},
    {"paper-conference", "Conference"},
    {"proceedings-article", "Conference"},
    {"cpaper", "Conference"},
    {"conf", "Conference"},
    {"proceedings", "Conference"},
    {"book", "Book"},
    {"incollection", "BookSection"},
    {"inbook", "BookSection"},
    {"chapter", "BookSection"},
    {"book-chapter", "BookSection"},
    {"chap", "BookSection"},
    {"dataset", "Dataset"},
    {"data", "Dataset"},
    {"review", "Review"},
    {"review-article", "Review"},
    {"news", "News"},
    {"article-newspaper", "News"},
    {"editorial", "Editorial"},
    {"letter", "LettersAndComments"},
    {"case-report", "CaseReport"},
    {"meta-analysis", "MetaAnalysis"},
    {"research-article", "JournalArticle"},
};

// By what stands before the point.
constexpr Names kArchives[] = {
    {"cs", "Computer Science"}, {"math", "Mathematics"}, {"stat", "Mathematics"},
    {"q-bio", "Biology"},       {"q-fin", "Economics"},  {"econ", "Economics"},
    {"eess", "Engineering"},    {"astro-ph", "Physics"}, {"cond-mat", "Physics"},
    {"gr-qc", "Physics"},       {"hep-ex", "Physics"},   {"hep-lat", "Physics"},
    {"hep-ph", "Physics"},      {"hep-th", "Physics"},   {"math-ph", "Physics"},
    {"nlin", "Physics"},        {"nucl-ex", "Physics"},  {"nucl-th", "Physics"},
    {"physics", "Physics"},     {"quant-ph", "Physics"}, {"cmp-lg", "Computer Science"},
};

constexpr std::string_view kFieldsOfStudy[] = {"Agricultural and Food Sciences",
                                               "Art",
                                               "Biology",
                                               "Business",
                                               "Chemistry",
                                               "Computer Science",
                                               "Economics",
                                               "Education",
                                               "Engineering",
                                               "Environmental Science",
                                               "Geography",
                                               "Geology",
                                               "History",
                                               "Law",
                                               "Linguistics",
                                               "Materials Science",
                                               "Mathematics",
                                               "Medicine",
                                               "Philosophy",
                                               "Physics",
                                               "Political Science",
                                               "Psychology",
                                               "Sociology"};

void add_field_once(std::string_view field, std::vector<std::string>& out) {
  if (field.empty() || std::find(out.begin(), out.end(), field) != out.end()) return;
  out.emplace_back(field);
}

std::string_view second_of(const Names* begin, const Names* end, std::string_view name) {
  const Names* const found =
      std::find_if(begin, end, [&](const Names& one) { return one.first == name; });
  return found == end ? std::string_view() : found->second;
}

constexpr std::string_view kMonths[] = {"jan", "feb", "mar", "apr", "may", "jun",
                                        "jul", "aug", "sep", "oct", "nov", "dec"};

int number_of(std::string_view text) {
  int out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size() ? out : 0;
}

}  // namespace

std::string publication_type_of(std::string_view type) {
  return std::string(second_of(std::begin(kTypes), std::end(kTypes), in_small_letters(type)));
}

std::vector<std::string> fields_of_arxiv_categories(std::string_view categories) {
  std::vector<std::string> out;
  while (!categories.empty()) {
    const std::size_t end = std::min(categories.find(' '), categories.size());
    const std::string_view one = categories.substr(0, end);
    const std::string field(
        second_of(std::begin(kArchives), std::end(kArchives), one.substr(0, one.find('.'))));
    if (!field.empty() && std::find(out.begin(), out.end(), field) == out.end()) {
      out.push_back(field);
    }
    categories.remove_prefix(std::min(end + 1, categories.size()));
  }
  return out;
}

void add_fields_of_study(std::string_view keywords, std::vector<std::string>& out) {
  while (!keywords.empty()) {
    const std::size_t end = std::min(keywords.find_first_of(",;"), keywords.size());
    const std::string keyword = in_small_letters(one_line(keywords.substr(0, end)));
    for (const std::string_view field : kFieldsOfStudy) {
      if (keyword == in_small_letters(field)) add_field_once(field, out);
    }
    keywords.remove_prefix(std::min(end + 1, keywords.size()));
  }
}

int month_of(std::string_view text) {
  const std::string small = in_small_letters(text);
  const int number = number_of(small);
  if (number >= 1 && number <= 12) return number;
  for (std::size_t i = 0; i < std::size(kMonths); ++i) {
    if (small.starts_with(kMonths[i])) return static_cast<int>(i) + 1;
  }
  return 0;
}

std::string day_of_mail_date(std::string_view text) {
  const std::size_t comma = text.find(", ");
  if (comma != text.npos) text.remove_prefix(comma + 2);
  const std::size_t first = text.find(' ');
  const std::size_t second = first == text.npos ? first : text.find(' ', first + 1);
  if (second == text.npos) return {};
  const int day = number_of(text.substr(0, first));
  const int month = month_of(text.substr(first + 1, second - first - 1));
  const int year = year_in(text.substr(second + 1, 4));
  if (day < 1 || day > 31 || month == 0 || year == 0) return {};
  return fmt::format("{:04}-{:02}-{:02}", year, month, day);
}

}  // namespace quern::apps
