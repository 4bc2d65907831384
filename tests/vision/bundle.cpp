// SPDX-License-Identifier: MIT
#include "engine/vision/bundle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/vision/base64.h"
#include "engine/vision/labels.h"
#include "tests/vision/temporary_folder.h"

namespace cnn {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Metadata = std::map<std::string, std::string>;

std::string metadata_failure(const Metadata& metadata) {
  const auto bundle = read_bundle(metadata, "folder/net.onnx");
  return bundle.ok() ? "" : bundle.error().what;
}

std::string json_failure(const std::string& json) {
  const test::TemporaryFolder folder;
  folder.write("net.json", json);
  const auto bundle = read_bundle({}, folder / "net.onnx");
  if (bundle.ok()) return "";
  const std::string start = folder / "net.json";
  EXPECT_EQ(bundle.error().what.substr(0, start.size()), start);
  return bundle.error().what.substr(start.size());
}

TEST(Bundle, HasADefaultForEverything) {
  const auto bundle = read_bundle({}, "folder/my.net.onnx");
  ASSERT_TRUE(bundle.ok());
  EXPECT_EQ(bundle->name, "my.net");
  EXPECT_THAT(bundle->labels, IsEmpty());
  EXPECT_THAT(bundle->preprocessing.mean, IsEmpty());
  EXPECT_EQ(bundle->preprocessing.resize, ResizeMode::Stretch);
  EXPECT_FALSE(bundle->output || bundle->golden || bundle->preprocessing.order || bundle->preprocessing.size);
}

TEST(Bundle, IsReadFromMetadata) {
  const auto bundle = read_bundle(
      {{"cnn.bundle", "1"},
       {"cnn.name", "zoo"},
       {"cnn.labels", "cat\nsmall dog"},
       {"cnn.preprocessing",
        R"({"color":"BGR","mean":[1,2,3],"scale":0.5,"resize":"letterbox","interpolation":"bicubic","antialias":false,"fill":[7,8,9],"size":[32,16]})"},
       {"cnn.output", "logits"},
       {"cnn.features", "pool"},
       {"cnn.output_tensor", "scores"},
       {"cnn.golden", R"({"width":1,"height":1,"input":"AQID","output":[0.25,-3],"tolerance":0.01})"}},
      "net.onnx");
  ASSERT_TRUE(bundle.ok()) << bundle.error().what;
  EXPECT_EQ(bundle->name, "zoo");
  EXPECT_THAT(bundle->labels, ElementsAre("cat", "small dog"));
  EXPECT_EQ(bundle->preprocessing.order, ChannelOrder::Bgr);
  EXPECT_THAT(bundle->preprocessing.mean, ElementsAre(1, 2, 3));
  EXPECT_THAT(bundle->preprocessing.scale, ElementsAre(0.5f));
  EXPECT_EQ(bundle->preprocessing.resize, ResizeMode::Letterbox);
  EXPECT_EQ(bundle->preprocessing.interpolation, Interpolation::Bicubic);
  EXPECT_FALSE(bundle->preprocessing.antialias);
  EXPECT_THAT(bundle->preprocessing.fill, ElementsAre(7, 8, 9));
  EXPECT_EQ(bundle->preprocessing.size, std::pair(32, 16));
  EXPECT_EQ(bundle->output, OutputKind::Logits);
  EXPECT_EQ(bundle->features, "pool");
  EXPECT_EQ(bundle->output_tensor, "scores");
  EXPECT_THAT(bundle->golden->picture, ElementsAre(1, 2, 3));
  EXPECT_THAT(bundle->golden->output, ElementsAre(0.25f, -3));
  EXPECT_EQ(bundle->golden->tolerance, 0.01);
}

TEST(Bundle, SideFileWins) {
  const test::TemporaryFolder folder;
  folder.write("net.json", R"({"name":"b","labels":["x","y"],"preprocessing":{"resize":"centre-crop","crop":0.875},
                               "output":"probabilities"})");
  const auto bundle =
      read_bundle({{"cnn.name", "a"}, {"cnn.features", "kept"}, {"cnn.output", "logits"}}, folder / "net.onnx");
  ASSERT_TRUE(bundle.ok()) << bundle.error().what;
  EXPECT_EQ(bundle->name, "b");
  EXPECT_EQ(bundle->features, "kept");
  EXPECT_EQ(bundle->output, OutputKind::Probabilities);
  EXPECT_THAT(bundle->labels, ElementsAre("x", "y"));
  EXPECT_EQ(bundle->preprocessing.resize, ResizeMode::CentreCrop);
  EXPECT_EQ(bundle->preprocessing.crop, 0.875);
}

