// libcurl, loaded when something is fetched and not before: it brings some thirty libraries, which
// would cost every start of the program tens of milliseconds.

#pragma once

#include <curl/curl.h>

#include "base/status.h"

namespace quern::net {

struct CurlLibrary {
  decltype(&::curl_global_init) global_init = nullptr;
  decltype(&::curl_easy_init) easy_init = nullptr;
  decltype(&::curl_easy_cleanup) easy_cleanup = nullptr;
  decltype(&::curl_easy_reset) easy_reset = nullptr;
  decltype(&::curl_easy_setopt) easy_setopt = nullptr;
  decltype(&::curl_easy_perform) easy_perform = nullptr;
  decltype(&::curl_easy_getinfo) easy_getinfo = nullptr;
  decltype(&::curl_easy_strerror) easy_strerror = nullptr;
  decltype(&::curl_slist_append) slist_append = nullptr;
  decltype(&::curl_slist_free_all) slist_free_all = nullptr;
};

/// Loaded once. Threads: any. Errors: kUnavailable where there is none on this machine.
const Result<CurlLibrary>& curl_library();

}  // namespace quern::net
