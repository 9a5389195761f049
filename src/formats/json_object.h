// One object of a small JSON config file, read field by field. Every error names the file, the
// field, what it says and what was wanted. A field that is null counts as absent.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/status.h"

namespace quern::formats {

class JsonObject {
 public:
  /// Reads `folder`/`file`. Errors: kNotFound, kIo, kBadInput (too large, too deeply nested, not
  /// JSON, not an object).
  static Result<JsonObject> read(const std::string& folder, const std::string& file);

  /// As read, but a file that is not there gives an empty object.
  static Result<JsonObject> read_or_empty(const std::string& folder, const std::string& file);

  /// `label` stands for the file in messages.
  static Result<JsonObject> parse(std::string_view text, std::string label);

  JsonObject(nlohmann::json value, std::string label)
      : value_(std::move(value)), label_(std::move(label)) {}

  bool has(const char* key) const;
  const nlohmann::json& at(const char* key) const;  // A null value when there is none.
  const nlohmann::json& json() const { return value_; }
  const std::string& label() const { return label_; }

  Result<int> integer(const char* key, int lowest, int highest) const;
  Result<int> integer_or(const char* key, int lowest, int highest, int fallback) const;
  Result<double> number_or(const char* key, double lowest, double highest, double fallback) const;
  Result<bool> boolean_or(const char* key, bool fallback) const;
  Result<std::string> string(const char* key) const;
  Result<std::string> string_or(const char* key, std::string fallback) const;

  /// An array of strings; none when the field is absent.
  Result<std::vector<std::string>> strings(const char* key) const;

  /// The object in field `key`, labelled "file: field". Fails when it is something else.
  Result<JsonObject> object(const char* key) const;

  /// kBadInput: "config.json: 'hidden_size' is "a", want an integer".
  Status wrong(const char* key, std::string_view want) const;
  /// The same as kUnsupported.
  Status unsupported(const char* key, std::string_view want) const;

 private:
  nlohmann::json value_;
  std::string label_;
};

/// Parses a small JSON file's text: at most 64 levels deep. Errors: kBadInput naming `label`.
Result<nlohmann::json> parse_json(std::string_view text, const std::string& label);

/// Reads and parses `folder`/`file`. Errors: as JsonObject::read.
Result<nlohmann::json> read_json(const std::string& folder, const std::string& file);

}  // namespace quern::formats