TEST(Bundle, ReadsLabelsFileBesideTheSideFile) {
  const test::TemporaryFolder folder;
  folder.write("net.json", R"({"labels_file":"names.txt"})");
  folder.write("names.txt", "n01440764 tench, Tinca tinca\r\nn01443537 goldfish\r\n");
  const auto bundle = read_bundle({}, folder / "net.onnx");
  ASSERT_TRUE(bundle.ok()) << bundle.error().what;
  EXPECT_THAT(bundle->labels, ElementsAre("n01440764 tench, Tinca tinca", "n01443537 goldfish"));
}

TEST(Bundle, ErrorsNameTheMetadataKey) {
  EXPECT_EQ(metadata_failure({{"cnn.bundle", "2"}}),
            "folder/net.onnx: metadata cnn.bundle is 2 but only version 1 is known");
  EXPECT_EQ(metadata_failure({{"cnn.preprocessing", "{"}}), "folder/net.onnx: metadata cnn.preprocessing is not JSON");
  EXPECT_EQ(metadata_failure({{"cnn.preprocessing", "[1]"}}),
            "folder/net.onnx: metadata cnn.preprocessing is not a JSON object");
  EXPECT_EQ(metadata_failure({{"cnn.output", "maybe"}}),
            "folder/net.onnx: metadata cnn.output must be logits, independent-logits or probabilities, not maybe");
  EXPECT_EQ(metadata_failure({{"cnn.labels", "a\n\xff"}}),
            "folder/net.onnx: metadata cnn.labels: line 2 is not UTF-8 text");
}

TEST(Bundle, ErrorsNameTheWrongField) {
  const std::pair<const char*, const char*> cases[] = {
      {"", " is not JSON"},
      {"{\"name\":1e999}", " is not JSON"},
      {R"({"name":3})", ": name must be a text"},
      {R"({"features":[]})", ": features must be a text"},
      {R"({"output_tensor":1})", ": output_tensor must be a text"},
      {R"({"output":"x"})", ": output must be logits, independent-logits or probabilities, not x"},
      {R"({"output":1})", ": output must be a text"},
      {R"({"labels":"a"})", ": labels must be a list of texts"},
      {R"({"labels":["a",1]})", ": labels must be a list of texts"},
      {R"({"labels_file":"/etc/passwd"})", ": labels_file must be a path inside the file's folder"},
      {R"({"labels_file":"../x"})", ": labels_file must be a path inside the file's folder"},
      {R"({"preprocessing":1})", ": preprocessing must be an object"},
      {R"({"preprocessing":{"color":"rgb"}})", ": preprocessing.color must be RGB, BGR or GRAY, not rgb"},
      {R"({"preprocessing":{"mean":"a"}})", ": preprocessing.mean must be a number or a list of numbers"},
      {R"({"preprocessing":{"mean":[]}})", ": preprocessing.mean must be a number or a list of numbers"},
      {R"({"preprocessing":{"scale":[1,1e300]}})", ": preprocessing.scale must be a number or a list of numbers"},
      {R"({"preprocessing":{"resize":"fit"}})",
       ": preprocessing.resize must be stretch, centre-crop or letterbox, not fit"},
      {R"({"preprocessing":{"interpolation":"cubic"}})",
       ": preprocessing.interpolation must be bilinear or bicubic, not cubic"},
      {R"({"preprocessing":{"antialias":1}})", ": preprocessing.antialias must be true or false"},
      {R"({"preprocessing":{"crop":0}})", ": preprocessing.crop must be a share of at least 0.001"},
      {R"({"preprocessing":{"crop":1.5}})", ": preprocessing.crop must be a number from 0.0 to 1.0"},
      {R"({"preprocessing":{"fill":[1,2]}})", ": preprocessing.fill must be one or three numbers"},
      {R"({"preprocessing":{"fill":300}})", ": preprocessing.fill must be numbers from 0 to 255"},
      {R"({"preprocessing":{"size":[0,5]}})", ": preprocessing.size must be [width, height] in pixels, 1 to 4096"},
      {R"({"preprocessing":{"size":[5]}})", ": preprocessing.size must be [width, height] in pixels, 1 to 4096"},
      {R"({"golden":[]})", ": golden must be an object"},
      {R"({"golden":{}})", ": golden.width must be an integer from 1 to 4096"},
      {R"({"golden":{"width":1,"height":1.5}})", ": golden.height must be an integer from 1 to 4096"},
      {R"({"golden":{"width":1,"height":1,"input":"?"}})", ": golden.input must be base64"},
      {R"({"golden":{"width":2,"height":1,"input":"AQID"}})",
       ": golden.input must be 6 bytes for 2x1 RGB pixels, not 3"},
      {R"({"golden":{"width":1,"height":1,"input":"AQID"}})", ": golden.output must be a list of numbers"},
      {R"({"golden":{"width":1,"height":1,"input":"AQID","output":[1],"tolerance":-1}})",
       ": golden.tolerance must be a number from 0.0 to 1.0"},
  };
  for (auto [json, expected] : cases) EXPECT_EQ(json_failure(json), expected) << json;
}

