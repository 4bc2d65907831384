// SPDX-License-Identifier: MIT
#include <cairo.h>
#include <gmock/gmock.h>

#include <array>
#include <filesystem>
#include <memory>

#include "tests/support/onnx_writer.h"
#include "tests/tools/run_tool.h"

namespace cnn::test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string in_temp(const std::string& name) { return testing::TempDir() + "/" + name; }

/// 24x16, black with a white square at the right.
std::string frame() {
  std::string pixels = "P6 24 16 255\n";
  for (int y = 0; y < 16; ++y)
    for (int x = 0; x < 24; ++x) pixels += std::string(3, y >= 4 && y < 12 && x >= 14 && x < 22 ? '\xff' : '\0');
  save_bytes(in_temp("frame.ppm"), pixels);
  return in_temp("frame.ppm");
}

/// Filter 0 passes brightness on, filter 1 is dead.
std::vector<float> filters() {
  std::vector<float> w(2 * 27, 0);
  for (int c = 0; c < 3; ++c) w[static_cast<size_t>(c * 9 + 4)] = 1;
  return w;
}

std::string net(bool pooled = true) {
  const std::string path = in_temp(pooled ? "pooled.onnx" : "flat.onnx");
  OnnxWriter w;
  w.input("x", {1, 3, 16, 24}).weights("w", {2, 3, 3, 3}, filters());
  w.node("Conv", {"x", "w"}, {"c"}, {{"pads", {1, 1, 1, 1}}}, "stem.conv");
  w.node("Relu", {"c"}, {"r"}, {}, "stem.relu");
  if (pooled) {
    w.node("GlobalAveragePool", {"r"}, {"g"}, {}, "pool").node("Flatten", {"g"}, {"f"}, {}, "flatten");
    w.weights("d", {2, 2}, {1, -1, 0, 0});
  } else {
    w.node("Flatten", {"r"}, {"f"}, {}, "flatten")
        .weights("d", {2 * 16 * 24, 2}, std::vector<float>(2 * 16 * 24 * 2, 0.01f));
  }
  w.node("MatMul", {"f", "d"}, {"y"}, {}, "dense").output("y").metadata("cnn.labels", "bright\ndark").save(path);
  return path;
}

class Picture {
 public:
  explicit Picture(const std::string& path)
      : surface_(cairo_image_surface_create_from_png(path.c_str()), cairo_surface_destroy) {}
  bool ok() const { return cairo_surface_status(surface_.get()) == CAIRO_STATUS_SUCCESS; }
  int width() const { return cairo_image_surface_get_width(surface_.get()); }
  int height() const { return cairo_image_surface_get_height(surface_.get()); }
  /// Pixels for which `is(red, green, blue)` holds, within columns [left, right).
  template <class Is>
  int count(int left, int right, Is&& is) const {
    int found = 0;
    const unsigned char* data = cairo_image_surface_get_data(surface_.get());
    for (int y = 0; y < height(); ++y)
      for (int x = left; x < right; ++x) {
        const unsigned char* p = data + y * cairo_image_surface_get_stride(surface_.get()) + 4 * x;
        found += is(p[2], p[1], p[0]);
      }
    return found;
  }

 private:
  std::unique_ptr<cairo_surface_t, void (*)(cairo_surface_t*)> surface_;
};

bool is_dark_violet(int r, int g, int b) { return r == 38 && g == 8 && b == 72; }
bool is_yellow(int r, int g, int b) { return r == 254 && g == 232 && b == 60; }
bool is_reddish(int r, int, int b) { return r > b + 40; }

TEST(InspectPictures, ShowTheMapsOfALayer) {
  const std::string out = in_temp("maps.png");
  const ToolRun run = run_tool(CNN_INSPECT, {net(), "--feature-maps", frame(), "--layer", "stem.relu", "-o", out});
  ASSERT_EQ(run.status, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("maps.png: feature maps of stem.relu (Relu) [1, 2, 16, 24]"));
  EXPECT_THAT(run.out, HasSubstr("1 map is the same everywhere"));
  const Picture picture(out);
  ASSERT_TRUE(picture.ok());
  // The square is bright and the rest of its map, six times as many pixels, dark; so is all of the dead one.
  const int bright = picture.count(0, picture.width(), is_yellow),
            dark = picture.count(0, picture.width(), is_dark_violet);
  EXPECT_GT(bright, 300);
  EXPECT_NEAR(static_cast<double>(dark) / bright, (384 + 320) / 64.0, 1);
}

TEST(InspectPictures, ShowTheFiltersOfALayer) {
  const std::string out = in_temp("filters.png");
  const ToolRun run = run_tool(CNN_INSPECT, {net(), "--filters", "-o", out});
  ASSERT_EQ(run.status, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("filters of stem.conv [2, 3, 3, 3]"));
  const Picture picture(out);
  ASSERT_TRUE(picture.ok());
  EXPECT_GT(picture.count(0, picture.width(), [](int r, int g, int b) { return r == 128 && g == 128 && b == 128; }),
            1000);
}

