#include "serving/variant_model.h"

#include <gtest/gtest.h>

#include "serving/testing/fake_backend.h"
#include "serving/testing/submission.h"

namespace perigee::serving {
namespace {

using std::chrono::milliseconds;

task::Hint Hint(int wait_ms, int service_ms) {
  return {milliseconds(wait_ms), milliseconds(service_ms), milliseconds(10)};
}

TEST(ChooseVariant, TakesTheMostAccurateThatIsInTime) {
  const task::Hint unknown;
  struct Case {
    std::vector<task::Hint> hints;  // accurate first
    int rows;
    int slack_ms;
    std::size_t chosen;
  };
  const std::vector<Case> cases = {
      {{Hint(0, 40), Hint(0, 10)}, 1, 1000, 0},
      {{Hint(0, 40), Hint(0, 10)}, 1, 50, 0},   // 40 and a quarter
      {{Hint(0, 40), Hint(0, 10)}, 1, 49, 1},   // not quite
      {{Hint(30, 40), Hint(0, 10)}, 1, 79, 1},  // it would have to wait
      {{Hint(0, 40), Hint(0, 10)}, 2, 99, 1},   // two rows take twice as long
      {{Hint(0, 40), Hint(0, 10)}, 1, 5, 1},    // none: the first to be done
      {{Hint(0, 40), Hint(200, 10)}, 1, 20, 0},
      {{Hint(0, 40), Hint(0, 20), Hint(0, 10)}, 1, 30, 1},
      {{unknown, Hint(0, 10)}, 1, 1, 0},  // nothing is known against it
      {{Hint(0, 40)}, 1, -5, 0},
  };
  for (const Case& one : cases) {
    EXPECT_EQ(ChooseVariant(one.hints, one.rows, milliseconds(one.slack_ms)), one.chosen)
        << one.hints.size() << " variants, " << one.rows << " rows, " << one.slack_ms << " ms";
  }
}

// Answers at once and predicts what it is told.
class Hinted final : public model::Model {
 public:
  Hinted(Backend& backend, task::Hint hint) : model_(Serve(backend)), hint_(hint) {}

  const model::Description& description() const override { return model_->description(); }
  void Submit(const model::Tensors& inputs, const task::Context& context, Done done) override {
    model_->Submit(inputs, context, std::move(done));
  }
  model::Statistics statistics() const override { return model_->statistics(); }
  task::Hint hint(Duration /*budget*/) const override { return hint_; }

 private:
  std::unique_ptr<ServedModel> model_;
  task::Hint hint_;
};

struct Pair {
  SteadyClock clock;
  std::unique_ptr<FakeBackend> backend = IdentityBackend();
  model::SharedModel accurate = std::make_shared<Hinted>(*backend, Hint(0, 40'000));
  model::SharedModel fast = std::make_shared<Hinted>(*backend, Hint(0, 10'000));
  std::unique_ptr<VariantModel> model =
      *VariantModel::Open("family", {{"accurate", accurate}, {"fast", fast}}, clock);

  std::string Answering(int slack_s) {
    Submission one(*model, Submission::X(1, 1), clock.Now() + std::chrono::seconds(slack_s));
    const auto answer = one.Answer();
    return answer.has_value() ? answer->version : answer.error().message;
  }
};

TEST(VariantModel, SaysWhichOneAnswered) {
  Pair pair;
  EXPECT_EQ(pair.Answering(1000), "accurate");
  EXPECT_EQ(pair.Answering(20), "fast");
  Submission patient(*pair.model, Submission::X(1, 1));
  EXPECT_EQ(patient.Answer()->version, "accurate");
}

TEST(VariantModel, CountsAllVariantsAndEachByItself) {
  Pair pair;
  pair.Answering(1000);
  pair.Answering(20);
  pair.Answering(20);
  EXPECT_EQ(pair.model->statistics().success.count, 3U);
  EXPECT_EQ(pair.model->variants()[0].model->statistics().success.count, 1U);
  EXPECT_EQ(pair.model->variants()[1].model->statistics().success.count, 2U);
  EXPECT_EQ(pair.model->description().name, "family");
}

TEST(VariantModel, PredictsForTheOneThatWouldAnswer) {
  const Pair pair;
  EXPECT_EQ(pair.model->hint(std::chrono::seconds(20)).service, std::chrono::seconds(10));
  EXPECT_EQ(pair.model->hint(std::chrono::seconds(1000)).service, std::chrono::seconds(40));
  EXPECT_EQ(pair.model->hint(task::kUsualBudget).service, std::chrono::seconds(40));
}

TEST(VariantModel, RefusesAtTheDoorWhatDoesNotFit) {
  Pair pair;
  Submission wrong(*pair.model, {});
  EXPECT_EQ(wrong.Failure(), Code::kInvalidArgument);
}

TEST(VariantModel, NeedsVariantsThatTakeTheSameTensors) {
  const auto backend = IdentityBackend();
  FakeBackend other({{"x", tensor::DType::kFp32, {-1, 3}, {}}},
                    {{"y", tensor::DType::kFp32, {-1, 3}, {}}}, {});
  const SteadyClock clock;
  EXPECT_EQ(VariantModel::Open("f", {}, clock).error().code, Code::kInvalidArgument);
  const auto mixed = VariantModel::Open("f", {{"a", Serve(*backend)}, {"b", Serve(other)}}, clock);
  ASSERT_FALSE(mixed.has_value());
  EXPECT_EQ(mixed.error().message,
            "open variants of f: b takes or gives other tensors or labels than version a");
}

}  // namespace
}  // namespace perigee::serving