TEST(Bundle, MissingLabelsFileIsAnError) {
  const test::TemporaryFolder folder;
  folder.write("net.json", R"({"labels_file":"none.txt"})");
  const auto bundle = read_bundle({}, folder / "net.onnx");
  ASSERT_FALSE(bundle.ok());
  EXPECT_THAT(bundle.error().what, HasSubstr("none.txt"));
}

TEST(Labels, ToleratesWindowsFiles) {
  const auto labels = parse_labels(
      "\xef\xbb\xbf"
      "a b\r\n\r\nc\r\n",
      "x");
  ASSERT_TRUE(labels.ok());
  EXPECT_THAT(*labels, ElementsAre("a b", "", "c"));
}

TEST(Labels, DropsOneEmptyLastLineOnly) {
  EXPECT_THAT(*parse_labels("a\n", "x"), ElementsAre("a"));
  EXPECT_THAT(*parse_labels("a\n\n", "x"), ElementsAre("a"));
  EXPECT_THAT(*parse_labels("a\n\n\n", "x"), ElementsAre("a", ""));
  EXPECT_THAT(*parse_labels("", "x"), IsEmpty());
}

TEST(Labels, AcceptsEveryPlaneOfUnicodeAndNothingElse) {
  EXPECT_TRUE(parse_labels("K\xc3\xa4se \xe2\x82\xac \xf0\x9f\x98\x80", "x").ok());
  for (const char* bad : {"\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\x80"})
    EXPECT_FALSE(parse_labels(bad, "x").ok());
  EXPECT_FALSE(parse_labels(std::string_view("a\0b", 3), "x").ok());
}

TEST(Labels, NeedAFile) {
  const test::TemporaryFolder folder;
  EXPECT_THAT(read_labels(folder / "none").error().what, HasSubstr("none"));
  EXPECT_FALSE(read_labels(folder / "").ok());
}

TEST(Base64, DecodesTheExamplesOfTheRfc) {
  auto text = [](const char* encoded) {
    const auto bytes = decode_base64(encoded);
    return bytes ? std::string(bytes->begin(), bytes->end()) : "?";
  };
  EXPECT_EQ(text(""), "");
  EXPECT_EQ(text("Zg=="), "f");
  EXPECT_EQ(text("Zm8="), "fo");
  EXPECT_EQ(text("Zm9v"), "foo");
  EXPECT_EQ(text("Zm9vYmFy"), "foobar");
}

TEST(Base64, RefusesWhatIsNotBase64) {
  for (const char* bad : {"Zg", "Zg=", "Z===", "====", "Zm9v\n", "Zm 9", "Zg==Zg=="})
    EXPECT_FALSE(decode_base64(bad)) << bad;
}

}  // namespace
}  // namespace cnn
