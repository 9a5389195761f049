#include "apps/papers/paper_titles.h"

#include <algorithm>
#include <vector>

#include "apps/papers/paper_identity.h"

namespace quern::apps {
namespace {

std::vector<std::string_view> sorted_words(std::string_view key) {
  std::vector<std::string_view> out = words_of_key(key);
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace

double title_likeness(std::string_view key_a, std::string_view key_b) {
  const std::vector<std::string_view> a = sorted_words(key_a), b = sorted_words(key_b);
  if (a.empty() || b.empty()) return 0;
  std::vector<std::string_view> both;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(both));
  return 2.0 * static_cast<double>(both.size()) / static_cast<double>(a.size() + b.size());
}

}  // namespace quern::apps
