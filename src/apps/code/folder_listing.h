// The names in a folder, in the order of the paths below it.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace quern::apps {

struct ListedEntry {
  std::string_view name;   // In the listing's own memory.
  unsigned char type = 0;  // DT_REG, DT_DIR, ..., never DT_UNKNOWN.

  bool is_folder() const;
};

/// How paths are ordered that go on with these names: a folder's has a '/' behind it. `a.c` comes
/// before all that is in the folder `a`, and `a0` after it.
bool is_before(std::string_view a, bool is_folder_a, std::string_view b, bool is_folder_b);

class FolderListing {
 public:
  /// Reads the folder from its beginning; 0 or an errno. What was there is forgotten.
  int read(int folder_fd);

  const std::vector<ListedEntry>& entries() const { return entries_; }
  const ListedEntry* find(std::string_view name) const;

 private:
  std::string names_;  // Each ends in a NUL.
  std::vector<ListedEntry> entries_;
  std::vector<std::size_t> begins_;
};

}  // namespace quern::apps
