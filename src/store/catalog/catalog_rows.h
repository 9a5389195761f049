// What the rows of a catalog say. They come from a disk and may say anything: what comes out of
// here has been checked.

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/sql.h"
#include "base/status.h"
#include "store/catalog/fit_row.h"
#include "store/lexical/bm25.h"
#include "store/segment/container.h"
#include "store/vector/vector_file.h"

namespace quern::store {

/// The first format of a catalog with vector spaces.
inline constexpr std::int64_t kVersionOfSpaces = 2;
/// The first one whose spaces say what becomes of long texts.
inline constexpr std::int64_t kVersionOfLongTexts = 3;

/// Of `part`: "text", "vectors", "graph".
const char* part_kind_name(FileKind kind);

using GenerationId = std::int64_t;
using SegmentId = std::uint64_t;

/// The dead of a segment. A bitmap of none has no row.
struct TombstoneRow {
  std::int64_t version = 0;  // Raised with each change; 0: nobody is dead.
  std::uint32_t n_dead = 0;
  std::string bitmap;              // bytes_from_bitmap
  std::vector<FieldStats> fields;  // What the dead take away.
};

struct SegmentRow {
  PartIdentity identity;
  PartSeal seal;
  std::string file;  // Its name in the folder of segments.
  GenerationId born = 0;
  std::vector<FieldStats> fields;   // Of all its documents, dead or not.
  std::vector<PartRow> parts = {};  // Its vectors, by space, each with the graph over them behind.
  TombstoneRow tombstone;
};

/// All files of a segment, by name.
std::vector<std::string> files_of(const SegmentRow& row);

/// Of all of them.
std::uint64_t bytes_of_files(const SegmentRow& row);

struct GenerationRow {
  GenerationId id = 0;
  std::int64_t at_ms = 0;  // Since 1970.
  std::string writer;      // Who committed it.
  std::uint64_t n_live = 0;
  std::vector<FieldStats> fields;  // Of the live documents.
};

struct CatalogState {
  GenerationRow generation;
  SegmentId next_segment = 1;
  std::vector<SpaceRow> spaces = {};  // By id.
  std::vector<FitRow> fits = {};      // By name.
  std::vector<SegmentRow> segments;   // By id.
};

/// For each field its two numbers, as a blob.
std::string bytes_from_stats(std::span<const FieldStats> fields);

/// The newest generation, spaces, segments, and the next segment's number, of one moment: in the
/// midst of a transaction. Errors: kBadInput, naming what cannot be; as SqlStatement::step.
Result<CatalogState> read_catalog_state(Sql& sql, std::size_t n_fields);

/// kBadInput: "the catalog is damaged: ...".
Status damaged_catalog(std::string what);

}  // namespace quern::store
