// What a pass over dialogues leaves of them to train predictors on: sums for ridges of any context,
// the rows that are kept as they are, and the mean turn.

#pragma once

#include <cstddef>
#include <vector>

#include "apps/dialogue/context_reader.h"
#include "apps/dialogue/dialogue_source.h"
#include "apps/dialogue/go_on.h"
#include "base/status.h"
#include "base/thread_pool.h"
#include "reservoir/ridge.h"

namespace quern::apps {

/// Rows that are kept, of each role in the order in which they were read.
struct KeptRows {
  std::vector<float> x = {};           // [n, d_x]
  std::vector<float> mean = {};        // [n, d] Of the turns so far.
  std::vector<float> next = {};        // [n, d] The turn that follows, centred, of length 1.
  std::vector<TurnPlace> places = {};  // [n] The last known turn.

  std::size_t n() const { return places.size(); }
};

struct TrainingRows {
  std::size_t n_dialogues = 0;       // With two turns and more.
  reservoir::RidgeSums fit, choose;  // Of (x, next and mean).
  std::vector<float> mean = {};      // [d] Of the turns that follow another.
  KeptRows learn = {};               // Of dialogues that are fitted on, then of those that choose.
  std::size_t n_fit = 0;             // Of the former.
  KeptRows confidence = {};
};

/// One pass. Rows are kept of all dialogues where that is within bounds, else of dialogues that lie
/// as far apart as it takes. Errors: kBadInput where a number is not finite; kCancelled; those of
/// the source.
Result<TrainingRows> training_rows(const DialogueSource& dialogues, const ContextReader& context,
                                   ThreadPool& pool, const GoOn& go_on);

}  // namespace quern::apps
