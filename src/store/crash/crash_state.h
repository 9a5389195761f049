// What a disk may hold after a power cut in the midst of a trace.
//
// Promised is only what was synced: a file's bytes by a sync of the file, a name by a sync of its
// folder. Of the rest each write may have reached the disk or not, whole or in sectors, in any
// order; each new, changed or removed name likewise. Source: Pillai et al. 2014, "All File Systems
// Are Not Created Equal" (ALICE), its weakest file system.

#pragma once

#include <cstddef>
#include <random>
#include <span>
#include <string>

#include "store/crash/trace.h"

namespace quern::store {

/// What happened of the writes and names that were not synced.
enum class Unsynced { kNone, kAll, kPrefix, kRandom };

/// Builds in the empty folder `target` what `root` may hold when the power is cut behind
/// `operations`.
void build_crash_state(std::span<const DiskOperation> operations, const std::string& root,
                       Unsynced unsynced, std::mt19937& random, const std::string& target);

}  // namespace quern::store
