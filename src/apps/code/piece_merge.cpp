#include "apps/code/piece_merge.h"

#include "apps/code/line_chunks.h"

namespace quern::apps {
namespace {

// Whether anything but blanks is before `byte` on its line.
bool is_within_line(std::string_view text, std::size_t byte) {
  for (std::size_t i = byte; i > 0 && text[i - 1] != '\n'; --i) {
    if (!is_blank(text[i - 1])) return true;
  }
  return false;
}

class Merge {
 public:
  Merge(const TextMeasure& measure, const CutSizes& sizes) : measure_(measure), sizes_(sizes) {}

  void add(const CutPiece& piece, std::size_t end) {
    const int n_piece = measure_.n_chars(piece.begin, end);
    if (n_piece == 0) return;
    if (is_empty_ || !joins(piece, end)) {
      flush();
      window_ = piece;
      is_empty_ = false;
    } else if (!piece.is_closing) {
      // What is put into one line with a definition does not change what the window is.
      window_.is_alone |= piece.is_alone;
      window_.scope = piece.scope;
    }
    end_ = end;
  }

  std::vector<CodeSpan> finish() {
    flush();
    return std::move(out_);
  }

 private:
  bool joins(const CutPiece& piece, std::size_t end) const {
    const int n_window = measure_.n_chars(window_.begin, end_);
    if (n_window + measure_.n_chars(end_, end) > sizes_.max_chars) return false;
    if (piece.is_closing || is_within_line(measure_.text(), piece.begin)) return true;
    if (n_window < sizes_.tiny_chars && !window_.is_alone) return true;
    return window_.scope == piece.scope && !window_.is_alone && !piece.is_alone;
  }

  void flush() {
    if (!is_empty_) append_line_spans(measure_, window_.begin, end_, sizes_, out_);
    is_empty_ = true;
  }

  const TextMeasure& measure_;
  const CutSizes& sizes_;
  bool is_empty_ = true;
  CutPiece window_;
  std::size_t end_ = 0;
  std::vector<CodeSpan> out_;
};

}  // namespace

std::vector<CodeSpan> merge_pieces(const TextMeasure& measure, const std::vector<CutPiece>& pieces,
                                   const CutSizes& sizes) {
  Merge merge(measure, sizes);
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    merge.add(pieces[i], i + 1 < pieces.size() ? pieces[i + 1].begin : measure.text().size());
  }
  return merge.finish();
}

}  // namespace quern::apps
