#include "tensor/buffer.h"

#include <utility>

#include <fmt/format.h>
#include <sys/mman.h>

namespace quern {
namespace {

constexpr std::size_t kHugeFrom = std::size_t{8} << 20;

}  // namespace

// Pages come straight from the system, so that they are zero without being touched and go back
// to it at once: the resident set follows the ledger.
Result<Buffer> Buffer::make(ByteLedger& ledger, std::string_view tenant, std::size_t n_bytes,
                            Reclaim reclaim) {
  Buffer buffer;
  if (n_bytes == 0) return buffer;
  QUERN_ASSIGN(buffer.reservation_, ledger.reserve(tenant, n_bytes, reclaim));
  void* data = ::mmap(nullptr, n_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (data == MAP_FAILED) {
    return {Code::kExhausted,
            fmt::format("{} wants {}, the system has none left", tenant, human_bytes(n_bytes))};
  }
  // Fewer TLB misses where granted; but the system may stop to make huge pages, which a small
  // buffer in the middle of a run is not worth.
  if (n_bytes >= kHugeFrom) ::madvise(data, n_bytes, MADV_HUGEPAGE);
  buffer.data_ = static_cast<std::byte*>(data);
  buffer.n_bytes_ = n_bytes;
  return buffer;
}

Buffer::Buffer(Buffer&& other) noexcept { *this = std::move(other); }

Buffer& Buffer::operator=(Buffer&& other) noexcept {
  std::swap(reservation_, other.reservation_);
  std::swap(data_, other.data_);
  std::swap(n_bytes_, other.n_bytes_);
  return *this;
}

Buffer::~Buffer() {
  if (data_ != nullptr) ::munmap(data_, n_bytes_);
}

}  // namespace quern
