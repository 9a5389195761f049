// A file of a graph: over the vectors of one segment in one space. Written once, mapped read-only.
// docs/format_vectors.md.

#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/file_layer.h"
#include "base/status.h"
#include "base/thread_pool.h"
#include "store/segment/container.h"
#include "store/vector/graph_build.h"
#include "store/vector/graph_part.h"
#include "store/vector/vector_file.h"

namespace quern::store {

/// Threads: any.
class GraphFile {
 public:
  /// Of a segment of `n_docs`. Reads the ends of the file and the landmarks.
  /// Errors: kNotFound, kIo; kBadInput where it is damaged or another one than `row` says.
  static Result<std::shared_ptr<const GraphFile>> open(const PartPlaces& places,
                                                       std::uint64_t segment, std::uint32_t n_docs,
                                                       const PartRow& row,
                                                       const VectorSpace& space);

  GraphFile(const GraphFile&) = delete;
  GraphFile& operator=(const GraphFile&) = delete;

  const PartRow& row() const { return row_; }
  const Container& container() const { return container_; }

  /// For searches: links are not summed, which may be of any bytes. Good while this lives.
  const GraphView& graph() const { return graph_; }

  /// Reads all of it, beside the vectors that it was built of. Errors: kBadInput naming the first
  /// thing that is wrong.
  Status check(const VectorFile& vectors) const;

 private:
  GraphFile() = default;

  PartRow row_;
  Container container_;
  GraphView graph_;
};

/// Builds a graph over the vectors, and writes, syncs and names its file in `folder`; nobody sees
/// it before the catalog names it. Memory: graph_build_bytes. Asks Pace::current().
/// Errors: kBadInput where the vectors are damaged; kIo; kCancelled. Nothing stays.
Result<PartRow> write_graph_file(FileLayer& files, const std::string& folder, const PartName& name,
                                 const VectorFile& vectors, const GraphOptions& options,
                                 ThreadPool& pool);

}  // namespace quern::store
