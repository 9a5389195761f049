// The tree of a parsed template.

#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "jinja/value.h"

namespace quern::jinja {

struct Expr;
using ExprPtr = std::unique_ptr<Expr>;

struct Expr {
  enum class Kind {
    kLiteral,    // value
    kName,       // name
    kList,       // args
    kTuple,      // args
    kDict,       // args: key, value, key, value ...
    kAttribute,  // args[0].name
    kItem,       // args[0][args[1]]
    kSlice,      // args[0][args[1]:args[2]:args[3]], any bound may be null
    kCall,       // args[0](args[1..], kwargs)
    kFilter,     // args[0] | name(args[1..], kwargs)
    kTest,       // args[0] is name(args[1..]); is_negated for "is not"
    kUnary,      // op args[0]
    kBinary,     // args[0] op args[1]
    kCompare,    // args[0] ops[0] args[1] ops[1] args[2] ..., all of which must hold
    kCondition,  // args[0] if args[1] else args[2] (null: undefined)
  };
  Kind kind = Kind::kLiteral;
  std::string name;  // Also the operator: "+", "and", ...
  std::vector<std::string> ops;
  Value value;
  bool is_negated = false;
  std::vector<ExprPtr> args;
  std::vector<std::pair<std::string, ExprPtr>> kwargs;
  int line = 0;
  int depth = 1;
};

struct Stmt;
using Block = std::vector<Stmt>;

struct Stmt {
  enum class Kind {
    kText,    // text
    kPrint,   // value
    kIf,      // branches; the last may have no condition
    kFor,     // targets in value if condition: body else otherwise
    kSet,     // targets, or namespace.attribute, = value; without value: = the text of body
    kScope,   // body with variables of its own: parameters set to their fallbacks
    kMacro,   // text(parameters): body
    kCall,    // value, a call, with body(parameters) as its "caller"
    kFilter,  // the text of body through value, whose innermost argument is missing (null)
    kBreak,
    kContinue,
  };
  struct Parameter {
    std::string name;
    ExprPtr fallback;  // Null: none.
  };
  Kind kind = Kind::kText;
  std::string text;  // Of kText; the name of a macro, a caller or a namespace that is set.
  std::string attribute;
  std::vector<std::string> targets;
  ExprPtr value;
  ExprPtr condition;
  std::vector<Parameter> parameters;
  Block body;
  Block otherwise;
  std::vector<std::pair<ExprPtr, Block>> branches;
  int line = 0;
};

}  // namespace quern::jinja
