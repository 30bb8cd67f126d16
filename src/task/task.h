// PORT Task: one payload in, one answer out. A pipeline answers here, a client answers by sending
// the bytes to a node; callers cannot tell them apart.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "task/answer.h"
#include "task/context.h"
#include "task/hint.h"
#include "task/session.h"

namespace perigee::task {

using Options = std::map<std::string, std::string, std::less<>>;

struct Payload {
  std::span<const std::byte> bytes;  // borrowed for the length of the call
  std::string media_type;            // "image/jpeg"; empty: look at the bytes
  Options options;                   // as OptionSpec names them; unknown ones are refused
};

struct OptionSpec {
  std::string name;
  std::string type;  // "number" or "integer"
  double minimum = 0;
  double maximum = 0;
  std::string summary;  // one sentence, for GET /v1/tasks and the help text
};

struct Description {
  std::string name;
  std::string summary;
  std::vector<std::string> media_types;
  std::vector<OptionSpec> options;
  std::vector<ModelVersion> models;
  std::vector<std::string> labels;  // what a face's expression may be, in the answer's order
  std::vector<OptionSpec> stream_options = {};  // of OpenSession, beside `options`
};

// Thread-safe: Run is called from many threads at once.
class Task {
 public:
  virtual ~Task() = default;
  virtual const Description& description() const = 0;
  // Blocks until the answer, the deadline or the stop token; the last two give DeadlineExceeded
  // and Cancelled.
  virtual Result<Answer> Run(const Payload& payload, const Context& context) = 0;
  // A stream of frames; `options` as in a Payload. `context` is the stream's: its stop ends it.
  // Unimplemented unless the task says otherwise.
  virtual Result<std::unique_ptr<Session>> OpenSession(const Options& options,
                                                       const Context& context, Session::Sink sink);
  // For a payload that would arrive now and be due after `budget`, or kUsualBudget.
  virtual Hint hint(Duration /*budget*/) const { return {}; }
};

}  // namespace perigee::task
