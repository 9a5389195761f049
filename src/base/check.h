// Checks of our own promises. A failed check is a bug in this program, never a user's mistake:
// it prints file, line and expression and stops.

#pragma once

namespace quern {

[[noreturn]] void check_failed(const char* file, int line, const char* expression);

}  // namespace quern

#define QUERN_CHECK(expr) \
  ((expr) ? static_cast<void>(0) : ::quern::check_failed(__FILE__, __LINE__, #expr))

#ifdef NDEBUG
#define QUERN_DCHECK(expr) static_cast<void>(0)
#else
#define QUERN_DCHECK(expr) QUERN_CHECK(expr)
#endif
