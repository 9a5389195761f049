#include "models/kv_cache.h"

#include <algorithm>
#include <cstring>
#include <unordered_map>
#include <utility>

#include "base/check.h"

namespace quern::models {
namespace {

constexpr int kPage = kernels::kKvPageTokens;

std::size_t n_pages(int n_positions) {
  return static_cast<std::size_t>((n_positions + kPage - 1) / kPage);
}

/// The first page that a token at `position`, or one after it, still sees.
std::size_t first_needed(int window, int position) {
  return window > 0 ? static_cast<std::size_t>(std::max(0, position - window + 1) / kPage) : 0;
}

}  // namespace

KvPool::KvPool(const formats::DecoderConfig& config, kernels::KvType type, ByteLedger& ledger,
               std::string tenant)
    : shape_{.type = type, .n_kv_heads = config.n_kv_heads, .d_head = config.d_head},
      windows_(config.windows),
      ledger_(ledger),
      tenant_(std::move(tenant)) {}

Result<KvPage> KvPool::take() {
  if (spare_.empty()) {
    const auto n = static_cast<std::size_t>(n_layers());
    QUERN_ASSIGN(Buffer buffer, Buffer::make(ledger_, tenant_, n * shape_.page_bytes()));
    const auto slab = std::make_shared<const Buffer>(std::move(buffer));
    for (std::size_t i = n; i-- > 0;) {
      spare_.push_back(
          std::make_shared<KvPageBytes>(KvPageBytes{slab, slab->data() + i * shape_.page_bytes()}));
    }
  }
  KvPage page = std::move(spare_.back());
  spare_.pop_back();
  return page;
}

void KvPool::give(KvPage page) {
  if (page != nullptr && page.use_count() == 1) spare_.push_back(std::move(page));
}

std::size_t KvPool::freeable_bytes(std::span<const KvPageBytes* const> others) const {
  std::unordered_map<const Buffer*, long> n_unused;
  std::size_t n_bytes = 0;
  const auto count = [&](const KvPageBytes& page) {
    if (++n_unused[page.slab.get()] == page.slab.use_count()) n_bytes += page.slab->size();
  };
  for (const KvPage& page : spare_) count(*page);
  for (const KvPageBytes* page : others) count(*page);
  return n_bytes;
}

KvSequence::KvSequence(KvPool& pool)
    : pool_(&pool), layers_(static_cast<std::size_t>(pool.n_layers())) {}

KvSequence::~KvSequence() {
  for (Layer& layer : layers_) {
    for (KvPage& page : layer.pages) pool_->give(std::move(page));
  }
}

void KvSequence::put(Layer& layer, std::size_t i, KvPage page) {
  layer.data[i] = page == nullptr ? nullptr : page->data;
  layer.pages[i] = std::move(page);
}

std::size_t KvSequence::n_wanted(std::size_t layer, int n_positions) const {
  const bool windowed = pool_->windows()[layer] > 0;
  return n_pages(windowed ? std::min(n_positions, length_ + kMaxStepTokens) : n_positions);
}

std::size_t KvSequence::missing_bytes(int n_positions, std::size_t n_more_spare) const {
  std::size_t n_missing = 0;
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    const std::size_t n = n_wanted(l, n_positions);
    n_missing += n - std::min(n, layers_[l].pages.size());
  }
  const std::size_t n_spare = pool_->n_spare() + n_more_spare;
  const std::size_t n_new = n_missing - std::min(n_missing, n_spare);
  const std::size_t n_slabs = (n_new + layers_.size() - 1) / layers_.size();
  return n_slabs * layers_.size() * pool_->shape().page_bytes();
}

Status KvSequence::reserve(int n_positions) {
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    Layer& layer = layers_[l];
    const std::size_t n = n_wanted(l, n_positions);
    for (std::size_t i = layer.pages.size(); i < n; ++i) {
      QUERN_ASSIGN(KvPage page, pool_->take());
      layer.pages.resize(i + 1);
      layer.data.resize(i + 1);
      put(layer, i, std::move(page));
    }
  }
  return {};
}

void KvSequence::advance(int length) {
  QUERN_CHECK(length >= length_);
  length_ = length;
  for (int l = 0; l < pool_->n_layers(); ++l) {
    Layer& layer = layers_[static_cast<std::size_t>(l)];
    const std::size_t end = std::min(
        first_needed(pool_->windows()[static_cast<std::size_t>(l)], length), layer.pages.size());
    for (std::size_t i = end; i-- > 0 && layer.pages[i] != nullptr;) {
      KvPage page = std::move(layer.pages[i]);
      layer.data[i] = nullptr;
      pool_->give(std::move(page));
    }
  }
}

Result<KvSequence> KvSequence::fork(int n_positions) const {
  QUERN_CHECK(n_positions <= length_);
  KvSequence out(*pool_);
  const std::size_t n = n_pages(n_positions);
  const bool is_whole = n_positions % kPage == 0;
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    const Layer& from = layers_[l];
    Layer& to = out.layers_[l];
    to.pages.resize(n);
    to.data.resize(n);
    for (std::size_t i = first_needed(pool_->windows()[l], n_positions); i < n; ++i) {
      if (from.pages[i] == nullptr) return {Code::kNotFound, "the window has passed this prefix"};
      KvPage page = from.pages[i];
      if (i + 1 == n && !is_whole) {
        QUERN_ASSIGN(page, pool_->take());
        std::memcpy(page->data, from.data[i], pool_->shape().page_bytes());
      }
      out.put(to, i, std::move(page));
    }
  }
  out.length_ = n_positions;
  return out;
}

std::size_t KvSequence::n_bytes() const {
  std::size_t n = 0;
  for (const Layer& layer : layers_) {
    n += static_cast<std::size_t>(
        std::count_if(layer.pages.begin(), layer.pages.end(), [](const KvPage& p) { return p; }));
  }
  return n * pool_->shape().page_bytes();
}

}  // namespace quern::models
