#include "apps/code/git_index.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include <fmt/format.h>

namespace quern::apps {
namespace {

constexpr std::size_t kMaxPathBytes = 4096;  // No system call takes more.
constexpr std::size_t kStatBytes = 40;       // Before the hash of an entry.
constexpr std::size_t kModeAt = 24;
constexpr std::uint32_t kSubmodule = 0xE000, kFolder = 0x4000;  // Of a mode's upper four bits.
constexpr unsigned kExtended = 0x4000;

Status damaged(std::string_view what) {
  return {Code::kBadInput, fmt::format("the git index is damaged: {}", what)};
}

// What stands in `bytes`, from the front; a read behind the end gives zeros and is remembered.
class BigEndian {
 public:
  explicit BigEndian(std::string_view bytes) : bytes_(bytes) {}

  std::uint64_t number(std::size_t n) {
    std::uint64_t out = 0;
    for (const char c : take(n)) out = out << 8 | static_cast<unsigned char>(c);
    return out;
  }
  std::string_view take(std::size_t n) {
    if (n > left()) {
      is_short_ = true;
      pos_ = bytes_.size();
      return {};
    }
    pos_ += n;
    return bytes_.substr(pos_ - n, n);
  }
  std::string_view take_string() {
    const std::size_t end = bytes_.find('\0', pos_);
    const std::string_view out = take(end == std::string_view::npos ? left() + 1 : end - pos_);
    take(1);
    return out;
  }
  std::size_t pos() const { return pos_; }
  std::size_t left() const { return bytes_.size() - pos_; }
  bool is_short() const { return is_short_; }

 private:
  std::string_view bytes_;
  std::size_t pos_ = 0;
  bool is_short_ = false;
};

// Source: git's varint of offsets: each further byte adds one to what is before it.
std::size_t take_varint(BigEndian& in) {
  std::uint64_t byte = in.number(1);
  std::size_t out = byte & 0x7F;
  while ((byte & 0x80) != 0 && !in.is_short() && out < kMaxPathBytes) {
    byte = in.number(1);
    out = ((out + 1) << 7) + (byte & 0x7F);
  }
  return out;
}

// Bits that are set in a bitmap of runs and literal words, up to `n_bits`.
// Source: gitformat-bitmap(5), appendix A: a word of one bit for a run's value, 32 for its words,
// 31 for the literal words that follow.
std::optional<std::vector<bool>> take_bitmap(BigEndian& in, std::size_t n_bits) {
  std::vector<bool> bits(n_bits, false);
  in.number(4);
  const std::size_t n_words = in.number(4);
  if (in.is_short() || n_words > in.left() / 8) return std::nullopt;
  std::size_t word = 0;
  const auto set = [&](std::uint64_t value) {
    for (std::size_t bit = 0; value != 0; ++bit, value >>= 1) {
      if ((value & 1) != 0 && word * 64 + bit < n_bits) bits[word * 64 + bit] = true;
    }
    ++word;
  };
  for (std::size_t i = 0; i < n_words;) {
    const std::uint64_t run = in.number(8);
    ++i;
    const std::uint64_t n_run = run >> 1 & 0xFFFFFFFF;
    const std::uint64_t n_literal = run >> 33;
    if (n_literal > n_words - i) return std::nullopt;
    if ((run & 1) == 0) {
      word += n_run;
    } else {
      for (std::uint64_t j = 0; j < n_run && word * 64 < n_bits; ++j) set(~std::uint64_t{0});
    }
    for (std::uint64_t j = 0; j < n_literal; ++j, ++i) set(in.number(8));
  }
  in.number(4);
  return bits;
}

}  // namespace

// One file, its entries as they stand: also several of one path, and none of a path.
struct GitIndex::Reader {
  std::string names;
  std::vector<Entry> entries;
  std::vector<bool> is_left_out;  // As entries: folders of a sparse index.
  std::string base;               // The hash of a split index's base, as its file's name has it.
  std::string_view deleted;       // The bitmap of what is no longer in it.

  Status add(std::string_view path, std::uint32_t mode) {
    if (path.size() > kMaxPathBytes) return damaged("a path is too long");
    if (names.size() + path.size() > std::numeric_limits<std::uint32_t>::max()) {
      return {Code::kTooLarge, "the git index is too large"};
    }
    entries.push_back({.begin = static_cast<std::uint32_t>(names.size()),
                       .n_bytes = static_cast<std::uint16_t>(path.size()),
                       .is_submodule = (mode & 0xF000) == kSubmodule});
    is_left_out.push_back((mode & 0xF000) == kFolder);
    names += path;
    return {};
  }

  Status read_entries(BigEndian& in, std::uint32_t version, std::size_t n_entries,
                      std::size_t n_hash_bytes) {
    std::string previous;
    entries.reserve(n_entries);
    for (std::size_t i = 0; i < n_entries; ++i) {
      const std::size_t begin = in.pos();
      in.take(kModeAt);
      const auto mode = static_cast<std::uint32_t>(in.number(4));
      in.take(kStatBytes - kModeAt - 4 + n_hash_bytes);
      const auto flags = static_cast<unsigned>(in.number(2));
      if ((flags & kExtended) != 0) in.take(2);
      if (version < 4) {
        const std::string_view path = in.take_string();
        QUERN_TRY(add(path, mode));
        const std::size_t n_padding = (8 - (in.pos() - begin) % 8) % 8;
        in.take(n_padding);
      } else {
        const std::size_t n_cut = take_varint(in);
        if (n_cut > previous.size()) return damaged("a path has no beginning");
        previous.resize(previous.size() - n_cut);
        previous += in.take_string();
        QUERN_TRY(add(previous, mode));
      }
      if (in.is_short()) return damaged("it ends in the midst of an entry");
    }
    return {};
  }

