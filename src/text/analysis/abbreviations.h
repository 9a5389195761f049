// What a word before a full stop, and the one behind it, say about whether a sentence ends there.

#pragma once

#include <string_view>

namespace quern::text {

enum class StopWord {
  kPlain,      // A word like others: a stop behind it ends a sentence.
  kTitle,      // "Dr", "e.g": none does.
  kReference,  // "Fig", "No": something with a number follows.
  kMaybe,      // "al", "Inc", "U.S", an initial: the next word decides.
};

/// Of the word before a stop, without it and without brackets and quotes. ASCII counts; any other
/// word is plain.
StopWord stop_word(std::string_view word);

/// "The", "However", "In": a word, with its capital, that is more likely to begin a sentence than
/// to be a name or a term.
bool begins_sentences(std::string_view word);

}  // namespace quern::text
