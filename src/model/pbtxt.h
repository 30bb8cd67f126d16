// Protocol buffers' text format read into a tree, without any schema: what config.pbtxt files are
// written in. Bounded in size, depth and fields. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace perigee::model {

struct PbField {
  enum class Kind { kWord, kText, kMessage };
  std::string name;
  int line = 0;
  Kind kind = Kind::kWord;
  std::string text;             // kWord: a number or a name as it stands; kText: without quotes
  std::vector<PbField> fields;  // kMessage; a list `a: [1, 2]` is two fields `a`
};

// InvalidArgument: "line 3: ...".
Result<std::vector<PbField>> ParsePbtxt(std::string_view text);

}  // namespace perigee::model
