// A reservoir's fixed part: units wired at random to each other and to the input. The same seed
// gives the same network on every machine.
//
//   tanh     x <- (1 - leak) x + leak tanh(W x + W_in u + bias)                 (Jaeger 2001)
//   linear   the same without tanh; sine: a damped sine in its place
//   spiking  leaky integrate and fire; what is read out is a decaying trace of the spikes
// Sources: Jaeger 2001, "The echo state approach"; Maass, Natschlaeger and Markram 2002 (liquid
// state machines, the column); Lukosevicius 2012, "A practical guide to applying echo state
// networks".

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "kernels/lanes/lanes.h"

namespace quern::reservoir {

enum class Dynamics { kTanh, kLinear, kSine, kSpiking };

enum class Wiring {
  kRandom,  // Each unit hears n_links others, any.
  kColumn,  // Units on a grid of 3 x 3 x n hear near ones more often; one in five inhibits.
};

enum class Scaling {
  kExpected,  // By the radius that such matrices have on average: nothing is measured.
  kMeasured,  // By how fast the matrix makes vectors grow.
};

inline constexpr int kMaxUnits = 65'536;
inline constexpr int kMaxInputs = 65'536;

/// Zero and negative numbers are refused where nothing else is said.
struct NetworkSpec {
  Dynamics dynamics = Dynamics::kTanh;
  Wiring wiring = Wiring::kRandom;
  int n_units = 500;
  int d_in = 1;
  int n_links = 10;              // Of a unit, to others; n_units at most.
  float spectral_radius = 0.9f;  // 0 and more.
  Scaling scaling = Scaling::kExpected;
  float leak = 0.3f;               // 0 to 1.
  float input_scale = 1;           // Input weights are uniform in -1 to 1, times it.
  float input_density = 0.1f;      // Share of inputs that a unit hears, 0 to 1; one at least.
  float bias_scale = 0;            // Of a constant input; 0 and more.
  kernels::DampedSine sine = {};   // Of kSine.
  kernels::SpikeRule spikes = {};  // Of kSpiking.
  float inhibitory = 0.2f;         // Share of units of kSpiking or kColumn that inhibit, 0 to 1.
  std::uint64_t seed = 1;

  bool operator==(const NetworkSpec&) const;
};

/// "tanh", "linear", "sine", "lif". Errors: kBadInput naming the known ones.
const char* dynamics_name(Dynamics dynamics);
Result<Dynamics> dynamics_from_name(std::string_view name);

/// A sparse matrix with its own memory.
struct SparseMatrix {
  std::vector<std::uint32_t> begins = {0};  // [n_rows + 1]
  std::vector<std::uint32_t> columns = {};
  std::vector<float> weights = {};

  kernels::SparseRows rows() const { return {begins, columns, weights}; }
};

/// Immutable. Threads: any.
class Network {
 public:
  /// Errors: kBadInput naming what is wrong with the spec, got and wanted.
  static Result<Network> make(const NetworkSpec& spec);

  const NetworkSpec& spec() const { return spec_; }
  int n_units() const { return spec_.n_units; }

  /// Floats that a state takes: one a unit, or potential and trace.
  int d_state() const { return spec_.dynamics == Dynamics::kSpiking ? 2 * n_units() : n_units(); }

  const SparseMatrix& recurrent() const { return recurrent_; }  // [n_units, n_units]
  const SparseMatrix& input() const { return input_; }          // [n_units, d_in]
  const std::vector<float>& bias() const { return bias_; }      // [n_units]; empty: none.

 private:
  explicit Network(const NetworkSpec& spec) : spec_(spec) {}

  NetworkSpec spec_;
  SparseMatrix recurrent_;
  SparseMatrix input_;
  std::vector<float> bias_;
};

/// The spectral radius of a square matrix, by how fast it makes a vector grow: within a few
/// thousandths for those of reservoirs. 0 for one without cycles.
double measured_radius(const SparseMatrix& w);

}  // namespace quern::reservoir
