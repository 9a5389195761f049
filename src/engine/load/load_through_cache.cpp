#include "engine/load/load_through_cache.h"

#include <optional>
#include <vector>

namespace quern::engine {
namespace {

/// A packed file as a sink that remembers whether it was the file that failed.
class FileSink : public models::SectionSink {
 public:
  FileSink(const hub::PackedCache& cache, const hub::PackedKey& key) : cache_(cache), key_(key) {}

  Status begin(const std::vector<std::size_t>& bytes) override {
    Result<hub::PackedWriter> writer = cache_.begin(key_, bytes);
    if (writer.ok()) writer_.emplace(std::move(*writer));
    return failed_ = writer.status();
  }
  Status add(std::span<const std::byte> section) override {
    return failed_ = writer_->add(section);
  }
  Status publish() { return failed_ = writer_->publish(); }

  const Status& failed() const { return failed_; }

 private:
  const hub::PackedCache& cache_;
  const hub::PackedKey& key_;
  std::optional<hub::PackedWriter> writer_;
  Status failed_;
};

}  // namespace

Result<bool> pack_into_cache(const hub::PackedCache& cache, const hub::PackedKey& key,
                             const std::function<Status(models::SectionSink&)>& pack) {
  FileSink sink(cache, key);
  Status status = pack(sink);
  if (status.ok()) status = sink.publish();
  if (status.ok()) return true;
  if (sink.failed().ok()) return status;
  const std::string line = "packed weights are not kept: " + status.message();
  // A cache that cannot be there is no news.
  if (status.code() == Code::kUnavailable) {
    log_info("{}", line);
  } else {
    log_warn("{}", line);
  }
  return false;
}

}  // namespace quern::engine
