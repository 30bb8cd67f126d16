#include "vision/follower.h"

#include <algorithm>
#include <cmath>

namespace perigee::vision {
namespace {

constexpr float kFirm = 0.8F;           // correlation at which a sighting is beyond doubt
constexpr float kFoundAgain = 0.1F;     // by so much more a lost thing must look like itself
constexpr float kDoubtPerSide = 1.5F;   // and the more, the more sides it is from where it is due
constexpr float kGainMin = 0.35F;       // least weight of a detection against the track's own box
constexpr float kNewestMotion = 0.6F;   // weight of the newest motion
constexpr float kReach = 0.6F;          // sides that a detection may be away from where it is due,
constexpr float kReachPerFrame = 0.1F;  // and so many more for each frame that it was lost,
constexpr float kReachMax = 2.0F;       // up to here
constexpr float kSizeRatioMax = 2.0F;   // of a detection and its track
constexpr float kPlaceWeight = 0.7F;    // against looks, for a thing in sight
constexpr float kLostPlaceWeight = 0.35F;  // the same for a lost one: its place is a guess
constexpr float kPartMin = 0.4F;           // visible: less is another look altogether
constexpr float kWholeMin = 0.88F;         // visible: more is all of it, but for noise
constexpr int kThirds = 3;
constexpr int kKeptMax = 3;           // detections; then what is there is how it looks
constexpr float kUnknownLook = 0.3F;  // what a look counts that nothing is known of

float CentreX(const Box& box) { return box.x + box.width / 2; }
float CentreY(const Box& box) { return box.y + box.height / 2; }
float SideOf(const Box& box) { return std::sqrt(box.area()); }

// Part of the way from one box to the other, place and size.
Box Blend(const Box& from, const Box& to, float part) {
  const auto mix = [part](float a, float b) { return a + part * (b - a); };
  return {mix(from.x, to.x), mix(from.y, to.y), mix(from.width, to.width),
          mix(from.height, to.height)};
}

Box Shifted(Box box, float x, float y) {
  box.x += x;
  box.y += y;
  return box;
}

// Around another centre, larger or smaller.
Box Placed(const Box& box, float x, float y, float scale) {
  const float width = box.width * scale;
  const float height = box.height * scale;
  return {x - width / 2, y - height / 2, width, height};
}

float ReachAfter(int lost_for) {
  return std::min(kReach + kReachPerFrame * static_cast<float>(lost_for), kReachMax);
}

}  // namespace

Follower::Follower(std::uint64_t id, const Pyramid& frame, const ScoredBox& detection)
    : track_{id, detection.box, detection.score, 0, 0, 1},
      seen_(detection.box),
      expected_(detection.box) {
  Learn(frame, detection.box);
}

void Follower::Learn(const Pyramid& frame, const Box& box) {
  look_ = Appearance::Of(frame, box);
  kept_ = 0;
  if (look_) pose_ = look_->PoseOf(box);
  pose_expected_ = pose_;
}

void Follower::Advance(const Pyramid& frame, const TrackerOptions& options) {
  ++track_.age;
  lost_before_ = track_.lost_for++;
  track_.box = expected_ = Shifted(track_.box, motion_.x, motion_.y);
  track_.confidence = 0;
  if (!look_) return;
  pose_.x += motion_.x;
  pose_.y += motion_.y;
  pose_expected_ = pose_;
  const Sighting found = look_->Find(frame, pose_, ReachAfter(lost_before_) / kReach);
  if (!Believable(found, options)) return;
  const float scale = found.pose.scale / pose_.scale;
  const float x = found.pose.x + scale * (CentreX(expected_) - pose_.x);
  const float y = found.pose.y + scale * (CentreY(expected_) - pose_.y);
  pose_ = found.pose;
  Saw(Placed(expected_, x, y, scale), found.correlation * found.visible);
}

// A part in the right place is enough; elsewhere it takes the whole, since some part of some
// background always looks a little like it.
bool Follower::Believable(const Sighting& found, const TrackerOptions& options) const {
  const float away = std::hypot(found.pose.x - pose_.x, found.pose.y - pose_.y) / SideOf(expected_);
  const float more = kDoubtPerSide * away + (lost_before_ > 0 ? kFoundAgain : 0);
  const float enough = std::min(options.visible_min * options.correlation_min + more, kFirm);
  return found.correlation >= options.correlation_min && found.visible >= options.visible_min &&
         found.correlation * found.visible >= enough;
}

void Follower::Saw(const Box& box, float confidence) {
  const auto frames = static_cast<float>(lost_before_ + 1);
  const float x = (CentreX(box) - CentreX(seen_)) / frames;
  const float y = (CentreY(box) - CentreY(seen_)) / frames;
  // What is partly hidden may have been pulled along by what hides it.
  const float weight = kNewestMotion * std::pow(confidence, 4.0F);
  motion_.x += weight * (x - motion_.x);
  motion_.y += weight * (y - motion_.y);
  track_.box = box;
  track_.lost_for = 0;
  track_.confidence = std::clamp(confidence, 0.0F, 1.0F);
  seen_ = box;
}

void Follower::Yield() {
  track_.box = expected_;
  pose_ = pose_expected_;
  track_.lost_for = lost_before_ + 1;
  track_.confidence = 0;
}

float Follower::Agreement(const Pyramid& frame, const Box& detection) const {
  const float side = SideOf(track_.box);
  const float ratio = SideOf(detection) / side;
  if (ratio > kSizeRatioMax || ratio < 1 / kSizeRatioMax) return 0;
  const float reach = side * ReachAfter(track_.lost_for);
  const float away = std::hypot(CentreX(detection) - CentreX(track_.box),
                                CentreY(detection) - CentreY(track_.box));
  if (away >= reach) return 0;
  float look = kUnknownLook;
  if (look_) look = std::max(0.0F, look_->Align(frame, look_->PoseOf(detection)).correlation);
  if (track_.lost_for == 0 && track_.confidence >= kFirm) {
    return kPlaceWeight * Iou(track_.box, detection) + (1 - kPlaceWeight) * look;
  }
  return kLostPlaceWeight * (1 - away / reach) + (1 - kLostPlaceWeight) * look;
}

void Follower::Confirm(const Pyramid& frame, const ScoredBox& detection) {
  ++detections_;
  misses_ = 0;
  // Detections jitter and what is followed does not, so a box that was followed here is worth as
  // much as all detections before.
  const bool firm = track_.lost_for == 0 && track_.confidence >= kFirm;
  const float gain = firm ? std::max(kGainMin, 1 / static_cast<float>(detections_)) : 1;
  const Box box = Blend(track_.box, detection.box, gain);
  if (track_.lost_for > 0) Saw(box, 1);
  track_ = {track_.id, box, detection.score, track_.age, 0, 1};
  seen_ = box;
  Update(frame, box);
}

// Learns the look afresh, unless a part of it seems hidden now: what hides it must not be learnt,
// or the track would go along with it.
void Follower::Update(const Pyramid& frame, const Box& box) {
  if (!look_ || kept_ >= kKeptMax) return Learn(frame, box);
  const Sighting now = look_->AlignVisible(frame, look_->PoseOf(box));
  const bool alike = now.correlation >= kFirm;
  if (alike && now.visible >= kWholeMin) return Learn(frame, box);
  const bool part = alike && now.visible >= kPartMin;
  pose_ = part ? now.pose : look_->PoseOf(box);
  kept_ += part ? 1 : 2;
}

// A detector does not find a thing that is half hidden; if all of it seems in sight, it is not one.
void Follower::Miss() { misses_ += track_.confidence >= kWholeMin ? kThirds : 1; }

bool Follower::Over(const TrackerOptions& options, int width, int height) const {
  if (track_.lost_for > options.lost_max || misses_ > kThirds * options.misses_max) return true;
  const float x = CentreX(track_.box);
  const float y = CentreY(track_.box);
  return track_.lost_for > 0 &&
         (x < 0 || y < 0 || x >= static_cast<float>(width) || y >= static_cast<float>(height));
}

}  // namespace perigee::vision
