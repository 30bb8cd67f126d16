#include "serving/testing/fake_backend.h"

#include <utility>

namespace perigee::serving {

bool Gate::Enter(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  ++runs_;
  changed_.notify_all();
  return changed_.wait(lock, stop, [this] { return open_; });
}

bool Gate::EnterFor(Duration time, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  ++runs_;
  changed_.notify_all();
  changed_.wait_for(lock, stop, time, [this] { return open_; });
  return !stop.stop_requested();
}

void Gate::WaitForRuns(int count) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this, count] { return runs_ >= count; });
}

void Gate::Open() {
  const std::lock_guard lock(mutex_);
  open_ = true;
  changed_.notify_all();
}

class FakeBackend::FakeSession final : public Session {
 public:
  explicit FakeSession(FakeBackend& backend) : backend_(backend) {}

  const std::vector<model::TensorSpec>& inputs() const override { return backend_.inputs_; }
  const std::vector<model::TensorSpec>& outputs() const override { return backend_.outputs_; }

  Result<model::Tensors> Run(const model::Tensors& batch, std::stop_token stop) override {
    ++backend_.runs_;
    for (const model::TensorSpec& spec : backend_.inputs_) {
      const tensor::Tensor* input = model::Find(batch, spec.name);
      if (input == nullptr || input->dtype() != spec.dtype ||
          !tensor::ShapeFits(input->shape(), spec.shape)) {
        return Fail(
            InvalidArgument("run fake: input " + spec.name + " is missing or does not fit"));
      }
    }
    if (stop.stop_requested()) return Fail(Cancelled("run fake: the stop was requested"));
    return backend_.run_(batch, std::move(stop));
  }

 private:
  FakeBackend& backend_;
};

Result<std::unique_ptr<Session>> FakeBackend::Open(const std::filesystem::path& file,
                                                   const SessionOptions&) {
  if (file.filename() == "missing.onnx") {
    return Fail(NotFound("open model " + file.string() + ": no such file"));
  }
  if (file.filename() == "broken.onnx") {
    return Fail(InvalidArgument("open model " + file.string() + ": is no model"));
  }
  ++sessions_opened_;
  return std::make_unique<FakeSession>(*this);
}

std::unique_ptr<FakeBackend> IdentityBackend(Gate* gate) {
  const auto run = [gate](const model::Tensors& batch,
                          const std::stop_token& stop) -> Result<model::Tensors> {
    if (gate != nullptr && !gate->Enter(stop)) {
      return Fail(Cancelled("run fake: the stop was requested"));
    }
    const tensor::Tensor& x = *model::Find(batch, "x");
    // A copy that owns its bytes: x may be borrowed.
    tensor::Tensor y =
        TRY(tensor::Tensor::Own(x.dtype(), x.shape(), {x.bytes().begin(), x.bytes().end()}));
    return model::Tensors{{"y", std::move(y)}};
  };
  return std::make_unique<FakeBackend>(
      std::vector<model::TensorSpec>{{"x", tensor::DType::kFp32, {-1, 2}, {}}},
      std::vector<model::TensorSpec>{{"y", tensor::DType::kFp32, {-1, 2}, {}}}, run);
}

}  // namespace perigee::serving
