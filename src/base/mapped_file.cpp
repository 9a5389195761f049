#include "base/mapped_file.h"

#include <cerrno>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file_error.h"
#include "base/file_identity.h"
#include "base/mapped_ranges.h"
#include "base/part_file.h"

namespace quern {
namespace {

// MADV_POPULATE_READ, of Linux 5.14; an older system refuses it.
constexpr int kPopulateRead = 22;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

std::uintptr_t page_bytes() {
  static const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  return page;
}

}  // namespace

std::string errno_text(int error) { return std::generic_category().message(error); }

Result<MappedFile> MappedFile::open(const std::string& path) {
  // O_NONBLOCK: opening a pipe does not wait for its writer; it is refused below.
  const Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (fd.get() < 0) return file_error("open", path, errno);
  struct stat info{};
  if (::fstat(fd.get(), &info) != 0) return file_error("stat", path, errno);
  if (!S_ISREG(info.st_mode)) return {Code::kBadInput, fmt::format("'{}' is not a file", path)};
  MappedFile file;
  file.path_ = path;
  file.n_bytes_ = static_cast<std::size_t>(info.st_size);
  file.identity_ = file_identity(info);
  if (file.n_bytes_ > 0) {
    void* data = ::mmap(nullptr, file.n_bytes_, PROT_READ, MAP_SHARED, fd.get(), 0);
    if (data == MAP_FAILED) return file_error("map", path, errno);
    file.data_ = static_cast<const std::byte*>(data);
    note_mapping(file.bytes(), path);
  }
  return file;
}

MappedFile::MappedFile(MappedFile&& other) noexcept { *this = std::move(other); }

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(n_bytes_, other.n_bytes_);
  std::swap(path_, other.path_);
  std::swap(identity_, other.identity_);
  return *this;
}

MappedFile::~MappedFile() {
  if (data_ == nullptr) return;
  forget_mapping(bytes());
  ::munmap(const_cast<std::byte*>(data_), n_bytes_);
}

void MappedFile::drop_pages(std::span<const std::byte> part) const {
  const std::uintptr_t page = page_bytes();
  const auto first = reinterpret_cast<std::uintptr_t>(part.data());
  const std::uintptr_t begin = (first + page - 1) / page * page;
  std::uintptr_t end = first + part.size();
  // The last page of the file belongs to it whole.
  if (part.data() + part.size() != data_ + n_bytes_) end = end / page * page;
  if (begin < end) ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
}

void MappedFile::read_pages(std::span<const std::byte> part) const {
  if (part.empty()) return;
  const auto first = reinterpret_cast<std::uintptr_t>(part.data());
  const std::uintptr_t begin = first / page_bytes() * page_bytes();
  const std::uintptr_t n = first + part.size() - begin;
  // First all of it from the disk at once, then into our page tables.
  ::madvise(reinterpret_cast<void*>(begin), n, MADV_WILLNEED);
  if (::madvise(reinterpret_cast<void*>(begin), n, kPopulateRead) == 0) return;
  for (std::uintptr_t at = begin; at < begin + n; at += page_bytes()) {
    static_cast<void>(*reinterpret_cast<const volatile std::byte*>(at));
  }
}

Result<std::string> read_file(const std::string& path, std::size_t limit_bytes) {
  const Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) return file_error("open", path, errno);
  std::string out;
  char block[1 << 16];
  for (;;) {
    const ssize_t n = ::read(fd.get(), block, sizeof block);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return file_error("read", path, errno);
    if (n == 0) return out;
    if (out.size() + static_cast<std::size_t>(n) > limit_bytes) {
      return {Code::kBadInput, fmt::format("'{}' is larger than {} bytes", path, limit_bytes)};
    }
    out.append(block, static_cast<std::size_t>(n));
  }
}

Status write_file_atomically(const std::string& path, std::string_view bytes) {
  return write_file_atomically(path, {bytes});
}

Status write_file_atomically(const std::string& path,
                             std::initializer_list<std::string_view> parts) {
  QUERN_ASSIGN(PartFile file, PartFile::create(path, 0644));
  for (const std::string_view part : parts) QUERN_TRY(file.write(part));
  return file.publish();
}

}  // namespace quern
