#include "reservoir/states.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"

namespace quern::reservoir {
namespace {

using kernels::kLanes;

// Units of a part that a thread takes: small enough for all threads to have some.
constexpr int kUnitsPerPart = 128;

}  // namespace

States::States(const Network& network, int n) : network_(&network), n_(n) {
  QUERN_CHECK(n >= 0);
  const auto n_blocks = static_cast<std::size_t>((n + kLanes - 1) / kLanes);
  const auto n_rows = n_blocks * static_cast<std::size_t>(network.n_units());
  units_.resize(n_rows);
  pre_.resize(n_rows);
  if (network.spec().dynamics == Dynamics::kSpiking) {
    spikes_.resize(n_rows);
    potential_.resize(n_rows);
  }
  inputs_.resize(n_blocks * static_cast<std::size_t>(network.spec().d_in));
}

void States::set_inputs(std::span<const float> inputs, int n_active) {
  const int d_in = network_->spec().d_in;
  for (int i = 0; i < n_active; ++i) {
    float* block = rows(inputs_, i / kLanes, d_in);
    const float* row = inputs.data() + static_cast<std::ptrdiff_t>(i) * d_in;
    for (int c = 0; c < d_in; ++c) block[c * kLanes + i % kLanes] = row[c];
  }
}

// pre = bias + W_in u + W x, of spiking units with the spikes of those that fire now as x.
void States::gather(int first_block, int n_blocks, int first_unit, int last_unit) {
  const int n_units = network_->n_units(), d_in = network_->spec().d_in;
  const bool is_spiking = network_->spec().dynamics == Dynamics::kSpiking;
  for (int b = first_block; b < first_block + n_blocks; ++b) {
    float* pre = rows(pre_, b, n_units);
    for (int u = first_unit; u < last_unit; ++u) {
      const float bias =
          network_->bias().empty() ? 0.0f : network_->bias()[static_cast<std::size_t>(u)];
      std::fill_n(pre + std::ptrdiff_t{u} * kLanes, kLanes, bias);
    }
  }
  kernels::LaneProduct product;
  product.first = first_unit;
  product.last = last_unit;
  product.out = rows(pre_, first_block, n_units);
  product.out_stride = std::ptrdiff_t{n_units} * kLanes;
  product.n_blocks = n_blocks;
  product.w = network_->input().rows();
  product.x = rows(inputs_, first_block, d_in);
  product.x_stride = std::ptrdiff_t{d_in} * kLanes;
  kernels::lanes_active().product(product);
  product.w = network_->recurrent().rows();
  product.x = rows(is_spiking ? spikes_ : units_, first_block, n_units);
  product.x_stride = std::ptrdiff_t{n_units} * kLanes;
  kernels::lanes_active().product(product);
}

void States::update(int first_block, int n_blocks, int first_unit, int last_unit) {
  const NetworkSpec& spec = network_->spec();
  const kernels::LaneIsa& isa = kernels::lanes_active();
  const std::ptrdiff_t from = std::ptrdiff_t{first_unit} * kLanes;
  const int n = last_unit - first_unit;
  for (int b = first_block; b < first_block + n_blocks; ++b) {
    const float* pre = rows(pre_, b, spec.n_units) + from;
    float* x = rows(units_, b, spec.n_units) + from;
    switch (spec.dynamics) {
      case Dynamics::kTanh:
        isa.leaky_tanh(pre, n, spec.leak, x);
        break;
      case Dynamics::kLinear:
        isa.leaky_linear(pre, n, spec.leak, x);
        break;
      case Dynamics::kSine:
        isa.leaky_sine(pre, n, spec.leak, spec.sine, x);
        break;
      case Dynamics::kSpiking: {
        float* potential = rows(potential_, b, spec.n_units) + from;
        for (std::ptrdiff_t i = 0; i < std::ptrdiff_t{n} * kLanes; ++i) potential[i] += pre[i];
        break;
      }
    }
  }
}

void States::step(std::span<const float> inputs, int n_active, ThreadPool& pool) {
  const NetworkSpec& spec = network_->spec();
  QUERN_CHECK(n_active >= 0 && n_active <= n_);
  QUERN_CHECK(inputs.size() ==
              static_cast<std::size_t>(n_active) * static_cast<std::size_t>(spec.d_in));
  if (n_active == 0) return;
  set_inputs(inputs, n_active);
  // The lanes of the last block that do not take part are put back afterwards.
  std::vector<float> kept;
  const int last_block = (n_active - 1) / kLanes;
  const int n_last = std::min(n_, (last_block + 1) * kLanes);
  const auto d_state = static_cast<std::size_t>(network_->d_state());
  for (int i = n_active; i < n_last; ++i) {
    kept.resize(kept.size() + d_state);
    save(i, std::span(kept).last(d_state));
  }

  const int n_blocks = last_block + 1;
  const int n_groups = (n_blocks + kernels::kMaxLaneBlocks - 1) / kernels::kMaxLaneBlocks;
  const int n_cuts = (spec.n_units + kUnitsPerPart - 1) / kUnitsPerPart;
  const auto each = [&](const auto& work) {
    pool.parallel_for(n_groups * n_cuts, [&](int part, int) {
      const int first_block = part / n_cuts * kernels::kMaxLaneBlocks;
      const int first_unit = part % n_cuts * kUnitsPerPart;
      work(first_block, std::min(kernels::kMaxLaneBlocks, n_blocks - first_block), first_unit,
           std::min(spec.n_units, first_unit + kUnitsPerPart));
    });
  };
  if (spec.dynamics == Dynamics::kSpiking) {
    each([&](int first_block, int n, int first_unit, int last_unit) {
      for (int b = first_block; b < first_block + n; ++b) {
        const std::ptrdiff_t from = std::ptrdiff_t{first_unit} * kLanes;
        kernels::lanes_active().fire(
            last_unit - first_unit, spec.spikes, rows(potential_, b, spec.n_units) + from,
            rows(units_, b, spec.n_units) + from, rows(spikes_, b, spec.n_units) + from);
      }
    });
  }
  each([&](int block, int n, int first, int last) { gather(block, n, first, last); });
  each([&](int block, int n, int first, int last) { update(block, n, first, last); });
  for (int i = n_active; i < n_last; ++i) {
    load(i, std::span(kept).subspan(static_cast<std::size_t>(i - n_active) * d_state, d_state));
  }
}

void States::read(int i, std::span<float> out) const {
  const auto n_units = static_cast<std::size_t>(network_->n_units());
  QUERN_CHECK(i >= 0 && i < n_ && out.size() == n_units);
  const std::size_t first = static_cast<std::size_t>(i / kLanes) * n_units;
  for (std::size_t u = 0; u < n_units; ++u) out[u] = units_[first + u].x[i % kLanes];
}

void States::save(int i, std::span<float> out) const {
  const auto n_units = static_cast<std::size_t>(network_->n_units());
  QUERN_CHECK(out.size() == static_cast<std::size_t>(network_->d_state()));
  read(i, out.first(n_units));
  if (potential_.empty()) return;
  const std::size_t first = static_cast<std::size_t>(i / kLanes) * n_units;
  for (std::size_t u = 0; u < n_units; ++u) out[n_units + u] = potential_[first + u].x[i % kLanes];
}

void States::load(int i, std::span<const float> state) {
  const auto n_units = static_cast<std::size_t>(network_->n_units());
  QUERN_CHECK(i >= 0 && i < n_ && state.size() == static_cast<std::size_t>(network_->d_state()));
  const std::size_t first = static_cast<std::size_t>(i / kLanes) * n_units;
  for (std::size_t u = 0; u < n_units; ++u) units_[first + u].x[i % kLanes] = state[u];
  if (potential_.empty()) return;
  for (std::size_t u = 0; u < n_units; ++u) {
    potential_[first + u].x[i % kLanes] = state[n_units + u];
  }
}

void States::reset(int i) {
  load(i, std::vector<float>(static_cast<std::size_t>(network_->d_state())));
}

}  // namespace quern::reservoir
