// Is this frame the same picture as the one answered last? Compares brightness cell by cell, after
// taking out what a slowly changing light does to the whole picture, against a floor of noise that
// it estimates from the frame itself. Built so that it errs on the side of "changed". Pure.
#pragma once

#include <vector>

#include "tensor/plane.h"

namespace perigee::vision {

struct ChangeGateOptions {
  // A cell differs when its mean absolute difference exceeds both this many levels of 255 and
  // `noise_factor` times the noise floor. Smaller: more sensitive.
  float level_min = 1.5F;
  float noise_factor = 3.0F;
  // The noise floor is believed up to here, levels: more than that is motion.
  float noise_max = 2.0F;
  // Light: how far a frame may be from a * answered + b and still be the same picture.
  float gain_max = 1.15F;  // and at least 1 / gain_max
  float bias_max = 16;     // levels
  // Says "changed" after so many "unchanged" in a row, so that no mistake lasts. 0: never.
  int unchanged_max = 150;
};

// Not thread-safe; one a stream. Costs about 0.1 ms for 640x480. A view with a factor
// below 8 is averaged to 1/8 first.
class ChangeGate {
 public:
  explicit ChangeGate(const ChangeGateOptions& options = {});

  // Does the frame show something else than the answered one? True before there is one, and for a
  // frame of another size.
  bool Changed(const tensor::LumaView& frame);
  // This frame was answered afresh: later ones are compared with it.
  void Answered(const tensor::LumaView& frame);
  void Forget();

  // Of the last comparison, levels of 255, for metrics and tests.
  float difference() const { return difference_; }  // of the cell that differs most
  float noise() const { return noise_; }

 private:
  ChangeGateOptions options_;
  tensor::Plane answered_;  // at 1/8; empty: nothing answered yet
  int width_ = 0;           // of the answered frame, px
  int height_ = 0;
  int unchanged_ = 0;  // in a row
  float difference_ = 0;
  float noise_ = 0;
};

}  // namespace perigee::vision
