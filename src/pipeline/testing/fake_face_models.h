// A detector and a classifier whose answers a test sets, with cards that fit them, and a
// photograph.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "model/card.h"
#include "model/testing/fake_model.h"
#include "vision/box.h"

namespace perigee::pipeline {

// "boxes" detector [N,64,64,3]: finds `boxes`, in pixels of its 64 x 64 input, with these scores.
model::FakeModel FakeDetector(std::vector<vision::ScoredBox> boxes);
model::Card FakeDetectorCard();

// Classifier [N,8,8,3], labels dark and bright: bright = mean level of the row's pixels / 255.
model::FakeModel FakeClassifier();
model::Card FakeClassifierCard();

// For models that the test keeps itself.
inline model::SharedModel Borrowed(model::Model& model) { return {model::SharedModel(), &model}; }

// A PNG, left half black, right half white.
std::vector<std::byte> HalfBlackHalfWhite(int width, int height);

}  // namespace perigee::pipeline
