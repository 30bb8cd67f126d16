// How often a task names the expression right, over a user's own labelled photographs: what
// `perigee evaluate` calls. Reads files; starts its own threads and joins them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "task/task.h"

namespace perigee::trial {

inline constexpr int kEvaluateThreadsMax = 256;

struct EvaluateOptions {
  std::filesystem::path folder;     // FOLDER/<label>/*.jpg
  std::vector<std::string> labels;  // what the task may answer, in the order of the report
  int threads = 2;                  // photographs in flight
  task::Options options;            // passed to the task with each
  Duration timeout = std::chrono::seconds(30);                        // of one photograph
  std::uintmax_t photo_bytes_max = std::uintmax_t{64} * 1024 * 1024;  // a larger file is not read
};

// A photograph that got no answer.
struct Unanswered {
  std::string photo;  // relative to the folder
  Error error;
};

struct ClassResult {
  std::string label;
  std::uint64_t photos = 0;    // answered, of this folder
  std::uint64_t no_face = 0;   // of these, without any face found
  std::uint64_t answered = 0;  // how often this label was given, rightly or not
  std::uint64_t correct = 0;
  std::optional<double> precision;  // correct / answered; empty: never given
  std::optional<double> recall;     // correct / photographs with a face; empty: none
};

// The largest face of a photograph is the one that its label is about.
struct Evaluation {
  std::uint64_t photos = 0;   // found in the folder
  std::uint64_t no_face = 0;  // answered, but without a face
  std::uint64_t faces = 0;    // answered with one: the sum of `confusion`
  std::uint64_t correct = 0;
  std::optional<double> accuracy_found;               // correct / faces
  std::optional<double> accuracy_all;                 // correct / (faces + no_face)
  std::vector<ClassResult> classes;                   // in the order of the labels
  std::vector<std::vector<std::uint64_t>> confusion;  // [true label][given label]
  std::vector<Unanswered> unanswered;                 // by path
};

// Errors: those of FindPhotos; InvalidArgument for options; Cancelled if stopped; if not a single
// photograph was answered, the error of the first.
Result<Evaluation> Evaluate(task::Task& task, const EvaluateOptions& options, const Clock& clock,
                            const std::stop_token& stop);

}  // namespace perigee::trial
