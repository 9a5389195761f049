// The walk through a model's layers that the encoder's and the decoder's passes share.

#pragma once

#include "base/pace.h"
#include "base/profiler.h"
#include "models/scratch.h"
#include "models/weight_window.h"

namespace quern::models {

/// For each layer run.before_attention(layer, rows), run.attend(layer), run.after_attention(layer,
/// rows), with the layer's section, the i-th of `sections`, in memory. False where
/// Pace::current() stopped it between two layers.
///
/// From attention to attention a range of rows stays with one thread; but where sections take
/// turns, all rows are done with a layer before the next one comes: one section at a time.
template <typename Run>
bool for_each_layer(int n_layers, int n_rows, ThreadPool& pool, WeightPass& sections, Run& run) {
  const auto finish = [&](int layer, const RowRange& rows) {
    if (layer > 0) run.after_attention(layer - 1, rows);
  };
  const auto begin = [&](int layer, const RowRange& rows) {
    if (layer < n_layers) run.before_attention(layer, rows);
  };
  for (int layer = 0; layer <= n_layers; ++layer) {
    if (!Pace::current().go_on()) return false;
    if (sections.is_streamed()) {
      for_row_blocks(n_rows, pool, [&](const RowRange& rows) { finish(layer, rows); });
      if (layer < n_layers) {
        const StageTimer timer(Stage::kWeights, pool.n_threads());
        sections.go_to(layer);
      }
      for_row_blocks(n_rows, pool, [&](const RowRange& rows) { begin(layer, rows); });
    } else {
      for_row_blocks(n_rows, pool, [&](const RowRange& rows) {
        finish(layer, rows);
        begin(layer, rows);
      });
    }
    if (layer < n_layers) run.attend(layer);
  }
  return true;
}

}  // namespace quern::models
