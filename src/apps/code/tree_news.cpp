#include "apps/code/tree_news.h"

#include <algorithm>
#include <array>
#include <utility>

#include <linux/magic.h>
#include <sys/vfs.h>

#include "base/log.h"

namespace quern::apps {
namespace {

// Of file systems that other machines write to, or programs in their own way; those that
// linux/magic.h does not name have their number (statfs(2)).
constexpr std::array<unsigned long, 11> kWrittenByOthers = {
    NFS_SUPER_MAGIC,         SMB_SUPER_MAGIC,  0xff534d42UL /* CIFS */,
    0xfe534d42UL /* SMB2 */, V9FS_MAGIC,       0x65735546UL /* FUSE, virtiofs */,
    AFS_SUPER_MAGIC,         CODA_SUPER_MAGIC, 0x00c36400UL /* Ceph */,
    0x01161970UL /* GFS2 */, 0x7461636fUL /* OCFS2 */};

}  // namespace

bool tells_of_all_changes(const std::string& folder) {
  struct statfs about{};
  if (::statfs(folder.c_str(), &about) != 0) return false;
  const auto type = static_cast<unsigned long>(about.f_type) & 0xffffffffUL;
  return std::find(kWrittenByOthers.begin(), kWrittenByOthers.end(), type) ==
         kWrittenByOthers.end();
}

void TreeNews::watch(const WalkOptions& walk, const std::function<bool()>& is_stopped) {
  is_walk_due_ = true;
  may_watch_ = false;
  if (!tells_of_all_changes(root_)) return;
  auto watch = TreeWatch::open(root_, {.walk = walk, .is_stopped = is_stopped});
  if (watch.ok() && (*watch)->is_watching()) {
    watch_ = std::move(*watch);
    return;
  }
  may_watch_ = watch.status().code() == Code::kCancelled;
  if (!may_watch_) {
    log_debug("'{}' is walked at each question: {}", root_, watch.status().message());
  }
}

std::optional<TreeChanges> TreeNews::take() {
  const Clock::time_point now = Clock::now();
  std::optional<TreeChanges> told;
  if (watch_ != nullptr) told = watch_->now();
  if (watch_ != nullptr && !watch_->is_watching()) end_watch();
  if (watch_ == nullptr || is_walk_due_ || now - walked_at_ > walk_after_) {
    told = TreeChanges{.is_rescan = true};
  }
  if (told && told->is_rescan) {
    walked_at_ = now;
    is_walk_due_ = false;
  }
  return told;
}

void TreeNews::end_watch() {
  watch_.reset();
  is_walk_due_ = true;
  may_watch_ = true;
}

}  // namespace quern::apps
