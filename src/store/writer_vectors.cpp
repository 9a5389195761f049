// The part of a writer that has to do with vectors: spaces, and vectors for documents that are
// there already.

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/log.h"
#include "store/writer.h"

namespace quern::store {
namespace {

Status no_space(SpaceId space) {
  return {Code::kNotFound, fmt::format("the store has no vector space {}", space)};
}

// What a segment has of other spaces stays; a graph over the vectors before goes with them.
void set_part(SegmentRow& row, PartRow part) {
  std::erase_if(row.parts, [&](const PartRow& other) { return other.space == part.space; });
  row.parts.push_back(std::move(part));
  std::stable_sort(row.parts.begin(), row.parts.end(),
                   [](const PartRow& a, const PartRow& b) { return a.space < b.space; });
}

}  // namespace

const SpaceRow* Writer::find_space(SpaceId space) const {
  for (const SpaceRow& row : spaces_) {
    if (row.id == space) return &row;
  }
  return nullptr;
}

std::vector<SegmentView> Writer::segments() const {
  std::vector<SegmentView> out;
  for (const Work& work : work_) {
    if (!work.is_new) out.push_back(work.view);
  }
  return out;
}

Result<OwnedRow> Writer::code_vector(const Document& document) const {
  const SpaceRow* space = active_space();
  if (space == nullptr) return {Code::kBadInput, "it has a vector, and the store no vector space"};
  return code_row(document.vector, space->space.d, space->space.metric);
}

Result<SpaceId> Writer::add_space(const VectorSpace& space) {
  QUERN_TRY(check_usable());
  QUERN_TRY(check_space(space));
  SpaceId last = 0;
  for (const SpaceRow& row : spaces_) {
    last = std::max(last, row.id);
    if (row.space.fingerprint != space.fingerprint) continue;
    if (is_same_but_for_name(row.space, space)) {
      const SpaceId id = row.id;
      if (row.space.model != space.model) QUERN_TRY(rename_model(id, space.model));
      return id;
    }
    return {Code::kBadInput,
            fmt::format("the vector space of fingerprint '{}' is there with other "
                        "facts: {} values by {}, prompts '{}' and '{}'; want {} by {}, '{}' and "
                        "'{}'",
                        space.fingerprint, row.space.d, metric_name(row.space.metric),
                        row.space.text_prompt, row.space.query_prompt, space.d,
                        metric_name(space.metric), space.text_prompt, space.query_prompt)};
  }
  if (spaces_.size() >= kMaxSpaces) {
    return {Code::kExhausted, fmt::format("the store has {} vector spaces, more cannot be filled "
                                          "at a time",
                                          spaces_.size())};
  }
  QUERN_TRY(commit().status());
  std::vector<SpaceRow> spaces = spaces_;
  spaces.push_back({.id = last + 1,
                    .state = spaces_.empty() ? SpaceState::kActive : SpaceState::kBuilding,
                    .space = space});
  QUERN_TRY(publish(work_, std::move(spaces)));
  return last + 1;
}

Status Writer::rename_model(SpaceId space, const std::string& model) {
  QUERN_TRY(commit().status());
  std::vector<SpaceRow> spaces = spaces_;
  for (SpaceRow& row : spaces) {
    if (row.id == space) row.space.model = model;
  }
  return publish(work_, std::move(spaces));
}

Status Writer::activate_space(SpaceId space, Coverage coverage) {
  QUERN_TRY(commit().status());
  const SpaceRow* wanted = find_space(space);
  if (wanted == nullptr) return no_space(space);
  if (wanted->state == SpaceState::kActive && spaces_.size() == 1) return {};
  if (const SpaceRow* now = active_space(); now != nullptr && coverage == Coverage::kNoLess) {
    std::uint64_t n_now = 0, n_then = 0;
    for (const Work& work : work_) {
      n_now += work.view.n_live() - work.view.n_missing(now->id);
      n_then += work.view.n_live() - work.view.n_missing(space);
    }
    if (n_then < n_now) {
      return {Code::kUnavailable,
              fmt::format("{} documents have a vector of '{}', {} of '{}', which is searched now",
                          n_then, wanted->space.model, n_now, now->space.model)};
    }
  }
  std::vector<SpaceRow> spaces = {*wanted};
  spaces[0].state = SpaceState::kActive;
  std::vector<Work> next = work_;
  for (Work& work : next) {
    const auto is_other = [&](SpaceId id) { return id != space; };
    const std::size_t n_before = work.view.row.parts.size();
    std::erase_if(work.view.row.parts, [&](const PartRow& part) { return is_other(part.space); });
    std::erase_if(work.view.vectors,
                  [&](const auto& vectors) { return is_other(vectors->row().space); });
    std::erase_if(work.view.graphs,
                  [&](const auto& graph) { return is_other(graph->row().space); });
    work.has_new_parts = work.view.row.parts.size() != n_before;
  }
  return publish(std::move(next), std::move(spaces));
}

Result<std::uint32_t> Writer::attach_vectors(SegmentId segment, SpaceId space,
                                             const VectorFor& vector_for) {
  QUERN_TRY(commit().status());
  const SpaceRow* of = find_space(space);
  if (of == nullptr) return no_space(space);
  std::vector<Work> next = work_;
  const auto work = std::find_if(next.begin(), next.end(), [&](const Work& other) {
    return other.view.row.identity.segment == segment;
  });
  if (work == next.end()) {
    return {Code::kNotFound, fmt::format("the store has no segment {}", segment)};
  }
  SegmentView& view = work->view;
  const VectorFile* before = view.vectors_in(space);
  if (before != nullptr) {
    const Status whole = before->check();
    if (whole.code() == Code::kBadInput) {
      log_warn("all vectors of it are made again: {}", whole.message());
      before = nullptr;
    } else {
      QUERN_TRY(whole);
    }
  }
  QUERN_ASSIGN(const KeyColumn* keys, view.segment->keys());
  KeyCursor cursor(*keys);
  const auto n_codes = static_cast<std::size_t>(kernels::padded_codes(of->space.d));
  std::vector<std::uint8_t> low(n_codes);
  std::uint32_t n_attached = 0;
  const auto row_of = [&](std::uint32_t doc) -> Result<std::optional<CodedRow>> {
    if (before != nullptr && before->present().has(doc)) return before->coded_row(doc, low);
    if (!view.live->has(doc)) return std::optional<CodedRow>();
    QUERN_TRY(cursor.go_to(doc));
    QUERN_ASSIGN(const std::optional<CodedRow> row, vector_for(doc, cursor.key().bytes));
    if (row && (row->hi.size() != n_codes || row->lo.size() != n_codes)) {
      return {Code::kBadInput,
              fmt::format("the vector of '{}' has {} codes, want {}",
                          printable_key(cursor.key().bytes), row->hi.size(), n_codes)};
    }
    n_attached += row ? 1 : 0;
    return row;
  };
  const std::string folder = segment_folder(place_.folder);
  QUERN_ASSIGN(const Reservation memory,
               book(kVectorsTenant, vector_write_bytes(view.row.identity.n_docs, of->space.d)));
  QUERN_ASSIGN(const PartRow part, write_vectors(*place_.files, folder, name_for(segment),
                                                 view.row.identity.n_docs, *of, row_of));
  auto opened = n_attached == 0 ? Result<std::shared_ptr<const VectorFile>>(
                                      Status(Code::kCancelled, "nothing was attached"))
                                : open_part(folder, view.row, part, spaces_);
  if (!opened.ok()) {
    remove_files({part.file});
    if (n_attached == 0) return n_attached;
    return opened.status();
  }
  set_part(view.row, part);
  std::erase_if(view.vectors, [&](const auto& vectors) { return vectors->row().space == space; });
  std::erase_if(view.graphs, [&](const auto& graph) { return graph->row().space == space; });
  view.vectors.push_back(std::move(*opened));
  work->has_new_parts = true;
  QUERN_TRY(publish(std::move(next), spaces_));
  return n_attached;
}

}  // namespace quern::store
