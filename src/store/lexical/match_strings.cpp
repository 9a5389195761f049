#include "store/lexical/match_strings.h"

#include <algorithm>
#include <utility>

namespace quern::store {
namespace {

// Beyond these a set of strings becomes trigrams and short ends.
constexpr std::size_t kMaxStrings = 16;
constexpr std::size_t kMaxStringBytes = 128;
constexpr std::size_t kEndBytes = kTrigramBytes - 1;  // Longer ends are trigrams already.
constexpr unsigned kMaxCopies = 4;

void sort_out(StringSet& set) {
  std::sort(set.begin(), set.end());
  set.erase(std::unique(set.begin(), set.end()), set.end());
}

StringSet joined(const StringSet& a, const StringSet& b) {
  StringSet out = a;
  out.insert(out.end(), b.begin(), b.end());
  sort_out(out);
  return out;
}

// Each of a with each of b behind it.
StringSet pairs(const StringSet& a, const StringSet& b) {
  StringSet out;
  out.reserve(a.size() * b.size());
  for (const std::string& x : a) {
    for (const std::string& y : b) out.push_back(x + y);
  }
  sort_out(out);
  return out;
}

bool is_small(const StringSet& set) {
  return set.size() <= kMaxStrings && std::all_of(set.begin(), set.end(), [](const std::string& s) {
           return s.size() <= kMaxStringBytes;
         });
}

// A string that has one of these has one of their trigrams' sets.
TrigramQuery trigrams_of_any(const StringSet& set) {
  TrigramQuery out{.op = TrigramOp::kNone};
  for (const std::string& s : set) out = either(std::move(out), trigrams_of(s));
  return out;
}

// Shortens prefixes or suffixes until they are few.
template <typename Cut>
void shorten(StringSet& ends, const Cut& cut) {
  for (std::size_t n_bytes = kEndBytes;; --n_bytes) {
    for (std::string& end : ends) {
      if (end.size() > n_bytes) end = cut(end, n_bytes);
    }
    sort_out(ends);
    if (ends.size() <= kMaxStrings || n_bytes == 0) return;
  }
}

void shorten_prefixes(StringSet& set) {
  shorten(set, [](const std::string& s, std::size_t n) { return s.substr(0, n); });
}

void shorten_suffixes(StringSet& set) {
  shorten(set, [](const std::string& s, std::size_t n) { return s.substr(s.size() - n); });
}

// The strings themselves are given up.
void make_inexact(MatchStrings& x) {
  if (!x.is_exact) return;
  x.is_exact = false;
  x.needs = trigrams_of_any(x.strings);
  x.prefixes = x.strings;
  x.suffixes = std::move(x.strings);
  x.strings.clear();
  shorten_prefixes(x.prefixes);
  shorten_suffixes(x.suffixes);
}

}  // namespace

MatchStrings exactly(StringSet strings) {
  sort_out(strings);
  MatchStrings out{.is_exact = true, .strings = std::move(strings)};
  if (!is_small(out.strings)) make_inexact(out);
  return out;
}

MatchStrings sequence_of(MatchStrings x, MatchStrings y) {
  if (x.is_exact && y.is_exact && x.strings.size() * y.strings.size() <= kMaxStrings) {
    return exactly(pairs(x.strings, y.strings));
  }
  // What one of them ends with and the other begins with stands together.
  MatchStrings out;
  const bool are_both_exact = x.is_exact && y.is_exact;
  if (x.is_exact && (are_both_exact || x.strings.size() * y.prefixes.size() > kMaxStrings)) {
    make_inexact(x);
  }
  if (y.is_exact && (are_both_exact || x.suffixes.size() * y.strings.size() > kMaxStrings)) {
    make_inexact(y);
  }
  StringSet middle;
  if (x.is_exact) {
    out.prefixes = middle = pairs(x.strings, y.prefixes);
    out.suffixes = std::move(y.suffixes);
  } else if (y.is_exact) {
    out.prefixes = std::move(x.prefixes);
    out.suffixes = middle = pairs(x.suffixes, y.strings);
  } else {
    middle = pairs(x.suffixes, y.prefixes);
    out.prefixes = std::move(x.prefixes);
    out.suffixes = std::move(y.suffixes);
  }
  shorten_prefixes(out.prefixes);
  shorten_suffixes(out.suffixes);
  out.needs = both(both(std::move(x.needs), std::move(y.needs)), trigrams_of_any(middle));
  return out;
}

MatchStrings either_of(MatchStrings x, MatchStrings y) {
  if (x.is_exact && y.is_exact) {
    StringSet all = joined(x.strings, y.strings);
    if (is_small(all)) return exactly(std::move(all));
  }
  make_inexact(x);
  make_inexact(y);
  MatchStrings out;
  out.prefixes = joined(x.prefixes, y.prefixes);
  out.suffixes = joined(x.suffixes, y.suffixes);
  shorten_prefixes(out.prefixes);
  shorten_suffixes(out.suffixes);
  out.needs = either(std::move(x.needs), std::move(y.needs));
  return out;
}

MatchStrings repeat_of(const MatchStrings& x, unsigned n_least, unsigned n_most) {
  if (n_most == 0) return empty_string();
  if (n_least == 0) return n_most == 1 ? either_of(x, empty_string()) : any_string();
  MatchStrings out = x;
  const unsigned n_copies = std::min(n_least, kMaxCopies);
  for (unsigned i = 1; i < n_copies; ++i) out = sequence_of(std::move(out), x);
  if (n_most == n_copies) return out;
  // The others lie between.
  MatchStrings last = x;
  make_inexact(last);
  out = sequence_of(std::move(out), any_string());
  out.suffixes = std::move(last.suffixes);
  return out;
}

TrigramQuery trigrams_of(const MatchStrings& strings) {
  if (strings.is_exact) return trigrams_of_any(strings.strings);
  return strings.needs;
}

}  // namespace quern::store
