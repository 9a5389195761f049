// The states of many sequences that go through one network, and their steps: sixteen sequences a
// block, whose numbers never meet, so that a sequence has the same bits alone, in any company, on
// any number of threads and after it was saved and loaded again.

#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "base/thread_pool.h"
#include "reservoir/network.h"

namespace quern::reservoir {

/// Threads: one at a time; it uses the pool's. The network outlives it.
class States {
 public:
  /// `n` sequences, all at zero.
  States(const Network& network, int n);

  int n() const { return n_; }

  /// One step of the sequences [0, n_active), each with its input; the others stay as they are.
  /// Shapes: inputs [n_active, d_in], finite.
  void step(std::span<const float> inputs, int n_active, ThreadPool& pool);

  /// What a readout sees: the units, or the traces of their spikes. Shapes: out [n_units].
  void read(int i, std::span<float> out) const;

  /// All of a state. Shapes: out, state [Network::d_state()].
  void save(int i, std::span<float> out) const;
  void load(int i, std::span<const float> state);
  void reset(int i);

 private:
  struct alignas(64) Row {
    float x[kernels::kLanes] = {};
  };

  float* rows(std::vector<Row>& of, int block, int n_rows) {
    return of[static_cast<std::size_t>(block) * static_cast<std::size_t>(n_rows)].x;
  }
  void set_inputs(std::span<const float> inputs, int n_active);
  void gather(int first_block, int n_blocks, int first_unit, int last_unit);
  void update(int first_block, int n_blocks, int first_unit, int last_unit);

  const Network* network_;
  int n_;
  // [n_blocks][n_units] of rows each.
  std::vector<Row> units_;   // What other units hear and readouts see: activations or traces.
  std::vector<Row> spikes_;  // Of kSpiking: who fires in this step,
  std::vector<Row> potential_;
  std::vector<Row> pre_;     // What each unit hears in this step.
  std::vector<Row> inputs_;  // [n_blocks][d_in]
};

}  // namespace quern::reservoir
