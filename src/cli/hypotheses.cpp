#include "cli/hypotheses.h"

#include <utility>

namespace quern::cli {
namespace {

class HypothesisSource final : public engine::TextSource {
 public:
  HypothesisSource(std::unique_ptr<engine::TextSource> texts, const engine::ZeroShot& asked)
      : texts_(std::move(texts)), hypotheses_(asked.hypotheses()), i_next_(hypotheses_.size()) {}

  Result<bool> next(engine::TextItem& item) override {
    if (i_next_ == hypotheses_.size()) {
      QUERN_ASSIGN(const bool more, texts_->next(text_));
      if (!more) return false;
      if (text_.status.ok() && text_.text_pair) {
        text_.status = {Code::kBadInput, "is a pair, want one text to judge by --labels"};
      }
      i_next_ = 0;
    }
    item = text_;
    item.text_pair = hypotheses_[i_next_++];
    return true;
  }
  bool is_ready() const override { return i_next_ < hypotheses_.size() || texts_->is_ready(); }
  std::optional<double> share_read() const override { return texts_->share_read(); }

 private:
  const std::unique_ptr<engine::TextSource> texts_;
  const std::vector<std::string> hypotheses_;
  engine::TextItem text_;
  std::size_t i_next_;  // Of text_.
};

}  // namespace

std::unique_ptr<engine::TextSource> hypotheses_of(std::unique_ptr<engine::TextSource> texts,
                                                  const engine::ZeroShot& asked) {
  return std::make_unique<HypothesisSource>(std::move(texts), asked);
}

}  // namespace quern::cli
