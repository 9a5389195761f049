#include "store/check/rebuild.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "store/segment/merge.h"
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

Status compare(const SegmentView& found, const SegmentView& rebuilt) {
  const auto differs = [](std::string what) {
    return Status(Code::kBadInput, what + " is not what a rebuild gives");
  };
  if (found.row.identity.n_docs != rebuilt.row.identity.n_docs)
    return differs("the number of documents");
  if (found.row.fields != rebuilt.row.fields) return differs("a field's statistics");
  const Container& ours = found.segment->container();
  const Container& theirs = rebuilt.segment->container();
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
  std::size_t i_segment = 0;
  for (std::size_t at = 0; at < order.size(); at += kMaxPartDocs, ++i_segment) {
    const auto run =
        std::span(order).subspan(at, std::min<std::size_t>(kMaxPartDocs, order.size() - at));
    const std::string folder = segment_folder(side_folder);
    const SegmentName name{.id = i_segment,
                           .nonce = 0};  // No segment has the number 0 or this nonce.
    QUERN_ASSIGN(const SegmentRow row,
                 merge_segments(*place.files, folder, name, now->segments(), run, pace));
    QUERN_ASSIGN(const SegmentView merged, open_view(folder, row, store->schema()));
    note(compare(merged, anew->segments()[i_segment]).in(fmt::format("run {}", i_segment)));
    QUERN_TRY(place.files->remove(folder + "/" + row.file));
  }
  return report;
}

}  // namespace quern::store
