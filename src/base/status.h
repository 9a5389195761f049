// Errors as values. Outside data (files, sockets, flags) can be wrong: those functions return
// Status or Result<T>. Our own mistakes are not errors but bugs: they stop the program through
// QUERN_CHECK (base/check.h).

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace quern {

enum class Code {
  kOk,
  kNotFound,
  kBadInput,
  kUnsupported,
  kExhausted,
  kTooLarge,  // Would not fit if all else were free.
  kIo,
  kCancelled,
  kDeadline,
  kUnavailable,
};

/// The code's name as users see it in logs and JSON: "not_found", "bad_input", ...
const char* code_name(Code code);

class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(Code code, std::string message) : code_(code), message_(std::move(message)) {}

  bool ok() const { return code_ == Code::kOk; }
  Code code() const { return code_; }
  const std::string& message() const { return message_; }

  /// Returns this error with "`where`: " put in front of its message.
  Status in(std::string_view where) const {
    return ok() ? Status() : Status(code_, std::string(where) + ": " + message_);
  }

 private:
  Code code_ = Code::kOk;
  std::string message_;  // Lower case, no full stop: "tensor 'wq' has 3 dims, want 2".
};

/// A T, or the reason there is none.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}
  Result(Status error) : status_(std::move(error)) {}
  Result(Code code, std::string message) : status_(code, std::move(message)) {}

  bool ok() const { return value_.has_value(); }
  const Status& status() const { return status_; }
  T& operator*() { return *value_; }
  const T& operator*() const { return *value_; }
  T* operator->() { return &*value_; }
  const T* operator->() const { return &*value_; }

  /// As Status::in, for the error case.
  Result in(std::string_view where) && {
    if (ok()) return std::move(*this);
    return Result(status_.in(where));
  }

 private:
  std::optional<T> value_;
  Status status_;
};

}  // namespace quern

/// Leaves the calling function with the error, if there is one.
#define QUERN_TRY(expr) \
  if (::quern::Status try_status = (expr); !try_status.ok()) return try_status

/// Declares or assigns `lhs` from a Result, or leaves the calling function with its error.
#define QUERN_ASSIGN(lhs, expr) \
  QUERN_ASSIGN_IMPL_(QUERN_CONCAT_(quern_result_, __LINE__), lhs, expr)
#define QUERN_ASSIGN_IMPL_(tmp, lhs, expr) \
  auto tmp = (expr);                       \
  if (!tmp.ok()) return tmp.status();      \
  lhs = std::move(*tmp)
#define QUERN_CONCAT_(a, b) QUERN_CONCAT_INNER_(a, b)
#define QUERN_CONCAT_INNER_(a, b) a##b
