#include "serving/testing/fake_backend.h"

#include <gtest/gtest.h>

#include "serving/testing/backend_contract.h"

namespace perigee::serving {
namespace {

using model::Tensors;

// "slow.onnx" waits for its stop; any other name is the identity.
class FakeFiles final : public Backend {
 public:
  std::string_view platform() const override { return identity_->platform(); }
  Result<std::unique_ptr<Session>> Open(const std::filesystem::path& file,
                                        const SessionOptions& options) override {
    return (file == "slow.onnx" ? slow_ : identity_)->Open(file, options);
  }

 private:
  Gate never_opened_;
  std::unique_ptr<FakeBackend> identity_ = IdentityBackend();
  std::unique_ptr<FakeBackend> slow_ = IdentityBackend(&never_opened_);
};

INSTANTIATE_TEST_SUITE_P(Fake, BackendContract,
                         testing::Values(BackendCase{
                             "Fake", [] { return std::make_unique<FakeFiles>(); }, "identity.onnx",
                             "slow.onnx", "missing.onnx", "broken.onnx"}),
                         NameOf);

}  // namespace
}  // namespace perigee::serving
