// SPDX-License-Identifier: MIT
#include "engine/cuda/cudnn_planner.h"

#include <sstream>

#include "engine/cuda/cudnn_pool.h"

namespace cnn::cuda {
namespace {

constexpr size_t workspace_cap = size_t{64} << 20;

// A pooling that moves less takes the time of a launch by any kernel: no engine is compiled for it.
constexpr int64_t least_pool_bytes = int64_t{1} << 20;

constexpr char faster[] = "faster";

int64_t bytes_of(const PoolProblem& p) {
  const int64_t pixels = p.height * p.width + p.out_height * p.out_width;
  return p.images * pixels * p.channels * static_cast<int64_t>(size_of(p.number));
}

// The name under which the cache remembers that an own pooling was the fastest. Another one whenever kernels/pool.h
// becomes faster or slower, so that it is timed again.
constexpr char own_pool[] = "own pool 1";

std::string machine_of(const CudnnLibrary& library, const DeviceFacts& facts) {
  std::ostringstream text;
  text << "cuDNN " << library.version << ", " << facts.name << ", compute capability " << facts.major << "."
       << facts.minor << ", driver " << facts.driver;
  return text.str();
}

Result<std::vector<ReadyEngine>> ready_engines(const std::shared_ptr<const OperationGraph>& graph, size_t most,
                                               size_t largest_workspace, const std::string& problem) {
  CNN_TRY(candidates, graph->candidates());
  std::vector<ReadyEngine> ready;
  for (const EngineConfig& config : candidates) {
    auto plan = EnginePlan::make(graph, config);
    if (!plan || plan->workspace_bytes() > largest_workspace) continue;
    ready.push_back({config, *std::move(plan)});
    if (ready.size() == most) break;
  }
  if (ready.empty()) return error(ErrorCode::Unsupported, "cuDNN has no engine for ", problem);
  return ready;
}

/// The index of the least time of those that have one, else of the first.
size_t fastest_of(const std::vector<Result<double>>& seconds) {
  size_t fastest = 0;
  for (size_t i = 0; i < seconds.size(); ++i)
    if (seconds[i] && (!seconds[fastest] || *seconds[i] < *seconds[fastest])) fastest = i;
  return fastest;
}

}  // namespace

Status check_cudnn() {
  const Result<CudnnLibrary>& library = cudnn_library();
  return library ? Status() : Status(library.error());
}

Result<std::unique_ptr<ConvolutionPlanner>> open_cudnn(Device& device) {
  CNN_CHECK(check_cudnn());
  const CudnnLibrary& library = *cudnn_library();
  CNN_CHECK(device.enter());
  CNN_TRY(handle, CudnnHandle::open(library.functions));
  CNN_CHECK(handle->in(device.queue()));
  auto timer = make_plan_timer(device, *handle);
  return std::unique_ptr<ConvolutionPlanner>(std::make_unique<CudnnPlanner>(
      PlanningTarget{&library.functions, handle->raw(), nullptr}, handle,
      PlanCache(plan_cache_folder(), machine_of(library, device.facts())), std::move(timer)));
}

std::string text_of(const ConvolutionProblem& p) {
  std::ostringstream text;
  text << name_of(p.number) << (p.tf32 ? " tf32" : "") << " x " << p.images << "x" << p.height << "x" << p.width << "x"
       << p.channels << "/" << p.x_pixel << " y " << p.out_height << "x" << p.out_width << "x" << p.outputs << "/"
       << p.y_pixel << " kernel " << p.kernel_h << "x" << p.kernel_w << " stride " << p.stride_h << "x" << p.stride_w
       << " dilation " << p.dilation_h << "x" << p.dilation_w << " pad " << p.pad_top << "," << p.pad_left << ","
       << p.pad_bottom << "," << p.pad_right;
  if (p.groups != 1) text << " groups " << p.groups;
  text << " residual " << p.residual_pixel << (p.relu ? " relu" : "") << (p.deterministic ? " deterministic" : "");
  return text.str();
}

std::string text_of(const PoolProblem& p) {
  const char* mode = p.mode == PoolMode::Max ? "max" : p.mode == PoolMode::AverageOfTaps ? "average" : "average padded";
  std::ostringstream text;
  text << "pool " << name_of(p.number) << " " << mode << " x " << p.images << "x" << p.height << "x" << p.width << "x"
       << p.channels << "/" << p.x_pixel << " y " << p.out_height << "x" << p.out_width << "/" << p.y_pixel
       << " kernel " << p.kernel_h << "x" << p.kernel_w << " stride " << p.stride_h << "x" << p.stride_w << " pad "
       << p.pad_top << "," << p.pad_left << "," << p.pad_bottom << "," << p.pad_right;
  return text.str();
}

size_t most_workspace(const ConvolutionProblem& p) {
  int64_t copied = 0;
  if (p.x_pixel != p.channels) copied += p.images * p.height * p.width * p.channels;
  if (p.y_pixel != p.outputs) copied += p.images * p.out_height * p.out_width * p.outputs;
  return workspace_cap + static_cast<size_t>(copied) * size_of(p.number);
}

/// A ConvolutionPlan or PoolPlan by the engine that was chosen.
template <class Plan, class Addresses>
class CudnnPlanner::ByEngine final : public Plan {
 public:
  ByEngine(std::shared_ptr<const Chosen> chosen, std::shared_ptr<CudnnHandle> handle)
      : chosen_(std::move(chosen)), handle_(std::move(handle)) {}
  size_t workspace_bytes() const override { return chosen_->plan.workspace_bytes(); }
  std::string algorithm() const override { return "cudnn " + chosen_->name; }
  Status enqueue(const Addresses& addresses, const Queue& queue) const override {
    CNN_TRY(handle, handle_->in(queue));
    return chosen_->plan.execute(handle, addresses);
  }

