// SPDX-License-Identifier: MIT
// plan-report [--gpu NAME] [--images N] [--layers]: what cuDNN plans for the networks of networks.json on a GPU that is
// not there, and the time that its memory and arithmetic allow, as Markdown.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>

#include "engine/cuda/cudnn_planner.h"
#include "tests/cuda/planned_networks.h"

namespace {

using namespace cnn;
using namespace cnn::test;

struct Limits {
  double bytes_per_second, operations_per_second, cache_bytes;
};

/// Bytes that must move, operations with padded channels, and the time of a layer by the slower of both. `in_front`: that
/// time, where layers that move more than the cache holds found everything there (engine/cuda/front.h); what enters and leaves
/// a front is left out, so that no front can be faster.
struct Work {
  double bytes = 0, operations = 0, seconds = 0, in_front = 0;
  void add(const Work& work, int times) {
    bytes += work.bytes * times;
    operations += work.operations * times;
    seconds += work.seconds * times;
    in_front += work.in_front * times;
  }
};

constexpr double number_bytes = 2;

Work timed(double bytes, double operations, const Limits& limits) {
  const double arithmetic = operations / limits.operations_per_second;
  const double seconds = std::max(bytes / limits.bytes_per_second, arithmetic);
  return {bytes, operations, seconds, bytes > limits.cache_bytes ? arithmetic : seconds};
}

Work work_of(const cuda::ConvolutionProblem& p, const Limits& limits) {
  const auto in = static_cast<double>(p.images * p.height * p.width * p.channels);
  const auto out = static_cast<double>(p.images * p.out_height * p.out_width * p.outputs);
  const auto weights = static_cast<double>(p.outputs * p.filter());
  double elements = in + weights + out + (p.residual_pixel ? out : 0);
  if (p.y_pixel != p.outputs) elements += 2 * out;  // cuDNN writes a copy without gaps first
  return timed(elements * number_bytes, 2 * out * static_cast<double>(p.filter()), limits);
}

Work work_of(const OtherLayer& layer, int64_t images, const Limits& limits) {
  return timed(static_cast<double>((layer.reads + layer.writes) * images) * number_bytes, 0, limits);
}

std::string kind_of(const cuda::ReadyEngine& engine) {
  return "eng" + std::to_string(engine.config.engine) + (engine.config.tensor_core() ? "" : " (no tensor cores)") +
         (engine.config.compiled_at_run_time() ? " (compiled)" : "");
}

/// The first of the engines that are timed that uses tensor cores, else the first.
const cuda::ReadyEngine& expected(const std::vector<cuda::ReadyEngine>& engines) {
  for (const cuda::ReadyEngine& engine : engines)
    if (engine.config.tensor_core() && !engine.config.compiled_at_run_time()) return engine;
  return engines.front();
}

void print_row(const std::vector<std::string>& cells) {
  for (const std::string& cell : cells) std::cout << "| " << cell << " ";
  std::cout << "|\n";
}

std::string fixed(double value, int digits) {
  char text[32];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

std::string shape_of(const cuda::ConvolutionProblem& p) {
  std::ostringstream text;
  text << p.kernel_h << "x" << p.kernel_w << (p.stride_h > 1 ? "/" + std::to_string(p.stride_h) : "") << ", "
       << p.height << "x" << p.width << "x" << p.channels << " to " << p.out_height << "x" << p.out_width << "x"
       << p.outputs << (p.y_pixel != p.outputs ? " of " + std::to_string(p.y_pixel) : "")
       << (p.residual_pixel ? ", residual" : "") << (p.relu ? ", ReLU" : "");
  return text.str();
}

Status report(const cuda::PlanningTarget& target, const PlannedNetwork& network, int64_t images, const Limits& limits,
              bool layers) {
  Work products, others;
  std::map<std::string, int> engines;
  size_t workspace = 0;
  if (layers) {
    std::cout << "\n### " << network.name << "\n\n";
    print_row({"Layer", "Times", "Engine", "Workspace, KB", "MB", "GFLOP", "Predicted, us"});
    print_row({"---", "---", "---", "---", "---", "---", "---"});
  }
  for (const Product& product : network.products) {
    CNN_TRY(ready, cuda::ready_engines(target, product.problem, cuda::timed_engines));
    const cuda::ReadyEngine& engine = expected(ready);
    const Work work = work_of(product.problem, limits);
    products.add(work, product.count);
    engines[kind_of(engine)] += product.count;
    workspace = std::max(workspace, engine.plan.workspace_bytes());
    if (layers)
      print_row({shape_of(product.problem), std::to_string(product.count), engine.config.name,
                 fixed(static_cast<double>(engine.plan.workspace_bytes()) / 1e3, 1), fixed(work.bytes / 1e6, 1),
                 fixed(work.operations / 1e9, 2), fixed(work.seconds * 1e6, 1)});
  }
  for (const OtherLayer& layer : network.others) others.add(work_of(layer, images, limits), layer.count);
  if (layers) {
    for (const OtherLayer& layer : network.others) {
      const Work work = work_of(layer, images, limits);
      print_row({layer.type, std::to_string(layer.count), "own", "0.0", fixed(work.bytes / 1e6, 1), "",
                 fixed(work.seconds * 1e6, 1)});
    }
    return {};
  }
  std::string names;
  for (const auto& [name, count] : engines) names += (names.empty() ? "" : ", ") + name + " x" + std::to_string(count);
  const double seconds = products.seconds + others.seconds;
  print_row({network.name, names, fixed(static_cast<double>(workspace) / 1e6, 1), fixed(products.bytes / 1e9, 2),
             fixed(others.bytes / 1e9, 2), fixed(products.operations / 1e12, 3), fixed(products.seconds * 1e3, 3),
             fixed(others.seconds * 1e3, 3), fixed(static_cast<double>(images) / seconds, 0),
             fixed(static_cast<double>(images) / (products.in_front + others.in_front), 0)});
  return {};
}

int run(int argc, char** argv) {
  CLI::App app("Prints what cuDNN plans for networks of every family on a GPU that is not there.", "plan-report");
  std::string gpu = "h200";
  int64_t images = 256;
  double terabytes = 4.3, teraflops = 790, megabytes = 50;
  bool layers = false;
  app.add_option("--gpu", gpu, "a file of tests/cuda/profiles")->capture_default_str();
  app.add_option("--images", images, "batch size")->capture_default_str()->check(CLI::Range(1, 4096));
  app.add_option("--terabytes", terabytes, "the GPU's memory moves in a second")->capture_default_str();
  app.add_option("--teraflops", teraflops, "the GPU computes in a second")->capture_default_str();
  app.add_option("--megabytes", megabytes, "the GPU's second-level cache holds")->capture_default_str();
  app.add_flag("--layers", layers, "a table for each network");
  CLI11_PARSE(app, argc, argv);
  const Limits limits{terabytes * 1e12, teraflops * 1e12, megabytes * 1e6};
  const auto& library = cuda::cudnn_library();
  const auto target = library ? load_profile(library->functions, gpu) : library.error();
  if (!target) {
    std::cerr << "plan-report: " << target.error().what << '\n';
    return 1;
  }
  if (!layers) {
    print_row({"Network", "Engines (layers)", "Largest workspace, MB", "GB by cuDNN", "GB by own kernels", "TFLOP",
               "cuDNN, ms", "Own kernels, ms", "Images/s", "at most with a front"});
    print_row({"---", "---", "---", "---", "---", "---", "---", "---", "---", "---"});
  }
  for (const PlannedNetwork& network : load_networks(images))
    if (const Status done = report(*target, network, images, limits, layers); !done) {
      std::cerr << "plan-report: " << network.name << ": " << done.error().what << '\n';
      return 1;
    }
  return 0;
}

}  // namespace

int main(int argc, char** argv) { return run(argc, argv); }
