#include "models/module_chain.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "base/check.h"
#include "models/heads.h"
#include "models/pooling.h"
#include "models/transformer.h"

namespace quern::models {
namespace {

using formats::VectorModule;
using Kind = VectorModule::Kind;
using Residual = VectorModule::Residual;

constexpr float kNormEps = 1e-5f;  // torch.nn.LayerNorm's own.
constexpr const char* kResidual = "residual";

/// A module's tensors, and the file that they are borrowed from.
struct ModuleTensors {
  TensorSource files;
  LinearTensors dense, residual;
  NormTensors norm;
};

Status find_tensors(const VectorModule& m, const TensorSource& source, ModuleTensors& out) {
  const std::string stem = m.tensor.empty() ? "" : m.tensor + ".";
  const std::string weight = stem + "weight";
  const std::string bias = stem + "bias";
  if (m.kind == Kind::kLayerNorm) {
    QUERN_ASSIGN(out.norm.weight, source.vector(weight, m.n_in));
    if (!m.has_bias) return {};
    QUERN_ASSIGN(out.norm.bias, source.vector(bias, m.n_in));
    return {};
  }
  if (m.kind != Kind::kDense) return {};
  QUERN_ASSIGN(out.dense.weight, source.matrix(weight, m.n_out, m.n_in));
  if (m.has_bias) {
    QUERN_ASSIGN(out.dense.bias, source.vector(bias, m.n_out));
  }
  if (m.residual != Residual::kProjected) return {};
  QUERN_ASSIGN(out.residual.weight,
               source.matrix(std::string(kResidual) + ".weight", m.n_out, m.n_in));
  return {};
}

/// Tensors of all modules. No folder: shapes only.
Result<std::vector<ModuleTensors>> open_modules(const std::vector<VectorModule>& facts,
                                                const std::string& folder,
                                                const TensorSource& own) {
  std::vector<ModuleTensors> out(facts.size());
  for (std::size_t i = 0; i < out.size(); ++i) {
    const VectorModule& m = facts[i];
    const bool has_file = !m.folder.empty() && !folder.empty();
    if (has_file) {
      const std::filesystem::path at = std::filesystem::path(folder) / m.folder;
      QUERN_ASSIGN(formats::TensorFiles files, formats::TensorFiles::open((at / m.file).string()));
      out[i].files = TensorSource(std::move(files));
    }
    const Status found = find_tensors(m, has_file ? out[i].files : own, out[i]);
    if (!found.ok()) return has_file ? found.in(m.folder == "." ? m.file : m.folder) : found;
  }
  return out;
}

/// Everything in one section.
SectionWalk walk_of(const std::vector<ModuleTensors>& tensors, ModuleChain& chain) {
  return walk_sections({SectionUse::kAlways}, [&](int, WeightPlacer& placer) {
    const Placing how{.precision = kernels::Precision::kF32, .norm_eps = kNormEps};
    for (std::size_t i = 0; i < tensors.size(); ++i) {
      ModuleChain::Module& to = chain.modules[i];
      to.dense = place_linear(tensors[i].dense, how, {}, placer);
      to.residual = place_linear(tensors[i].residual, how, {}, placer);
      to.norm = place_norm(tensors[i].norm, how, placer);
    }
  });
}

ModuleChain empty_chain(const std::vector<VectorModule>& facts) {
  ModuleChain chain;
  for (const VectorModule& m : facts) {
    chain.modules.push_back({.facts = m, .dense = {}, .residual = {}, .norm = {}});
  }
  return chain;
}

int widest(const ModuleChain& chain, int n_in) {
  int n = n_in;
  for (const ModuleChain::Module& m : chain.modules) n = std::max(n, m.facts.n_out);
  return n;
}

void dense(const ModuleChain::Module& m, Matrix<float> x, Matrix<float> y, ThreadPool& pool) {
  kernels::multiply(x, {.linear = m.dense, .out = y}, pool);
  for (int r = 0; r < y.rows; ++r) {
    for (float& v : y.row(r)) v = activate(v, m.facts.activation);
  }
  if (m.facts.residual == Residual::kProjected) {
    kernels::multiply(x, {.linear = m.residual, .residual = y, .out = y}, pool);
  } else if (m.facts.residual == Residual::kInput) {
    for (int r = 0; r < y.rows; ++r) {
      std::transform(x.row(r).begin(), x.row(r).end(), y.row(r).begin(), y.row(r).begin(),
                     [](float a, float b) { return a + b; });
    }
  }
}

}  // namespace

Result<ModuleChain> load_module_chain(const std::vector<VectorModule>& facts,
                                      const std::string& folder, const TensorSource& own,
                                      const WeightRoom& room) {
  ModuleChain chain = empty_chain(facts);
  QUERN_ASSIGN(const std::vector<ModuleTensors> tensors, open_modules(facts, folder, own));
  const SectionWalk walk = walk_of(tensors, chain);
  if (walk.total() == 0) return chain;
  QUERN_ASSIGN(chain.weights, fill_sections(walk, room));
  return chain;
}

std::size_t module_chain_bytes(const std::vector<VectorModule>& facts) {
  const Result<std::vector<ModuleTensors>> shapes = open_modules(facts, "", TensorSource());
  if (!shapes.ok()) return 0;  // Cannot be: every shape is there.
  ModuleChain chain = empty_chain(facts);
  return walk_of(*shapes, chain).total();
}

ChainPlaces carve_chain(const ModuleChain& chain, int n_in, int n_rows, Carver& carver) {
  const std::size_t n = static_cast<std::size_t>(std::min(n_rows, kChainRows)) *
                        static_cast<std::size_t>(widest(chain, n_in));
  const auto floats = [&] {
    const std::span<std::byte> bytes = carver.bytes(n * sizeof(float));
    return std::span(reinterpret_cast<float*>(bytes.data()), bytes.size() / sizeof(float));
  };
  ChainPlaces out;
  out.x = floats();
  out.y = floats();
  return out;
}

Matrix<float> run_chain(const ModuleChain& chain, int n_rows, int n_in, LastNorm last,
                        ChainPlaces at, ThreadPool& pool) {
  Matrix<float> x(at.x.data(), n_rows, n_in);
  for (std::size_t i = 0; i < chain.modules.size(); ++i) {
    const ModuleChain::Module& m = chain.modules[i];
    if (m.facts.kind == Kind::kDense) {
      const Matrix<float> y(at.y.data(), x.rows, m.facts.n_out);
      dense(m, x, y, pool);
      std::swap(at.x, at.y);
      x = y;
    } else if (m.facts.kind == Kind::kLayerNorm) {
      kernels::norm_rows(m.norm, x, x, pool);
    } else if (last == LastNorm::kDone || i + 1 < chain.modules.size()) {
      for (int r = 0; r < x.rows; ++r) normalize_row(x.row(r));
    }
  }
  return x;
}

std::size_t row_scratch_bytes(const ModuleChain& chain, int n_in, int n_rows) {
  Carver counting = Carver::counting();
  carve_chain(chain, n_in, n_rows, counting);
  return counting.n_bytes();
}

void map_rows(const ModuleChain& chain, Matrix<const float> rows, LastNorm last,
              std::span<std::byte> scratch, ThreadPool& pool, Matrix<float> out) {
  QUERN_CHECK(out.same_shape(rows.rows, chain.n_values(rows.cols)));
  Carver carver(scratch);
  const ChainPlaces at = carve_chain(chain, rows.cols, rows.rows, carver);
  for (int first = 0; first < rows.rows; first += kChainRows) {
    ThreadPool::rest();
    const int n = std::min(kChainRows, rows.rows - first);
    for (int r = 0; r < n; ++r) {
      std::copy_n(rows.row_data(first + r), rows.cols, at.x.data() + std::ptrdiff_t{r} * rows.cols);
    }
    const Matrix<float> x = run_chain(chain, n, rows.cols, last, at, pool);
    for (int r = 0; r < n; ++r) std::copy_n(x.row_data(r), x.cols, out.row_data(first + r));
  }
}

}  // namespace quern::models
