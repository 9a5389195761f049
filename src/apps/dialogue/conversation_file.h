// Conversations in a file, to go on with later or elsewhere: lines of JSON, the first of which says
// whose they are and how many. docs/dialogue.md has the form.

#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "base/status.h"

namespace quern::apps {

inline constexpr int kConversationFileVersion = 2;

struct ConversationFile {
  std::string predictor = {};  // NextTurnService::fingerprint; "" while nothing was kept.
  std::map<std::string, std::string, std::less<>> states = {};  // bytes_from_conversation by name.
};

/// No bytes are a file without conversations. Errors: kBadInput naming the line for damage;
/// kUnsupported for another version.
Result<ConversationFile> conversations_from_text(std::string_view text);

/// Line by line. Errors: those of `write`.
Status write_conversations(const ConversationFile& file,
                           const std::function<Status(std::string_view line)>& write);

/// Errors: kBadInput where its conversations are those of another predictor.
Status check_predictor(const ConversationFile& file, const std::string& fingerprint);

/// Bytes as lower-case hex digits and back. Errors: kBadInput.
std::string hex_from_bytes(std::string_view bytes);
Result<std::string> bytes_from_hex(std::string_view hex);

}  // namespace quern::apps