  Status read_extensions(BigEndian& in, std::size_t n_hash_bytes) {
    while (in.left() >= n_hash_bytes + 8) {
      const std::string_view name = in.take(4);
      const std::string_view body = in.take(in.number(4));
      if (in.is_short()) return damaged("it ends in the midst of an extension");
      if (name == "link") {
        if (body.size() < n_hash_bytes) return damaged("a split index has no base");
        for (const char c : body.substr(0, n_hash_bytes)) {
          base += fmt::format("{:02x}", static_cast<unsigned char>(c));
        }
        // All zeros: nothing is shared.
        if (base.find_first_not_of('0') == std::string::npos) base.clear();
        deleted = body.substr(n_hash_bytes);
      } else if (name != "sdir" && (name[0] < 'A' || name[0] > 'Z')) {
        return {Code::kUnsupported,
                fmt::format("the git index has an extension '{}' that is not known", name)};
      }
    }
    if (in.left() != n_hash_bytes) return damaged("it does not end in a checksum");
    return {};
  }

  Status read(std::string_view bytes, std::size_t n_hash_bytes) {
    BigEndian in(bytes);
    if (in.take(4) != "DIRC") return damaged("it does not begin as one");
    const auto version = static_cast<std::uint32_t>(in.number(4));
    const std::size_t n_entries = in.number(4);
    if (in.is_short()) return damaged("it is too short");
    if (version < 2 || version > 4) {
      return {Code::kUnsupported,
              fmt::format("the git index has version {}, want 2 to 4", version)};
    }
    if (n_entries > in.left() / (kStatBytes + n_hash_bytes + 2)) {
      return damaged("it is too short for its entries");
    }
    QUERN_TRY(read_entries(in, version, n_entries, n_hash_bytes));
    return read_extensions(in, n_hash_bytes);
  }
};

Result<GitIndex> GitIndex::from_bytes(std::string_view bytes, std::size_t n_hash_bytes,
                                      const ReadBeside& read_beside) {
  Reader own;
  QUERN_TRY(own.read(bytes, n_hash_bytes));
  if (!own.base.empty()) {
    QUERN_ASSIGN(const std::string base_bytes, read_beside("sharedindex." + own.base));
    Reader base;
    QUERN_TRY(base.read(base_bytes, n_hash_bytes));
    if (!base.base.empty()) return damaged("the base of a split index is split");
    std::vector<bool> is_deleted(base.entries.size(), false);
    if (!own.deleted.empty()) {
      BigEndian in(own.deleted);
      auto bits = take_bitmap(in, base.entries.size());
      if (!bits || in.is_short()) return damaged("a split index has a bitmap that is none");
      is_deleted = std::move(*bits);
    }
    // What replaces an entry of the base has its path and is here without one.
    for (std::size_t i = 0; i < base.entries.size(); ++i) {
      if (is_deleted[i] || base.is_left_out[i]) continue;
      const Entry& entry = base.entries[i];
      QUERN_TRY(own.add(std::string_view(base.names).substr(entry.begin, entry.n_bytes),
                        entry.is_submodule ? kSubmodule : 0));
    }
  }
  GitIndex out;
  out.entries_.reserve(own.entries.size());
  for (std::size_t i = 0; i < own.entries.size(); ++i) {
    if (!own.is_left_out[i] && own.entries[i].n_bytes > 0) out.entries_.push_back(own.entries[i]);
  }
  out.names_ = std::move(own.names);
  const auto path_of = [&](const Entry& entry) {
    return std::string_view(out.names_).substr(entry.begin, entry.n_bytes);
  };
  const auto is_less = [&](const Entry& a, const Entry& b) { return path_of(a) < path_of(b); };
  if (!std::is_sorted(out.entries_.begin(), out.entries_.end(), is_less)) {
    if (own.base.empty()) return damaged("its paths are not in order");
    std::sort(out.entries_.begin(), out.entries_.end(), is_less);
  }
  out.entries_.erase(
      std::unique(out.entries_.begin(), out.entries_.end(),
                  [&](const Entry& a, const Entry& b) { return path_of(a) == path_of(b); }),
      out.entries_.end());
  return out;
}

bool GitIndex::has_same_paths(const GitIndex& other) const {
  if (n_paths() != other.n_paths()) return false;
  for (std::size_t i = 0; i < n_paths(); ++i) {
    if (path(i) != other.path(i) || is_submodule(i) != other.is_submodule(i)) return false;
  }
  return true;
}

std::size_t GitIndex::end_of_folder(std::string_view folder, std::size_t first,
                                    std::size_t last) const {
  // Most folders are small: step by step, then by halves.
  std::size_t step = 1;
  std::size_t inside = first;
  const auto is_inside = [&](std::size_t i) { return path(i).substr(0, folder.size()) == folder; };
  while (inside < last && is_inside(inside)) {
    first = inside + 1;
    inside += step;
    step *= 2;
  }
  last = std::min(inside, last);
  while (first < last) {
    const std::size_t middle = first + (last - first) / 2;
    if (is_inside(middle)) {
      first = middle + 1;
    } else {
      last = middle;
    }
  }
  return first;
}

std::size_t GitIndex::first_from(std::string_view path) const {
  const auto found = std::lower_bound(
      entries_.begin(), entries_.end(), path, [&](const Entry& entry, std::string_view wanted) {
        return std::string_view(names_).substr(entry.begin, entry.n_bytes) < wanted;
      });
  return static_cast<std::size_t>(found - entries_.begin());
}

}  // namespace quern::apps
