#include "cli/vector_writer.h"

#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#include "cli/json_line.h"

namespace quern::cli {
namespace {

// Room for any count: the header is written first with 0 rows and again at the end.
constexpr std::size_t kNpyHeaderBytes = 128;

std::string npy_header(long n_rows, int dims) {
  std::string header("\x93NUMPY\x01\x00", 8);
  const auto n_dict_bytes = static_cast<std::uint16_t>(kNpyHeaderBytes - 10);
  header += static_cast<char>(n_dict_bytes & 0xff);
  header += static_cast<char>(n_dict_bytes >> 8);
  header += "{'descr': '<f4', 'fortran_order': False, 'shape': (" + std::to_string(n_rows) + ", " +
            std::to_string(dims) + "), }";
  header.resize(kNpyHeaderBytes - 1, ' ');
  header += '\n';
  return header;
}

std::string_view as_bytes(const std::vector<float>& row) {
  return {reinterpret_cast<const char*>(row.data()), row.size() * sizeof(float)};
}

class NpyWriter final : public VectorWriter {
 public:
  NpyWriter(OutputFile file, int dims)
      : file_(std::move(file)),
        dims_(dims),
        failed_row_(static_cast<std::size_t>(dims), std::numeric_limits<float>::quiet_NaN()) {}

  Status start() { return file_.write(npy_header(0, dims_)); }

  Status write(const engine::TextItem&, const engine::Outcome& outcome) override {
    ++n_rows_;
    if (!outcome.status.ok()) return file_.write(as_bytes(failed_row_));
    if (outcome.values.size() != failed_row_.size()) {
      return {Code::kBadInput, "a vector has " + std::to_string(outcome.values.size()) +
                                   " numbers, want " + std::to_string(dims_)};
    }
    return file_.write(as_bytes(outcome.values));
  }

  Status flush() override { return {}; }

  Status finish() override {
    QUERN_TRY(file_.rewrite_start(npy_header(n_rows_, dims_)));
    return file_.commit();
  }

 private:
  OutputFile file_;
  int dims_;
  long n_rows_ = 0;
  std::vector<float> failed_row_;
};

class JsonlWriter final : public VectorWriter {
 public:
  explicit JsonlWriter(OutputFile file) : file_(std::move(file)) {}

  Status write(const engine::TextItem&, const engine::Outcome& outcome) override {
    line_ = "{\"index\":" + std::to_string(n_rows_++);
    if (outcome.status.ok()) {
      line_ += ",\"embedding\":";
      append_json_numbers(outcome.values, line_);
      line_ += ",\"n_tokens\":" + std::to_string(outcome.n_tokens);
      line_ += outcome.n_dropped > 0 ? ",\"truncated\":true}\n" : ",\"truncated\":false}\n";
    } else {
      append_json_error(outcome.status, line_);
      line_ += "}\n";
    }
    return file_.write(line_);
  }

  Status flush() override { return file_.flush(); }
  Status finish() override { return file_.commit(); }

 private:
  OutputFile file_;
  long n_rows_ = 0;
  std::string line_;
};

bool ends_with(const std::string& text, std::string_view end) {
  return text.size() > end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

}  // namespace

Result<std::unique_ptr<VectorWriter>> make_npy_writer(OutputFile file, int dims) {
  if (!file.can_seek()) {
    return Status(Code::kUnsupported,
                  "an .npy file starts with its number of rows, so it cannot go to a pipe or a "
                  "device: name a regular file, or write .jsonl");
  }
  auto writer = std::make_unique<NpyWriter>(std::move(file), dims);
  QUERN_TRY(writer->start());
  return std::unique_ptr<VectorWriter>(std::move(writer));
}

std::unique_ptr<VectorWriter> make_jsonl_writer(OutputFile file) {
  return std::make_unique<JsonlWriter>(std::move(file));
}

Result<std::unique_ptr<VectorWriter>> make_vector_writer(const std::string& path, int dims) {
  if (path.empty()) return make_jsonl_writer(OutputFile::standard_output());
  const bool npy = ends_with(path, ".npy");
  if (!npy && !ends_with(path, ".jsonl") && !ends_with(path, ".ndjson")) {
    return Status(Code::kBadInput,
                  "output '" + path + "' does not say its format, want a name in .npy or .jsonl");
  }
  QUERN_ASSIGN(OutputFile file, OutputFile::create(path));
  if (npy) return make_npy_writer(std::move(file), dims);
  return make_jsonl_writer(std::move(file));
}

}  // namespace quern::cli
