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
    if (measure_.n_chars(piece.begin, end) == 0) return;
    if (is_empty_ || !joins(piece, end)) {
      flush();
      window_ = piece;
      is_empty_ = false;
    } else if (!piece.is_closing) {
      // What only closes does not change what the window is.
      window_.is_alone |= piece.is_alone;
      window_.is_definition |= piece.is_definition;
      window_.scope = piece.scope;
    }
    end_ = end;
    if (measure_.n_chars(window_.begin, end_) > sizes_.max_chars) cut();
  }

  std::vector<CodeSpan> finish() {
    // A last line that is next to nothing stays with what is before it.
    if (!is_empty_ && !out_.empty() && n_window() < sizes_.tiny_chars && !window_.is_definition &&
        measure_.n_chars(out_.back().begin, end_) <= sizes_.max_chars) {
      out_.back() = measure_.trimmed(out_.back().begin, end_);
      is_empty_ = true;
    }
    flush();
    return std::move(out_);
  }

 private:
  int n_window() const { return measure_.n_chars(window_.begin, end_); }

  bool joins(const CutPiece& piece, std::size_t end) const {
    const int n_piece = measure_.n_chars(end_, end);
    const bool is_tiny = n_window() < sizes_.tiny_chars && !window_.is_alone;
    // The head of what was opened goes with what follows, and both are cut by lines: a function's
    // line above a long string or a body that fits by itself.
    if (n_window() + n_piece > sizes_.max_chars) {
      if (window_.scope != piece.scope) return false;
      const bool is_head = piece.scope >= 0 && !window_.is_alone && !piece.is_definition &&
                           n_window() < sizes_.alone_chars;
      return is_head || (is_tiny && n_piece > sizes_.max_chars);
    }
    if (piece.is_closing || is_within_line(measure_.text(), piece.begin)) return true;
    if (is_tiny) return true;
    return window_.scope == piece.scope && !window_.is_alone && !piece.is_alone;
  }

  // By lines; the last of them goes on as the window.
  void cut() {
    append_line_spans(measure_, window_.begin, end_, sizes_, out_);
    window_.begin = out_.back().begin;
    window_.is_alone = false;
    out_.pop_back();
  }

  void flush() {
    if (!is_empty_) out_.push_back(measure_.trimmed(window_.begin, end_));
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
