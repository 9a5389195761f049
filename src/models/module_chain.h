// The modules of formats/vector_modules.h, one after the other over rows or vectors, in f32
// whatever the model's precision.

#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "base/thread_pool.h"
#include "formats/vector_modules.h"
#include "kernels/linear.h"
#include "kernels/norm.h"
#include "models/scratch.h"
#include "models/sections.h"
#include "models/tensor_source.h"
#include "tensor/matrix.h"

namespace quern::models {

struct ModuleChain {
  struct Module {
    formats::VectorModule facts;
    kernels::Linear dense, residual;  // Of kDense; `residual` where it is projected.
    kernels::Norm norm;               // Of kLayerNorm.
  };
  std::vector<Module> modules = {};
  WeightWindow weights;  // What the modules point into.

  /// Width of what comes out, from rows of `n_in`.
  int n_values(int n_in) const { return modules.empty() ? n_in : modules.back().facts.n_out; }
  std::size_t weight_bytes() const { return weights.n_bytes(); }
};

/// `own`: the model's tensors; modules with a folder have files of their own.
/// Errors: as TensorSource; kExhausted.
Result<ModuleChain> load_module_chain(const std::vector<formats::VectorModule>& facts,
                                      const std::string& folder, const TensorSource& own,
                                      const WeightRoom& room);

/// Bytes load_module_chain reserves.
std::size_t module_chain_bytes(const std::vector<formats::VectorModule>& facts);

/// Rows that go through a chain together.
inline constexpr int kChainRows = 64;

/// Two places that modules read from and write to in turn.
struct ChainPlaces {
  std::span<float> x, y;
};

/// For `n_rows` rows of `n_in`, kChainRows at most.
ChainPlaces carve_chain(const ModuleChain& chain, int n_in, int n_rows, Carver& carver);

/// Whether a normalisation that ends a chain is done.
enum class LastNorm { kDone, kLeftOut };

/// What the chain makes of the rows that lie at the front of `at.x`: in one of the two places.
/// Shapes: [n_rows, n_in] in, [n_rows, n_values(n_in)] out; n_rows at most as carved.
Matrix<float> run_chain(const ModuleChain& chain, int n_rows, int n_in, LastNorm last,
                        ChainPlaces at, ThreadPool& pool);

/// Bytes of scratch that map_rows takes.
std::size_t row_scratch_bytes(const ModuleChain& chain, int n_in, int n_rows);

/// The chain over every row. Shapes: rows [n, n_in], out [n, n_values(n_in)]; scratch of
///   row_scratch_bytes(...), 64-byte aligned.
/// Numerics: a row's bits depend on itself only.
void map_rows(const ModuleChain& chain, Matrix<const float> rows, LastNorm last,
              std::span<std::byte> scratch, ThreadPool& pool, Matrix<float> out);

}  // namespace quern::models
