#include "apps/papers/import/paper_reader.h"

#include <utility>

#include "apps/papers/import/paper_paths.h"
#include "apps/papers/import/paper_source.h"

namespace quern::apps {

struct PaperReader::Impl {
  PdfReading pdf;
  std::vector<PaperPath> paths;
  std::size_t i_path = 0;               // The one that is read, or the next.
  std::unique_ptr<PaperSource> source;  // Of it.
  bool has_given = false;               // A paper of it, or why there is none.
  std::uint64_t n_bytes = 0;

  // Why a file is none, or no more; the next one is read then.
  ReadPaper give_up(Status why);
};

ReadPaper PaperReader::Impl::give_up(Status why) {
  source.reset();
  return unread_paper(shown_path(paths[i_path++].path), std::move(why));
}

Result<std::unique_ptr<PaperReader>> PaperReader::open(PaperReading reading) {
  auto impl = std::make_unique<Impl>();
  impl->pdf = std::move(reading.pdf);
  QUERN_ASSIGN(impl->paths, list_paper_paths(reading.paths, reading.format));
  for (const PaperPath& path : impl->paths) impl->n_bytes += path.n_bytes;
  return std::unique_ptr<PaperReader>(new PaperReader(std::move(impl)));
}

PaperReader::PaperReader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

PaperReader::~PaperReader() = default;

std::uint64_t PaperReader::n_bytes() const { return impl_->n_bytes; }

Result<std::optional<ReadPaper>> PaperReader::next(const IsKnownPaper& is_known) {
  Impl& my = *impl_;
  while (my.i_path < my.paths.size()) {
    const PaperPath& path = my.paths[my.i_path];
    if (!path.status.ok()) return std::optional<ReadPaper>(my.give_up(path.status));
    if (!my.source) {
      Result<std::unique_ptr<PaperSource>> source = open_paper_source(path, my.pdf);
      if (!source.ok()) return std::optional<ReadPaper>(my.give_up(source.status()));
      my.source = std::move(*source);
      my.has_given = false;
    }
    Result<std::optional<ReadPaper>> paper = my.source->next(is_known);
    if (!paper.ok() && path.path == "-") return paper.status();
    if (!paper.ok()) return std::optional<ReadPaper>(my.give_up(paper.status()));
    if (*paper) {
      my.has_given = true;
      return paper;
    }
    if (!my.has_given) {
      return std::optional<ReadPaper>(my.give_up({Code::kBadInput, "there is no paper in it"}));
    }
    my.source.reset();
    ++my.i_path;
  }
  return std::optional<ReadPaper>();
}

}  // namespace quern::apps
