#include "store/lexical/trigram_query.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace quern::store {
namespace {

constexpr std::size_t kShownBytes = 400;

void sort_out(std::vector<Trigram>& trigrams) {
  std::sort(trigrams.begin(), trigrams.end());
  trigrams.erase(std::unique(trigrams.begin(), trigrams.end()), trigrams.end());
}

// A single trigram is an `and` of one, and as good an `or`.
bool is_of(const TrigramQuery& query, TrigramOp op) {
  return query.op == op || (query.trigrams.size() == 1 && query.parts.empty());
}

void add_to(TrigramQuery& sum, TrigramQuery part) {
  if (is_of(part, sum.op)) {
    sum.trigrams.insert(sum.trigrams.end(), part.trigrams.begin(), part.trigrams.end());
    for (TrigramQuery& inner : part.parts) sum.parts.push_back(std::move(inner));
  } else if (std::find(sum.parts.begin(), sum.parts.end(), part) == sum.parts.end()) {
    sum.parts.push_back(std::move(part));
  }
}

// Few more trigrams of an `and`: the way of long patterns, which grow by one at a time.
bool insert_few(TrigramQuery& a, const TrigramQuery& b) {
  constexpr std::size_t kFew = 8;
  if (a.op != TrigramOp::kAnd || b.op != TrigramOp::kAnd || !b.parts.empty()) return false;
  if (b.trigrams.size() > kFew) return false;
  for (const Trigram trigram : b.trigrams) {
    const auto at = std::lower_bound(a.trigrams.begin(), a.trigrams.end(), trigram);
    if (at == a.trigrams.end() || *at != trigram) a.trigrams.insert(at, trigram);
  }
  return true;
}

TrigramQuery joined(TrigramOp op, TrigramQuery a, TrigramQuery b) {
  TrigramQuery sum{.op = op};
  add_to(sum, std::move(a));
  add_to(sum, std::move(b));
  sort_out(sum.trigrams);
  if (sum.trigrams.empty() && sum.parts.size() == 1) return std::move(sum.parts.front());
  if (sum.trigrams.size() == 1 && sum.parts.empty()) sum.op = TrigramOp::kAnd;
  return sum;
}

std::string shown(Trigram trigram) {
  std::string out;
  for (const char c : bytes_of_trigram(trigram)) {
    const bool is_plain = c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
    out += is_plain ? std::string(1, c) : fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
  }
  return '"' + out + '"';
}

void append_text(const TrigramQuery& query, std::string& out) {
  const char* const between = query.op == TrigramOp::kAnd ? " " : " or ";
  const std::size_t begin = out.size();
  for (const Trigram trigram : query.trigrams) {
    if (out.size() > kShownBytes) return;
    out += (out.size() == begin ? "" : between) + shown(trigram);
  }
  for (const TrigramQuery& part : query.parts) {
    if (out.size() > kShownBytes) return;
    out += out.size() == begin ? "(" : fmt::format("{}(", between);
    append_text(part, out);
    out += ")";
  }
}

}  // namespace

TrigramQuery both(TrigramQuery a, TrigramQuery b) {
  if (a.op == TrigramOp::kNone || b.op == TrigramOp::kAll) return a;
  if (b.op == TrigramOp::kNone || a.op == TrigramOp::kAll) return b;
  // Less is asked for: more documents are read, none is lost.
  if (count_trigrams(a) + count_trigrams(b) > kMaxQueryTrigrams) return a;
  if (insert_few(a, b)) return a;
  return joined(TrigramOp::kAnd, std::move(a), std::move(b));
}

TrigramQuery either(TrigramQuery a, TrigramQuery b) {
  if (a.op == TrigramOp::kAll || b.op == TrigramOp::kNone) return a;
  if (b.op == TrigramOp::kAll || a.op == TrigramOp::kNone) return b;
  if (count_trigrams(a) + count_trigrams(b) > kMaxQueryTrigrams) return {};
  return joined(TrigramOp::kOr, std::move(a), std::move(b));
}

TrigramQuery trigrams_of(std::string_view folded) {
  if (folded.size() < kTrigramBytes) return {};
  TrigramQuery out{.op = TrigramOp::kAnd};
  Trigram trigram = 0;
  for (std::size_t i = 0; i < folded.size() && out.trigrams.size() < kMaxQueryTrigrams; ++i) {
    trigram = next_trigram(trigram, folded[i]);
    if (i + 1 >= kTrigramBytes) out.trigrams.push_back(trigram);
  }
  sort_out(out.trigrams);
  return out;
}

std::size_t count_trigrams(const TrigramQuery& query) {
  std::size_t n = query.trigrams.size();
  for (const TrigramQuery& part : query.parts) n += count_trigrams(part);
  return n;
}

bool fits(const TrigramQuery& query, const std::vector<Trigram>& ascending) {
  const auto has = [&](Trigram trigram) {
    return std::binary_search(ascending.begin(), ascending.end(), trigram);
  };
  const auto part_fits = [&](const TrigramQuery& part) { return fits(part, ascending); };
  switch (query.op) {
    case TrigramOp::kAll:
      return true;
    case TrigramOp::kNone:
      return false;
    case TrigramOp::kAnd:
      return std::all_of(query.trigrams.begin(), query.trigrams.end(), has) &&
             std::all_of(query.parts.begin(), query.parts.end(), part_fits);
    case TrigramOp::kOr:
      break;
  }
  return std::any_of(query.trigrams.begin(), query.trigrams.end(), has) ||
         std::any_of(query.parts.begin(), query.parts.end(), part_fits);
}

std::string text_from_query(const TrigramQuery& query) {
  if (query.op == TrigramOp::kAll) return "anything";
  if (query.op == TrigramOp::kNone) return "nothing";
  std::string out;
  append_text(query, out);
  return out.size() > kShownBytes ? out.substr(0, kShownBytes) + "..." : out;
}

}  // namespace quern::store
