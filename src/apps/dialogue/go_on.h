// What long work on dialogues tells and asks of whoever wants it.

#pragma once

#include <functional>

namespace quern::apps {

/// How far it is, from 0 to 1; false ends it.
using GoOn = std::function<bool(double share)>;

}  // namespace quern::apps
