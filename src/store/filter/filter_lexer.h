// Words, strings, numbers and signs of the filter language (docs/filters.md), for its parser.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/status.h"

namespace quern::store {

enum class FilterTokenKind { kEnd, kWord, kString, kNumber, kSign };

struct FilterToken {
  FilterTokenKind kind = FilterTokenKind::kEnd;
  std::string text;  // Of a string, without its quotes and escapes.
  std::size_t at = 0;
};

/// kBadInput, saying at which byte of the filter.
Status filter_error(std::size_t at, std::string_view what);

class FilterLexer {
 public:
  /// `text` outlives this.
  explicit FilterLexer(std::string_view text) : text_(text) {}

  /// Errors: kBadInput for a character that no filter has, or a string that does not end.
  Result<FilterToken> next();

 private:
  Result<FilterToken> string();
  FilterToken word();
  Result<FilterToken> sign();

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace quern::store
