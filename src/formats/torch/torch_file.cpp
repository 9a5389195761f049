#include "formats/torch/torch_file.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "formats/byte_reader.h"
#include "formats/fast_json.h"
#include "formats/torch/stored_zip.h"

namespace quern::formats {
namespace {

using Bytes = std::span<const std::byte>;

constexpr std::size_t kMaxProgram = 1 << 20;
constexpr int kMaxDepth = 32;
constexpr std::size_t kMaxDims = 8;
constexpr std::int64_t kMaxElements = std::int64_t{1} << 40;

struct Value;
using Ref = std::shared_ptr<const Value>;

struct Mark {};
struct None {};
struct Global {
  std::string name;  // "module name"
};
struct Tuple {
  std::vector<Ref> items;
};
struct Storage {
  DType dtype = DType::kF32;
  Bytes bytes;
};
/// Shared by all references to it, so that what is put into it later is seen by all.
struct Dictionary {
  std::shared_ptr<std::vector<std::pair<Ref, Ref>>> items;
};

struct Value {
  std::variant<Mark, None, bool, std::int64_t, std::string, Global, Tuple, Storage, TensorEntry,
               Dictionary>
      is = None();
  int depth = 0;
};

Status broken(const char* what) {
  return {Code::kBadInput, fmt::format("not a file of torch.save that can be read: {}", what)};
}

std::optional<DType> dtype_of_storage(std::string_view name) {
  constexpr std::pair<std::string_view, DType> kKnown[] = {{"torch FloatStorage", DType::kF32},
                                                           {"torch HalfStorage", DType::kF16},
                                                           {"torch BFloat16Storage", DType::kBF16}};
  for (const auto& [known, dtype] : kKnown) {
    if (name == known) return dtype;
  }
  return std::nullopt;
}

/// The machine, as far as a dictionary of tensors needs it.
class Machine {
 public:
  Machine(Bytes program, const ZipEntries& entries, std::string prefix)
      : program_(program), entries_(entries), prefix_(std::move(prefix)) {}

  Result<Ref> run() {
    for (;;) {
      const auto op = program_.number<std::uint8_t>();
      if (!program_.is_ok()) return broken("its program ends early");
      if (op == '.') return pop();
      QUERN_TRY(step(static_cast<char>(op)));
      if (!program_.is_ok()) return broken("its program ends early");
    }
  }

 private:
  Status step(char op) {
    switch (static_cast<unsigned char>(op)) {
      case 0x80:  // PROTO
        program_.take(1);
        return {};
      case 'c':  // GLOBAL
        return push_global();
      case 'q':  // BINPUT
        return put(program_.number<std::uint8_t>());
      case 'r':  // LONG_BINPUT
        return put(program_.number<std::uint32_t>());
      case 'h':  // BINGET
        return get(program_.number<std::uint8_t>());
      case 'j':  // LONG_BINGET
        return get(program_.number<std::uint32_t>());
      case '(':  // MARK
        return push(Mark());
      case 'N':  // NONE
        return push(None());
      case 0x88:  // NEWTRUE
        return push(true);
      case 0x89:  // NEWFALSE
        return push(false);
      case 'J':  // BININT
        return push(std::int64_t{program_.number<std::int32_t>()});
      case 'K':  // BININT1
        return push(std::int64_t{program_.number<std::uint8_t>()});
      case 'M':  // BININT2
        return push(std::int64_t{program_.number<std::uint16_t>()});
      case 0x8a:  // LONG1
        return push_long();
      case 'X': {  // BINUNICODE
        const Bytes text = program_.take(program_.number<std::uint32_t>());
        return push(std::string(reinterpret_cast<const char*>(text.data()), text.size()));
      }
      case '}':  // EMPTY_DICT
        return push(empty_dictionary());
      case ')':  // EMPTY_TUPLE
        return push(Tuple());
      case 't':  // TUPLE
        return push_tuple();
      case 0x85:  // TUPLE1
        return push_tuple(1);
      case 0x86:  // TUPLE2
        return push_tuple(2);
      case 0x87:  // TUPLE3
        return push_tuple(3);
      case 's':  // SETITEM
        return set_item();
      case 'u':  // SETITEMS
        return set_items();
      case 'Q':  // BINPERSID
        return load_storage();
      case 'R':  // REDUCE
        return reduce();
      case 'b':  // BUILD: what a module says of itself beside its parameters.
        return pop().status();
      default:
        return {Code::kUnsupported,
                fmt::format("its program has the instruction 0x{:02x}, which no tensor needs",
                            static_cast<unsigned>(static_cast<unsigned char>(op)))};
    }
  }

  template <typename T>
  Status push(T is, int depth = 0) {
    if (depth > kMaxDepth) return broken("it is nested too deeply");
    stack_.push_back(std::make_shared<const Value>(Value{.is = std::move(is), .depth = depth}));
    return {};
  }

