#include "cli/vector_writer.h"

#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#include "cli/json_line.h"
#include "engine/scoring/scores.h"

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
  NpyWriter(OutputFile file, int dims, long n_rows)
      : file_(std::move(file)),
        dims_(dims),
        n_rows_(n_rows),
        failed_row_(static_cast<std::size_t>(dims), std::numeric_limits<float>::quiet_NaN()) {}

  Status start() { return n_rows_ > 0 ? Status() : file_.write(npy_header(0, dims_)); }

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
  OutputFile& file() override { return file_; }

  Status finish() override {
    QUERN_TRY(file_.rewrite_start(npy_header(n_rows_, dims_)));
    return file_.commit();
  }

 private:
  OutputFile file_;
  int dims_;
  long n_rows_;
  std::vector<float> failed_row_;
};

/// One object per line; what stands between "index" and "n_tokens" is the kind's own.
class JsonlWriter : public VectorWriter {
 public:
  JsonlWriter(OutputFile file, long n_rows) : file_(std::move(file)), n_rows_(n_rows) {}

  Status write(const engine::TextItem&, const engine::Outcome& outcome) override {
    line_ = "{\"index\":" + std::to_string(n_rows_++);
    if (outcome.status.ok()) {
      append(outcome, line_);
      line_ += ",\"n_tokens\":" + std::to_string(outcome.n_tokens);
      line_ += outcome.n_dropped > 0 ? ",\"truncated\":true}\n" : ",\"truncated\":false}\n";
    } else {
      append_json_error(outcome.status, line_);
      line_ += "}\n";
    }
    return file_.write(line_);
  }

  Status flush() override { return file_.flush(); }
  OutputFile& file() override { return file_; }
  Status finish() override { return file_.commit(); }

 private:
  virtual void append(const engine::Outcome& outcome, std::string& line) const {
    line += ",\"embedding\":";
    append_json_numbers(outcome.values, line);
  }

  OutputFile file_;
  long n_rows_;
  std::string line_;
};

/// Tokens by their text.
class TokenJsonlWriter : public JsonlWriter {
 public:
  TokenJsonlWriter(OutputFile file, std::shared_ptr<const text::TextEncoder> encoder, long n_rows)
      : JsonlWriter(std::move(file), n_rows), encoder_(std::move(encoder)) {}

 protected:
  void append_token(text::TokenId id, std::string& line) const {
    std::string token;
    encoder_->tokenizer().decode(id, token);
    append_json_string(token, line);
  }

 private:
  const std::shared_ptr<const text::TextEncoder> encoder_;
};

class RowWriter final : public TokenJsonlWriter {
 public:
  using TokenJsonlWriter::TokenJsonlWriter;

 private:
  void append(const engine::Outcome& outcome, std::string& line) const override {
    line += ",\"tokens\":[";
    for (std::size_t i = 0; i < outcome.ids.size(); ++i) {
      if (i > 0) line += ',';
      append_token(outcome.ids[i], line);
    }
    line += "],\"embeddings\":[";
    const std::size_t width = outcome.ids.empty() ? 0 : outcome.values.size() / outcome.ids.size();
    for (std::size_t i = 0; i < outcome.ids.size(); ++i) {
      if (i > 0) line += ',';
      append_json_numbers(std::span(outcome.values).subspan(i * width, width), line);
    }
    line += ']';
  }
};

class TermWriter final : public TokenJsonlWriter {
 public:
  using TokenJsonlWriter::TokenJsonlWriter;

 private:
  void append(const engine::Outcome& outcome, std::string& line) const override {
    line += ",\"terms\":[";
    bool is_first = true;
    for (const std::size_t i : engine::best_first(outcome.values)) {
      line += is_first ? "{\"id\":" : ",{\"id\":";
      line += std::to_string(outcome.ids[i]) + ",\"token\":";
      append_token(outcome.ids[i], line);
      line += ",\"weight\":";
      append_json_number(outcome.values[i], line);
      line += '}';
      is_first = false;
    }
    line += ']';
  }
};

bool ends_with(const std::string& text, std::string_view end) {
  return text.size() > end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

}  // namespace

Result<std::unique_ptr<VectorWriter>> make_npy_writer(OutputFile file, int dims, long n_rows) {
  if (!file.can_seek()) {
    return Status(Code::kUnsupported,
                  "an .npy file starts with its number of rows, so it cannot go to a pipe or a "
                  "device: name a regular file, or write .jsonl");
  }
  auto writer = std::make_unique<NpyWriter>(std::move(file), dims, n_rows);
  QUERN_TRY(writer->start());
  return std::unique_ptr<VectorWriter>(std::move(writer));
}

std::unique_ptr<VectorWriter> make_jsonl_writer(OutputFile file, long n_rows) {
  return std::make_unique<JsonlWriter>(std::move(file), n_rows);
}

std::unique_ptr<VectorWriter> make_row_writer(OutputFile file,
                                              std::shared_ptr<const text::TextEncoder> encoder,
                                              long n_rows) {
  return std::make_unique<RowWriter>(std::move(file), std::move(encoder), n_rows);
}

std::unique_ptr<VectorWriter> make_term_writer(OutputFile file,
                                               std::shared_ptr<const text::TextEncoder> encoder,
                                               long n_rows) {
  return std::make_unique<TermWriter>(std::move(file), std::move(encoder), n_rows);
}

Result<VectorForm> vector_form(const std::string& path, engine::OutputKind kind) {
  const bool npy = ends_with(path, ".npy");
  if (!path.empty() && !npy && !ends_with(path, ".jsonl") && !ends_with(path, ".ndjson")) {
    return Status(Code::kBadInput,
                  "output '" + path + "' does not say its format, want a name in .npy or .jsonl");
  }
  if (npy && kind != engine::OutputKind::kVector) {
    return Status(Code::kBadInput, "an .npy file holds one vector per text, output '" + path +
                                       "' for rows of tokens or weights of terms wants a name in "
                                       ".jsonl");
  }
  return npy ? VectorForm::kNpy : VectorForm::kJsonl;
}

std::size_t front_bytes(VectorForm form) { return form == VectorForm::kNpy ? kNpyHeaderBytes : 0; }

Result<std::unique_ptr<VectorWriter>> make_vector_writer(OutputFile file, VectorForm form,
                                                         const Written& what, long n_rows) {
  if (form == VectorForm::kNpy) return make_npy_writer(std::move(file), what.dims, n_rows);
  switch (what.kind) {
    case engine::OutputKind::kRows:
      return make_row_writer(std::move(file), what.encoder, n_rows);
    case engine::OutputKind::kSparse:
      return make_term_writer(std::move(file), what.encoder, n_rows);
    default:
      return make_jsonl_writer(std::move(file), n_rows);
  }
}

Result<std::unique_ptr<VectorWriter>> make_vector_writer(const std::string& path,
                                                         const Written& what) {
  QUERN_ASSIGN(const VectorForm form, vector_form(path, what.kind));
  if (path.empty()) return make_vector_writer(OutputFile::standard_output(), form, what, 0);
  QUERN_ASSIGN(OutputFile file, OutputFile::create(path));
  return make_vector_writer(std::move(file), form, what, 0);
}

}  // namespace quern::cli