 private:
  std::shared_ptr<const Chosen> chosen_;
  std::shared_ptr<CudnnHandle> handle_;
};

Result<std::vector<ReadyEngine>> ready_engines(const PlanningTarget& target, const ConvolutionProblem& problem,
                                               size_t most) {
  CNN_TRY(graph, ConvolutionGraph::make(target, problem));
  return ready_engines(graph, most, most_workspace(problem), text_of(problem));
}

Result<std::vector<ReadyEngine>> ready_engines(const PlanningTarget& target, const PoolProblem& problem, size_t most) {
  CNN_TRY(graph, PoolGraph::make(target, problem));
  return ready_engines(graph, most, workspace_cap, text_of(problem));
}

Result<CudnnPlanner::Chosen> CudnnPlanner::choose(const ConvolutionProblem& problem) const {
  const bool timed = timer_ && !problem.deterministic;
  CNN_TRY(engines, ready_engines(target_, problem, timed ? timed_engines : 1));
  size_t fastest = 0;
  if (engines.size() > 1) {
    const std::vector<Result<double>> seconds = timer_->time(problem, engines);
    fastest = fastest_of(seconds);
    if (!seconds[fastest]) return seconds[fastest].error();
  }
  return Chosen{engines[fastest].config.name, std::move(engines[fastest].plan)};
}

Result<std::unique_ptr<ConvolutionPlan>> CudnnPlanner::plan(const ConvolutionProblem& problem) {
  const std::string key = text_of(problem);
  std::shared_ptr<const Chosen>& chosen = chosen_[key];
  if (!chosen && !problem.deterministic)
    if (const auto stored = cache_.find(key))
      if (auto plan = EnginePlan::restore(target_, stored->json))
        chosen = std::make_shared<const Chosen>(Chosen{stored->name, *std::move(plan)});
  if (!chosen) {
    CNN_TRY(found, choose(problem));
    chosen = std::make_shared<const Chosen>(std::move(found));
    if (timer_ && !problem.deterministic) cache_.store(key, {chosen->name, chosen->plan.json()});
  }
  return std::unique_ptr<ConvolutionPlan>(std::make_unique<ByEngine<ConvolutionPlan, ConvolutionAddresses>>(chosen, handle_));
}

Result<double> CudnnPlanner::seconds(const ConvolutionProblem& problem) const {
  CNN_TRY(engines, ready_engines(target_, problem, timed_engines));
  const std::vector<Result<double>> seconds = timer_->time(problem, engines);
  return seconds[fastest_of(seconds)];
}

bool CudnnPlanner::is_faster(const ConvolutionProblem& problem, const ConvolutionProblem& other) {
  if (!timer_ || problem.deterministic) return false;
  const std::string key = text_of(problem) + " beside " + text_of(other);
  if (const auto stored = cache_.find(key)) return stored->name == faster;
  const Result<double> ours = seconds(problem), theirs = seconds(other);
  if (!ours || !theirs) return false;
  const bool is = *ours < *theirs;
  cache_.store(key, {is ? faster : "slower", ""});
  return is;
}

// Any failure of cuDNN here is an engine less, not an error: own kernels compute all poolings. Where nothing was timed,
// nothing is remembered: the compiler may be there the next time.
std::shared_ptr<const CudnnPlanner::Chosen> CudnnPlanner::choose(const PoolProblem& problem, const OwnPool& own) const {
  const std::string key = text_of(problem);
  if (const auto stored = cache_.find(key)) {
    if (stored->name == own_pool) return nullptr;
    if (auto plan = EnginePlan::restore(target_, stored->json))
      return std::make_shared<const Chosen>(Chosen{stored->name, *std::move(plan)});
  }
  auto engines = ready_engines(target_, problem, timed_pool_engines);
  if (!engines) return nullptr;
  const std::vector<Result<double>> seconds = timer_->time(problem, *engines, own);
  const size_t fastest = fastest_of(seconds);
  if (!seconds[fastest]) return nullptr;
  if (fastest == engines->size()) {
    cache_.store(key, {own_pool, ""});
    return nullptr;
  }
  ReadyEngine& engine = (*engines)[fastest];
  cache_.store(key, {engine.config.name, engine.plan.json()});
  return std::make_shared<const Chosen>(Chosen{engine.config.name, std::move(engine.plan)});
}

std::unique_ptr<PoolPlan> CudnnPlanner::plan_pool(const PoolProblem& problem, const OwnPool& own) {
  if (!timer_ || bytes_of(problem) < least_pool_bytes) return nullptr;
  const auto [entry, is_new] = chosen_pools_.try_emplace(text_of(problem));
  if (is_new) entry->second = choose(problem, own);
  if (!entry->second) return nullptr;
  return std::make_unique<ByEngine<PoolPlan, PoolAddresses>>(entry->second, handle_);
}

}  // namespace cnn::cuda
