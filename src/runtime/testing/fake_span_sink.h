// A SpanSink that keeps what it gets. Thread-safe.
#pragma once

#include <iterator>
#include <vector>

#include "runtime/guarded.h"
#include "runtime/span.h"

namespace perigee::runtime {

class FakeSpanSink final : public SpanSink {
 public:
  void Push(std::vector<Span> spans) override {
    spans_.With([&](std::vector<Span>& all) {
      all.insert(all.end(), std::make_move_iterator(spans.begin()),
                 std::make_move_iterator(spans.end()));
    });
  }
  std::vector<Span> spans() const {
    return spans_.With([](const std::vector<Span>& all) { return all; });
  }

 private:
  Guarded<std::vector<Span>> spans_;
};

}  // namespace perigee::runtime
