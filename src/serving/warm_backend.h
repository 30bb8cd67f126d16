// A Backend whose sessions have run once before anyone gets them: the runtime allocates and chooses
// its kernels at the first run of a shape, and no caller should wait for that. Thread-safe.
#pragma once

#include <filesystem>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "model/golden.h"
#include "serving/backend.h"

namespace perigee::serving {

class WarmBackend final : public Backend {
 public:
  // `backend` outlives this one. `shapes`: sizes for inputs whose dimensions are open; `rows_max`:
  // the largest batch, 0: the first dimension is none.
  WarmBackend(Backend& backend, std::vector<model::GoldenInput> shapes, int rows_max)
      : backend_(backend), shapes_(std::move(shapes)), rows_max_(rows_max) {}

  std::string_view platform() const override { return backend_.platform(); }
  std::string_view version() const override { return backend_.version(); }
  Result<std::unique_ptr<Session>> Open(const std::filesystem::path& file,
                                        const SessionOptions& options) override;

 private:
  void WarmUp(Session& session, int rows) const;

  Backend& backend_;
  const std::vector<model::GoldenInput> shapes_;
  const int rows_max_;
};

}  // namespace perigee::serving
