#include "serve/http/exchange.h"

#include <utility>

namespace quern::serve {

void Exchange::wake() {
  if (post_) post_([] {});
}

void Exchange::respond(Response response) {
  const std::lock_guard lock(mutex_);
  if (is_answered_ || is_detached_) return;
  is_answered_ = true;
  response_ = std::move(response);
  wake();
}

void Exchange::begin_stream(Response head) {
  const std::lock_guard lock(mutex_);
  if (is_answered_ || is_detached_) return;
  is_answered_ = true;
  is_streaming_ = true;
  bytes_ = std::move(head.body);
  head.body.clear();
  response_ = std::move(head);
  wake();
}

bool Exchange::write(std::string bytes) {
  const std::lock_guard lock(mutex_);
  if (!is_streaming_ || is_ended_ || is_detached_) return false;
  const bool was_empty = bytes_.empty();
  bytes_ += bytes;
  if (was_empty) wake();
  return true;
}

void Exchange::end(std::string last_bytes) {
  const std::lock_guard lock(mutex_);
  if (!is_streaming_ || is_ended_ || is_detached_) return;
  bytes_ += last_bytes;
  is_ended_ = true;
  wake();
}

std::size_t Exchange::unsent_bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_.size() + n_taken_;
}

void Exchange::on_gone(std::function<void()> fn) {
  {
    const std::lock_guard lock(mutex_);
    if (!is_detached_) {
      // A stream may still be abandoned after its first bytes; a whole answer may not.
      if (!is_answered_ || is_streaming_) gone_ = std::move(fn);
      return;
    }
    if (!is_gone_) return;
  }
  fn();
}

void Exchange::post(std::function<void()> fn) {
  const std::lock_guard lock(mutex_);
  if (post_) post_(std::move(fn));
}

void Exchange::attach(std::function<void(std::function<void()>)> post) {
  const std::lock_guard lock(mutex_);
  post_ = std::move(post);
}

bool Exchange::has_output() const {
  const std::lock_guard lock(mutex_);
  return response_.has_value() || !bytes_.empty() || is_ended_;
}

bool Exchange::is_streaming() const {
  const std::lock_guard lock(mutex_);
  return is_streaming_;
}

bool Exchange::is_gone() const {
  const std::lock_guard lock(mutex_);
  return is_gone_;
}

std::optional<Response> Exchange::take_response() {
  const std::lock_guard lock(mutex_);
  return std::exchange(response_, std::nullopt);
}

Exchange::Piece Exchange::take_piece() {
  const std::lock_guard lock(mutex_);
  n_taken_ = bytes_.size();
  return {std::exchange(bytes_, {}), is_ended_};
}

void Exchange::sent_piece() {
  const std::lock_guard lock(mutex_);
  n_taken_ = 0;
}

void Exchange::detach(Detach why) {
  std::function<void()> gone, post;
  {
    const std::lock_guard lock(mutex_);
    if (is_detached_) return;
    is_detached_ = true;
    is_gone_ = why == Detach::kGone;
    post_ = nullptr;
    gone = std::exchange(gone_, nullptr);
    response_.reset();
  }
  if (why == Detach::kGone && gone) gone();
}

}  // namespace quern::serve
