// What a line or a request asks: what may come next after a dialogue, or after more turns of a
// conversation that is remembered.

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "apps/dialogue/dialogues.h"
#include "base/status.h"

namespace quern::apps {

struct Asked {
  std::string id = {};                           // Of a dialogue; may be "".
  std::optional<std::string> conversation = {};  // Whose turns follow; none: a dialogue by itself.
  std::string fork = {};                         // That one begins as this one is. "": it does not.
  std::vector<Turn> turns = {};  // Of a conversation that is only forked none. One of a
                                 // conversation may have no speaker.
};

/// {"turns": [...]}, {"conversation": name, "turns": [...]}, {"conversation": name, "speaker",
/// "text"}, {"conversation": name, "fork": other}. Errors: kBadInput saying what is wrong; as
/// dialogue_from_json.
Result<Asked> asked_from_json(std::string_view json);

/// {"turns": [...]}, one at least, none of them blank, of a conversation that goes on: those that
/// do not say who speaks have no speaker. Errors: as asked_from_json.
Result<std::vector<Turn>> more_turns_from_json(std::string_view json);

}  // namespace quern::apps
