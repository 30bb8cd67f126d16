#include "adapters/net/response_head.h"

#include <fmt/format.h>
#include <strings.h>

#include <array>
#include <iterator>
#include <utility>

namespace perigee::net {
namespace {

struct Reason {
  int status;
  std::string_view phrase;
};

constexpr Reason kReasons[] = {
    {101, "Switching Protocols"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {304, "Not Modified"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {422, "Unprocessable Content"},
    {426, "Upgrade Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {499, "Client Closed Request"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
};

std::string_view ReasonPhrase(int status) {
  for (const Reason& reason : kReasons) {
    if (reason.status == status) return reason.phrase;
  }
  return "Status";
}

bool EqualsName(std::string_view name, std::string_view lower) {
  return name.size() == lower.size() && ::strncasecmp(name.data(), lower.data(), lower.size()) == 0;
}

bool IsFraming(std::string_view name) {
  constexpr std::array<std::string_view, 4> kNames{"content-length", "transfer-encoding",
                                                   "connection", "date"};
  for (const std::string_view framing : kNames) {
    if (EqualsName(name, framing)) return true;
  }
  return false;
}

void AppendClean(std::string& head, std::string_view text) {
  for (const char c : text) head.push_back(c == '\r' || c == '\n' || c == '\0' ? ' ' : c);
}

void AppendField(std::string& head, std::string_view name, std::string_view value) {
  AppendClean(head, name);
  head.append(": ");
  AppendClean(head, value);
  head.append("\r\n");
}

void AppendNumber(std::string& head, unsigned value, unsigned digits) {
  if (digits > 1) AppendNumber(head, value / 10, digits - 1);
  head.push_back(static_cast<char>('0' + value % 10));
}

// "Sun, 06 Nov 1994 08:49:37 GMT". By hand: the library's formatting costs more than all the rest.
void AppendDate(std::string& head, std::chrono::sys_seconds time) {
  constexpr std::string_view kDays = "SunMonTueWedThuFriSat";
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const auto second = static_cast<unsigned>((time - day).count());
  head.append("Date: ").append(
      kDays.substr(std::size_t{3} * std::chrono::weekday(day).c_encoding(), 3));
  head.append(", ");
  AppendNumber(head, static_cast<unsigned>(date.day()), 2);
  head.append(" ").append(
      kMonths.substr(std::size_t{3} * (static_cast<unsigned>(date.month()) - 1), 3));
  head.append(" ");
  AppendNumber(head, static_cast<unsigned>(static_cast<int>(date.year())), 4);
  for (const auto& [mark, value] : {std::pair(' ', second / 3600), std::pair(':', second / 60 % 60),
                                    std::pair(':', second % 60)}) {
    head.push_back(mark);
    AppendNumber(head, value, 2);
  }
  head.append(" GMT\r\n");
}

}  // namespace

std::chrono::sys_seconds DateNow() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

bool StatusHasBody(int status) { return status >= 200 && status != 204 && status != 304; }

bool AsksToClose(const HttpResponse& response) {
  return EqualsName(HeaderValue(response.headers, "connection"), "close");
}

std::string ResponseHead(const HttpResponse& response, const ResponseFraming& framing) {
  std::string head;
  head.reserve(256);
  fmt::format_to(std::back_inserter(head), "HTTP/1.1 {} {}\r\n", response.status,
                 ReasonPhrase(response.status));
  if (StatusHasBody(response.status)) {
    if (!response.content_type.empty()) AppendField(head, "Content-Type", response.content_type);
    fmt::format_to(std::back_inserter(head), "Content-Length: {}\r\n", response.body.size());
  }
  for (const auto& [name, value] : response.headers) {
    if (!IsFraming(name)) AppendField(head, name, value);
  }
  if (framing.date) AppendDate(head, *framing.date);
  if (response.upgrade) {
    head.append("Connection: Upgrade\r\n");
  } else if (framing.after == AfterAnswer::kClose) {
    head.append("Connection: close\r\n");
  } else if (framing.is_http_1_0) {
    head.append("Connection: keep-alive\r\n");
  }
  head.append("\r\n");
  return head;
}

}  // namespace perigee::net
