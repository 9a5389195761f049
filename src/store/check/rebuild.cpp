#include "store/check/rebuild.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "store/segment/merge.h"
#include "store/segment/merge_vectors.h"
#include "store/writer.h"

namespace quern::store {
namespace {

/// Removes a folder with all that is in it at the end.
class SideFolder {
 public:
  explicit SideFolder(std::string path) : path_(std::move(path)) {}
  ~SideFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  SideFolder(const SideFolder&) = delete;
  SideFolder& operator=(const SideFolder&) = delete;

 private:
  const std::string path_;
};

Status put_all(const std::vector<SegmentView>& views, const std::vector<MergeDoc>& order,
               Writer& writer, Pace& pace) {
  std::vector<StoredTextReader> readers;
  std::vector<KeyCursor> keys;
  std::vector<const Attributes*> attributes;
  for (const SegmentView& view : views) {
    QUERN_ASSIGN(const KeyColumn* column, view.segment->keys());
    keys.emplace_back(*column);
    readers.push_back(view.segment->stored_text());
    QUERN_ASSIGN(const Attributes* columns, view.segment->attributes());
    attributes.push_back(columns);
  }
  for (const MergeDoc& doc : order) {
    if (!pace.go_on()) return {Code::kCancelled, "the rebuild is not wanted any more"};
    QUERN_TRY(keys[doc.input].go_to(doc.doc));
    QUERN_ASSIGN(StoredDocument text, readers[doc.input].read(doc.doc));
    Document document{.key = keys[doc.input].key().bytes,
                      .n_parent = keys[doc.input].key().n_parent,
                      .fields = std::move(text.fields),
                      .stored = std::move(text.stored)};
    if (attributes[doc.input] != nullptr) {
      document.attributes =
          values_of_document(*attributes[doc.input], writer.schema().attributes, doc.doc);
    }
    QUERN_TRY(writer.put(std::move(document)));
  }
  return writer.compact(pace);
}

// Each vector from where its key lives, into the spaces of the same fingerprints.
Status attach_all(const Generation& now, Writer& writer) {
  for (const SpaceRow& space : now.spaces()) {
    QUERN_ASSIGN(const SpaceId id, writer.add_space(space.space));
    std::vector<std::uint8_t> low(static_cast<std::size_t>(kernels::padded_codes(space.space.d)));
    const auto vector_for = [&](std::uint32_t,
                                std::string_view key) -> Result<std::optional<CodedRow>> {
      QUERN_ASSIGN(const Place place, find_key(now.segments(), key));
      const VectorFile* vectors = now.segments()[place.i_segment].vectors_in(space.id);
      if (vectors == nullptr) return std::optional<CodedRow>();
      return vectors->coded_row(place.doc, low);
    };
    for (const SegmentView& view : writer.segments()) {
      QUERN_TRY(writer.attach_vectors(view.segment->id(), id, vector_for).status());
    }
  }
  return {};
}

// Frames may differ with the version of zstd, what they hold may not.
Result<bool> says_the_same(const Segment& a, const Segment& b) {
  StoredTextReader a_reader = a.stored_text();
  StoredTextReader b_reader = b.stored_text();
  for (std::uint32_t doc = 0; doc < a.n_docs(); ++doc) {
    QUERN_ASSIGN(const StoredDocument a_text, a_reader.read(doc));
    QUERN_ASSIGN(const StoredDocument b_text, b_reader.read(doc));
    if (a_text != b_text) return false;
  }
  return true;
}

Status differs(std::string what) {
  return {Code::kBadInput, std::move(what) + " is not what a rebuild gives"};
}

Status compare_sections(const Container& ours, const Container& theirs) {
  for (const Section& section : ours.sections()) {
    if (section.kind == SectionKind::kStoredText || section.kind == SectionKind::kStoredIndex) {
      continue;
    }
    QUERN_ASSIGN(const Section other, theirs.need(section.kind, section.argument));
    const auto a = ours.bytes(section);
    const auto b = theirs.bytes(other);
    if (!std::equal(a.begin(), a.end(), b.begin(), b.end())) {
      return differs(
          fmt::format("section '{}' of {}", section_name(section.kind), section.argument));
    }
  }
  return {};
}

Status compare(const SegmentView& found, const SegmentView& rebuilt) {
  if (found.row.identity.n_docs != rebuilt.row.identity.n_docs)
    return differs("the number of documents");
  if (found.row.fields != rebuilt.row.fields) return differs("a field's statistics");
  QUERN_TRY(compare_sections(found.segment->container(), rebuilt.segment->container()));
  if (found.vectors.size() != rebuilt.vectors.size()) return differs("the number of its vectors");
  for (std::size_t i = 0; i < found.vectors.size(); ++i) {
    QUERN_TRY(compare_sections(found.vectors[i]->container(), rebuilt.vectors[i]->container()));
  }
  QUERN_ASSIGN(const bool is_same, says_the_same(*found.segment, *rebuilt.segment));
  return is_same ? Status() : differs("the stored text");
}

}  // namespace

Result<RebuildReport> verify_rebuild(const StorePlace& place, const std::string& side_folder,
                                     Pace& pace) {
  QUERN_ASSIGN(const std::unique_ptr<Store> store, Store::open(place));
  QUERN_ASSIGN(const Snapshot now, store->snapshot());
  if (!now->damaged().empty()) return now->damaged()[0];
  QUERN_ASSIGN(const std::vector<MergeDoc> order, merge_order(now->segments()));

  const StorePlace side{.folder = side_folder, .files = place.files};
  QUERN_TRY(create_store(side, store->schema(), "rebuild"));
  const SideFolder remove_at_end(side_folder);
  {
    QUERN_ASSIGN(const std::unique_ptr<Writer> writer, Writer::open(side, {.who = "rebuild"}));
    QUERN_TRY(put_all(now->segments(), order, *writer, pace));
    QUERN_TRY(attach_all(*now, *writer));
  }
  QUERN_ASSIGN(const std::unique_ptr<Store> side_store, Store::open(side));
  QUERN_ASSIGN(const Snapshot anew, side_store->snapshot());

  RebuildReport report{.n_docs = order.size(), .differences = {}};
  const auto note = [&](const Status& status) {
    if (!status.ok()) report.differences.push_back(status);
  };
  if (anew->row().n_live != order.size()) {
    note({Code::kBadInput,
          fmt::format("{} documents of {} are in a rebuild", anew->row().n_live, order.size())});
    return report;
  }
  QUERN_TRY(check_vectors(now->segments(), pace));
  std::size_t i_segment = 0;
  for (std::size_t at = 0; at < order.size(); at += kMaxPartDocs, ++i_segment) {
    const auto run =
        std::span(order).subspan(at, std::min<std::size_t>(kMaxPartDocs, order.size() - at));
    const std::string folder = segment_folder(side_folder);
    const PartName name{.segment = i_segment,
                        .nonce = 0};  // No segment has the number 0 or this nonce.
    QUERN_ASSIGN(SegmentRow row,
                 merge_segments(*place.files, folder, name, now->segments(), run, pace));
    for (const SpaceRow& space : now->spaces()) {
      const PartName part_name{.segment = i_segment, .nonce = static_cast<std::uint64_t>(space.id)};
      QUERN_ASSIGN(std::optional<PartRow> part, merge_vectors(*place.files, folder, part_name,
                                                              now->segments(), run, space, pace));
      if (part) row.parts.push_back(std::move(*part));
    }
    QUERN_ASSIGN(const SegmentView merged, open_view(folder, row, store->schema(), now->spaces()));
    note(compare(merged, anew->segments()[i_segment]).in(fmt::format("run {}", i_segment)));
    for (const std::string& file : files_of(row))
      QUERN_TRY(place.files->remove(folder + "/" + file));
  }
  return report;
}

}  // namespace quern::store
