#include "cli/resumable_output.h"

#include <filesystem>

#include <fmt/format.h>
#include <sys/stat.h>

#include "cli/checkpoint_file.h"
#include "cli/interrupt.h"
#include "cli/progress.h"

namespace quern::cli {
namespace {

void fill_identity(const std::string& path, Checkpoint& out) {
  struct stat info{};
  if (::stat(path.c_str(), &info) != 0) return;
  out.file = path;
  out.file_bytes = info.st_size;
  out.file_mtime_ns = info.st_mtim.tv_sec * 1'000'000'000 + info.st_mtim.tv_nsec;
}

}  // namespace

bool can_be_read_again(const std::string& path) {
  std::error_code none;
  return std::filesystem::is_regular_file(path, none);
}

bool can_be_resumed(const std::string& out) {
  std::error_code none;
  const auto status = std::filesystem::symlink_status(out, none);
  return !std::filesystem::exists(status) || std::filesystem::is_regular_file(status);
}

Result<std::unique_ptr<ResumableOutput>> ResumableOutput::open(
    ResumableJob job, std::unique_ptr<engine::TextSource>& source,
    const std::function<Result<std::unique_ptr<engine::TextSource>>()>& reopen) {
  std::unique_ptr<ResumableOutput> made(new ResumableOutput(std::move(job)));
  QUERN_ASSIGN(made->form_, vector_form(made->job_.out, made->job_.written.kind));
  QUERN_ASSIGN(OutputFile file,
               OutputFile::resume(made->job_.out, unfinished_path(made->job_.out)));
  QUERN_ASSIGN(const bool taken_up, made->take_up(file, *source));
  if (!taken_up) {
    QUERN_ASSIGN(source, reopen());
    made->texts_ = Checksum64();
    QUERN_TRY(file.cut(0, front_bytes(made->form_)));
    remove_checkpoint(made->job_.out);
  }
  QUERN_TRY(made->begin_at(std::move(file), made->before_));
  return made;
}

// False, with a note that says why, where there is nothing to go on from.
Result<bool> ResumableOutput::take_up(OutputFile& file, engine::TextSource& source) {
  const std::string path = checkpoint_path(job_.out);
  if (job_.begin_anew || !std::filesystem::exists(path)) return false;
  const auto anew = [&](const std::string& why) {
    note(fmt::format("beginning anew: the unfinished '{}' is not of this run: {}", job_.out, why));
    return false;
  };
  const Result<Checkpoint> found = read_checkpoint(job_.out);
  if (!found.ok()) return anew(fmt::format("'{}' {}", path, found.status().message()));
  if (const std::string what = first_difference(found->facts, job_.facts); !what.empty()) {
    return anew(what);
  }
  const Status cut = file.cut(static_cast<std::size_t>(found->out_bytes), front_bytes(form_));
  if (!cut.ok()) return anew(cut.message());
  if (file.checksum() != found->out_checksum) return anew("its bytes were changed");
  if (const Status status = skip(*found, source); !status.ok()) {
    if (status.code() == Code::kCancelled) {
      file.keep();
      return status;
    }
    return anew(status.message());
  }
  before_ = *found;
  is_saved_ = true;
  file.keep();
  Checkpoint identity;
  fill_identity(job_.texts, identity);
  const bool is_same =
      identity.file_bytes == before_.file_bytes && identity.file_mtime_ns == before_.file_mtime_ns;
  note(fmt::format("going on behind the first {} texts of '{}'{}", grouped(before_.n_texts),
                   job_.texts, is_same ? "" : " (the file has changed, those texts have not)"));
  return true;
}

Status ResumableOutput::skip(const Checkpoint& found, engine::TextSource& source) {
  engine::TextItem item;
  for (long i = 0; i < found.n_texts; ++i) {
    if (is_interrupted()) return {Code::kCancelled, "interrupted"};
    QUERN_ASSIGN(const bool more, source.next(item));
    if (!more) {
      return {Code::kBadInput, fmt::format("'{}' has {} texts, {} were done", job_.texts,
                                           grouped(i), grouped(found.n_texts))};
    }
    count(item);
  }
  if (texts_.value() == found.texts_checksum) return {};
  return {Code::kBadInput,
          fmt::format("the first {} texts of '{}' are others", grouped(found.n_texts), job_.texts)};
}

Status ResumableOutput::begin_at(OutputFile file, const Checkpoint& start) {
  now_ = start;
  now_.facts = job_.facts;
  fill_identity(job_.texts, now_);
  next_save_ = std::chrono::steady_clock::now() + job_.save_every;
  QUERN_ASSIGN(writer_, make_vector_writer(std::move(file), form_, job_.written, start.n_texts));
  return {};
}

void ResumableOutput::count(const engine::TextItem& item) {
  add_field(item.text, texts_);
  add_field(item.text_pair ? "2" + *item.text_pair : "1", texts_);
  add_field(item.status.message(), texts_);
}

Status ResumableOutput::write(const engine::TextItem& item, const engine::Outcome& outcome) {
  QUERN_TRY(writer_->write(item, outcome));
  count(item);
  ++now_.n_texts;
  if (outcome.status.ok()) {
    now_.n_tokens += outcome.n_tokens;
    now_.n_dropped += outcome.n_dropped;
    now_.n_truncated += outcome.n_dropped > 0 ? 1 : 0;
  } else {
    ++now_.n_failed;
  }
  return std::chrono::steady_clock::now() < next_save_ ? Status() : save();
}

// The bytes first, then the note of them: a checkpoint never tells of what may be lost.
Status ResumableOutput::save() {
  OutputFile& file = writer_->file();
  QUERN_TRY(file.sync());
  now_.out_bytes = static_cast<std::int64_t>(file.n_bytes());
  now_.out_checksum = file.checksum();
  now_.texts_checksum = texts_.value();
  QUERN_TRY(write_checkpoint(job_.out, now_));
  file.keep();
  is_saved_ = true;
  next_save_ = std::chrono::steady_clock::now() + job_.save_every;
  return {};
}

Status ResumableOutput::finish() {
  QUERN_TRY(writer_->finish());
  remove_checkpoint(job_.out);
  return {};
}

// Where a write has failed, so does this one (OutputFile), and what was saved before is what
// counts.
long ResumableOutput::leave() {
  if (!is_saved_) return 0;
  const long n_saved = now_.n_texts;
  if (save().ok()) return n_saved;
  const Result<Checkpoint> last = read_checkpoint(job_.out);
  return last.ok() ? last->n_texts : 0;
}

}  // namespace quern::cli
