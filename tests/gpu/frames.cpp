// SPDX-License-Identifier: MIT
// Frames that the GPU preprocesses beside those of the CPU: scores of one network on one GPU, and how long a frame
// takes.
//   gpu_frames MODEL.onnx [OUTPUT.json [FRAMES_TIMED]]
// Exits with 1 where scores are further apart than rounding explains, with 77 where there is no GPU.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <fstream>
#include <functional>
#include <iostream>
#include <nlohmann/json.hpp>
#include <random>
#include <utility>
#include <vector>

#include "engine/classifier.h"
#include "engine/vision/frame_intake.h"
#include "engine/vision/preprocess.h"

namespace {

using nlohmann::json;
using Clock = std::chrono::steady_clock;

/// A pixel's 1 of 255, and fp16.
constexpr double tolerance = 0.02;
struct Shape {
  const char* name;
  cnn::PixelFormat format;
  int width, height;
};
constexpr Shape shapes[] = {
    {"NV12 1920x1080", cnn::PixelFormat::Nv12, 1920, 1080}, {"I420 1281x721", cnn::PixelFormat::I420, 1281, 721},
    {"YUY2 1280x720", cnn::PixelFormat::Yuy2, 1280, 720},   {"RGB 1920x1080", cnn::PixelFormat::Rgb, 1920, 1080},
    {"BGRx 3840x2160", cnn::PixelFormat::Bgrx, 3840, 2160}, {"GRAY8 100x75", cnn::PixelFormat::Gray8, 100, 75}};

/// A picture with edges and noise in `memory`.
cnn::Frame fill(const Shape& shape, std::byte* memory) {
  cnn::Frame frame;
  frame.memory = cnn::FrameMemory::Pinned;
  frame.image.format = shape.format;
  frame.image.width = shape.width;
  frame.image.height = shape.height;
  const int half = (shape.width + 1) / 2, low = (shape.height + 1) / 2;
  std::vector<std::pair<int, int>> planes;  // bytes and rows
  switch (shape.format) {
    case cnn::PixelFormat::Nv12:
      planes = {{shape.width, shape.height}, {2 * half, low}};
      break;
    case cnn::PixelFormat::I420:
      planes = {{shape.width, shape.height}, {half, low}, {half, low}};
      break;
    case cnn::PixelFormat::Yuy2:
      planes = {{4 * half, shape.height}};
      break;
    case cnn::PixelFormat::Rgb:
      planes = {{3 * shape.width, shape.height}};
      break;
    case cnn::PixelFormat::Bgrx:
      planes = {{4 * shape.width, shape.height}};
      break;
    default:
      planes = {{shape.width, shape.height}};
  }
  std::minstd_rand noise(7);
  for (size_t p = 0; p < planes.size(); ++p) {
    frame.image.planes[p] = reinterpret_cast<const uint8_t*>(memory);
    frame.image.strides[p] = planes[p].first;
    for (int y = 0; y < planes[p].second; ++y)
      for (int x = 0; x < planes[p].first; ++x)
        *memory++ = static_cast<std::byte>((x / 40 + y / 30) % 2 * 120 + x * 60 / planes[p].first + noise() % 50);
  }
  return frame;
}

double median_us(size_t frames, const std::function<bool()>& work) {
  std::vector<double> times;
  for (size_t i = 0; i < frames; ++i) {
    const Clock::time_point begin = Clock::now();
    if (!work()) return NAN;
    times.push_back(std::chrono::duration<double, std::micro>(Clock::now() - begin).count());
  }
  std::nth_element(times.begin(), times.begin() + static_cast<ptrdiff_t>(frames / 2), times.end());
  return times[frames / 2];
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::cerr << "usage: gpu_frames MODEL.onnx [OUTPUT.json [FRAMES_TIMED]]\n";
    return 2;
  }
  cnn::ClassifierOptions options;
  options.device = "cuda";
  options.max_batch = 2;
  options.device_frames = true;
  auto opened = cnn::Classifier::open(argv[1], options);
  if (!opened) {
    std::cerr << opened.error().what << '\n';
    return opened.error().code == cnn::ErrorCode::BackendUnavailable ? 77 : 1;
  }
  cnn::Classifier& classifier = **opened;
  auto preprocessor = classifier.make_preprocessor();
  auto intake = classifier.make_intake();
  if (!preprocessor || !intake || !*intake) {
    std::cerr << (intake ? "the network takes no frames" : intake.error().what) << '\n';
    return 1;
  }
  const size_t timed = argc > 3 ? std::max(1ul, std::stoul(argv[3])) : 50;
  bool failed = false;
  json report;
  for (const Shape& shape : shapes) {
    const auto memory = classifier.frame_slots()->host_memory(static_cast<size_t>(shape.width + 1) *
                                                              static_cast<size_t>(shape.height + 1) * 4);
    if (!memory) return 1;
    const cnn::Frame frame = fill(shape, memory.get());
    const auto on_gpu = [&] { return classifier.stage(0, frame, **preprocessor, intake->get()).ok(); };
    const auto on_cpu = [&] { return classifier.stage(1, frame.image, **preprocessor).ok(); };
    std::vector<float> gpu, cpu;
    const bool ran = (*intake)->takes(frame) && on_gpu() && on_cpu() && classifier.run(2).ok();
    if (ran) {
      classifier.read_scores(0, gpu);
      classifier.read_scores(1, cpu);
    }
    double difference = 0, norm = 0;
    for (size_t i = 0; i < gpu.size(); ++i) {
      difference += std::pow(double{gpu[i]} - cpu[i], 2);
      norm += std::pow(double{cpu[i]}, 2);
    }
    const double relative = ran ? std::sqrt(difference / std::max(norm, 1e-300)) : NAN;
    const bool holds = relative <= tolerance;
    failed = failed || !holds;
    report[shape.name] = {{"relative_l2", relative},
                          {"gpu_us", median_us(timed, on_gpu)},
                          {"cpu_us", median_us(timed, on_cpu)},
                          {"holds", holds}};
    std::cout << shape.name << ": " << report[shape.name].dump() << std::endl;
  }
  if (argc > 2) std::ofstream(argv[2]) << report.dump(1) << '\n';
  return failed ? 1 : 0;
}
