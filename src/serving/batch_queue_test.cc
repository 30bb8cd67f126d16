#include "serving/batch_queue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <list>
#include <random>
#include <string>

namespace perigee::serving {
namespace {

using std::chrono::milliseconds;
using Ids = std::vector<std::uint64_t>;

constexpr TimePoint kStart{std::chrono::hours(1)};

TimePoint At(int ms) { return kStart + milliseconds(ms); }

Ids Popped(BatchQueue& queue, TimePoint now = kStart) {
  Ids ids;
  queue.Pop(now, ids);
  return ids;
}

Ids Expired(BatchQueue& queue, TimePoint now) {
  Ids ids;
  queue.Expire(now, ids);
  return ids;
}

TEST(BatchQueue, RefusesWhenTheQueueIsFull) {
  BatchQueue queue({.queue_max = 2});
  ASSERT_TRUE(queue.Push({.id = 1}, kStart).has_value());
  ASSERT_TRUE(queue.Push({.id = 2}, kStart).has_value());
  EXPECT_EQ(queue.Push({.id = 3}, kStart).error().code, Code::kResourceExhausted);
  EXPECT_EQ(Popped(queue), Ids{1});
  EXPECT_TRUE(queue.Push({.id = 3}, kStart).has_value());
}

TEST(BatchQueue, RefusesWhatIsLateOnArrival) {
  BatchQueue queue({});
  EXPECT_EQ(queue.Push({.id = 1, .deadline = kStart}, kStart).error().code,
            Code::kDeadlineExceeded);
  EXPECT_EQ(queue.size(), 0U);
}

TEST(BatchQueue, RunsTheEarliestDeadlineFirstAndEqualOnesInTurn) {
  BatchQueue queue({});
  ASSERT_TRUE(queue.Push({.id = 1}, kStart).has_value());
  ASSERT_TRUE(queue.Push({.id = 2, .deadline = At(50)}, kStart).has_value());
  ASSERT_TRUE(queue.Push({.id = 3, .deadline = At(20)}, kStart).has_value());
  ASSERT_TRUE(queue.Push({.id = 4, .deadline = At(20)}, kStart).has_value());
  ASSERT_TRUE(queue.Push({.id = 5}, kStart).has_value());
  for (const std::uint64_t id : {3, 4, 2, 1, 5}) EXPECT_EQ(Popped(queue), Ids{id});
  EXPECT_TRUE(Popped(queue).empty());
}

TEST(BatchQueue, FillsABatchWithWhatFitsAndLeavesTheRest) {
  BatchQueue queue({.batch_max = 8});
  ASSERT_TRUE(queue.Push({.id = 1, .rows = 3}, kStart).has_value());
  ASSERT_TRUE(queue.Push({.id = 2, .rows = 6}, kStart).has_value());
  ASSERT_TRUE(queue.Push({.id = 3, .rows = 5}, kStart).has_value());
  EXPECT_EQ(Popped(queue), (Ids{1, 3}));
  EXPECT_EQ(Popped(queue), Ids{2});
}

TEST(BatchQueue, NeverMixesShapes) {
  BatchQueue queue({.batch_max = 8});
  ASSERT_TRUE(queue.Push({.id = 1, .shape_key = 7}, kStart).has_value());
  ASSERT_TRUE(queue.Push({.id = 2, .shape_key = 9}, kStart).has_value());
  ASSERT_TRUE(queue.Push({.id = 3, .shape_key = 7}, kStart).has_value());
  EXPECT_EQ(Popped(queue), (Ids{1, 3}));
  EXPECT_EQ(Popped(queue), Ids{2});
}

TEST(BatchQueue, HoldsABatchBackUntilItsFirstHasWaitedOrItIsFull) {
  BatchQueue queue({.batch_max = 2, .wait_max = milliseconds(5)});
  Ids ids;
  ASSERT_TRUE(queue.Push({.id = 1}, kStart).has_value());
  EXPECT_EQ(queue.Pop(At(1), ids), At(5));
  EXPECT_TRUE(ids.empty());
  EXPECT_EQ(Popped(queue, At(5)), Ids{1});
  ASSERT_TRUE(queue.Push({.id = 2}, At(6)).has_value());
  ASSERT_TRUE(queue.Push({.id = 3}, At(7)).has_value());
  EXPECT_EQ(Popped(queue, At(7)), (Ids{2, 3}));
  EXPECT_EQ(queue.Pop(At(8), ids), kNever);
}

TEST(BatchQueue, DoesNotHoldBackWhoWouldBeLateThen) {
  BatchQueue queue({.batch_max = 2, .wait_max = milliseconds(5)});
  ASSERT_TRUE(queue.Push({.id = 1, .deadline = At(4)}, kStart).has_value());
  EXPECT_EQ(Popped(queue), Ids{1});
}

TEST(BatchQueue, AFullBatchOfOneShapeDoesNotWaitForTheFirstOfAnother) {
  BatchQueue queue({.batch_max = 2, .wait_max = milliseconds(5)});
  for (const QueuedRequest& request :
       {QueuedRequest{.id = 1, .shape_key = 7}, QueuedRequest{.id = 2, .shape_key = 9},
        QueuedRequest{.id = 3, .shape_key = 9}}) {
    ASSERT_TRUE(queue.Push(request, kStart).has_value());
  }
  EXPECT_EQ(Popped(queue), (Ids{2, 3}));
  EXPECT_EQ(Popped(queue, At(5)), Ids{1});
}

TEST(BatchQueue, ExpiresExactlyWhatIsLate) {
  BatchQueue queue({});
  ASSERT_TRUE(queue.Push({.id = 1, .deadline = At(10)}, kStart).has_value());
  ASSERT_TRUE(queue.Push({.id = 2, .deadline = At(20)}, kStart).has_value());
  ASSERT_TRUE(queue.Push({.id = 3}, kStart).has_value());
  EXPECT_EQ(queue.earliest_deadline(), At(10));
  EXPECT_TRUE(Expired(queue, At(9)).empty());
  EXPECT_EQ(Expired(queue, At(20)), (Ids{1, 2}));
  EXPECT_EQ(queue.earliest_deadline(), kNever);
  EXPECT_EQ(queue.size(), 1U);
}

TEST(BatchQueue, RemovesOnce) {
  BatchQueue queue({});
  ASSERT_TRUE(queue.Push({.id = 1}, kStart).has_value());
  EXPECT_TRUE(queue.Remove(1));
  EXPECT_FALSE(queue.Remove(1));
  EXPECT_TRUE(Popped(queue).empty());
}

// The same rules, written as plainly as they can be: lists, sorted anew each time.
class NaiveQueue {
 public:
  explicit NaiveQueue(BatchQueueOptions options) : options_(options) {}

