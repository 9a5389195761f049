// The part of a writer that makes few segments of many: a merge is a commit of its own.

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/byte_ledger.h"
#include "base/log.h"
#include "store/pack/pack_file.h"
#include "store/segment/merge.h"
#include "store/segment/merge_policy.h"
#include "store/segment/merge_vectors.h"
#include "store/writer.h"

namespace quern::store {
namespace {

// What lies beside the new segment until it is complete.
std::uint64_t spooled_bytes(const Segment& segment) {
  std::uint64_t n = 0;
  for (const SectionKind kind : {SectionKind::kDictionary, SectionKind::kPositions}) {
    const Section* section = segment.container().find(kind, 0);
    if (section != nullptr) n += section->n_bytes;
  }
  return n;
}

bool is_harmless(Code code) {
  return code == Code::kBadInput || code == Code::kTooLarge || code == Code::kCancelled;
}

}  // namespace

Result<bool> Writer::maintain(Pace& pace) {
  QUERN_ASSIGN(const bool has_merged, merge(pace));
  return has_merged ? true : add_graph(pace);
}

Result<bool> Writer::merge(Pace& pace) {
  QUERN_TRY(commit().status());
  std::vector<SegmentSize> sizes;
  std::vector<std::size_t> candidates;
  for (std::size_t i = 0; i < work_.size(); ++i) {
    const SegmentView& view = work_[i].view;
    if (damaged_.contains(view.segment->id())) continue;
    candidates.push_back(i);
    sizes.push_back({.n_docs = view.row.identity.n_docs, .n_live = view.n_live()});
  }
  std::vector<std::size_t> inputs;
  for (const std::size_t i : choose_merge(sizes)) inputs.push_back(candidates[i]);
  if (inputs.empty()) return false;
  std::vector<SegmentView> views;
  for (const std::size_t i : inputs) views.push_back(work_[i].view);
  QUERN_ASSIGN(const Reservation memory, book(kMergeTenant, merge_bytes(views)));
  const Status merged = [&]() -> Status {
    QUERN_ASSIGN(const std::vector<MergeDoc> order, merge_order(views));
    return replace(inputs, order, pace);
  }();
  if (merged.code() == Code::kBadInput) note_damage(views);
  if (!merged.ok()) return merged;
  return true;
}

void Writer::note_damage(const std::vector<SegmentView>& inputs) {
  const std::size_t n_before = damaged_.size();
  for (const SegmentView& view : inputs) {
    const bool are_whole = std::all_of(view.vectors.begin(), view.vectors.end(),
                                       [](const auto& vectors) { return vectors->check().ok(); });
    if (!are_whole || !view.segment->check().ok()) damaged_.insert(view.segment->id());
  }
  // Whatever it is, the same merge would fail again.
  if (damaged_.size() == n_before) {
    for (const SegmentView& view : inputs) damaged_.insert(view.segment->id());
  }
}

Status Writer::compact(Pace& pace) {
  QUERN_TRY(commit().status());
  std::uint64_t n_bytes = 0;
  std::vector<std::size_t> all;
  std::vector<SegmentView> views;
  for (std::size_t i = 0; i < work_.size(); ++i) {
    all.push_back(i);
    views.push_back(work_[i].view);
    n_bytes += work_[i].view.row.seal.n_bytes + spooled_bytes(*work_[i].view.segment);
    // The second plane waits beside the first.
    for (const PartRow& part : work_[i].view.row.parts) n_bytes += 2 * part.seal.n_bytes;
  }
  QUERN_ASSIGN(const std::uint64_t n_free, free_disk_bytes(place_.folder));
  if (n_bytes > n_free) {
    return {Code::kExhausted, fmt::format("compacting takes up to {} of disk space, {} are free",
                                          human_bytes(n_bytes), human_bytes(n_free))};
  }
  const bool is_compact =
      work_.empty() || (work_.size() == 1 && work_[0].view.row.tombstone.n_dead == 0);
  if (!is_compact) {
    QUERN_ASSIGN(const Reservation memory, book(kMergeTenant, merge_bytes(views)));
    QUERN_ASSIGN(const std::vector<MergeDoc> order, merge_order(views));
    QUERN_TRY(replace(all, order, pace));
  }
  for (bool is_more = true; is_more;) {
    const Result<bool> added = add_graph(pace);
    if (!added.ok() && added.status().code() != Code::kExhausted) return added.status();
    if (!added.ok()) log_warn("no graph yet: {}", added.status().message());
    is_more = added.ok() && *added;
  }
  return catalog_.vacuum();
}

Status Writer::pack(const std::string& path, Pace& pace) {
  QUERN_TRY(commit().status());
  const std::string folder = segment_folder(place_.folder);
  std::vector<std::string> parts;
  std::uint64_t n_bytes = 0;
  for (const Work& work : work_) {
    if (!pace.go_on()) return {Code::kCancelled, "the pack is not wanted any more"};
    QUERN_TRY(work.view.segment->container().check_all());
    for (const auto& vectors : work.view.vectors) QUERN_TRY(vectors->container().check_all());
    for (const auto& graph : work.view.graphs) QUERN_TRY(graph->container().check_all());
    for (std::string& file : files_of(work.view.row)) parts.push_back(std::move(file));
    n_bytes += work.view.row.seal.n_bytes + kPackAlign;
    for (const PartRow& part : work.view.row.parts) n_bytes += part.seal.n_bytes + kPackAlign;
  }
  QUERN_ASSIGN(const std::uint64_t n_free, free_disk_bytes(parent_of(path)));
  if (n_bytes > n_free) {
    return {Code::kExhausted, fmt::format("packing takes {} of disk space, {} are free",
                                          human_bytes(n_bytes), human_bytes(n_free))};
  }
  QUERN_ASSIGN(const std::size_t n_image, catalog_.image_bytes());
  QUERN_ASSIGN(const Reservation memory, book(kPackTenant, n_image));
  // In the segments' folder: after a crash the next writer removes it.
  QUERN_ASSIGN(
      const std::string image,
      catalog_.image(temporary_part(folder, name_for(0), "catalog"), kMaxCatalogImageBytes));
  return write_pack(*place_.files, path, image, folder, parts, [&]() -> Status {
    return pace.go_on() ? Status() : Status(Code::kCancelled, "the pack is not wanted any more");
  });
}

Result<Reservation> Writer::book(const char* tenant, std::size_t n_bytes) {
  if (options_.ledger == nullptr) return Reservation();
  return options_.ledger->reserve(tenant, n_bytes);
}

// The documents of `order`, which are those of `inputs`, in new segments instead of theirs.
Status Writer::replace(const std::vector<std::size_t>& inputs, std::span<const MergeDoc> order,
                       Pace& pace) {
  const std::string folder = segment_folder(place_.folder);
  std::vector<Work> next;
  std::vector<SegmentView> views;
  for (std::size_t i = 0; i < work_.size(); ++i) {
    const bool is_input = std::find(inputs.begin(), inputs.end(), i) != inputs.end();
    if (is_input) views.push_back(work_[i].view);
    if (!is_input) next.push_back(work_[i]);
  }
  std::vector<std::string> written;
  const Status merged = [&]() -> Status {
    QUERN_TRY(check_vectors(views, pace));
    for (std::size_t at = 0; at < order.size(); at += kMaxPartDocs) {
      const auto run = order.subspan(at, std::min<std::size_t>(kMaxPartDocs, order.size() - at));
      const PartName name = next_name();
      QUERN_ASSIGN(SegmentRow row, merge_segments(*place_.files, folder, name, views, run, pace));
      written.push_back(row.file);
      row.born = generation_.id + 1;
      for (const SpaceRow& space : spaces_) {
        const PartName part_name = name_for(name.segment);
        QUERN_ASSIGN(std::optional<PartRow> part,
                     merge_vectors(*place_.files, folder, part_name, views, run, space, pace));
        if (!part) continue;
        written.push_back(part->file);
        row.parts.push_back(std::move(*part));
      }
      QUERN_ASSIGN(SegmentView view, open_view(folder, row, schema(), spaces_));
      next.push_back({.view = std::move(view), .own_live = nullptr, .is_new = true});
    }
    return {};
  }();
  if (!merged.ok()) {
    remove_files(written);
    return is_harmless(merged.code()) ? merged : fail(merged);
  }
  return publish(std::move(next), spaces_);
}

}  // namespace quern::store
