#include "text/pipeline/regex.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <string>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/check.h"
#include "base/log.h"
#include "base/utf8.h"
#include "text/pipeline/oniguruma_syntax.h"

namespace quern::text {
namespace {

constexpr std::size_t kMaxPatternBytes = 1 << 16;
constexpr std::uint32_t kMaxGroupDepth = 100;
constexpr std::uint32_t kHeapKib = 1 << 16;  // Of one match, in the interpreter.
// A match may take this many steps uncounted; a harder one is tried with more and more of them,
// which the text's allowance pays for.
constexpr std::uint32_t kFreeSteps = 2000;
constexpr std::uint32_t kMoreSteps = 8;
constexpr std::uint64_t kStepsPerByte = 64;
constexpr std::uint64_t kStepsOfAnyText = 1 << 22;
// PCRE2 does not count the characters that one repeat runs over, so a pattern may run over a whole
// text from each of its places. Every so many places it is asked whether there is time left: some
// hundred times what any known tokenizer takes.
constexpr std::size_t kStartsAtOnce = 512;
constexpr std::chrono::nanoseconds kTimeOfAnyText = std::chrono::seconds(2);
constexpr std::chrono::nanoseconds kTimePerByte = std::chrono::microseconds(10);

std::string message_of(int error) {
  std::array<PCRE2_UCHAR, 256> buffer{};
  pcre2_get_error_message(error, buffer.data(), buffer.size());
  return reinterpret_cast<const char*>(buffer.data());
}

/// Patterns in messages: long ones are cut.
std::string shown(std::string_view pattern) {
  constexpr std::size_t kMost = 80;
  if (pattern.size() <= kMost) return std::string(pattern);
  return std::string(pattern.substr(0, kMost)) + "... (" + std::to_string(pattern.size()) +
         " bytes)";
}

struct FreeCompileContext {
  void operator()(pcre2_compile_context* context) const { pcre2_compile_context_free(context); }
};

bool is_limit(int error) {
  return error == PCRE2_ERROR_MATCHLIMIT || error == PCRE2_ERROR_HEAPLIMIT ||
         error == PCRE2_ERROR_DEPTHLIMIT;
}

}  // namespace

RegexScratch::RegexScratch(std::size_t text_bytes)
    : n_steps_left_(kStepsOfAnyText + kStepsPerByte * text_bytes),
      time_limit_(kTimeOfAnyText + kTimePerByte * text_bytes) {}

RegexScratch::~RegexScratch() {
  pcre2_match_data_free(data_);
  pcre2_match_context_free(context_);
}

bool RegexScratch::has_time() {
  const auto now = std::chrono::steady_clock::now();
  if (start_ == std::chrono::steady_clock::time_point()) start_ = now;
  if (now - start_ < time_limit_) return true;
  spend(n_steps_left_ + 1);
  return false;
}

bool RegexScratch::spend(std::uint64_t n_steps) {
  const bool has_enough = n_steps <= n_steps_left_;
  if (!has_enough && n_steps_left_ > 0) {
    log_warn("a tokenizer's regex takes too many steps: it is not applied to the rest of a text");
  }
  n_steps_left_ = has_enough ? n_steps_left_ - n_steps : 0;
  return has_enough;
}

void Regex::Free::operator()(pcre2_real_code_8* code) const { pcre2_code_free(code); }

Result<Regex> Regex::compile(std::string_view pattern) {
  const std::string where = "regex '" + shown(pattern) + "'";
  if (pattern.size() > kMaxPatternBytes) return Status(Code::kUnsupported, "too long").in(where);
  QUERN_ASSIGN(const std::string mine, pcre2_from_oniguruma(pattern).in(where));
  const std::unique_ptr<pcre2_compile_context, FreeCompileContext> context(
      pcre2_compile_context_create(nullptr));
  pcre2_set_newline(context.get(), PCRE2_NEWLINE_LF);
  pcre2_set_parens_nest_limit(context.get(), kMaxGroupDepth);
  int error = 0;
  PCRE2_SIZE offset = 0;
  constexpr std::uint32_t kOptions =
      PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE | PCRE2_NEVER_BACKSLASH_C | PCRE2_USE_OFFSET_LIMIT;
  pcre2_code* code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(mine.data()), mine.size(), kOptions,
                                   &error, &offset, context.get());
  if (code == nullptr) return Status(Code::kUnsupported, message_of(error)).in(where);
  Regex regex;
  regex.code_ = std::shared_ptr<pcre2_real_code_8>(code, Free());
  pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);  // Without it, matching is only slower.
  return regex;
}

bool Regex::find(std::string_view text, std::size_t from, RegexScratch& scratch,
                 RegexMatch& out) const {
  if (scratch.data_ == nullptr) {
    scratch.data_ = pcre2_match_data_create(1, nullptr);
    scratch.context_ = pcre2_match_context_create(nullptr);
    QUERN_CHECK(scratch.data_ != nullptr && scratch.context_ != nullptr);
    pcre2_set_heap_limit(scratch.context_, kHeapKib);
  }
  while (true) {
    const bool is_last = text.size() - from <= kStartsAtOnce;
    const int rc = match_near(text, from, is_last ? PCRE2_UNSET : from + kStartsAtOnce, scratch);
    if (rc >= 0) break;
    if (is_last || rc != PCRE2_ERROR_NOMATCH || !scratch.has_time()) return false;
    from += kStartsAtOnce + 1;
    while (from < text.size() && is_continuation_byte(text[from])) ++from;
  }
  const PCRE2_SIZE* ends = pcre2_get_ovector_pointer(scratch.data_);
  out = {ends[0], ends[1]};
  return out.begin <= out.end && out.begin >= from;
}

// A match that begins from `from` to `last`; PCRE2's result.
int Regex::match_near(std::string_view text, std::size_t from, std::size_t last,
                      RegexScratch& scratch) const {
  pcre2_set_offset_limit(scratch.context_, last);
  for (std::uint32_t n_steps = kFreeSteps;; n_steps *= kMoreSteps) {
    pcre2_set_match_limit(scratch.context_, n_steps);
    const auto match = [&](std::uint32_t options) {
      return pcre2_match(code_.get(), reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), from,
                         options | PCRE2_NO_UTF_CHECK, scratch.data_, scratch.context_);
    };
    int rc = match(0);
    if (rc == PCRE2_ERROR_JIT_STACKLIMIT) rc = match(PCRE2_NO_JIT);
    if (!is_limit(rc) || n_steps > UINT32_MAX / kMoreSteps) return rc;
    if (!scratch.spend(static_cast<std::uint64_t>(n_steps) * kMoreSteps)) return rc;
  }
}

std::size_t Regex::next_char(std::string_view text, std::size_t pos) {
  return pos + (pos < text.size() ? static_cast<std::size_t>(decode_utf8(text, pos).n_bytes) : 1);
}

std::size_t Regex::resident_bytes() const {
  std::size_t n_code = 0;
  std::size_t n_jit = 0;
  pcre2_pattern_info(code_.get(), PCRE2_INFO_SIZE, &n_code);
  pcre2_pattern_info(code_.get(), PCRE2_INFO_JITSIZE, &n_jit);
  return n_code + n_jit;
}

}  // namespace quern::text
