// Result<T>: a value or an Error, and TRY, which hands the error to the caller. No exceptions:
// *result, never result.value(), which throws.
#pragma once

#include <expected>
#include <utility>

#include "base/error.h"

namespace perigee {

template <typename T>
using Result = std::expected<T, Error>;

// `return Fail(InvalidArgument("..."))` from any function that returns a Result.
inline std::unexpected<Error> Fail(Error error) { return std::unexpected<Error>(std::move(error)); }

}  // namespace perigee

// The value of `expression`, or its error returned from the enclosing function:
//   const Image image = TRY(Decode(bytes));
// TRY stands alone: a whole initializer, `return` or statement. Inside a larger expression g++ 12
// leaks the temporaries built before it, so tools/check_style.py refuses it there.
#define TRY(expression)                                                                 \
  __extension__({                                                                       \
    auto try_result = (expression);                                                     \
    if (!try_result.has_value()) return std::unexpected(std::move(try_result).error()); \
    *std::move(try_result);                                                             \
  })
