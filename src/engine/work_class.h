// Whose requests go first.

#pragma once

namespace quern::engine {

/// Interactive work goes first, also in the middle of a bulk pass; bulk work that waits gets a
/// sixteenth of the time all the same.
enum class WorkClass { kInteractive, kBulk };

}  // namespace quern::engine
