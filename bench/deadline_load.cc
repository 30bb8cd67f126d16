// Open-loop load with deadlines over gRPC, on any server of the Open Inference Protocol: Poisson
// arrivals, half of them with one deadline and half with another, spread over tenants. A request is
// in time if its answer is there before its deadline, counted from when it was due to be sent, so
// a generator that lags makes the server look worse, never better. Prints JSON.
#include <fmt/format.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "inference.grpc.pb.h"

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

struct Flags {
  std::string grpc;
  std::string model = "sleep";
  double rate = 100;  // requests a second, all tenants
  double duration_s = 10;
  double warm_up_s = 2;
  int tight_ms = 80;
  int loose_ms = 400;
  std::vector<double> tenants = {1};  // their parts of the load
  bool named = false;                 // tell the server which tenant it is
  unsigned seed = 1;
};

struct Plan {
  Clock::duration due;  // after the start
  int budget_ms = 0;
  std::size_t tenant = 0;
  bool counted = false;  // after the warm-up
};

struct Tally {
  int sent = 0;
  int in_time = 0;
};

// Thread-safe.
class Counts {
 public:
  void Begin() {
    const std::lock_guard lock(mutex_);
    ++under_way_;
  }
  void End(const Plan& plan, const grpc::Status& status, bool in_time, double late_start_ms) {
    const std::lock_guard lock(mutex_);
    if (plan.counted) {
      for (Tally* tally : {&all_, &classes_[plan.budget_ms], &tenants_[plan.tenant]}) {
        ++tally->sent;
        tally->in_time += in_time ? 1 : 0;
      }
      ++codes_[status.ok() && !in_time ? -1 : static_cast<int>(status.error_code())];
      lag_ms_ = std::max(lag_ms_, late_start_ms);
    }
    --under_way_;
    ended_.notify_all();
  }
  void Wait() {
    std::unique_lock lock(mutex_);
    ended_.wait_for(lock, std::chrono::seconds(10), [this] { return under_way_ == 0; });
  }
  void Print() const;

 private:
  mutable std::mutex mutex_;
  std::condition_variable ended_;
  int under_way_ = 0;
  Tally all_;
  std::map<int, Tally> classes_;
  std::map<std::size_t, Tally> tenants_;
  std::map<int, int> codes_;
  double lag_ms_ = 0;  // how late the latest request was sent
};

std::string Object(const auto& map, const auto& text) {
  std::string all;
  for (const auto& [key, value] : map) {
    all += fmt::format("{}\"{}\":{}", all.empty() ? "" : ",", key, text(value));
  }
  return "{" + all + "}";
}

void Counts::Print() const {
  const std::lock_guard lock(mutex_);
  const auto tally = [](const Tally& one) {
    return fmt::format("{{\"sent\":{},\"in_time\":{},\"goodput\":{:.5f}}}", one.sent, one.in_time,
                       one.sent == 0 ? 0.0 : static_cast<double>(one.in_time) / one.sent);
  };
  fmt::print("{{\"all\":{},\"by_budget_ms\":{},\"by_tenant\":{},\"codes\":{},\"lag_ms\":{:.2f}}}\n",
             tally(all_), Object(classes_, tally), Object(tenants_, tally),
             Object(codes_, [](int count) { return std::to_string(count); }), lag_ms_);
}

std::vector<Plan> MakePlan(const Flags& flags) {
  std::mt19937_64 random(flags.seed);
  std::exponential_distribution<double> gap(flags.rate);
  std::discrete_distribution<std::size_t> tenant(flags.tenants.begin(), flags.tenants.end());
  std::vector<Plan> plan;
  const double end = flags.warm_up_s + flags.duration_s;
  for (double at = gap(random); at < end && plan.size() < 1'000'000; at += gap(random)) {
    const auto due = std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(at));
    plan.push_back({due, random() % 2 == 0 ? flags.tight_ms : flags.loose_ms, tenant(random),
                    at >= flags.warm_up_s});
  }
  return plan;
}

// One request; the library's thread ends it.
struct Call {
  Plan plan;
  Clock::time_point due;
  Clock::time_point sent;
  grpc::ClientContext context;
  inference::ModelInferRequest request;
  inference::ModelInferResponse response;
};

void Fill(inference::ModelInferRequest& request, const std::string& model) {
  request.set_model_name(model);
  inference::ModelInferRequest::InferInputTensor& input = *request.add_inputs();
  input.set_name("x");
  input.set_datatype("FP32");
  input.add_shape(1);
  input.add_shape(1);
  request.add_raw_input_contents(std::string(4, '\0'));
}

void Send(inference::GRPCInferenceService::Stub& stub, const Flags& flags, const Plan& plan,
          Clock::time_point due, Counts& counts) {
  auto* call = std::make_unique<Call>().release();  // the callback takes it back
  call->plan = plan;
  call->due = due;
  call->sent = Clock::now();
  Fill(call->request, flags.model);
  if (flags.named) call->context.AddMetadata("perigee-tenant", fmt::format("t{}", plan.tenant));
  const auto left = due + milliseconds(plan.budget_ms) - call->sent;
  call->context.set_deadline(std::chrono::system_clock::now() + left);
  counts.Begin();
  stub.async()->ModelInfer(
      &call->context, &call->request, &call->response, [call, &counts](const grpc::Status& status) {
        const std::unique_ptr<Call> ours(call);
        const Clock::time_point now = Clock::now();
        const auto deadline = ours->due + milliseconds(ours->plan.budget_ms);
        const double lag =
            std::chrono::duration<double, std::milli>(ours->sent - ours->due).count();
        counts.End(ours->plan, status, status.ok() && now <= deadline, lag);
      });
}

int Run(const Flags& flags) {
  const std::unique_ptr<inference::GRPCInferenceService::Stub> stub =
      inference::GRPCInferenceService::NewStub(
          grpc::CreateChannel(flags.grpc, grpc::InsecureChannelCredentials()));
  const std::vector<Plan> plan = MakePlan(flags);
  Counts counts;
  const Clock::time_point start = Clock::now() + milliseconds(100);
  for (const Plan& one : plan) {
    std::this_thread::sleep_until(start + one.due);
    Send(*stub, flags, one, start + one.due, counts);
  }
  counts.Wait();
  counts.Print();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Flags flags;
  CLI::App program("Open-loop load with deadlines over gRPC");
  program.add_option("--grpc", flags.grpc, "HOST:PORT")->required();
  program.add_option("--model", flags.model);
  program.add_option("--rate", flags.rate)->check(CLI::Range(0.1, 10'000.0));
  program.add_option("--duration", flags.duration_s)->check(CLI::Range(0.1, 3600.0));
  program.add_option("--warm-up", flags.warm_up_s)->check(CLI::Range(0.0, 60.0));
  program.add_option("--tight-ms", flags.tight_ms)->check(CLI::Range(1, 60'000));
  program.add_option("--loose-ms", flags.loose_ms)->check(CLI::Range(1, 60'000));
  program.add_option("--tenants", flags.tenants, "Parts of the load, one for each tenant");
  program.add_flag("--named", flags.named, "Tell the server the tenant");
  program.add_option("--seed", flags.seed);
  CLI11_PARSE(program, argc, argv);
  return Run(flags);
}
