#include "store/vector/graph_file.h"

#include <utility>

namespace quern::store {
namespace {

// The sections of a container in the order in which write_graph gives them; sinks are called once.
ByteSink section_sink(ContainerWriter& out, SectionKind kind, std::uint64_t n_rows) {
  return [&out, kind, n_rows](std::span<const std::byte> bytes) -> Status {
    QUERN_TRY(out.begin_section(kind));
    QUERN_TRY(out.append(bytes));
    out.end_section(n_rows);
    return {};
  };
}

Result<Graph> graph_of(const VectorFile& vectors, const GraphOptions& options, ThreadPool& pool) {
  QUERN_TRY(vectors.container().check_all());
  QUERN_ASSIGN(const VectorPart* part, vectors.vectors());
  const auto present = part->present().words();
  return build_graph(part->codes(), part->has_all() ? nullptr : &present, options, pool);
}

}  // namespace

Result<std::shared_ptr<const GraphFile>> GraphFile::open(const PartPlaces& places,
                                                         std::uint64_t segment,
                                                         std::uint32_t n_docs, const PartRow& row,
                                                         const VectorSpace& space) {
  QUERN_ASSIGN(const FilePlace place, places.find(row.file));
  const std::string& path = place.path;
  std::shared_ptr<GraphFile> out(new GraphFile);
  out->row_ = row;
  QUERN_ASSIGN(
      out->container_,
      Container::open(place,
                      {.kind = row.kind, .segment = segment, .nonce = row.nonce, .n_docs = n_docs},
                      row.seal));
  const Container& container = out->container_;
  GraphSections sections;
  const std::pair<SectionKind, std::span<const std::byte>*> kMapped[] = {
      {SectionKind::kLinks, &sections.links},
      {SectionKind::kLandmarks, &sections.landmarks},
      {SectionKind::kLandmarkCodes, &sections.landmark_rows}};
  for (const auto& [kind, bytes] : kMapped) {
    QUERN_ASSIGN(const Section section, container.need(kind));
    *bytes = container.bytes(section);
    if (kind != SectionKind::kLinks) QUERN_TRY(container.check(*bytes));
  }
  QUERN_ASSIGN(out->graph_, open_graph(sections, n_docs, space.d).in("'" + path + "'"));
  return std::shared_ptr<const GraphFile>(std::move(out));
}

Status GraphFile::check(const VectorFile& vectors) const {
  QUERN_TRY(container_.check_all());
  QUERN_ASSIGN(const VectorPart* part, vectors.vectors());
  return verify_graph(graph_, part->codes()).in("'" + container_.path() + "'");
}

Result<PartRow> write_graph_file(FileLayer& files, const std::string& folder, const PartName& name,
                                 const VectorFile& vectors, const GraphOptions& options,
                                 ThreadPool& pool) {
  QUERN_ASSIGN(const Graph graph, graph_of(vectors, options, pool));
  PartRow row{.kind = FileKind::kGraph,
              .space = vectors.row().space,
              .nonce = name.nonce,
              .file = part_file(name, FileKind::kGraph),
              .seal = {},
              .n_rows = vectors.row().n_rows};
  const std::uint32_t n_docs = vectors.container().identity().n_docs;
  const std::string path = temporary_part(folder, name, "graph");
  {
    QUERN_ASSIGN(
        ContainerWriter out,
        ContainerWriter::create(
            files, path,
            {.kind = row.kind, .segment = name.segment, .nonce = name.nonce, .n_docs = n_docs}));
    const std::uint64_t n_landmarks = graph.landmarks.size();
    QUERN_TRY(write_graph(graph, {section_sink(out, SectionKind::kLinks, n_docs),
                                  section_sink(out, SectionKind::kLandmarks, n_landmarks),
                                  section_sink(out, SectionKind::kLandmarkCodes, n_landmarks)}));
    QUERN_ASSIGN(row.seal, out.finish());
  }
  QUERN_TRY(name_part(files, path, folder, row.file));
  return row;
}

}  // namespace quern::store
