#include "net/curl_library.h"

#include <dlfcn.h>
#include <fmt/format.h>

namespace quern::net {
namespace {

// Either will do: they differ in who does TLS.
constexpr const char* kNames[] = {"libcurl.so.4", "libcurl-gnutls.so.4"};

Result<CurlLibrary> load() {
  void* library = nullptr;
  std::string reason;
  for (const char* name : kNames) {
    library = ::dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (library != nullptr) break;
    if (reason.empty()) reason = ::dlerror();
  }
  if (library == nullptr) {
    return {Code::kUnavailable,
            fmt::format("fetching needs libcurl (Debian's package is libcurl4): {}", reason)};
  }
  CurlLibrary curl;
  bool has_all = true;
  const auto find = [&](const char* name, auto& function) {
    function =
        reinterpret_cast<std::remove_reference_t<decltype(function)>>(::dlsym(library, name));
    has_all = has_all && function != nullptr;
  };
  find("curl_global_init", curl.global_init);
  find("curl_easy_init", curl.easy_init);
  find("curl_easy_cleanup", curl.easy_cleanup);
  find("curl_easy_reset", curl.easy_reset);
  find("curl_easy_setopt", curl.easy_setopt);
  find("curl_easy_perform", curl.easy_perform);
  find("curl_easy_getinfo", curl.easy_getinfo);
  find("curl_easy_strerror", curl.easy_strerror);
  find("curl_slist_append", curl.slist_append);
  find("curl_slist_free_all", curl.slist_free_all);
  // Not thread-safe in every libcurl, so here and before the first handle.
  if (!has_all || curl.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
    return {Code::kUnavailable, "fetching needs libcurl, and the one here cannot be used"};
  }
  return curl;
}

}  // namespace

const Result<CurlLibrary>& curl_library() {
  static const Result<CurlLibrary> library = load();
  return library;
}

}  // namespace quern::net
