// The file of a segment, from its documents in order: for what was added and for what is merged.

#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/file_layer.h"
#include "base/status.h"
#include "store/catalog/catalog.h"
#include "store/lexical/dictionary.h"
#include "store/lexical/postings_writer.h"
#include "store/segment/keys.h"
#include "store/segment/stored_text.h"

namespace quern::store {

/// By field, [n_docs]; of trigrams zeros: they score nothing.
using NormsByField = std::span<const std::span<const std::uint8_t>>;

struct SegmentContent {
  std::uint32_t n_docs = 0;
  bool has_trigrams = false;
  std::vector<std::vector<std::uint32_t>> lengths = {};  // [n_fields][n_docs] tokens

  // Each is called once, in this order, and writes what it has of all documents, by id.
  std::function<Status(KeyWriter& keys)> write_keys = {};
  std::function<Status(StoredTextWriter& text)> write_text = {};
  std::function<Status(NormsByField norms, PostingsWriter& postings, DictionaryWriter& dictionary)>
      write_terms = {};
  // Gives the section; null where the schema has no attributes.
  std::function<Result<std::string>()> attributes = {};
};

/// Writes, syncs and names the file in `folder`; its name is on the disk after a sync of the
/// folder, and nobody sees it before the catalog names it. Without a tombstone and `born`. Errors:
/// kIo; those of `content`. Nothing stays.
Result<SegmentRow> write_segment(FileLayer& files, const std::string& folder, const PartName& name,
                                 const SegmentContent& content);

}  // namespace quern::store
