// The KV cache of running sequences: pages of 64 positions for each layer, reserved in the ledger
// before they exist, shared between sequences that begin alike, and given back by layers whose
// window has passed them.

#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/byte_ledger.h"
#include "base/status.h"
#include "formats/decoder_config.h"
#include "kernels/attention/kv_page.h"
#include "tensor/buffer.h"

namespace quern::models {

/// Most positions by which reserve() may go beyond length() in layers with a window.
inline constexpr int kMaxStepTokens = 512;

/// One layer's page. Pages are made a slab at a time, one for each layer: a long prompt takes many
/// at once, and each slab is a call to the system.
struct KvPageBytes {
  std::shared_ptr<const Buffer> slab;
  std::byte* data = nullptr;
};
using KvPage = std::shared_ptr<KvPageBytes>;

/// Pages of one model, used ones and those kept for the next sequence. Threads: one at a time.
class KvPool {
 public:
  /// `tenant`: "kv/NAME". The ledger must outlive the pool and its pages.
  KvPool(const formats::DecoderConfig& config, kernels::KvType type, ByteLedger& ledger,
         std::string tenant);

  const std::string& tenant() const { return tenant_; }
  const kernels::KvShape& shape() const { return shape_; }
  const std::vector<int>& windows() const { return windows_; }
  int n_layers() const { return static_cast<int>(windows_.size()); }

  /// Errors: kExhausted.
  Result<KvPage> take();

  /// Keeps a page that nobody else holds for the next take().
  void give(KvPage page);

  /// Gives the pages that nobody uses back to the system.
  void drop_spare() { spare_.clear(); }

  std::size_t n_spare() const { return spare_.size(); }

  /// What drop_spare() would free if these pages of its own were spare ones, too: whole slabs.
  std::size_t freeable_bytes(std::span<const KvPageBytes* const> others) const;

 private:
  kernels::KvShape shape_;
  std::vector<int> windows_;
  ByteLedger& ledger_;
  std::string tenant_;
  std::vector<KvPage> spare_;
};

/// The keys and values of one sequence. Copies share its pages: a page is written to only at
/// positions that no copy has (fork() sees to it).
class KvSequence {
 public:
  explicit KvSequence(KvPool& pool);
  KvSequence(KvSequence&&) = default;
  KvSequence& operator=(KvSequence&&) = default;
  ~KvSequence();

  int length() const { return length_; }
  const kernels::KvShape& shape() const { return pool_->shape(); }

  /// Pages of `layer` by position / 64; below the window they may be null.
  const std::vector<std::byte*>& pages(int layer) const {
    return layers_[static_cast<std::size_t>(layer)].data;
  }

  /// Makes room for positions up to `n_positions`; in layers with a window for the next
  /// kMaxStepTokens only, since what the window passes will serve the rest. Errors: kExhausted;
  /// what it got so far stays.
  Status reserve(int n_positions);

  /// Bytes that reserve(n_positions) would take from the ledger, if the pool had `n_more_spare`
  /// pages more to spare.
  std::size_t missing_bytes(int n_positions, std::size_t n_more_spare) const;

  /// Says that positions up to `length` are written, and gives back what windows have passed.
  void advance(int length);

  /// A sequence that begins with this one's first `n_positions` <= length(): whole pages are
  /// shared, the last one is copied. Errors: kExhausted; kNotFound when a layer's window has
  /// passed a page that the fork would need.
  Result<KvSequence> fork(int n_positions) const;

  int n_layers() const { return static_cast<int>(layers_.size()); }
  /// The pages of `layer`, as pages().
  const std::vector<KvPage>& held(int layer) const {
    return layers_[static_cast<std::size_t>(layer)].pages;
  }

  /// Bytes of its pages, shared ones counted whole.
  std::size_t n_bytes() const;

 private:
  struct Layer {
    std::vector<KvPage> pages;
    std::vector<std::byte*> data;
  };

  std::size_t n_wanted(std::size_t layer, int n_positions) const;
  void put(Layer& layer, std::size_t i, KvPage page);

  KvPool* pool_;
  std::vector<Layer> layers_;
  int length_ = 0;
};

}  // namespace quern::models
