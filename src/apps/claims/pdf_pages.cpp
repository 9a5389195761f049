#include "apps/claims/pdf_pages.h"

#include <algorithm>
#include <map>
#include <optional>
#include <vector>

namespace quern::apps {
namespace {

// Of a page, from its top and its foot: a running title, and a number below it.
constexpr int kEdgeLines = 2;

// Longer lines are text.
constexpr std::size_t kMaxEdgeBytes = 200;

enum class Edge { kTop, kFoot };

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") + 1 - first);
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The outermost line of a page without blanks at its ends; "" where the page has no other.
std::string_view edge_line(std::string_view page, Edge edge) {
  const std::size_t at = edge == Edge::kTop ? page.find('\n') : page.rfind('\n');
  if (at == std::string_view::npos) return {};
  return trimmed(edge == Edge::kTop ? page.substr(0, at) : page.substr(at + 1));
}

std::string_view without_edge(std::string_view page, Edge edge) {
  return trimmed(edge == Edge::kTop ? page.substr(page.find('\n'))
                                    : page.substr(0, page.rfind('\n')));
}

// A blank line parts it from the page's text.
bool is_apart(std::string_view page, Edge edge) {
  if (edge == Edge::kTop) {
    const std::string_view rest = page.substr(page.find('\n') + 1);
    return trimmed(rest.substr(0, rest.find('\n'))).empty();
  }
  const std::string_view rest = page.substr(0, page.rfind('\n'));
  const std::size_t at = rest.rfind('\n');
  return at != std::string_view::npos && trimmed(rest.substr(at + 1)).empty();
}

bool is_digits(std::string_view line) {
  return !line.empty() && std::all_of(line.begin(), line.end(), is_digit);
}

// The number in a line of its own that may be a page's; nothing where the line says more.
std::optional<long> page_number(std::string_view page, Edge edge) {
  const std::string_view line = edge_line(page, edge);
  if (!is_digits(line) || line.size() > 4 || !is_apart(page, edge)) return std::nullopt;
  long number = 0;
  for (const char c : line) number = 10 * number + (c - '0');
  return number;
}

// Which pages have a number that another page's runs on from: n, n + 1, ... as the pages do. A year
// that ends a page's last sentence is no such number.
std::vector<bool> find_numbered(const std::vector<std::string_view>& pages, Edge edge) {
  std::map<long, std::size_t> counts;  // By number less place.
  std::vector<std::optional<long>> starts;
  for (const std::string_view page : pages) {
    std::optional<long> start = page_number(page, edge);
    if (start) ++counts[*start -= static_cast<long>(starts.size())];
    starts.push_back(start);
  }
  std::vector<bool> out;
  for (const std::optional<long>& start : starts) out.push_back(start && counts[*start] >= 2);
  return out;
}

std::string without_digits(std::string_view line) {
  std::string out;
  for (const char c : line) {
    if (!is_digit(c)) out += c;
  }
  return out;
}

/// Takes lines off all pages at one edge.
void drop_edge(std::vector<std::string_view>& pages, Edge edge) {
  std::map<std::string, std::size_t> counts;
  for (const std::string_view page : pages) {
    const std::string_view line = edge_line(page, edge);
    if (!line.empty() && line.size() <= kMaxEdgeBytes) ++counts[without_digits(line)];
  }
  const std::vector<bool> numbered = find_numbered(pages, edge);
  for (std::size_t i = 0; i < pages.size(); ++i) {
    const std::string_view line = edge_line(pages[i], edge);
    if (line.empty() || line.size() > kMaxEdgeBytes) continue;
    const std::size_t n = is_digits(line) ? 0 : counts[without_digits(line)];
    const bool is_running = n >= 3 && 3 * n >= pages.size() && is_apart(pages[i], edge);
    if (numbered[i] || is_running) pages[i] = without_edge(pages[i], edge);
  }
}

// A sentence that does not end on its page, as its next line shows.
bool goes_on(std::string_view page, std::string_view next) {
  const bool has_ended = std::string_view(".!?:").find(page.back()) != std::string_view::npos;
  return !has_ended && next.front() >= 'a' && next.front() <= 'z';
}

}  // namespace

std::string text_of_pages(std::string_view pages) {
  std::vector<std::string_view> all;
  for (std::size_t at = 0; at <= pages.size();) {
    const std::size_t end = std::min(pages.find('\f', at), pages.size());
    const std::string_view page = trimmed(pages.substr(at, end - at));
    if (!page.empty()) all.push_back(page);
    at = end + 1;
  }
  for (int i = 0; i < kEdgeLines; ++i) {
    drop_edge(all, Edge::kTop);
    drop_edge(all, Edge::kFoot);
  }
  std::string out;
  std::string_view before;
  for (const std::string_view page : all) {
    if (page.empty()) continue;
    if (!before.empty()) out += goes_on(before, page) ? "\n" : "\n\n";
    out += page;
    before = page;
  }
  return out;
}

}  // namespace quern::apps
