// SPDX-License-Identifier: MIT
// Frames that a device preprocesses beside Preprocessor, which has the same contract: on a GPU where CNN_TEST_GPU is set, else
// simulated.
#include <gtest/gtest.h>

#include <cstdlib>

#include "engine/cuda/frame_intake.h"
#include "engine/vision/crop.h"
#include "engine/vision/pixel_format.h"
#include "tests/cuda/simulated_device.h"
#include "tests/vision/guarded_picture.h"

namespace cnn {
namespace {

using test::GuardedPicture;

constexpr float nobodys = 77;
/// In units of a pixel's 0 .. 255. Both sides round: the CPU what is between the passes to 1/64, the GPU none of it.
constexpr double allowed = 0.25;

bool on_gpu() { return std::getenv("CNN_TEST_GPU") != nullptr; }

std::unique_ptr<cuda::Device> open_device() {
  if (!on_gpu()) return std::make_unique<test::SimulatedDevice>();
  auto gpu = cuda::open_gpu(0);
  EXPECT_TRUE(gpu) << gpu.error().what;
  return std::move(*gpu);
}

Preprocessing pixels_as_they_are() {
  Preprocessing p;
  p.mean = {0};
  p.scale = {1};
  return p;
}

/// One image [h, w, c] with eight elements a pixel, as cuDNN's first layer reads it, unless stated otherwise.
TensorDesc padded_input(const InputFormat& format) {
  TensorDesc desc{DataType::Float32, {1, format.channels, format.height, format.width}, Layout::ChannelsLast};
  desc.pixel_stride = 8;
  return desc;
}

/// A slot, and a way into it.
class Ingest {
 public:
  Ingest(const Preprocessing& p, const InputFormat& format, cuda::Number number = cuda::Number::Fp32)
      : Ingest(p, format, padded_input(format), number) {}
  Ingest(const Preprocessing& p, const InputFormat& format, const TensorDesc& desc, cuda::Number number)
      : device(open_device()),
        slots(std::move(*cuda::CudaFrameSlots::create(
            *device, 2, cuda::form_of(desc, number, format.interleaved && !desc.channels_last()), p, format))),
        intake(std::move(*slots->make_intake())) {}

  /// Every element of slot 1, after it took the picture from memory of that kind.
  std::vector<float> take(const ImageView& image, FrameMemory memory = FrameMemory::Pinned) {
    EXPECT_TRUE(device->enter());
    std::vector<float> result(slots->form().bytes / size_of(slots->form().number), nobodys);
    std::vector<std::byte> bytes = cuda::rounded(result, slots->form().number);
    EXPECT_TRUE(device->to_device(slots->slot(1), bytes.data(), bytes.size()));
    EXPECT_TRUE(device->finish());
    Frame frame{placed(image, memory), memory, slots->context(), nullptr, {}};
    EXPECT_TRUE(intake->takes(frame));
    const Status staged = intake->stage(1, frame);
    EXPECT_TRUE(staged) << staged.error().what;
    EXPECT_TRUE(device->to_host(bytes.data(), slots->slot(1), bytes.size()));
    EXPECT_TRUE(device->finish());
    cuda::with_number(slots->form().number, [&]<class T>(T) {
      for (size_t i = 0; i < result.size(); ++i) result[i] = cuda::to_float(reinterpret_cast<const T*>(bytes.data())[i]);
    });
    return result;
  }

  std::unique_ptr<cuda::Device> device;
  std::shared_ptr<const cuda::CudaFrameSlots> slots;
  std::unique_ptr<FrameIntake> intake;

