#include "store/filter/value_counts.h"

#include <algorithm>
#include <tuple>

namespace quern::store {
namespace {

std::vector<ValueCount> count_texts(const AttributeColumn& column, const Bitmap& docs) {
  std::vector<std::uint32_t> counts(column.n_texts());
  docs.for_each([&](std::uint32_t doc) {
    column.for_each_value(doc, [&](std::int64_t v) {
      const auto i = static_cast<std::uint64_t>(v);
      if (i < counts.size()) ++counts[i];  // Else the column is damaged.
    });
  });
  std::vector<ValueCount> out;
  for (std::uint32_t i = 0; i < counts.size(); ++i) {
    if (counts[i] > 0) out.push_back({std::string(column.text(i)), 0, counts[i]});
  }
  return out;
}

std::vector<ValueCount> count_numbers(const AttributeColumn& column, const Bitmap& docs) {
  std::vector<std::int64_t> values;
  docs.for_each([&](std::uint32_t doc) {
    column.for_each_value(doc, [&](std::int64_t v) { values.push_back(v); });
  });
  std::sort(values.begin(), values.end());
  std::vector<ValueCount> out;
  for (const std::int64_t v : values) {
    if (out.empty() || out.back().number != v) out.push_back({{}, v, 0});
    ++out.back().n_docs;
  }
  return out;
}

}  // namespace

std::vector<ValueCount> count_values(const AttributeColumn& column, const Bitmap& docs) {
  return column.type() == AttributeType::kKeyword ? count_texts(column, docs)
                                                  : count_numbers(column, docs);
}

std::vector<ValueCount> merge_counts(const std::vector<ValueCount>& a,
                                     const std::vector<ValueCount>& b) {
  std::vector<ValueCount> all;
  std::merge(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(all),
             [](const ValueCount& x, const ValueCount& y) {
               return std::tie(x.text, x.number) < std::tie(y.text, y.number);
             });
  std::vector<ValueCount> out;
  for (ValueCount& count : all) {
    if (!out.empty() && out.back().text == count.text && out.back().number == count.number) {
      out.back().n_docs += count.n_docs;
    } else {
      out.push_back(std::move(count));
    }
  }
  return out;
}

std::vector<ValueCount> most_frequent(std::vector<ValueCount> counts, std::size_t n) {
  std::stable_sort(counts.begin(), counts.end(),
                   [](const ValueCount& a, const ValueCount& b) { return a.n_docs > b.n_docs; });
  if (counts.size() > n) counts.resize(n);
  return counts;
}

}  // namespace quern::store
