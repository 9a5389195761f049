// Which way a text says that something goes: up (grows, is helped, is needed) or down (shrinks, is
// hindered, can be spared).

#pragma once

#include "apps/claims/rule_text.h"

namespace quern::apps {

/// 1: up, -1: down; 0: neither, or as many words for the one as for the other.
int direction_of(const RuleText& text);

}  // namespace quern::apps
