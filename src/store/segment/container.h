// A file of sections, written once front to back and mapped read-only: the form of every part of a
// segment. A checksum for each 64 KiB, and one of all of them in the footer, which the catalog
// knows: a file that is cut, swapped or damaged is an error that names it, never a crash.
// docs/format_store.md has the byte tables.

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/file_layer.h"
#include "base/mapped_file.h"
#include "base/status.h"
#include "store/byte_sink.h"
#include "store/segment/part_places.h"

namespace quern::store {

inline constexpr std::uint32_t kContainerVersion = 1;
inline constexpr std::size_t kSumBlockBytes = 64 << 10;
inline constexpr std::size_t kSectionAlign = 64;
inline constexpr std::uint32_t kMaxPartDocs = 1 << 20;

/// What is in a file; its magic number says so.
enum class FileKind : std::uint8_t { kText, kVectors, kGraph };

/// The numbers are on disk. `argument` of a section is its field, where it has one.
enum class SectionKind : std::uint16_t {
  kKeys = 1,        // keys.h
  kStoredText = 2,  // stored_text.h: blocks
  kStoredIndex = 3,
  kLengths = 4,  // field_lengths.h, of each field
  kNorms = 5,    // A byte a document, of each field
  kDictionary = 6,
  kPostings = 7,
  kPositions = 8,
  kAttributes = 9,  // attributes.h; where the schema has any
  // Of a file of vectors (vector/vector_part.h):
  kPresent = 16,  // Which documents have one
  kScales = 17,
  kNorms2 = 18,
  kHighCodes = 19,
  kLowCodes = 20,
  // Of a graph over them (vector/graph_part.h):
  kLinks = 24,
  kLandmarks = 25,
  kLandmarkCodes = 26,
};

/// "keys", "stored text", ...: for messages.
const char* section_name(SectionKind kind);

enum class Unknown : std::uint8_t {
  kMayBeSkipped,
  kMustBeRefused,  // By a reader that does not know the section's kind.
};

struct Section {
  SectionKind kind{};
  std::uint16_t argument = 0;
  std::uint32_t flags = 0;  // Bit 0: Unknown::kMustBeRefused.
  std::uint64_t offset = 0;
  std::uint64_t n_bytes = 0;
  std::uint64_t n_rows = 0;
};

/// Which segment's part a file is.
struct PartIdentity {
  FileKind kind = FileKind::kText;
  std::uint64_t segment = 0;
  std::uint64_t nonce = 0;
  std::uint32_t n_docs = 0;

  bool operator==(const PartIdentity&) const = default;
};

/// A part in the making: its segment's number, which is never given again, and one that makes the
/// file's name unique even after a lost removal.
struct PartName {
  std::uint64_t segment = 0;
  std::uint64_t nonce = 0;
};

std::uint64_t random_nonce();

/// "12-00c0ffee00c0ffee.qsg", by what is in it.
std::string part_file(const PartName& name, FileKind kind);

/// Where something of it lies until it is complete: no file of that name is needed after a crash.
std::string temporary_part(const std::string& folder, const PartName& name, const char* what);

/// A complete part gets its name in the folder. Errors: kIo; the temporary file is removed.
Status name_part(FileLayer& files, const std::string& temporary, const std::string& folder,
                 const std::string& file);

/// What the catalog keeps of a file, to know it again.
struct PartSeal {
  std::uint64_t n_bytes = 0;
  std::uint64_t footer_sum = 0;  // Of the footer, which holds the sum of all sums.

  bool operator==(const PartSeal&) const = default;
};

/// Threads: of one. Errors of all: kIo of the file layer.
class ContainerWriter {
 public:
  /// Errors: kUnavailable where the file is there already.
  static Result<ContainerWriter> create(FileLayer& files, const std::string& path,
                                        const PartIdentity& identity);

  ContainerWriter(ContainerWriter&& other) noexcept;
  ContainerWriter& operator=(ContainerWriter&& other) = delete;
  ~ContainerWriter();  // Without finish(), the file is removed.

  /// Begins a section; the bytes that follow are its. Each (kind, argument) once.
  Status begin_section(SectionKind kind, std::uint16_t argument = 0,
                       Unknown unknown = Unknown::kMustBeRefused);
  Status append(std::span<const std::byte> bytes);
  void end_section(std::uint64_t n_rows);

  /// append() as a sink; good as long as this writer stays where it is.
  ByteSink sink();

  /// The file is on the disk when this returns, under the name that it was created with.
  Result<PartSeal> finish();

 private:
  ContainerWriter(FileLayer& files, OutputFile file, FileKind kind)
      : files_(&files), file_(std::move(file)), kind_(kind) {}
  Status pad();
  Status flush();

  FileLayer* files_ = nullptr;
  OutputFile file_;
  FileKind kind_ = FileKind::kText;
  std::string block_;  // Not written yet: less than kSumBlockBytes.
  std::uint64_t n_bytes_ = 0;
  std::vector<std::uint64_t> sums_;
  std::vector<Section> sections_;
  bool is_in_section_ = false;
  bool is_done_ = false;
};

/// Threads: any.
class Container {
 public:
  /// Maps the file and reads header, footer, table and sums; no section.
  /// Errors: kNotFound, kIo; kBadInput where it is damaged or not the part that the catalog means;
  ///   kUnsupported for a newer version, with both numbers, or a section that must be known.
  static Result<Container> open(const FilePlace& place, const PartIdentity& identity,
                                const PartSeal& seal);

  /// The same of a file whose seal is not known: for tools and tests.
  static Result<Container> open(const FilePlace& place);

  const std::string& path() const { return file_->path(); }

  /// Where it begins in the file of path(): sections lie behind that.
  std::uint64_t offset() const { return offset_; }
  const PartIdentity& identity() const { return identity_; }
  std::span<const Section> sections() const { return sections_; }
  std::uint64_t n_bytes() const { return bytes_.size(); }

  const Section* find(SectionKind kind, std::uint16_t argument = 0) const;  // Null: none.

  /// Its bytes as they lie there: nothing has been checked yet.
  std::span<const std::byte> bytes(const Section& section) const;

  /// Errors: kBadInput where there is no such section.
  Result<Section> need(SectionKind kind, std::uint16_t argument = 0) const;

  /// Sums the blocks that hold `part` of the file, each when it is first asked for.
  /// Errors: kBadInput naming file, section and bytes.
  Status check(std::span<const std::byte> part) const;

  /// Sums all blocks, whether they were before or not, and drops their pages.
  Status check_all() const;

 private:
  Status check_block(std::size_t i) const;

  std::shared_ptr<const MappedFile> file_;  // Of all that lies in the file.
  std::uint64_t offset_ = 0;
  std::span<const std::byte> bytes_;  // Of the part, in the mapping.
  PartIdentity identity_;
  std::vector<Section> sections_;
  std::span<const std::byte> sums_;  // [n_sums] u64, in the mapping.
  // A bit a block: it was found right.
  std::unique_ptr<std::atomic<std::uint64_t>[]> checked_;
};

}  // namespace quern::store