  Result<Ref> pop() {
    if (stack_.empty()) return broken("its stack is empty");
    Ref top = std::move(stack_.back());
    stack_.pop_back();
    return top;
  }

  static Dictionary empty_dictionary() {
    return {.items = std::make_shared<std::vector<std::pair<Ref, Ref>>>()};
  }

  Result<std::string> line() {
    std::string out;
    for (;;) {
      const auto c = program_.number<char>();
      if (!program_.is_ok()) return broken("its program ends early");
      if (c == '\n') return out;
      out += c;
    }
  }

  Status push_global() {
    QUERN_ASSIGN(const std::string module, line());
    QUERN_ASSIGN(const std::string name, line());
    return push(Global{.name = module + " " + name});
  }

  Status put(std::uint32_t slot) {
    if (stack_.empty()) return broken("its stack is empty");
    memo_[slot] = stack_.back();
    return {};
  }

  Status get(std::uint32_t slot) {
    const auto found = memo_.find(slot);
    if (found == memo_.end()) return broken("it recalls what was not kept");
    stack_.push_back(found->second);
    return {};
  }

  Status push_long() {
    const Bytes bytes = program_.take(program_.number<std::uint8_t>());
    if (bytes.size() > 8) return broken("a number is too large");
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      bits |= static_cast<std::uint64_t>(bytes[i]) << (8 * i);
    }
    const std::size_t n_unused = 64 - 8 * bytes.size();
    if (bytes.empty()) return push(std::int64_t{0});
    return push(static_cast<std::int64_t>(bits << n_unused) >> n_unused);
  }

  /// What lies above the last mark, which goes too.
  Result<std::vector<Ref>> take_marked() {
    std::size_t first = stack_.size();
    while (first > 0 && !std::holds_alternative<Mark>(stack_[first - 1]->is)) --first;
    if (first == 0) return broken("a mark is missing");
    std::vector<Ref> out(stack_.begin() + static_cast<std::ptrdiff_t>(first), stack_.end());
    stack_.resize(first - 1);
    return out;
  }

  Status push_items(std::vector<Ref> items) {
    int depth = 0;
    for (const Ref& item : items) depth = std::max(depth, item->depth + 1);
    return push(Tuple{.items = std::move(items)}, depth);
  }

  Status push_tuple() {
    QUERN_ASSIGN(std::vector<Ref> items, take_marked());
    return push_items(std::move(items));
  }

  Status push_tuple(std::size_t n) {
    if (stack_.size() < n) return broken("its stack is empty");
    std::vector<Ref> items(stack_.end() - static_cast<std::ptrdiff_t>(n), stack_.end());
    stack_.resize(stack_.size() - n);
    return push_items(std::move(items));
  }

  /// A dictionary holds no other, as far as tensors go: so that none can hold itself.
  Status add_item(const Ref& dictionary, const Ref& key, const Ref& value) {
    const auto* to = std::get_if<Dictionary>(&dictionary->is);
    if (to == nullptr) return broken("an item is set in what is no dictionary");
    if (!std::holds_alternative<std::string>(key->is)) return broken("a key is no text");
    if (!std::holds_alternative<TensorEntry>(value->is)) {
      // Versions and the like.
      return {};
    }
    to->items->emplace_back(key, value);
    return {};
  }

  Status set_item() {
    QUERN_ASSIGN(const Ref value, pop());
    QUERN_ASSIGN(const Ref key, pop());
    if (stack_.empty()) return broken("its stack is empty");
    return add_item(stack_.back(), key, value);
  }

  Status set_items() {
    QUERN_ASSIGN(const std::vector<Ref> items, take_marked());
    if (stack_.empty()) return broken("its stack is empty");
    if (items.size() % 2 != 0) return broken("a key has no value");
    for (std::size_t i = 0; i < items.size(); i += 2) {
      QUERN_TRY(add_item(stack_.back(), items[i], items[i + 1]));
    }
    return {};
  }

  /// ("storage", torch.FloatStorage, key, place, number of elements)
  Status load_storage() {
    QUERN_ASSIGN(const Ref top, pop());
    const auto* id = std::get_if<Tuple>(&top->is);
    if (id == nullptr || id->items.size() != 5) return broken("a storage is not named as they are");
    const auto* kind = std::get_if<std::string>(&id->items[0]->is);
    const auto* type = std::get_if<Global>(&id->items[1]->is);
    const auto* key = std::get_if<std::string>(&id->items[2]->is);
    if (kind == nullptr || *kind != "storage" || type == nullptr || key == nullptr) {
      return broken("a storage is not named as they are");
    }
    const std::optional<DType> dtype = dtype_of_storage(type->name);
    if (!dtype) {
      return {Code::kUnsupported,
              fmt::format("it holds '{}', want floats of 32 or 16 bits", shown(type->name))};
    }
    const auto found = entries_.find(prefix_ + "data/" + *key);
    if (found == entries_.end()) return broken("a storage is not there");
    return push(Storage{.dtype = *dtype, .bytes = found->second});
  }

