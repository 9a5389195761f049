// Tokens to expressions. Source: jinja2/parser.py.

#pragma once

#include <string>

#include "jinja/ast.h"
#include "jinja/token_reader.h"

namespace quern::jinja {

/// Errors are left in the reader. What is returned is never null.
class ExprParser {
 public:
  explicit ExprParser(TokenReader& in) : in_(in) {}

  ExprPtr parse_expression();

  /// Expressions with commas between them are a tuple.
  ExprPtr parse_tuple();

  /// The same without "a if b else c": in the heads of loops and conditions.
  ExprPtr parse_unconditional();

  /// "name(arguments)": a filter of `value`, which may be null.
  ExprPtr parse_filter(ExprPtr value);

 private:
  ExprPtr node(Expr::Kind kind, std::string name = "");
  ExprPtr literal(Value value);
  ExprPtr binary(std::string op, ExprPtr left, ExprPtr right);
  void adopt(Expr& parent, ExprPtr child);
  ExprPtr tuple_from(ExprPtr first, bool is_conditional);

  // Loosest first.
  ExprPtr parse_or();
  ExprPtr parse_and();
  ExprPtr parse_not();
  ExprPtr parse_compare();
  ExprPtr parse_binary(std::size_t level);
  ExprPtr parse_unary(bool with_filters);
  ExprPtr parse_primary();
  ExprPtr parse_postfix(ExprPtr value);
  ExprPtr parse_filters(ExprPtr value);

  std::string take_comparison();
  std::string parse_dotted_name();
  ExprPtr parse_name();
  ExprPtr parse_number();
  ExprPtr parse_parentheses();
  ExprPtr parse_list();
  ExprPtr parse_dict();
  ExprPtr parse_attribute(ExprPtr value);
  ExprPtr parse_subscript(ExprPtr value);
  ExprPtr parse_call(ExprPtr value);
  ExprPtr parse_test(ExprPtr value);
  void parse_arguments(Expr& call);
  bool at_test_argument() const;

  TokenReader& in_;
};

}  // namespace quern::jinja
