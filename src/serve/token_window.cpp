#include "serve/token_window.h"

#include <utility>

namespace quern::serve {

void TokenWindow::release_front(std::vector<engine::GeneratedToken>& out) {
  front_ += held_.front().bytes.size();
  out.push_back(std::move(held_.front()));
  held_.pop_front();
}

void TokenWindow::add(const engine::GenerateDelta& delta,
                      std::vector<engine::GeneratedToken>& out) {
  held_.insert(held_.end(), delta.tokens.begin(), delta.tokens.end());
  n_told_ += delta.text.size();
  while (!held_.empty() && (front_ < n_told_ || held_.front().bytes.empty())) release_front(out);
}

void TokenWindow::finish(std::vector<engine::GeneratedToken>& out) {
  while (!held_.empty()) release_front(out);
}

}  // namespace quern::serve
