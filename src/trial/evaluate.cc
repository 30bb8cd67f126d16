#include "trial/evaluate.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <system_error>
#include <thread>
#include <utility>

#include "trial/photo_folder.h"

namespace perigee::trial {
namespace {

namespace fs = std::filesystem;

// The label given to the largest face; empty: no face.
using Outcome = Result<std::optional<std::size_t>>;

Result<std::vector<std::byte>> ReadPhoto(const fs::path& path, std::uintmax_t bytes_max) {
  std::error_code error;
  const std::uintmax_t size = fs::file_size(path, error);
  if (error) return Fail(NotFound(fmt::format("read photograph: {}", error.message())));
  if (size > bytes_max) {
    return Fail(InvalidArgument(
        fmt::format("read photograph: {} bytes are more than {}", size, bytes_max)));
  }
  std::vector<std::byte> bytes(size);
  std::ifstream file(path, std::ios::binary);
  if (!file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(size))) {
    return Fail(NotFound("read photograph: cannot be opened or ended early"));
  }
  return bytes;
}

float Area(const task::Box& box) { return box.width * box.height; }

class EvaluateRun {
 public:
  EvaluateRun(task::Task& task, const EvaluateOptions& options, const Clock& clock,
              std::vector<LabelledPhoto> photos)
      : task_(task),
        options_(options),
        clock_(clock),
        photos_(std::move(photos)),
        outcomes_(photos_.size()) {}

  // One of several threads: takes photographs until there are no more.
  void Work(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      const std::size_t i = next_.fetch_add(1);
      if (i >= photos_.size()) return;
      outcomes_[i] = Ask(photos_[i].path, stop);
    }
  }

  Result<Evaluation> Report() const {
    Evaluation evaluation = Empty();
    for (std::size_t i = 0; i < photos_.size(); ++i) Count(i, evaluation);
    if (evaluation.unanswered.size() == photos_.size()) {
      const Unanswered& first = evaluation.unanswered.front();
      Error error = first.error;
      return Fail(std::move(error).Within(fmt::format("evaluate {}", first.photo)));
    }
    Finish(evaluation);
    return evaluation;
  }

 private:
  Outcome Ask(const fs::path& path, const std::stop_token& stop) const {
    const std::vector<std::byte> bytes = TRY(ReadPhoto(path, options_.photo_bytes_max));
    task::Payload payload{.bytes = bytes, .media_type = "", .options = options_.options};
    const task::Context context{.deadline = DeadlineAfter(clock_.Now(), options_.timeout),
                                .stop = stop,
                                .purpose = "evaluate"};
    const task::Answer answer = TRY(task_.Run(payload, context));
    if (answer.faces.empty()) return std::nullopt;
    const auto largest = std::ranges::max_element(
        answer.faces, {}, [](const task::Face& face) { return Area(face.box); });
    const std::optional<std::size_t> label = FindLabel(largest->emotion, options_.labels);
    if (!label) {
      return Fail(Internal(
          fmt::format("read the answer: {} is not a label of this task", largest->emotion)));
    }
    return label;
  }

  Evaluation Empty() const {
    const std::size_t labels = options_.labels.size();
    Evaluation evaluation;
    evaluation.photos = photos_.size();
    evaluation.confusion.assign(labels, std::vector<std::uint64_t>(labels));
    for (const std::string& label : options_.labels) {
      evaluation.classes.emplace_back().label = label;
    }
    return evaluation;
  }

  void Count(std::size_t i, Evaluation& evaluation) const {
    const LabelledPhoto& photo = photos_[i];
    const Outcome& outcome = outcomes_[i];
    if (!outcome) {
      evaluation.unanswered.push_back(
          {photo.path.lexically_relative(options_.folder).string(), outcome.error()});
      return;
    }
    ClassResult& truth = evaluation.classes[photo.label];
    ++truth.photos;
    const std::optional<std::size_t>& given = *outcome;
    if (!given) {
      ++truth.no_face;
      return;
    }
    ++evaluation.confusion[photo.label][*given];
  }

  static std::optional<double> Part(std::uint64_t part, std::uint64_t whole) {
    if (whole == 0) return std::nullopt;
    return static_cast<double>(part) / static_cast<double>(whole);
  }

  // What follows from the confusion table.
  static void Finish(Evaluation& evaluation) {
    for (std::size_t i = 0; i < evaluation.classes.size(); ++i) {
      ClassResult& result = evaluation.classes[i];
      for (const auto& row : evaluation.confusion) result.answered += row[i];
      result.correct = evaluation.confusion[i][i];
      result.precision = Part(result.correct, result.answered);
      result.recall = Part(result.correct, result.photos - result.no_face);
      evaluation.no_face += result.no_face;
      evaluation.faces += result.answered;
      evaluation.correct += result.correct;
    }
    evaluation.accuracy_found = Part(evaluation.correct, evaluation.faces);
    evaluation.accuracy_all = Part(evaluation.correct, evaluation.faces + evaluation.no_face);
  }

  task::Task& task_;
  const EvaluateOptions& options_;
  const Clock& clock_;
  const std::vector<LabelledPhoto> photos_;
  std::vector<Outcome> outcomes_;  // each written by the one thread that took it
  std::atomic<std::size_t> next_ = 0;
};

Result<void> CheckEvaluateOptions(const EvaluateOptions& options) {
  if (options.threads < 1 || options.threads > kEvaluateThreadsMax) {
    return Fail(InvalidArgument(fmt::format("evaluate: {} threads are outside 1..{}",
                                            options.threads, kEvaluateThreadsMax)));
  }
  if (options.labels.empty()) return Fail(InvalidArgument("evaluate: the task has no labels"));
  if (options.timeout <= Duration{}) return Fail(InvalidArgument("evaluate: the timeout is zero"));
  return {};
}

}  // namespace

Result<Evaluation> Evaluate(task::Task& task, const EvaluateOptions& options, const Clock& clock,
                            const std::stop_token& stop) {
  TRY(CheckEvaluateOptions(options));
  std::vector<LabelledPhoto> photos = TRY(FindPhotos(options.folder, options.labels));
  EvaluateRun run(task, options, clock, std::move(photos));
  try {
    std::vector<std::jthread> threads;
    threads.reserve(static_cast<std::size_t>(options.threads));
    for (int i = 0; i < options.threads; ++i) {
      threads.emplace_back([&run, stop] { run.Work(stop); });
    }
  } catch (const std::system_error& error) {
    return Fail(ResourceExhausted(fmt::format("evaluate: start a thread: {}", error.what())));
  }
  if (stop.stop_requested()) return Fail(Cancelled("evaluate: stopped"));
  return run.Report();
}

}  // namespace perigee::trial
