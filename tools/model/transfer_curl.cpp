// SPDX-License-Identifier: MIT
#include <curl/curl.h>
#include <strings.h>

#include <cstdlib>
#include <memory>
#include <optional>
#include <string_view>

#include "tools/model/transfer.h"

namespace cnn::tools {
namespace {

constexpr long most_redirections = 5;
constexpr long connect_seconds = 30;
constexpr long silent_seconds = 60;

using Handle = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;

/// The answer that is being read. Redirections bring several, of which the last counts.
struct Answer {
  CURL* handle;
  const Transfer& wanted;
  std::optional<uint64_t> range_begin;
  bool begun = false;
  std::string refusal;  ///< of a callback, or why the answer does not fit

  long status() const {
    long code = 0;
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &code);
    return code;
  }
  bool refuse(std::string why) {
    refusal = std::move(why);
    return false;
  }
  bool take(const Status& status) { return status ? true : refuse(status.error().what); }

  bool begin() {
    begun = true;
    if (wanted.from == 0) return take(wanted.begin(0));
    if (status() != 206) return take(wanted.begin(0));
    if (range_begin != wanted.from) return refuse("the server sent another part of the file than was asked for");
    return take(wanted.begin(wanted.from));
  }
};

size_t on_header(char* text, size_t size, size_t count, void* answer) {
  Answer& at = *static_cast<Answer*>(answer);
  const std::string line(text, size * count);
  constexpr std::string_view range = "content-range: bytes ";
  if (line.starts_with("HTTP/")) at.range_begin.reset();
  if (line.size() > range.size() && strncasecmp(line.c_str(), range.data(), range.size()) == 0)
    at.range_begin = std::strtoull(line.c_str() + range.size(), nullptr, 10);
  return size * count;
}

size_t on_body(char* bytes, size_t size, size_t count, void* answer) {
  Answer& at = *static_cast<Answer*>(answer);
  if (!at.begun && !at.begin()) return CURL_WRITEFUNC_ERROR;
  if (!at.take(at.wanted.body({bytes, size * count}))) return CURL_WRITEFUNC_ERROR;
  return size * count;
}

void set_up(CURL* handle, Answer& answer, char* reason) {
  const std::string& url = answer.wanted.url;
  curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "https,http,file");
  curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(handle, CURLOPT_MAXREDIRS, most_redirections);
  curl_easy_setopt(handle, CURLOPT_REDIR_PROTOCOLS_STR, url.starts_with("http:") ? "https,http" : "https");
  curl_easy_setopt(handle, CURLOPT_FAILONERROR, 1L);
  curl_easy_setopt(handle, CURLOPT_MAXFILESIZE_LARGE, static_cast<curl_off_t>(answer.wanted.most));
  curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT, connect_seconds);
  curl_easy_setopt(handle, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(handle, CURLOPT_LOW_SPEED_TIME, silent_seconds);
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_USERAGENT, "gst-cnn/" CNN_VERSION);
  curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, reason);
  curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(handle, CURLOPT_HEADERDATA, &answer);
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &answer);
  // A range of one's own, not CURLOPT_RESUME_FROM: that one fails where a server answers with the whole file.
  if (answer.wanted.from > 0)
    curl_easy_setopt(handle, CURLOPT_RANGE, (std::to_string(answer.wanted.from) + "-").c_str());
}

TransferEnd end_of(CURLcode code, long status) {
  switch (code) {
    case CURLE_OK:
      return TransferEnd::Complete;
    case CURLE_PARTIAL_FILE:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_COULDNT_CONNECT:
    case CURLE_HTTP2_STREAM:
      return TransferEnd::Interrupted;
    case CURLE_HTTP_RETURNED_ERROR:
      if (status == 416) return TransferEnd::RangeRefused;
      return status >= 500 ? TransferEnd::Interrupted : TransferEnd::Failed;
    default:
      return TransferEnd::Failed;
  }
}

}  // namespace

TransferOutcome transfer(const Transfer& wanted) {
  static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
  const Handle handle(ready == CURLE_OK ? curl_easy_init() : nullptr, &curl_easy_cleanup);
  if (!handle) return {TransferEnd::Failed, "libcurl cannot be initialised"};
  Transfer from_start = wanted;
  // Local files are there at once, and curl states no status for their ranges.
  if (wanted.url.starts_with("file:")) from_start.from = 0;
  Answer answer{handle.get(), from_start, {}, false, {}};
  char reason[CURL_ERROR_SIZE] = "";
  set_up(handle.get(), answer, reason);
  const CURLcode code = curl_easy_perform(handle.get());
  // From version 8.4 on libcurl counts bodies without a stated length, too: what came of one is not of the file.
  const bool too_long = code == CURLE_FILESIZE_EXCEEDED;
  if (too_long && answer.begun) answer.take(wanted.begin(0));
  if (!answer.refusal.empty()) return {TransferEnd::Failed, answer.refusal};
  if (too_long)
    return {TransferEnd::Failed,
            "the server has more than the " + std::to_string(wanted.most) + " bytes that are stated"};
  if (code == CURLE_OK && !answer.begun && !answer.begin()) return {TransferEnd::Failed, answer.refusal};
  return {end_of(code, answer.status()), *reason ? reason : curl_easy_strerror(code)};
}

bool has_transfer() { return true; }

}  // namespace cnn::tools
