// What a model learns of its own runs: measured while idle, cached, estimated.
#include <gtest/gtest.h>

#include <fstream>
#include <thread>

#include "serving/served_model.h"
#include "serving/testing/fake_backend.h"
#include "serving/testing/submission.h"
#include "serving/testing/temporary_folder.h"

namespace perigee::serving {
namespace {

using std::chrono::milliseconds;

template <typename Condition>
void WaitFor(Condition condition) {
  while (!condition()) std::this_thread::yield();
}

void WaitForSource(const ServedModel& model, model::ProfileSource source) {
  WaitFor([&] { return model.profile().source == source; });
}

std::unique_ptr<ServedModel> ServeFile(Backend& backend, const std::filesystem::path& file,
                                       const ServedModelOptions& options) {
  model::Description description;
  description.name = "m";
  description.version = "1";
  auto model = ServedModel::Open(backend, std::move(description), file, options, kClock);
  EXPECT_TRUE(model.has_value()) << model.error().message;
  return *std::move(model);
}

TEST(ServedModelProfile, IsUnknownUnlessItIsAskedFor) {
  const auto backend = IdentityBackend();
  const auto model = Serve(*backend);
  EXPECT_EQ(model->profile().source, model::ProfileSource::kUnknown);
  EXPECT_TRUE(model->profile().points.empty());
  EXPECT_EQ(model->profile().plan.gather_max, 1);
  EXPECT_EQ(model->profile().devices.at(0), "cpu:0");
}

TEST(ServedModelProfile, IsMeasuredWhileNobodyWaits) {
  const auto backend = IdentityBackend();
  const auto model = Serve(*backend, {.batch_max = 4, .profile = {.measure = true}});
  WaitForSource(*model, model::ProfileSource::kMeasured);
  const model::Profile profile = model->profile();
  ASSERT_GE(profile.points.size(), 3U);  // 1, 2, 4 rows
  EXPECT_EQ(profile.points.front().rows, 1);
  EXPECT_EQ(profile.points.back().rows, 4);
  EXPECT_GT(profile.points.front().median, Duration::zero());
  EXPECT_EQ(model->statistics().execution_count, 0U);  // nobody's requests
}

TEST(ServedModelProfile, MeasuringStopsAsSoonAsARequestComes) {
  Gate gate;  // holds the measurement until its stop
  const auto backend = IdentityBackend(&gate);
  const auto model = Serve(*backend, {.profile = {.measure = true}});
  gate.WaitForRuns(1);
  Submission request(*model, Submission::X(1, 1));
  gate.WaitForRuns(2);
  gate.Open();
  EXPECT_TRUE(request.Answer().has_value());
  WaitForSource(*model, model::ProfileSource::kMeasured);
}

TEST(ServedModelProfile, UnloadingEndsAMeasurement) {
  Gate gate;  // never opened
  const auto backend = IdentityBackend(&gate);
  auto model = Serve(*backend, {.profile = {.measure = true}});
  gate.WaitForRuns(1);
  model.reset();
  EXPECT_EQ(backend->runs(), 1);
}

TEST(ServedModelProfile, AModelThatCannotRunOnZerosStaysUnknown) {
  std::atomic<int> runs = 0;
  FakeBackend backend({{"x", tensor::DType::kFp32, {-1, 2}, {}}},
                      {{"y", tensor::DType::kFp32, {-1, 2}, {}}},
                      [&](const model::Tensors&, const std::stop_token&) -> Result<model::Tensors> {
                        ++runs;
                        return Fail(InvalidArgument("no zeros"));
                      });
  const auto model = Serve(backend, {.profile = {.measure = true}});
  WaitFor([&] { return runs == 1; });
  EXPECT_FALSE(Submission(*model, Submission::X(1, 1)).Answer().has_value());
  EXPECT_EQ(model->profile().source, model::ProfileSource::kUnknown);
  EXPECT_EQ(runs, 2);
}

TEST(ServedModelProfile, IsKeptForTheNextStart) {
  const TemporaryFolder folder;
  folder.Write("m.onnx", "a model");
  const ServedModelOptions options = {.profile = {.measure = true, .cache = folder.path() / "c"}};
  const auto backend = IdentityBackend();
  {
    const auto first = ServeFile(*backend, folder.path() / "m.onnx", options);
    WaitForSource(*first, model::ProfileSource::kMeasured);
  }
  const int runs = backend->runs();
  const auto second = ServeFile(*backend, folder.path() / "m.onnx", options);
  EXPECT_EQ(second->profile().source, model::ProfileSource::kCached);
  EXPECT_FALSE(second->profile().points.empty());
  EXPECT_EQ(backend->runs(), runs);
  folder.Write("m.onnx", "another model");
  EXPECT_NE(ServeFile(*backend, folder.path() / "m.onnx", options)->profile().source,
            model::ProfileSource::kCached);
}

TEST(ServedModelProfile, SaysThatItCannotBeKept) {
  const TemporaryFolder folder;
  folder.Write("m.onnx", "a model");
  folder.Write("c", "in the way");
  const auto backend = IdentityBackend();
  const auto model = ServeFile(*backend, folder.path() / "m.onnx",
                               {.profile = {.measure = true, .cache = folder.path() / "c"}});
  WaitFor([&] { return !model->profile().cache_problem.empty(); });
  EXPECT_EQ(model->profile().source, model::ProfileSource::kMeasured);
}

TEST(ServedModelProfile, WritesDownWhatItsSchedulerDecidesIfThatIsWanted) {
  const TemporaryFolder folder;
  const auto backend = IdentityBackend();
  {
    const auto model = Serve(*backend, {.trace_folder = folder.path()});
    EXPECT_TRUE(Submission(*model, Submission::X(1, 1)).Answer().has_value());
  }
  std::ifstream trace(folder.path() / "m-1.trace");
  std::string head;
  std::string options;
  ASSERT_TRUE(std::getline(trace, head) && std::getline(trace, options));
  EXPECT_EQ(head, "perigee-trace 1");
  std::string events;
  for (std::string line; std::getline(trace, line);) events += line.substr(0, 1);
  EXPECT_NE(events.find('a'), std::string::npos);  // the arrival of the request
  model::Description description;
  description.name = "m";
  description.version = "1";
  const auto model = ServedModel::Open(*backend, std::move(description), "m.onnx",
                                       {.trace_folder = folder.path() / "not there"}, kClock);
  EXPECT_EQ(model.error().code, Code::kInvalidArgument);
}

TEST(ServedModelProfile, BeginsWithTheCardsEstimate) {
  const auto backend = IdentityBackend();
  const auto model = Serve(*backend, {.profile = {.estimate = milliseconds(7)}});
  EXPECT_EQ(model->profile().source, model::ProfileSource::kEstimate);
  EXPECT_EQ(model->hint(task::kUsualBudget).service, milliseconds(7));
}

// A run takes 4 ms, whatever its rows.
TEST(ServedModelProfile, RowsAreGatheredOnceItIsKnownThatItPays) {
  FakeBackend backend(
      {{"x", tensor::DType::kFp32, {-1, 2}, {}}}, {{"y", tensor::DType::kFp32, {-1, 2}, {}}},
      [](const model::Tensors& batch, const std::stop_token& stop) {
        Gate().EnterFor(milliseconds(4), stop);
        const tensor::Tensor& x = batch.at(0).tensor;
        return model::Tensors{{"y", tensor::Tensor::Of<float>(x.shape(), x.As<float>())}};
      });
  const auto model = Serve(backend, {.batch_max = 4, .profile = {.measure = true}});
  WaitForSource(*model, model::ProfileSource::kMeasured);
  EXPECT_EQ(model->profile().plan.gather_max, 4);
  const auto told = Serve(backend, {.batch_max = 4, .gather_max = 2, .profile = {.measure = true}});
  WaitForSource(*told, model::ProfileSource::kMeasured);
  EXPECT_EQ(told->profile().plan.gather_max, 2);
}

}  // namespace
}  // namespace perigee::serving
