#include "store/lexical/pattern.h"

#include <algorithm>
#include <array>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <fmt/format.h>
#include <pcre2.h>

#include "base/check.h"
#include "base/utf8.h"
#include "store/lexical/pattern_trigrams.h"

namespace quern::store {
namespace {

constexpr std::uint32_t kMaxGroupDepth = 100;
constexpr std::uint32_t kMaxSteps = 1 << 20;  // Of one match: some 10 ms.
constexpr std::uint32_t kMaxDepth = 1 << 16;
constexpr std::uint32_t kHeapKib = 1 << 14;

// PCRE2 does not count the characters that one repeat runs over, so a match may run over the whole
// text from each of its places. So many bytes, all together, between two looks at the clock.
constexpr std::size_t kBytesAtOnce = std::size_t{1} << 24;
constexpr std::size_t kMaxStartsAtOnce = 4096;

PCRE2_SPTR units(std::string_view text) { return reinterpret_cast<PCRE2_SPTR>(text.data()); }

std::string message_of(int error) {
  std::array<PCRE2_UCHAR, 256> buffer{};
  pcre2_get_error_message(error, buffer.data(), buffer.size());
  return reinterpret_cast<const char*>(buffer.data());
}

struct FreeCompileContext {
  void operator()(pcre2_compile_context* context) const { pcre2_compile_context_free(context); }
};

std::uint32_t options_of(const PatternSpec& spec) {
  std::uint32_t options = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_USE_OFFSET_LIMIT;
  options |= spec.kind == PatternKind::kSubstring
                 ? PCRE2_LITERAL
                 : PCRE2_UCP | PCRE2_MULTILINE | PCRE2_NEVER_BACKSLASH_C;
  return spec.letters == LetterCase::kIgnored ? options | PCRE2_CASELESS : options;
}

bool is_limit(int rc) {
  return rc == PCRE2_ERROR_MATCHLIMIT || rc == PCRE2_ERROR_HEAPLIMIT ||
         rc == PCRE2_ERROR_DEPTHLIMIT || rc == PCRE2_ERROR_JIT_STACKLIMIT ||
         rc == PCRE2_ERROR_RECURSELOOP || rc == PCRE2_ERROR_NOMEMORY;
}

std::size_t next_char(std::string_view text, std::size_t at) {
  return at + (at < text.size() ? static_cast<std::size_t>(decode_utf8(text, at).n_bytes) : 1);
}

}  // namespace

Result<Pattern> Pattern::compile(const PatternSpec& spec) {
  const std::string_view text = spec.text;
  if (text.empty()) return {Code::kBadInput, "an empty pattern"};
  if (text.size() > kMaxPatternBytes) {
    return {Code::kBadInput,
            fmt::format("a pattern of {} bytes, want {} at most", text.size(), kMaxPatternBytes)};
  }
  const std::unique_ptr<pcre2_compile_context, FreeCompileContext> context(
      pcre2_compile_context_create(nullptr));
  QUERN_CHECK(context != nullptr);
  pcre2_set_newline(context.get(), PCRE2_NEWLINE_ANYCRLF);
  pcre2_set_parens_nest_limit(context.get(), kMaxGroupDepth);
  int error = 0;
  PCRE2_SIZE at = 0;
  pcre2_code* code =
      pcre2_compile(units(text), text.size(), options_of(spec), &error, &at, context.get());
  if (code == nullptr) {
    return {Code::kBadInput, fmt::format("bad pattern: {} at byte {} of {}", message_of(error),
                                         std::min(at, text.size()), text.size())};
  }
  Pattern pattern;
  pattern.code_ = std::shared_ptr<pcre2_real_code_8>(code, pcre2_code_free);
  pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);  // Without it, matching is only slower.
  pattern.needs_ =
      spec.kind == PatternKind::kSubstring ? trigrams_of_substring(text) : trigrams_of_regex(text);
  return pattern;
}

PatternMatcher::PatternMatcher(const Pattern& pattern, Time deadline)
    : pattern_(&pattern),
      deadline_(deadline),
      data_(pcre2_match_data_create(1, nullptr)),
      context_(pcre2_match_context_create(nullptr)) {
  QUERN_CHECK(data_ != nullptr && context_ != nullptr);
  pcre2_set_match_limit(context_, kMaxSteps);
  pcre2_set_depth_limit(context_, kMaxDepth);
  pcre2_set_heap_limit(context_, kHeapKib);
}

PatternMatcher::~PatternMatcher() {
  pcre2_match_data_free(data_);
  pcre2_match_context_free(context_);
}

Matched PatternMatcher::find(std::string_view text, std::size_t n_most,
                             std::vector<PatternMatch>& out) {
  const std::size_t n_before = out.size();
  Matched last = Matched::kNo;
  bool has_empty = false;
  PatternMatch empty;
  PatternMatch found;
  for (std::size_t from = 0; from <= text.size() && out.size() - n_before < n_most;) {
    last = find_next(text, from, found);
    if (last != Matched::kYes) break;
    if (found.begin == found.end) {
      if (!has_empty) empty = found;
      has_empty = true;
      from = next_char(text, found.end);
    } else {
      out.push_back(found);
      from = found.end;
    }
  }
  if (out.size() > n_before) return Matched::kYes;
  if (!has_empty) return last;
  if (n_most > 0) out.push_back(empty);
  return Matched::kYes;
}

Matched PatternMatcher::find_next(std::string_view text, std::size_t from, PatternMatch& found) {
  const std::size_t n_most_starts =
      std::clamp<std::size_t>(kBytesAtOnce / (text.size() - from + 1), 1, kMaxStartsAtOnce);
  std::size_t n_starts = n_most_starts;
  while (true) {
    const bool is_last = text.size() - from <= n_starts;
    const int rc = match_near(text, from, is_last ? PCRE2_UNSET : from + n_starts);
    if (rc >= 0) break;
    if (is_limit(rc)) {
      // The steps of all places together.
      if (n_starts == 1) return Matched::kTooHard;
      n_starts = 1;
    } else if (rc != PCRE2_ERROR_NOMATCH) {
      return Matched::kTooHard;
    } else if (is_last) {
      return Matched::kNo;
    } else {
      from += n_starts + 1;
      while (from < text.size() && is_continuation_byte(text[from])) ++from;
      n_starts = std::min(2 * n_starts, n_most_starts);
    }
    if (is_out_of_time()) return Matched::kOutOfTime;
  }
  const PCRE2_SIZE* ends = pcre2_get_ovector_pointer(data_);
  // With \K in an assertion a match may begin behind its end.
  found = {std::min(ends[0], ends[1]), ends[1]};
  return Matched::kYes;
}

// A match that begins from `from` to `last`; PCRE2's result.
int PatternMatcher::match_near(std::string_view text, std::size_t from, std::size_t last) {
  pcre2_set_offset_limit(context_, last);
  const auto match = [&](std::uint32_t options) {
    return pcre2_match(pattern_->code_.get(), units(text), text.size(), from, options, data_,
                       context_);
  };
  const int rc = match(0);
  return rc == PCRE2_ERROR_JIT_STACKLIMIT ? match(PCRE2_NO_JIT) : rc;
}

}  // namespace quern::store