  bool Push(const QueuedRequest& request, TimePoint now) {
    if (request.deadline <= now || all_.size() == static_cast<std::size_t>(options_.queue_max)) {
      return false;
    }
    all_.push_back({request, now});
    all_.sort([](const Item& a, const Item& b) { return a.request.deadline < b.request.deadline; });
    return true;
  }

  Ids Expire(TimePoint now) {
    return Drop([now](const Item& item) { return item.request.deadline <= now; });
  }

  bool Remove(std::uint64_t id) {
    return !Drop([id](const Item& item) { return item.request.id == id; }).empty();
  }

  Ids Pop(TimePoint now) {
    for (const Item& lead : all_) {
      const std::vector<Item> group = Group(lead);
      if (Ready(group, now)) {
        return Drop([&group](const Item& item) {
          return std::ranges::any_of(
              group, [&item](const Item& one) { return one.request.id == item.request.id; });
        });
      }
    }
    return {};
  }

 private:
  struct Item {
    QueuedRequest request;
    TimePoint arrived;
  };

  // Whatever shares the lead's shape, in order, as far as it fits.
  std::vector<Item> Group(const Item& lead) const {
    std::vector<Item> group;
    int rows = 0;
    for (const Item& item : all_) {
      if (item.request.shape_key != lead.request.shape_key) continue;
      if (rows > 0 && rows + item.request.rows > options_.batch_max) continue;
      rows += item.request.rows;
      group.push_back(item);
    }
    return group;
  }