TEST(InspectPictures, ShowWhatAnElementSees) {
  const std::string out = in_temp("field.png");
  for (const std::vector<std::string>& more :
       std::vector<std::vector<std::string>>{{}, {"--effective"}, {"--at", "2,3"}}) {
    std::vector<std::string> arguments{net(), "--receptive-field", frame(), "--layer", "stem.conv", "-o", out};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const ToolRun run = run_tool(CNN_INSPECT, arguments);
    ASSERT_EQ(run.status, 0) << run.err;
    EXPECT_THAT(run.out,
                HasSubstr(more.size() == 2 ? "(2, 3) of stem.conv [1, 2, 16, 24] sees 3x3 of the input's pixels: "
                                             "rows 1 … 3, columns 2 … 4"
                                           : "(8, 12) of stem.conv [1, 2, 16, 24] sees 3x3"));
    EXPECT_TRUE(Picture(out).ok());
  }
  const ToolRun growth = run_tool(CNN_INSPECT, {net(), "--receptive-field", frame(), "-o", out});
  EXPECT_EQ(growth.status, 0) << growth.err;
  EXPECT_THAT(growth.out, HasSubstr("growth of the receptive field over 2 layers"));
}

TEST(InspectPictures, ShowWhichPixelsSpokeForAClass) {
  const std::string out = in_temp("cam.png");
  const ToolRun run = run_tool(CNN_INSPECT, {net(), "--activation-map", frame(), "-o", out});
  ASSERT_EQ(run.status, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("what spoke for \"bright\""));
  EXPECT_THAT(run.out, HasSubstr("exact class activation map: weights of the class times the 2 maps of stem.relu"));
  const Picture picture(out);
  ASSERT_TRUE(picture.ok());
  // Red lies in the right half of the second panel, where the square is.
  const int panel = picture.count(0, 60, is_reddish);
  EXPECT_EQ(panel, 0);
  EXPECT_GT(picture.count(60, 72, is_reddish), 40);
}

TEST(InspectPictures, FallBackToOcclusionAndSayWhy) {
  const ToolRun run = run_tool(
      CNN_INSPECT, {net(false), "--activation-map", frame(), "--class", "DARK", "-o", in_temp("occluded.png")});
  ASSERT_EQ(run.status, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("what spoke for \"dark\""));
  EXPECT_THAT(run.out, HasSubstr("by occlusion without gradients"));
  EXPECT_THAT(run.out, HasSubstr("no class activation map: the network does not end in average pooling"));
}

TEST(InspectPictures, RefuseBadArgumentsInOneLine) {
  const std::string model = net(), picture = frame(), out = in_temp("refused.png"), text = in_temp("text.txt");
  save_bytes(text, "no picture\n");
  std::filesystem::remove(out);
  struct Case {
    std::vector<std::string> arguments;
    std::string why;
  };
  const std::vector<Case> cases{
      {{"--feature-maps", picture, "-o", out}, "--feature-maps needs --layer NAME, for example: stem.conv"},
      {{"--feature-maps", picture, "--layer", "stemconv", "-o", out}, "no layer \"stemconv\"; near names: stem.conv"},
      {{"--feature-maps", picture, "--layer", "dense", "-o", out}, "\"dense\" makes [1, 2], but maps are [n, c, h, w]"},
      {{"--feature-maps", "/no/such.png", "--layer", "pool", "-o", out}, "/no/such.png: "},
      {{"--feature-maps", text, "--layer", "pool", "-o", out}, "text.txt: "},
      {{"--feature-maps", picture, "--layer", "pool", "-o", "/no/such/folder/x.png"},
       "/no/such/folder/x.png: cannot be written"},
      {{"--feature-maps", picture, "--layer", "pool", "-o", "x.jpg"}, "only .png is written"},
      {{"--feature-maps", picture, "--layer", "pool"}, "-o FILE.png is missing"},
      {{"--filters", "--layer", "pool", "-o", out}, "\"pool\" is GlobalAveragePool and has no filters"},
      {{"--filters", "--activation-map", picture, "-o", out}, "exactly one of"},
      {{"--layer", "pool"}, "exactly one of"},
      {{"--receptive-field", picture, "--layer", "stem.conv", "--at", "16,0", "-o", out}, "has 16 rows and 24 columns"},
      {{"--receptive-field", picture, "--layer", "stem.conv", "--at", "1", "-o", out}, "--at 1 is not Y,X"},
      {{"--receptive-field", picture, "--at", "1,1", "-o", out}, "--at needs --layer"},
      {{"--activation-map", picture, "--class", "brigth", "-o", out},
       "no class is called \"brigth\"; near labels: bright"},
      {{"--activation-map", picture, "--class", "2", "-o", out}, "class 2 does not exist: there are 2"},
  };
  for (const Case& wrong : cases) {
    std::vector<std::string> arguments{model};
    arguments.insert(arguments.end(), wrong.arguments.begin(), wrong.arguments.end());
    const ToolRun run = run_tool(CNN_INSPECT, arguments);
    EXPECT_EQ(run.status, 2) << wrong.why;
    EXPECT_THAT(run.err, StartsWith("cnn-inspect: "));
    EXPECT_THAT(run.err, HasSubstr(wrong.why));
    EXPECT_EQ(std::count(run.err.begin(), run.err.end(), '\n'), 1) << run.err;
    EXPECT_EQ(run.out, "");
  }
  EXPECT_FALSE(std::filesystem::exists(out));
}

}  // namespace
}  // namespace cnn::test
