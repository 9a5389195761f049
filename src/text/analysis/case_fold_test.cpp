#include "text/analysis/case_fold.h"

#include <memory>
#include <string>
#include <vector>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <gtest/gtest.h>
#include <pcre2.h>

namespace quern::text {
namespace {

std::string folded_text(std::string_view utf8) {
  std::string out = "=";
  append_folded(utf8, out);
  return out;
}

}  // namespace

TEST(case_fold, letters_lose_their_case_and_all_else_stays) {
  EXPECT_EQ(folded_text("Ab Z[@`{_9"), "=ab z[@`{_9");
  EXPECT_EQ(folded_text("ÄÖ straße ΣΑΣ"), "=äö straße σασ");
  EXPECT_EQ(folded_text("\u212A\u017F"), "=ks");  // Kelvin sign, long s.
  EXPECT_EQ(folded_text("A\xff\xe2\x82Z\xc3"), "=a\xff\xe2\x82z\xc3");
  EXPECT_EQ(folded_text(""), "=");
}

TEST(case_fold, what_pcre2_takes_for_equal_without_case_folds_to_the_same) {
  // All characters in one text, and where each begins.
  std::string all;
  std::vector<CodePoint> code_at;
  for (CodePoint code = 1; code < 0x110000; ++code) {
    if (code >= 0xD800 && code < 0xE000) continue;
    code_at.resize(all.size() + 1);
    code_at[all.size()] = code;
    append_utf8(code, all);
  }
  const auto free_code = [](pcre2_code* code) { pcre2_code_free(code); };
  const auto compile = [&](const std::string& pattern) {
    int error = 0;
    PCRE2_SIZE at = 0;
    auto* code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(),
                               PCRE2_UTF | PCRE2_CASELESS, &error, &at, nullptr);
    return std::unique_ptr<pcre2_code, decltype(free_code)>(code, free_code);
  };
  const std::unique_ptr<pcre2_match_data, void (*)(pcre2_match_data*)> data(
      pcre2_match_data_create(1, nullptr), pcre2_match_data_free);
  const auto for_each_match = [&](const std::string& pattern, const std::string& text,
                                  const auto& take) {
    const auto code = compile(pattern);
    ASSERT_NE(code, nullptr) << pattern;
    pcre2_jit_compile(code.get(), PCRE2_JIT_COMPLETE);
    for (std::size_t from = 0; from < text.size();) {
      if (pcre2_match(code.get(), reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), from,
                      PCRE2_NO_UTF_CHECK, data.get(), nullptr) < 0) {
        return;
      }
      const PCRE2_SIZE* ends = pcre2_get_ovector_pointer(data.get());
      take(ends[0]);
      from = ends[1];
    }
  };
  // Those with any case: letters that change, and what changes into them.
  std::string letters;
  std::vector<CodePoint> letter_at;
  for_each_match("[\\p{L&}\\p{Mn}\\p{Nl}\\p{So}]", all, [&](std::size_t at) {
    letter_at.resize(letters.size() + 1);
    letter_at[letters.size()] = code_at[at];
    append_utf8(code_at[at], letters);
  });
  int n_pairs = 0;
  for (const CodePoint code : letter_at) {
    if (code == 0) continue;
    std::string pattern;
    append_utf8(code, pattern);
    for_each_match(pattern, letters, [&](std::size_t at) {
      n_pairs += letter_at[at] != code ? 1 : 0;
      EXPECT_EQ(folded(letter_at[at]), folded(code)) << std::hex << letter_at[at] << " " << code;
    });
  }
  EXPECT_GT(n_pairs, 2700);
}

}  // namespace quern::text