 private:
  /// The simulated device reads the picture where it is, up to the end of what may be read.
  ImageView placed(ImageView image, FrameMemory memory) {
    if (!on_gpu()) return image;
    pinned_.clear();
    for (size_t p = 0; p < 3 && image.planes[p]; ++p) {
      const ImageView whole = image;
      const bool chroma = p > 0;
      const auto rows = static_cast<size_t>(chroma ? (whole.height + 1) / 2 : whole.height);
      const auto stride = static_cast<size_t>(whole.strides[p]);
      const size_t size = stride * (rows - 1) + static_cast<size_t>(row_bytes(whole.format, whole.width, static_cast<int>(p)));
      if (memory == FrameMemory::Pinned) {
        pinned_.push_back(slots->host_memory(size));
        std::memcpy(pinned_.back().get(), whole.planes[p], size);
        image.planes[p] = reinterpret_cast<const uint8_t*>(pinned_.back().get());
      } else {
        on_device_[p] = std::move(*device->allocate(size));
        EXPECT_TRUE(device->to_device(on_device_[p].data(), whole.planes[p], size));
        EXPECT_TRUE(device->finish());
        image.planes[p] = reinterpret_cast<const uint8_t*>(on_device_[p].data());
      }
    }
    return image;
  }
  std::vector<std::shared_ptr<std::byte>> pinned_;
  std::array<cuda::DeviceBuffer, 3> on_device_;
};

std::vector<float> on_cpu(const Preprocessing& p, const InputFormat& format, const ImageView& image) {
  auto made = Preprocessor::create(p, format);
  EXPECT_TRUE(made) << made.error().what;
  std::vector<float> out(format.bytes() / sizeof(float));
  const Status done = made->run(image, reinterpret_cast<std::byte*>(out.data()));
  EXPECT_TRUE(done) << done.error().what;
  return out;
}

/// `actual` in pixels of 8 elements, the ones behind the channels 0.
void expect_padded(const std::vector<float>& actual, const std::vector<float>& expected, size_t channels,
                   double tolerance = allowed) {
  ASSERT_EQ(actual.size() / 8 * channels, expected.size());
  for (size_t i = 0; i < actual.size(); ++i) {
    const size_t pixel = i / 8, c = i % 8;
    if (c >= channels)
      ASSERT_EQ(actual[i], 0) << "element " << c << " of pixel " << pixel;
    else
      ASSERT_NEAR(actual[i], expected[pixel * channels + c], tolerance) << "pixel " << pixel << ", channel " << c;
  }
}

TEST(Frames, AreAsThePreprocessorMakesThemInEveryFormatAndSize) {
  const std::pair<int, int> sizes[] = {{1, 1}, {1, 5}, {2, 1}, {3, 3}, {7, 5}, {16, 16}, {31, 9}, {65, 43}, {130, 71}};
  for (const InputFormat& input : {InputFormat{PixelElement::Float32, 8, 8, 3, true}, {PixelElement::Float32, 19, 5, 3, true}}) {
    Ingest ingest(pixels_as_they_are(), input);
    for (PixelFormat format : test::all_formats)
      for (auto [width, height] : sizes)
        for (FrameMemory memory : {FrameMemory::Pinned, FrameMemory::Device}) {
          SCOPED_TRACE("format " + std::to_string(static_cast<int>(format)) + ", " + std::to_string(width) + "x" +
                       std::to_string(height) + (memory == FrameMemory::Device ? ", device" : ", pinned"));
          const GuardedPicture picture(format, width, height, memory == FrameMemory::Device ? 5 : 0);
          expect_padded(ingest.take(picture.view, memory), on_cpu(pixels_as_they_are(), input, picture.view), 3);
        }
  }
}

TEST(Frames, AreResizedInEveryMode) {
  const InputFormat input{PixelElement::Float32, 24, 17, 3, true};
  for (ResizeMode mode : {ResizeMode::Stretch, ResizeMode::CentreCrop, ResizeMode::Letterbox})
    for (Interpolation interpolation : {Interpolation::Bilinear, Interpolation::Bicubic})
      for (bool antialias : {true, false})
        for (double crop : {1.0, 0.875}) {
          Preprocessing p = pixels_as_they_are();
          p.resize = mode;
          p.interpolation = interpolation;
          p.antialias = antialias;
          p.crop = crop;
          p.fill = {10, 300, 30};
          Ingest ingest(p, input);
          for (PixelFormat format : {PixelFormat::Nv12, PixelFormat::Yuy2, PixelFormat::Rgb, PixelFormat::Bgrx})
            for (auto [width, height] : {std::pair{61, 33}, {20, 71}, {11, 7}, {320, 180}}) {
              SCOPED_TRACE("mode " + std::to_string(static_cast<int>(mode)) + ", bicubic " +
                           std::to_string(interpolation == Interpolation::Bicubic) + ", antialias " +
                           std::to_string(antialias) + ", format " + std::to_string(static_cast<int>(format)) + ", " +
                           std::to_string(width) + "x" + std::to_string(height));
              const GuardedPicture picture(format, width, height, 3);
              expect_padded(ingest.take(picture.view), on_cpu(p, input, picture.view), 3);
            }
        }
}

TEST(Frames, AreConvertedByTheirOwnColours) {
  const InputFormat input{PixelElement::Float32, 9, 6, 3, true};
  for (ChannelOrder order : {ChannelOrder::Rgb, ChannelOrder::Bgr}) {
    Preprocessing p = pixels_as_they_are();
    p.order = order;
    Ingest ingest(p, input);  // all of one size and format: colours alone tell them apart
    for (ColorMatrix matrix : {ColorMatrix::Bt601, ColorMatrix::Bt709, ColorMatrix::Bt2020})
      for (bool full : {false, true}) {
        GuardedPicture picture(PixelFormat::I420, 21, 13, 0);
        picture.view.matrix = matrix;
        picture.view.full_range = full;
        expect_padded(ingest.take(picture.view), on_cpu(p, input, picture.view), 3);
      }
  }
}

TEST(Frames, BecomeGrey) {
  const InputFormat input{PixelElement::Float32, 9, 6, 1, true};
  Ingest ingest(pixels_as_they_are(), input);
  for (PixelFormat format : {PixelFormat::Nv12, PixelFormat::Rgb, PixelFormat::Gray8, PixelFormat::Uyvy}) {
    const GuardedPicture picture(format, 33, 17, 1);
    expect_padded(ingest.take(picture.view), on_cpu(pixels_as_they_are(), input, picture.view), 1);
  }
}

TEST(Frames, AreNormalisedAndRoundedToTheNumbersOfTheNetwork) {
  const InputFormat input{PixelElement::Float32, 12, 10, 3, true};
  Preprocessing p;
  p.mean = {123.675f, 116.28f, 103.53f};
  p.scale = {0.0171f, 0.0175f, 0.0174f};
  const GuardedPicture picture(PixelFormat::Nv12, 50, 41, 0);
  const auto expected = on_cpu(p, input, picture.view);
  const double step = allowed * 0.0175;
  expect_padded(Ingest(p, input).take(picture.view), expected, 3, step);
  expect_padded(Ingest(p, input, cuda::Number::Fp16).take(picture.view), expected, 3, step + 2.7 / 2048);
  expect_padded(Ingest(p, input, cuda::Number::Bf16).take(picture.view), expected, 3, step + 2.7 / 256);
}

TEST(Frames, GoIntoEveryLayout) {
  const GuardedPicture picture(PixelFormat::Bgra, 29, 31, 0);
  // [n, c, h, w] in that order.
  const InputFormat planes{PixelElement::Float32, 13, 9, 3, false};
  const auto in_planes = Ingest(pixels_as_they_are(), planes, {DataType::Float32, {1, 3, 9, 13}}, cuda::Number::Fp32)
                             .take(picture.view);
  const auto expected_planes = on_cpu(pixels_as_they_are(), planes, picture.view);
  ASSERT_EQ(in_planes.size(), expected_planes.size());
  for (size_t i = 0; i < in_planes.size(); ++i) ASSERT_NEAR(in_planes[i], expected_planes[i], allowed) << i;
  // [n, h, w, c] as the model declares it.
  const InputFormat last{PixelElement::Float32, 13, 9, 3, true};
  const auto declared = Ingest(pixels_as_they_are(), last, {DataType::Float32, {1, 9, 13, 3}}, cuda::Number::Fp32)
                            .take(picture.view);
  const auto expected_last = on_cpu(pixels_as_they_are(), last, picture.view);
  ASSERT_EQ(declared.size(), expected_last.size());
  for (size_t i = 0; i < declared.size(); ++i) ASSERT_NEAR(declared[i], expected_last[i], allowed) << i;
}

/// More geometries than are kept, and back again; parts of one picture, as objects are.
TEST(Frames, ComeInAnyOrderOfSizes) {
  if (on_gpu()) GTEST_SKIP() << "parts are not copied to the GPU by this test";
  const InputFormat input{PixelElement::Float32, 10, 10, 3, true};
  Ingest ingest(pixels_as_they_are(), input);
  const GuardedPicture picture(PixelFormat::Nv12, 64, 48, 0);
  for (int round = 0; round < 2; ++round)
    for (int i = 0; i < 9; ++i) {
      const ImageView part = cropped(picture.view, {3 * i, 2 * i + 1, 40 - 3 * i, 30 - 2 * i});
      expect_padded(ingest.take(part), on_cpu(pixels_as_they_are(), input, part), 3);
    }
}

TEST(Frames, LeaveToTheCpuWhatTheyCannotDo) {
  const InputFormat input{PixelElement::Float32, 8, 8, 3, true};
  Ingest ingest(pixels_as_they_are(), input);
  const GuardedPicture picture(PixelFormat::Rgb, 9, 9, 0);
  Frame frame{picture.view, FrameMemory::Pageable, nullptr, nullptr, {}};
  EXPECT_FALSE(ingest.intake->takes(frame)) << "the device cannot read it";
  frame.memory = FrameMemory::Pinned;
  EXPECT_TRUE(ingest.intake->takes(frame));
  frame.memory = FrameMemory::Device;
  EXPECT_FALSE(ingest.intake->takes(frame)) << "no context of its own";
  frame.context = ingest.slots->context();
  EXPECT_TRUE(ingest.intake->takes(frame));
  frame.memory = FrameMemory::Pinned;
  frame.image.strides[0] = 20;
  EXPECT_FALSE(ingest.intake->takes(frame)) << "the preprocessor says what is wrong";
  frame.image = picture.view;
  frame.image.format = PixelFormat::GrayF32;
  EXPECT_FALSE(ingest.intake->takes(frame));
  frame.image = picture.view;
  frame.image.width = 3000;
  frame.image.strides[0] = 9000;
  EXPECT_FALSE(ingest.intake->takes(frame)) << "a thread would sum up a window of hundreds of columns";
  Preprocessing hears = pixels_as_they_are();
  hears.spectrogram = true;
  frame.image = picture.view;
  EXPECT_FALSE(Ingest(hears, input).intake->takes(frame));
}

}  // namespace
}  // namespace cnn
