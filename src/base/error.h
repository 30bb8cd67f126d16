// The one error type. Ten codes, the words of gRPC; a message says what was attempted and why it
// failed: "decode jpeg: 3 bytes, no header". Values only; any thread.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace perigee {

enum class Code {
  kInvalidArgument,
  kNotFound,
  kUnauthenticated,
  kPermissionDenied,
  kResourceExhausted,
  kDeadlineExceeded,
  kCancelled,
  kUnavailable,
  kUnimplemented,
  kInternal,
};

// "InvalidArgument": the name as it stands in logs, metrics and answers.
std::string_view CodeName(Code code);

struct Error {
  Code code = Code::kInternal;
  std::string message;

  // The same error, its message led by what the caller was doing: "load emotion: no such file".
  Error Within(std::string_view attempt) && {
    message.insert(0, std::string(attempt) + ": ");
    return std::move(*this);
  }
};

inline Error InvalidArgument(std::string message) {
  return {Code::kInvalidArgument, std::move(message)};
}
inline Error NotFound(std::string message) { return {Code::kNotFound, std::move(message)}; }
inline Error Unauthenticated(std::string message) {
  return {Code::kUnauthenticated, std::move(message)};
}
inline Error PermissionDenied(std::string message) {
  return {Code::kPermissionDenied, std::move(message)};
}
inline Error ResourceExhausted(std::string message) {
  return {Code::kResourceExhausted, std::move(message)};
}
inline Error DeadlineExceeded(std::string message) {
  return {Code::kDeadlineExceeded, std::move(message)};
}
inline Error Cancelled(std::string message) { return {Code::kCancelled, std::move(message)}; }
inline Error Unavailable(std::string message) { return {Code::kUnavailable, std::move(message)}; }
inline Error Unimplemented(std::string message) {
  return {Code::kUnimplemented, std::move(message)};
}
inline Error Internal(std::string message) { return {Code::kInternal, std::move(message)}; }

}  // namespace perigee
