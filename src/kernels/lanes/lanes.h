// Arithmetic over lanes: sixteen numbers side by side, each of a sequence of its own that never
// meets the others. What a lane gives has the same bits whoever else is in the block, on every
// instruction set: all of them do the same operations in the same order.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace quern::kernels {

/// Sequences of a block. A row of a block is kLanes floats, 64-byte aligned.
inline constexpr int kLanes = 16;
/// Blocks that one pass over the weights serves.
inline constexpr int kMaxLaneBlocks = 4;

/// A sparse matrix by rows. Row r has the entries [begins[r], begins[r + 1]).
struct SparseRows {
  std::span<const std::uint32_t> begins;   // [n_rows + 1]
  std::span<const std::uint32_t> columns;  // [n_entries]
  std::span<const float> weights;          // [n_entries]

  int n_rows() const { return static_cast<int>(begins.size()) - 1; }
};

/// out[b][r] += sum over the entries of row r, in their order, of weight * x[b][column], by fused
/// multiply-adds, for rows [first, last) and blocks b.
struct LaneProduct {
  SparseRows w;
  int first = 0;
  int last = 0;
  const float* x = nullptr;     // [n_blocks][n_columns][kLanes]
  std::ptrdiff_t x_stride = 0;  // From block to block, in floats.
  float* out = nullptr;         // [n_blocks][n_rows][kLanes]
  std::ptrdiff_t out_stride = 0;
  int n_blocks = 1;  // At most kMaxLaneBlocks.
};

/// A damped sine, amplitude * exp(-decay |x|) * sin(omega x). |omega x| <= 8,000, or it is 0.
struct DampedSine {
  float amplitude = 1;
  float decay = 1;
  float omega = 1;
};

/// Neurons that leak, and fire above a threshold.
struct SpikeRule {
  float keep = 0.9f;        // Of the potential, from step to step.
  float threshold = 1;      // Above it a neuron fires and its potential is 0.
  float trace_keep = 0.8f;  // Of the trace, which a spike adds 1 to.
};

struct LaneIsa {
  const char* isa;
  void (*product)(const LaneProduct& product);

  /// x = (1 - leak) * x + leak * tanh(pre), [n_rows][kLanes].
  void (*leaky_tanh)(const float* pre, int n_rows, float leak, float* x);
  void (*leaky_linear)(const float* pre, int n_rows, float leak, float* x);
  void (*leaky_sine)(const float* pre, int n_rows, float leak, const DampedSine& sine, float* x);

  /// What fires: spikes = potential > threshold ? 1 : 0; those potentials are 0, the others decay.
  /// trace = trace_keep * trace + spikes. [n_rows][kLanes]
  void (*fire)(int n_rows, const SpikeRule& rule, float* potential, float* trace, float* spikes);
};

extern const LaneIsa lanes_plain;
extern const LaneIsa lanes_avx2;
extern const LaneIsa lanes_avx512;

/// Every version this CPU can run, plain first, best last.
std::span<const LaneIsa* const> lanes_runnable();

/// That of the active table.
const LaneIsa& lanes_active();

}  // namespace quern::kernels
