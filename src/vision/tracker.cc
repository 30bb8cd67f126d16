#include "vision/tracker.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>

#include "vision/follower.h"
#include "vision/patch.h"

namespace perigee::vision {
namespace {

constexpr float kSameThing = 0.6F;  // Iou of two tracks that cannot be two things
constexpr float kSideMin = 2;       // px; smaller is no box
constexpr float kSideMax = 1e5F;    // px; and no coordinate is farther away

// Written so that no number is not usable.
bool Usable(const ScoredBox& scored) {
  const Box& box = scored.box;
  const auto within = [](float value) { return std::abs(value) <= kSideMax; };
  return within(box.x) && within(box.y) && box.width >= kSideMin && within(box.width) &&
         box.height >= kSideMin && within(box.height) && !std::isnan(scored.score);
}

std::vector<ScoredBox> Best(std::span<const ScoredBox> boxes, std::size_t count) {
  std::vector<ScoredBox> best;
  std::ranges::copy_if(boxes, std::back_inserter(best), Usable);
  std::ranges::stable_sort(best, std::ranges::greater{}, &ScoredBox::score);
  if (best.size() > count) best.resize(count);
  return best;
}

// A detection and a track that may be the same thing.
struct Pair {
  std::size_t follower = 0;
  std::size_t detection = 0;
  float agreement = 0;  // 0..1
};

}  // namespace

Tracker::Tracker(const TrackerOptions& options) : options_(options) {}
Tracker::Tracker(Tracker&&) noexcept = default;
Tracker& Tracker::operator=(Tracker&&) noexcept = default;
Tracker::~Tracker() = default;

void Tracker::Detected(const tensor::LumaView& frame, std::span<const ScoredBox> boxes) {
  Begin(frame);
  const Pyramid pyramid(frame);
  Advance(pyramid);
  Match(pyramid, Best(boxes, options_.tracks_max));
  End();
}

void Tracker::Follow(const tensor::LumaView& frame) {
  Begin(frame);
  if (followers_.empty()) return;
  Advance(Pyramid(frame));
  End();
}

void Tracker::Forget() {
  followers_.clear();
  tracks_.clear();
}

void Tracker::Begin(const tensor::LumaView& frame) {
  if (frame.width != width_ || frame.height != height_) Forget();
  width_ = frame.width;
  height_ = frame.height;
}

void Tracker::Advance(const Pyramid& frame) {
  for (Follower& follower : followers_) follower.Advance(frame, options_);
  // Of two that ended up on the same thing, the one that it looks more like keeps it.
  for (Follower& one : followers_) {
    for (Follower& other : followers_) {
      const Track& a = one.track();
      const Track& b = other.track();
      if (a.id == b.id || a.lost_for > 0 || b.lost_for > 0) continue;
      if (a.confidence >= b.confidence && Iou(a.box, b.box) > kSameThing) other.Yield();
    }
  }
}

// Greedy, best agreement first: things that a detector tells apart seldom compete.
void Tracker::Match(const Pyramid& frame, std::span<const ScoredBox> detections) {
  std::vector<Pair> pairs;
  for (std::size_t follower = 0; follower < followers_.size(); ++follower) {
    for (std::size_t detection = 0; detection < detections.size(); ++detection) {
      const float agreement = followers_[follower].Agreement(frame, detections[detection].box);
      if (agreement >= options_.match_min) pairs.push_back({follower, detection, agreement});
    }
  }
  std::ranges::stable_sort(pairs, std::ranges::greater{}, &Pair::agreement);
  std::vector<bool> followed(followers_.size(), false);
  std::vector<bool> taken(detections.size(), false);
  for (const Pair& pair : pairs) {
    if (followed[pair.follower] || taken[pair.detection]) continue;
    followed[pair.follower] = taken[pair.detection] = true;
    followers_[pair.follower].Confirm(frame, detections[pair.detection]);
  }
  for (std::size_t at = 0; at < followed.size(); ++at) {
    if (!followed[at]) followers_[at].Miss();
  }
  for (std::size_t at = 0; at < taken.size() && followers_.size() < options_.tracks_max; ++at) {
    if (!taken[at]) followers_.emplace_back(next_id_++, frame, detections[at]);
  }
}

void Tracker::End() {
  std::erase_if(followers_, [this](const Follower& follower) {
    return follower.Over(options_, width_, height_);
  });
  tracks_.clear();
  for (const Follower& follower : followers_) tracks_.push_back(follower.track());
}

}  // namespace perigee::vision
