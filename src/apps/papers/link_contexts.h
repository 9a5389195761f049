// The sentences of a citation as a library keeps them, with what they cite for.

#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace quern::apps {

/// Sentences that cite a paper, and what each cites it for, as the API names that: "background",
/// "methodology", "result".
struct LinkContexts {
  std::vector<std::string> texts = {};
  std::vector<std::vector<std::string>> intents = {};  // [texts], or less: not known of the rest.
  bool is_influential = false;

  bool operator==(const LinkContexts&) const = default;

  /// Of one sentence; empty: not known.
  const std::vector<std::string>& intents_of(std::size_t i_text) const;
  /// Of all, each once, in the order in which they come.
  std::vector<std::string> all_intents() const;
};

/// A list of the texts, or, where more is known, an object. Bytes that are no UTF-8 come out of it
/// repaired.
std::string bytes_from_contexts(const LinkContexts& contexts);
/// What is damaged is empty.
LinkContexts contexts_from_bytes(std::string_view bytes);

}  // namespace quern::apps
