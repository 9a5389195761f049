#include "apps/text_windows.h"

#include <cmath>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "base/utf8.h"

namespace quern::apps {
namespace {

// A token for each word and two around.
int count_words(std::string_view text) {
  int n = 2;
  bool in_word = false;
  for (const char c : text) {
    const bool is_blank = c == ' ' || c == '\n';
    n += !is_blank && !in_word ? 1 : 0;
    in_word = !is_blank;
  }
  return n;
}

int count_bytes(std::string_view text) { return 2 + static_cast<int>(text.size()); }

std::string words(int n) {
  std::string out;
  for (int i = 0; i < n; ++i) out += (i > 0 ? " w" : "w") + std::to_string(i);
  return out;
}

std::string without_blanks(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c != ' ' && c != '\n') out += c;
  }
  return out;
}

}  // namespace

TEST(text_windows, what_fits_is_one_window) {
  const std::string text = " " + words(10) + " ";
  const auto windows = text_windows(text, 12, 2, count_words);
  ASSERT_TRUE(windows.ok());
  ASSERT_EQ(windows->size(), 1u);
  EXPECT_EQ((*windows)[0], text);
  EXPECT_EQ(text_windows("", 12, 2, count_words)->size(), 1u);
}

TEST(text_windows, short_ascii_is_not_even_counted) {
  const auto never = [](std::string_view) {
    ADD_FAILURE();
    return 0;
  };
  EXPECT_EQ(text_windows("short", 12, 2, never)->size(), 1u);
}

TEST(text_windows, a_longer_one_is_parted_between_words_into_windows_of_like_length) {
  const std::string text = words(100);
  const auto windows = text_windows(text, 32, 2, count_words);
  ASSERT_TRUE(windows.ok());
  ASSERT_EQ(windows->size(), 4u);
  std::string joined;
  for (const std::string_view window : *windows) {
    EXPECT_LE(count_words(window), 32);
    EXPECT_GE(count_words(window), 20);
    joined += (joined.empty() ? "" : " ") + std::string(window);
  }
  EXPECT_EQ(joined, text);
}

TEST(text_windows, nothing_is_lost_and_nothing_is_too_long_whatever_the_text) {
  std::mt19937 random(3);
  for (int round = 0; round < 300; ++round) {
    std::string text;
    const int n = static_cast<int>(random() % 300);
    const char* const parts[] = {"a", "bb", " ", "\n", "\u00e4", "\u4e2d", "\U0001F600", "long"};
    for (int i = 0; i < n; ++i) text += parts[random() % std::size(parts)];
    const int max_tokens = 6 + static_cast<int>(random() % 40);
    const auto windows = text_windows(text, max_tokens, 2, count_bytes);
    ASSERT_TRUE(windows.ok()) << windows.status().message();
    std::string joined;
    for (const std::string_view window : *windows) {
      EXPECT_LE(count_bytes(window), max_tokens);
      EXPECT_TRUE(is_valid_utf8(window)) << round;
      joined += window;
    }
    EXPECT_EQ(without_blanks(joined), without_blanks(text));
  }
}

TEST(text_windows, a_limit_below_a_single_character_is_an_error) {
  const auto windows = text_windows("\u4e2d\u4e2d", 4, 2, count_bytes);
  EXPECT_EQ(windows.status().code(), Code::kBadInput);
}

TEST(window_mean, of_one_it_is_that_one_and_of_several_as_long_as_they_are) {
  WindowMean mean;
  mean.add({0.1f, 0.7f});
  EXPECT_EQ(mean.take(), (std::vector<float>{0.1f, 0.7f}));
  mean.add({1, 0});
  mean.add({0, 1});
  EXPECT_EQ(mean.n(), 2);
  const std::vector<float> unit = mean.take();
  EXPECT_NEAR(unit[0], std::sqrt(0.5), 1e-6);
  EXPECT_NEAR(unit[1], std::sqrt(0.5), 1e-6);
  mean.add({3, 0});
  mean.add({1, 0});
  EXPECT_NEAR(mean.take()[0], 2, 1e-6);
}

TEST(window_mean, what_cancels_out_stays_zero) {
  WindowMean mean;
  mean.add({1, 0});
  mean.add({-1, 0});
  EXPECT_EQ(mean.take(), (std::vector<float>{0, 0}));
}

}  // namespace quern::apps
