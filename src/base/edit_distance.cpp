#include "base/edit_distance.h"

#include <algorithm>
#include <cctype>
#include <numeric>

namespace quern {

int edit_distance(std::string_view a, std::string_view b) {
  std::vector<int> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (std::size_t i = 0; i < a.size(); ++i) {
    int diagonal = row[0];
    row[0] = static_cast<int>(i) + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const int substituted = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({substituted, row[j + 1] + 1, row[j] + 1});
    }
  }
  return row[b.size()];
}

std::vector<std::string> nearest_names(std::string_view wanted,
                                       const std::vector<std::string>& names, int n) {
  const auto lower = [](std::string_view s) {
    std::string out;
    for (const char c : s) out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return out;
  };
  const std::string want = lower(wanted);
  std::vector<std::pair<int, std::string>> scored;
  for (const std::string& name : names) {
    const std::string have = lower(name);
    const bool contains = !want.empty() && have.find(want) != std::string::npos;
    const int distance = contains ? 0 : edit_distance(want, have);
    if (distance <= static_cast<int>(want.size() / 2)) scored.emplace_back(distance, name);
  }
  std::sort(scored.begin(), scored.end());
  std::vector<std::string> out;
  for (const auto& [distance, name] : scored) {
    if (static_cast<int>(out.size()) < n) out.push_back(name);
  }
  return out;
}

}  // namespace quern