  bool Ready(const std::vector<Item>& group, TimePoint now) const {
    int rows = 0;
    for (const Item& item : group) {
      rows += item.request.rows;
      const TimePoint held_until = item.arrived + options_.wait_max;
      if (now >= held_until || item.request.deadline <= held_until) return true;
    }
    const auto alike = std::ranges::count_if(all_, [&group](const Item& item) {
      return item.request.shape_key == group.front().request.shape_key;
    });
    return rows >= options_.batch_max || static_cast<std::size_t>(alike) > group.size();
  }

  template <typename Predicate>
  Ids Drop(Predicate wanted) {
    Ids ids;
    for (const Item& item : all_) {
      if (wanted(item)) ids.push_back(item.request.id);
    }
    all_.remove_if(wanted);
    return ids;
  }

  BatchQueueOptions options_;
  std::list<Item> all_;
};

QueuedRequest RandomRequest(std::mt19937& random, std::uint64_t id, TimePoint now) {
  const auto draw = [&random](int n) {
    return static_cast<int>(random() % static_cast<unsigned>(n));
  };
  return {.id = id,
          .rows = 1 + draw(4),
          .shape_key = static_cast<std::uint64_t>(draw(3)),
          .deadline = draw(3) == 0 ? kNever : now + milliseconds(draw(30))};
}

void CompareForAWhile(std::mt19937& random, const BatchQueueOptions& options) {
  BatchQueue queue(options);
  NaiveQueue naive(options);
  TimePoint now = kStart;
  for (std::uint64_t id = 1; id < 2000; ++id) {
    now += milliseconds(random() % 3);
    const QueuedRequest request = RandomRequest(random, id, now);
    ASSERT_EQ(queue.Push(request, now).has_value(), naive.Push(request, now));
    if (random() % 2 == 0) {
      ASSERT_EQ(Expired(queue, now), naive.Expire(now));
      ASSERT_EQ(Popped(queue, now), naive.Pop(now));
    }
    const std::uint64_t gone = id - random() % std::min<std::uint64_t>(id, 8);
    if (random() % 4 == 0) {
      ASSERT_EQ(queue.Remove(gone), naive.Remove(gone));
    }
  }
}

TEST(BatchQueue, RunsARequestWithMoreRowsThanABatchAlone) {
  BatchQueue queue({.batch_max = 1, .wait_max = milliseconds(5)});
  Ids ids;
  ASSERT_TRUE(queue.Push({.id = 1, .rows = 8}, kStart).has_value());
  ASSERT_TRUE(queue.Push({.id = 2, .rows = 1}, kStart).has_value());
  queue.Pop(kStart, ids);
  EXPECT_EQ(ids, Ids{1});
  queue.Pop(kStart, ids);
  EXPECT_EQ(ids, Ids{2});
}

TEST(BatchQueue, DoesWhatANaiveListDoes) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    const BatchQueueOptions options{.batch_max = 4 + static_cast<int>(seed % 5),
                                    .wait_max = milliseconds(seed % 4 * 3),
                                    .queue_max = 12};
    CompareForAWhile(random, options);
    if (testing::Test::HasFatalFailure()) return;
  }
}

// What Pop promised: nothing before the time it named, something at it.
TEST(BatchQueue, WakesExactlyWhenThereIsABatch) {
  std::mt19937 random(7);
  BatchQueue queue({.batch_max = 8, .wait_max = milliseconds(10), .queue_max = 64});
  Ids ids;
  TimePoint now = kStart;
  for (std::uint64_t id = 1; id < 500; ++id) {
    QueuedRequest request = RandomRequest(random, id, now);
    request.deadline = kNever;
    ASSERT_TRUE(queue.Push(request, now).has_value());
    const TimePoint wake = queue.Pop(now, ids);
    if (!ids.empty()) continue;
    queue.Pop(wake - Duration(1), ids);
    ASSERT_TRUE(ids.empty());
    if (random() % 2 == 0) continue;
    now = wake;
    queue.Pop(now, ids);
    ASSERT_FALSE(ids.empty());
  }
}

}  // namespace
}  // namespace perigee::serving