  Status reduce() {
    QUERN_ASSIGN(const Ref arguments, pop());
    QUERN_ASSIGN(const Ref callee, pop());
    const auto* global = std::get_if<Global>(&callee->is);
    const auto* tuple = std::get_if<Tuple>(&arguments->is);
    if (global == nullptr || tuple == nullptr) return broken("it calls what is no function");
    if (global->name == "collections OrderedDict" && tuple->items.empty()) {
      return push(empty_dictionary());
    }
    if (global->name == "torch._utils _rebuild_tensor_v2") return rebuild(tuple->items);
    if (global->name == "torch._utils _rebuild_parameter" && !tuple->items.empty() &&
        std::holds_alternative<TensorEntry>(tuple->items[0]->is)) {
      stack_.push_back(tuple->items[0]);
      return {};
    }
    return {Code::kUnsupported,
            fmt::format("its program calls '{}', which is not done: want a dictionary of tensors",
                        shown(global->name))};
  }

  /// (storage, offset, sizes, strides, ...)
  Status rebuild(const std::vector<Ref>& arguments) {
    if (arguments.size() < 4) return broken("a tensor is not described as they are");
    const auto* storage = std::get_if<Storage>(&arguments[0]->is);
    const auto* offset = std::get_if<std::int64_t>(&arguments[1]->is);
    const auto* sizes = std::get_if<Tuple>(&arguments[2]->is);
    const auto* strides = std::get_if<Tuple>(&arguments[3]->is);
    if (storage == nullptr || offset == nullptr || sizes == nullptr || strides == nullptr ||
        sizes->items.size() != strides->items.size() || sizes->items.size() > kMaxDims ||
        *offset < 0 || *offset > kMaxElements) {
      return broken("a tensor is not described as they are");
    }
    TensorEntry out{.dtype = storage->dtype, .shape = {}, .bytes = {}};
    std::int64_t n = 1;
    for (std::size_t i = sizes->items.size(); i-- > 0;) {
      const auto* size = std::get_if<std::int64_t>(&sizes->items[i]->is);
      const auto* stride = std::get_if<std::int64_t>(&strides->items[i]->is);
      if (size == nullptr || stride == nullptr || *size < 1 || *size > kMaxElements / n) {
        return broken("a tensor's shape cannot be");
      }
      if (*size > 1 && *stride != n) {
        return {Code::kUnsupported, "a tensor is not contiguous"};
      }
      n *= *size;
      out.shape.insert(out.shape.begin(), *size);
    }
    const auto width = static_cast<std::int64_t>(dtype_bytes(storage->dtype));
    const auto n_there = static_cast<std::int64_t>(storage->bytes.size()) / width;
    if (*offset > n_there || n > n_there - *offset) return broken("a tensor exceeds its storage");
    out.bytes = storage->bytes.subspan(static_cast<std::size_t>(*offset * width),
                                       static_cast<std::size_t>(n * width));
    return push(std::move(out));
  }

  ByteReader program_;
  const ZipEntries& entries_;
  const std::string prefix_;
  std::vector<Ref> stack_;
  std::map<std::uint32_t, Ref> memo_;
};

}  // namespace

Result<TensorMap> parse_torch(std::span<const std::byte> file) {
  QUERN_ASSIGN(const ZipEntries entries, read_stored_zip(file));
  constexpr std::string_view kProgram = "data.pkl";
  for (const auto& [name, bytes] : entries) {
    if (!name.ends_with(kProgram)) continue;
    if (bytes.size() > kMaxProgram) return broken("its program is too long");
    const std::string prefix = name.substr(0, name.size() - kProgram.size());
    const auto order = entries.find(prefix + "byteorder");
    const std::string_view little = "little";
    if (order != entries.end() &&
        std::string_view(reinterpret_cast<const char*>(order->second.data()),
                         order->second.size()) != little) {
      return Status(Code::kUnsupported, "its numbers are not little-endian");
    }
    QUERN_ASSIGN(const Ref top, Machine(bytes, entries, prefix).run());
    const auto* dictionary = std::get_if<Dictionary>(&top->is);
    if (dictionary == nullptr) return broken("it holds no dictionary");
    TensorMap out;
    for (const auto& [key, value] : *dictionary->items) {
      out.insert_or_assign(*std::get_if<std::string>(&key->is),
                           *std::get_if<TensorEntry>(&value->is));
    }
    return out;
  }
  return broken("it has no data.pkl");
}

}  // namespace quern::formats
