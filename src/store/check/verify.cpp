#include "store/check/verify.h"

#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include "store/lexical/trigram_table.h"
#include "store/segment/merge.h"

namespace quern::store {
namespace {

/// Of the documents in `members`, from their lengths.
Result<std::vector<FieldStats>> count_stats(const Segment& segment, const Bitmap& members) {
  std::vector<FieldStats> out(segment.n_fields());
  for (std::size_t f = 0; f < out.size(); ++f) {
    QUERN_ASSIGN(const FieldLengths* lengths, segment.lengths(f));
    members.for_each([&](std::uint32_t doc) {
      const std::uint32_t length = lengths->length(doc);
      out[f].n_docs += length > 0 ? 1 : 0;
      out[f].n_tokens += length;
    });
  }
  return out;
}

Status check_stats(const SegmentView& view) {
  const std::uint32_t n_docs = view.row.identity.n_docs;
  QUERN_ASSIGN(const auto all, count_stats(*view.segment, Bitmap::all(n_docs)));
  QUERN_ASSIGN(const auto dead,
               count_stats(*view.segment, Bitmap::all(n_docs).subtract(*view.live)));
  if (all == view.row.fields && dead == view.row.tombstone.fields) return {};
  return {Code::kBadInput,
          fmt::format("'{}': its statistics in the catalog are not its own", view.row.file)};
}

// A term's occurrences are counted by its list; a field's tokens by its lengths, without those that
// overlap. So the lists have as many at least.
Status check_token_sums(const SegmentView& view) {
  QUERN_ASSIGN(const LexicalPart* part, view.segment->lexical());
  std::vector<std::uint64_t> n_tokens(view.segment->n_fields());
  Dictionary::Cursor terms = part->dictionary.begin();
  for (;;) {
    QUERN_ASSIGN(const bool is_there, terms.next());
    if (!is_there) break;
    if (terms.field() == kTrigramField) continue;
    n_tokens[static_cast<std::size_t>(terms.field())] += terms.info().ttf;
  }
  for (std::size_t f = 0; f < n_tokens.size(); ++f) {
    if (n_tokens[f] < static_cast<std::uint64_t>(view.row.fields[f].n_tokens)) {
      return {Code::kBadInput,
              fmt::format("'{}': {} tokens in the lists of field {}, {} in its lengths",
                          view.row.file, n_tokens[f], f, view.row.fields[f].n_tokens)};
    }
  }
  return {};
}

Status check_view(const SegmentView& view) {
  QUERN_TRY(view.segment->check());
  for (const auto& vectors : view.vectors) QUERN_TRY(vectors->check());
  for (const auto& graph : view.graphs) {
    const VectorFile* vectors = view.vectors_in(graph->row().space);
    if (vectors != nullptr) QUERN_TRY(graph->check(*vectors));
  }
  QUERN_TRY(check_stats(view));
  return check_token_sums(view);
}

std::vector<std::string> unused_files(const std::string& folder, const CatalogState& state) {
  std::vector<std::string> out;
  const auto names = list_folder(folder);
  for (std::size_t i = 0; names.ok() && i < names->size(); ++i) {
    const std::string& name = (*names)[i];
    const bool is_named =
        std::any_of(state.segments.begin(), state.segments.end(), [&](const SegmentRow& row) {
          const auto files = files_of(row);
          return std::find(files.begin(), files.end(), name) != files.end();
        });
    if (!is_named) out.push_back(name);
  }
  return out;
}

}  // namespace

Result<VerifyReport> verify_store(const StorePlace& place) {
  QUERN_ASSIGN(const std::unique_ptr<Store> store, Store::open(place));
  VerifyReport report;
  const auto note = [&](const Status& status) {
    if (!status.ok()) report.problems.push_back(status);
  };
  const Result<CatalogState> state = store->check_catalog();
  note(state.status());
  if (!state.ok()) return report;
  QUERN_ASSIGN(const Snapshot snapshot, store->snapshot());
  report.generation = snapshot->id();
  report.n_segments = snapshot->segments().size() + snapshot->damaged().size();
  report.n_live = snapshot->row().n_live;
  for (const Status& damaged : snapshot->damaged()) note(damaged);
  for (const SegmentView& view : snapshot->segments()) {
    report.n_bytes += bytes_of_files(view.row);
    note(check_view(view));
  }
  if (report.problems.empty()) note(merge_order(snapshot->segments()).status());
  if (!store->is_packed()) {
    report.unused_files = unused_files(segment_folder(store->place().folder), *state);
  }
  return report;
}

}  // namespace quern::store
