#include "models/vector_head.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "base/check.h"
#include "models/heads.h"
#include "models/pooling.h"
#include "models/scratch.h"
#include "models/transformer.h"

namespace quern::models {
namespace {

using formats::VectorModule;
using Kind = VectorModule::Kind;
using Residual = VectorModule::Residual;

constexpr float kNormEps = 1e-5f;  // torch.nn.LayerNorm's own.
constexpr const char* kResidual = "residual";

// Vectors that go through the modules together.
constexpr int kRowsAtOnce = 64;

/// A module's tensors, and the file that they are borrowed from.
struct ModuleTensors {
  TensorSource files;
  LinearTensors dense, residual;
  NormTensors norm;
};

Status find_tensors(const VectorModule& m, const TensorSource& source, ModuleTensors& out) {
  const std::string weight = m.tensor + ".weight";
  const std::string bias = m.tensor + ".bias";
  if (m.kind == Kind::kLayerNorm) {
    QUERN_ASSIGN(out.norm.weight, source.vector(weight, m.n_in));
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
Result<std::vector<ModuleTensors>> open_modules(const formats::HeadFacts& facts,
                                                const std::string& folder,
                                                const TensorSource& own) {
  std::vector<ModuleTensors> out(facts.modules.size());
  for (std::size_t i = 0; i < out.size(); ++i) {
    const VectorModule& m = facts.modules[i];
    const bool has_file = !m.folder.empty() && !folder.empty();
    if (has_file) {
      const std::filesystem::path at = std::filesystem::path(folder) / m.folder;
      QUERN_ASSIGN(formats::TensorFiles files,
                   formats::TensorFiles::open((at / "model.safetensors").string()));
      out[i].files = TensorSource(std::move(files));
    }
    const Status found = find_tensors(m, has_file ? out[i].files : own, out[i]);
    if (!found.ok()) return has_file ? found.in(m.folder) : found;
  }
  return out;
}

/// Everything in one section.
SectionWalk walk_of(const std::vector<ModuleTensors>& tensors, VectorHead& head) {
  return walk_sections(1, [&](int, WeightPlacer& placer) {
    const Placing how{.precision = kernels::Precision::kF32, .norm_eps = kNormEps};
    for (std::size_t i = 0; i < tensors.size(); ++i) {
      VectorHead::Module& to = head.modules[i];
      to.dense = place_linear(tensors[i].dense, how, {}, placer);
      to.residual = place_linear(tensors[i].residual, how, {}, placer);
      to.norm = place_norm(tensors[i].norm, how, placer);
    }
  });
}

VectorHead empty_head(const formats::HeadFacts& facts) {
  VectorHead head;
  head.poolings = facts.poolings;
  for (const VectorModule& m : facts.modules) {
    head.modules.push_back({.facts = m, .dense = {}, .residual = {}, .norm = {}});
  }
  return head;
}

int pooled_width(const VectorHead& head, int d_model) {
  return d_model * static_cast<int>(head.poolings.size());
}

int widest(const VectorHead& head, int d_model) {
  int n = pooled_width(head, d_model);
  for (const VectorHead::Module& m : head.modules) n = std::max(n, m.facts.n_out);
  return n;
}

/// Two places that modules read from and write to in turn.
struct Places {
  std::span<float> x, y;
};

Places carve(const VectorHead& head, int d_model, int n_rows, Carver& carver) {
  const std::size_t n = static_cast<std::size_t>(std::min(n_rows, kRowsAtOnce)) *
                        static_cast<std::size_t>(widest(head, d_model));
  const auto floats = [&] {
    const std::span<std::byte> bytes = carver.bytes(n * sizeof(float));
    return std::span(reinterpret_cast<float*>(bytes.data()), bytes.size() / sizeof(float));
  };
  Places out;
  out.x = floats();
  out.y = floats();
  return out;
}

void dense(const VectorHead::Module& m, Matrix<float> x, Matrix<float> y, ThreadPool& pool) {
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

/// The vectors of sequences [first, first + n).
void pool_some(const VectorHead& head, const RaggedBatch& batch, Matrix<const float> hidden,
               int first, Places at, ThreadPool& pool, Matrix<float> out) {
  Matrix<float> x(at.x.data(), out.rows, pooled_width(head, hidden.cols));
  for (int s = 0; s < out.rows; ++s) {
    const auto start = batch.seq_starts[static_cast<std::size_t>(first + s)];
    const Matrix<const float> rows = hidden.block(start, batch.seq_len(first + s));
    std::span<float> to = x.row(s);
    for (const formats::Pooling pooling : head.poolings) {
      const auto d = static_cast<std::size_t>(hidden.cols);
      pool_rows(pooling, rows, batch.first_pooled(first + s), to.first(d));
      to = to.subspan(d);
    }
  }
  for (const VectorHead::Module& m : head.modules) {
    if (m.facts.kind == Kind::kDense) {
      const Matrix<float> y(at.y.data(), x.rows, m.facts.n_out);
      dense(m, x, y, pool);
      std::swap(at.x, at.y);
      x = y;
    } else if (m.facts.kind == Kind::kLayerNorm) {
      kernels::norm_rows(m.norm, x, x, pool);
    } else {
      for (int s = 0; s < x.rows; ++s) normalize_row(x.row(s));
    }
  }
  for (int s = 0; s < out.rows; ++s) std::copy_n(x.row_data(s), out.cols, out.row_data(s));
}

}  // namespace

int VectorHead::n_values(int d_model) const {
  return modules.empty() ? pooled_width(*this, d_model) : modules.back().facts.n_out;
}

Result<VectorHead> load_vector_head(const formats::HeadFacts& facts, const std::string& folder,
                                    const TensorSource& own, const WeightRoom& room) {
  VectorHead head = empty_head(facts);
  QUERN_ASSIGN(const std::vector<ModuleTensors> tensors, open_modules(facts, folder, own));
  const SectionWalk walk = walk_of(tensors, head);
  if (walk.total() == 0) return head;
  QUERN_ASSIGN(head.weights, fill_sections(walk, room));
  return head;
}

std::size_t vector_head_bytes(const formats::HeadFacts& facts) {
  const Result<std::vector<ModuleTensors>> shapes = open_modules(facts, "", TensorSource());
  if (!shapes.ok()) return 0;  // Cannot be: every shape is there.
  VectorHead head = empty_head(facts);
  return walk_of(*shapes, head).total();
}

std::size_t vector_scratch_bytes(const VectorHead& head, int d_model, int n_seqs) {
  Carver counting = Carver::counting();
  carve(head, d_model, n_seqs, counting);
  return counting.n_bytes();
}

void pool_sequences(const VectorHead& head, const RaggedBatch& batch, Matrix<const float> hidden,
                    std::span<std::byte> scratch, ThreadPool& pool, Matrix<float> out) {
  QUERN_CHECK(out.same_shape(batch.n_seqs(), head.n_values(hidden.cols)));
  Carver carver(scratch);
  const Places places = carve(head, hidden.cols, batch.n_seqs(), carver);
  for (int first = 0; first < out.rows; first += kRowsAtOnce) {
    const int n = std::min(kRowsAtOnce, out.rows - first);
    pool_some(head, batch, hidden, first, places, pool, out.block(first, n));
  }
}

void slice_and_normalize(std::vector<float>& vector, int dimensions) {
  QUERN_CHECK(dimensions > 0 && dimensions <= static_cast<int>(vector.size()));
  vector.resize(static_cast<std::size_t>(dimensions));
  normalize_row(vector);
}

}  // namespace quern::models
