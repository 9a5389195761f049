// How near two titles are.

#pragma once

#include <string_view>

namespace quern::apps {

/// 0 to 1: the words that both have, of all that either has (Dice), 1 for the same. Of keys
/// (title_key).
double title_likeness(std::string_view key_a, std::string_view key_b);

/// From here on a title is the one that was meant.
inline constexpr double kIsTheTitle = 0.6;

}  // namespace quern::apps
