#include "hub/workshop.h"

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/check.h"
#include "base/mapped_file.h"
#include "hub/model_files.h"

namespace quern::hub {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPart = ".part-";
constexpr std::string_view kOld = ".old-";

Status io_error(const char* action, const std::string& path, int error) {
  return {Code::kIo, fmt::format("cannot {} '{}': {}", action, path, errno_text(error))};
}

Status rename_folder(const std::string& from, const std::string& to) {
  return ::rename(from.c_str(), to.c_str()) == 0 ? Status() : io_error("rename onto", to, errno);
}

}  // namespace

Result<Workshop> Workshop::open(const std::string& models) {
  std::error_code error;
  fs::create_directories(models, error);
  if (error) return io_error("make", models, error.value());
  const std::string path = models + "/.lock";
  const int lock = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (lock < 0) return io_error("open", path, errno);
  Workshop workshop(models, lock);
  while (::flock(lock, LOCK_EX) != 0) {
    if (errno != EINTR) return io_error("lock", path, errno);
  }
  workshop.clear_leftovers();
  return workshop;
}

Workshop::Workshop(Workshop&& other) noexcept { *this = std::move(other); }

Workshop& Workshop::operator=(Workshop&& other) noexcept {
  std::swap(models_, other.models_);
  std::swap(part_, other.part_);
  std::swap(lock_, other.lock_);
  return *this;
}

Workshop::~Workshop() {
  remove_part();
  if (lock_ >= 0) ::close(lock_);  // Lets go of the lock.
}

void Workshop::clear_leftovers() const {
  std::error_code ignored;
  std::vector<fs::path> entries;
  for (const fs::directory_entry& entry : fs::directory_iterator(models_, ignored)) {
    entries.push_back(entry.path());
  }
  for (const fs::path& path : entries) {
    const std::string name = path.filename().string();
    if (name.starts_with(kPart)) fs::remove_all(path, ignored);
    if (!name.starts_with(kOld)) continue;
    const fs::path former = fs::path(models_) / name.substr(kOld.size());
    if (fs::exists(former, ignored)) {
      fs::remove_all(path, ignored);
    } else {
      fs::rename(path, former, ignored);  // Killed between the two renames of replace().
    }
  }
}

void Workshop::remove_part() {
  std::error_code ignored;
  if (!part_.empty()) fs::remove_all(part_, ignored);
  part_.clear();
}

Result<std::string> Workshop::make_part() {
  QUERN_CHECK(part_.empty());
  const std::string path = fmt::format("{}/{}{}", models_, kPart, ::getpid());
  std::error_code error;
  if (!fs::create_directory(path, error) || error) return io_error("make", path, error.value());
  part_ = path;
  return path;
}

Status Workshop::replace(const std::string& target, const std::string& name) {
  if (::renameat2(AT_FDCWD, part_.c_str(), AT_FDCWD, target.c_str(), RENAME_EXCHANGE) == 0) {
    return {};  // The former model is the part now, and goes with it.
  }
  if (errno != EINVAL && errno != ENOSYS) return io_error("swap", target, errno);
  const std::string old = fmt::format("{}/{}{}", models_, kOld, name);
  QUERN_TRY(rename_folder(target, old));
  if (const Status failed = rename_folder(part_, target); !failed.ok()) {
    QUERN_TRY(rename_folder(old, target));
    return failed;
  }
  std::error_code ignored;
  fs::remove_all(old, ignored);
  return {};
}

Status Workshop::publish(const std::string& name) {
  QUERN_CHECK(!part_.empty());
  const std::string target = fmt::format("{}/{}", models_, name);
  std::error_code ignored;
  QUERN_TRY(sync_folder(part_));
  if (fs::exists(target, ignored)) {
    QUERN_TRY(replace(target, name));
  } else {
    QUERN_TRY(rename_folder(part_, target));
  }
  remove_part();
  return sync_folder(models_);
}

Status Workshop::discard(const std::string& name) {
  QUERN_CHECK(part_.empty());
  const std::string part = fmt::format("{}/{}{}", models_, kPart, ::getpid());
  QUERN_TRY(rename_folder(fmt::format("{}/{}", models_, name), part));
  part_ = part;
  std::error_code error;
  fs::remove_all(part, error);
  if (error) return io_error("remove", part, error.value());
  part_.clear();
  return sync_folder(models_);
}

}  // namespace quern::hub
