#include "cli/claims_output.h"

#include <array>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <random>

#include <fmt/format.h>

#include "apps/claims/claim_lines.h"
#include "apps/json_lines.h"
#include "base/mapped_file.h"
#include "cli/checkpoint_file.h"
#include "cli/interrupt.h"
#include "cli/progress.h"

namespace quern::cli {
namespace {

constexpr const char* kRun = "the run";

std::string new_run() {
  std::random_device device;
  return fmt::format("{:08x}{:08x}{:08x}{:08x}", device(), device(), device(), device());
}

// The name of the run is taken out of the facts that are compared.
std::string take_run(RunFacts& facts) {
  if (facts.empty() || facts.back().first != kRun) return "";
  std::string run = std::move(facts.back().second);
  facts.pop_back();
  return run;
}

}  // namespace

Result<ClaimSource> ClaimSource::open(const std::string& path) {
  ClaimSource out;
  out.path_ = path;
  if (path == "-") {
    out.in_ = &std::cin;
    return out;
  }
  out.file_ = std::make_unique<std::ifstream>(path, std::ios::binary);
  out.in_ = out.file_.get();
  std::error_code error;
  if (!*out.in_ || std::filesystem::is_directory(path, error)) {
    return Status(Code::kNotFound, fmt::format("cannot open '{}'", path));
  }
  return out;
}

// False at the end. Of a line that is too long as much is kept as shows that it is.
bool ClaimSource::read_line(std::string& out) {
  out.clear();
  std::array<char, 65536> piece;
  for (bool is_first = true;; is_first = false) {
    in_->getline(piece.data(), piece.size());
    const auto n = static_cast<std::size_t>(in_->gcount());
    // Without an end of line the piece is full, or the file is over.
    const bool has_more = in_->fail() && !in_->eof() && !in_->bad() && n + 1 == piece.size();
    const bool has_end = !in_->fail() && !in_->eof();
    if (out.size() <= apps::kMaxClaimLineBytes) out.append(piece.data(), has_end ? n - 1 : n);
    if (!has_more) return has_end || n > 0 || !is_first;
    in_->clear();
  }
}

Result<std::optional<apps::BatchLine>> ClaimSource::next() {
  std::string text;
  while (read_line(text)) {
    ++n_line_;
    const std::string_view line = apps::without_mark(text);
    if (line.find_first_not_of(" \t\r") == line.npos) continue;
    return std::optional(apps::BatchLine{.n_line = n_line_, .text = std::string(line)});
  }
  if (in_->bad()) return Status(Code::kIo, fmt::format("cannot read '{}'", path_));
  return std::optional<apps::BatchLine>();
}

Result<std::unique_ptr<ClaimsOutput>> ClaimsOutput::open(ClaimsOutputJob job, ClaimSource& source) {
  QUERN_ASSIGN(OutputFile file, OutputFile::resume(job.out, unfinished_path(job.out)));
  std::unique_ptr<ClaimsOutput> out(new ClaimsOutput(std::move(job), std::move(file)));
  QUERN_ASSIGN(const bool taken_up, out->take_up(source));
  if (!taken_up) {
    QUERN_ASSIGN(source, ClaimSource::open(out->job_.texts));
    out->lines_ = Checksum64();
    out->before_ = {};
    out->run_ = new_run();
    QUERN_TRY(out->file_.cut(0, 0));
    remove_checkpoint(out->job_.out);
  }
  out->now_ = out->before_;
  out->now_.facts = out->job_.facts;
  out->now_.facts.emplace_back(kRun, out->run_);
  out->now_.file = out->job_.texts;
  QUERN_TRY(out->save());
  return out;
}

// False, with a note that says why, where there is nothing to go on from.
Result<bool> ClaimsOutput::take_up(ClaimSource& source) {
  const std::string path = checkpoint_path(job_.out);
  if (job_.begin_anew || !std::filesystem::exists(path)) return false;
  const auto anew = [&](const std::string& why) {
    if (job_.note) {
      job_.note(
          fmt::format("beginning anew: the unfinished '{}' is not of this run: {}", job_.out, why));
    }
    return false;
  };
  Result<Checkpoint> found = read_checkpoint(job_.out);
  if (!found.ok()) return anew(fmt::format("'{}' {}", path, found.status().message()));
  run_ = take_run(found->facts);
  if (run_.empty()) return anew(fmt::format("'{}' names no run", path));
  if (const std::string what = first_difference(found->facts, job_.facts); !what.empty()) {
    return anew(what);
  }
  const Status cut = file_.cut(static_cast<std::size_t>(found->out_bytes), 0);
  if (!cut.ok() || file_.checksum() != found->out_checksum) {
    QUERN_ASSIGN(const bool is_there, put_back(*found));
    if (!is_there) return anew(cut.ok() ? "its bytes were changed" : cut.message());
  }
  for (long i = 0; i < found->n_texts; ++i) {
    if (is_interrupted()) {
      file_.keep();
      return Status(Code::kCancelled, "interrupted");
    }
    QUERN_ASSIGN(const std::optional<apps::BatchLine> line, source.next());
    if (!line) return anew(fmt::format("'{}' has fewer claims than were done", job_.texts));
    add_field(line->text, lines_);
  }
  if (lines_.value() != found->texts_checksum) {
    return anew(fmt::format("the first {} claims of '{}' are others", found->n_texts, job_.texts));
  }
  before_ = std::move(*found);
  file_.keep();
  if (job_.note && before_.n_texts > 0) {
    job_.note(fmt::format("going on behind the first {} claims of '{}'", grouped(before_.n_texts),
                          job_.texts));
  }
  return true;
}

// A run that was killed between the renaming of its output and the removal of its checkpoint has
// all of its claims in the database: it ends once more under its name.
Result<bool> ClaimsOutput::put_back(const Checkpoint& found) {
  const auto n_bytes = static_cast<std::size_t>(found.out_bytes);
  const Result<std::string> whole = read_file(job_.out, n_bytes);
  if (!whole.ok() || whole->size() != n_bytes) return false;
  QUERN_TRY(file_.cut(0, 0));
  QUERN_TRY(file_.write(*whole));
  QUERN_TRY(file_.flush());
  return file_.checksum() == found.out_checksum;
}

Status ClaimsOutput::write(const apps::BatchOutput& output) {
  QUERN_TRY(file_.write(output.json));
  QUERN_TRY(file_.write("\n"));
  add_field(output.line.text, lines_);
  ++now_.n_texts;
  now_.n_failed += output.status.ok() ? 0 : 1;
  return std::chrono::steady_clock::now() < next_save_ ? Status() : save();
}

// The bytes first, then the note of them: a checkpoint never tells of what may be lost.
Status ClaimsOutput::save() {
  QUERN_TRY(file_.sync());
  now_.out_bytes = static_cast<std::int64_t>(file_.n_bytes());
  now_.out_checksum = file_.checksum();
  now_.texts_checksum = lines_.value();
  QUERN_TRY(write_checkpoint(job_.out, now_));
  file_.keep();
  next_save_ = std::chrono::steady_clock::now() + job_.save_every;
  return {};
}

Status ClaimsOutput::finish() {
  QUERN_TRY(save());
  QUERN_TRY(file_.commit());
  remove_checkpoint(job_.out);
  return {};
}

long ClaimsOutput::leave() {
  if (save().ok()) return now_.n_texts;
  const Result<Checkpoint> last = read_checkpoint(job_.out);
  return last.ok() ? last->n_texts : 0;
}

}  // namespace quern::cli
