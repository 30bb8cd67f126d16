// A Task whose streams answer each frame on the thread that pushes it, or keep it until the test
// says so. For the tests of servers. Thread-safe.
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "task/options.h"
#include "task/task.h"

namespace perigee::task {

class FakeStreamTask final : public Task {
 public:
  explicit FakeStreamTask(std::string name) {
    description_.name = std::move(name);
    description_.options = {{"every", "integer", 1, 9, ""}};
  }

  const Description& description() const override { return description_; }
  Result<Answer> Run(const Payload&, const Context&) override {
    return Fail(Unimplemented("run: a fake of streams"));
  }
  Result<std::unique_ptr<Session>> OpenSession(const Options& options, const Context& context,
                                               Session::Sink sink) override {
    TRY(CheckOptions(options, description_));
    const std::scoped_lock lock(mutex_);
    context_ = context;
    return std::make_unique<Stream>(*this, std::move(sink));
  }

  // Frames are kept from now on.
  void Hold() {
    const std::scoped_lock lock(mutex_);
    held_ = true;
  }
  // Those kept are answered, in their order, and later ones at once.
  void Release() {
    for (;;) {
      std::unique_lock lock(mutex_);
      held_ = !kept_.empty();
      if (!held_) return;
      const Kept kept = std::move(kept_.front());
      kept_.pop_front();
      lock.unlock();
      kept.sink(AnswerTo(kept.frame));
    }
  }
  Context context() const {
    const std::scoped_lock lock(mutex_);
    return context_;
  }
  Frame last() const {
    const std::scoped_lock lock(mutex_);
    return last_;
  }
  std::size_t kept() const {
    const std::scoped_lock lock(mutex_);
    return kept_.size();
  }

 private:
  struct Kept {
    Frame frame;
    Session::Sink sink;
  };
  class Stream final : public Session {
   public:
    Stream(FakeStreamTask& task, Sink sink) : task_(task), sink_(std::move(sink)) {}
    void Push(Frame frame) override {
      {
        const std::scoped_lock lock(task_.mutex_);
        task_.last_ = frame;
        if (task_.held_) return task_.kept_.push_back({std::move(frame), sink_});
      }
      sink_(AnswerTo(frame));
    }
    void Finish() override {}

   private:
    FakeStreamTask& task_;
    const Sink sink_;
  };

  // The picture's size for its width.
  static FrameAnswer AnswerTo(const Frame& frame) {
    Answer answer;
    answer.image_width = static_cast<int>(frame.picture().size());
    return {frame.id, frame.timestamp_us, FrameAnswer::Outcome::kAnswered, std::move(answer), {}};
  }

  Description description_;
  mutable std::mutex mutex_;
  // Guarded by mutex_.
  bool held_ = false;
  std::deque<Kept> kept_;
  Context context_;
  Frame last_;
};

}  // namespace perigee::task
