// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <variant>

namespace cnn {

/// What kind of thing went wrong; the plugin maps it to a GStreamer error domain.
enum class ErrorCode { Io, InvalidModel, Unsupported, InvalidArgument, BackendUnavailable, DeviceFailure };

/// `what` is one sentence without capital and full stop: what, where and with which numbers.
struct [[nodiscard]] Error {
  ErrorCode code;
  std::string what;
};

/// Concatenates `parts` with operator<< into an Error's text.
template <class... Parts>
Error error(ErrorCode code, const Parts&... parts) {
  std::ostringstream text;
  (text << ... << parts);
  return {code, std::move(text).str()};
}

/// A value or the Error that prevented it. Becomes std::expected once GCC 13 is the floor.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}
  Result(Error failure) : state_(std::move(failure)) {}

  bool ok() const { return std::holds_alternative<T>(state_); }
  explicit operator bool() const { return ok(); }
  T& value() & { return std::get<T>(state_); }
  const T& value() const& { return std::get<T>(state_); }
  T&& value() && { return std::get<T>(std::move(state_)); }
  const Error& error() const { return std::get<Error>(state_); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

 private:
  std::variant<T, Error> state_;
};

/// Success or the Error that prevented it.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error failure) : failure_(std::move(failure)) {}

  bool ok() const { return !failure_; }
  explicit operator bool() const { return ok(); }
  const Error& error() const { return *failure_; }

 private:
  std::optional<Error> failure_;
};

using Status = Result<void>;

}  // namespace cnn

#define CNN_JOIN_(a, b) a##b
#define CNN_JOIN(a, b) CNN_JOIN_(a, b)

/// Declares `var` with the value of `expr`, or returns its Error from the enclosing function.
#define CNN_TRY(var, expr)                                                   \
  auto CNN_JOIN(result_, __LINE__) = (expr);                                 \
  if (!CNN_JOIN(result_, __LINE__)) return CNN_JOIN(result_, __LINE__).error(); \
  auto var = std::move(CNN_JOIN(result_, __LINE__)).value()

/// Returns the Error of `expr`, if it has one, from the enclosing function.
#define CNN_CHECK(expr)                               \
  do {                                                \
    if (auto status_ = (expr); !status_) return status_.error(); \
  } while (false)
