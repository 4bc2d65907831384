// SPDX-License-Identifier: MIT
#include "engine/vision/bundle_metadata.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "engine/vision/base64.h"
#include "engine/vision/quantisation_facts.h"
#include "tests/vision/temporary_folder.h"

namespace cnn {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Metadata = std::map<std::string, std::string>;

TEST(BundleMetadata, OfASideFileSaysTheSame) {
  const test::TemporaryFolder folder;
  folder.write("net.json", R"({"name":"zoo","labels":["cat","small dog"],"output":"logits","features":"pool",
    "output_tensor":"scores","preprocessing":{"color":"BGR","mean":[1,2.5,3],"scale":0.017124753,"resize":"letterbox",
    "interpolation":"bicubic","antialias":false,"fill":[7,8,9],"size":[32,16],"crop":0.875},
    "golden":{"width":1,"height":2,"input":"AQIDBAUG","output":[0.25,-3],"tolerance":0.01}})");
  const auto stated = read_bundle({}, folder / "net.onnx");
  ASSERT_TRUE(stated.ok()) << stated.error().what;
  const auto bundle = read_bundle(to_metadata(*stated), "elsewhere/other.onnx");
  ASSERT_TRUE(bundle.ok()) << bundle.error().what;
  EXPECT_EQ(bundle->name, "zoo");
  EXPECT_THAT(bundle->labels, ElementsAre("cat", "small dog"));
  EXPECT_EQ(bundle->output, OutputKind::Logits);
  EXPECT_EQ(bundle->features, "pool");
  EXPECT_EQ(bundle->output_tensor, "scores");
  const Preprocessing& p = bundle->preprocessing;
  EXPECT_EQ(p.order, ChannelOrder::Bgr);
  EXPECT_EQ(p.mean, stated->preprocessing.mean);
  EXPECT_EQ(p.scale, stated->preprocessing.scale);
  EXPECT_EQ(p.resize, ResizeMode::Letterbox);
  EXPECT_EQ(p.interpolation, Interpolation::Bicubic);
  EXPECT_FALSE(p.antialias);
  EXPECT_EQ(p.crop, 0.875);
  EXPECT_THAT(p.fill, ElementsAre(7, 8, 9));
  EXPECT_EQ(p.size, std::pair(32, 16));
  EXPECT_EQ(bundle->golden->height, 2);
  EXPECT_THAT(bundle->golden->picture, ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THAT(bundle->golden->output, ElementsAre(0.25f, -3));
  EXPECT_EQ(bundle->golden->tolerance, 0.01);
}

TEST(BundleMetadata, LeavesOpenWhatTheBundleLeavesOpen) {
  const Metadata metadata = to_metadata(*read_bundle({}, "net.onnx"));
  for (const char* key : {"cnn.labels", "cnn.output", "cnn.output_tensor", "cnn.features", "cnn.golden"})
    EXPECT_FALSE(metadata.contains(key)) << key;
  const auto bundle = read_bundle(metadata, "other.onnx");
  ASSERT_TRUE(bundle.ok());
  EXPECT_EQ(bundle->name, "net");
  EXPECT_FALSE(bundle->preprocessing.order || bundle->preprocessing.size);
}

TEST(BundleMetadata, KeepsEverySettingOfASpectrogram) {
  // Each differs from its default, so that one which is lost shows.
  const auto stated = nlohmann::json::parse(R"({"sample_rate":8000,"n_fft":256,"win_length":200,"hop_length":80,
    "window":"hamming","periodic":false,"window_place":"start","center":true,"pad_mode":"constant","power":2.0,"n_mels":2,
    "f_min":50.0,"f_max":3000.0,"mel_scale":"slaney","mel_slopes":"mel","norm":"slaney","log":"db","log_offset":0.5,
    "log_floor":1e-10,"patch_frames":32,"patch_hop":16,"normalise":"band","layout":"frames-bands",
    "band_mean":[0.25,-1.5],"band_deviation":[2.0,4.0]})");
  const auto bundle = read_bundle({{"cnn.spectrogram", stated.dump()}}, "net.onnx");
  ASSERT_TRUE(bundle.ok()) << bundle.error().what;
  EXPECT_TRUE(bundle->preprocessing.spectrogram);
  const auto written = nlohmann::json::parse(to_metadata(*bundle).at("cnn.spectrogram"));
  EXPECT_EQ(written, stated);
  const auto again = read_bundle(to_metadata(*bundle), "net.onnx");
  ASSERT_TRUE(again.ok()) << again.error().what;
  EXPECT_EQ(to_metadata(*again).at("cnn.spectrogram"), to_metadata(*bundle).at("cnn.spectrogram"));
  const auto defaults = read_bundle({{"cnn.spectrogram", "{}"}}, "net.onnx");
  const auto unchanged = nlohmann::json::parse(to_metadata(*defaults).at("cnn.spectrogram"));
  for (const auto& [key, value] : unchanged.items()) EXPECT_TRUE(stated.contains(key) && stated.at(key) != value) << key;
}

TEST(QuantisationFacts, AreReadAsTheyWereWritten) {
  const QuantisationFacts facts{"percentile", 250, 99.6, 1.75, "0123abcd", {"conv1", "fc"}};
  const auto read = read_quantisation_facts({{quantisation_key, to_json(facts)}}, "net.onnx");
  ASSERT_TRUE(read.ok()) << read.error().what;
  EXPECT_EQ(read->method, "percentile");
  EXPECT_EQ(read->pictures, 250);
  EXPECT_EQ(read->agreement, 99.6);
  EXPECT_EQ(read->speed, 1.75);
  EXPECT_EQ(read->float_model, "0123abcd");
  EXPECT_THAT(read->kept, ElementsAre("conv1", "fc"));
}

TEST(QuantisationFacts, NameWhatIsWrong) {
  const auto failure = [](const Metadata& metadata) {
    const auto facts = read_quantisation_facts(metadata, "net.onnx");
    return facts.ok() ? "" : facts.error().what;
  };
  EXPECT_THAT(failure({}), HasSubstr("net.onnx: metadata cnn.quantisation is missing"));
  EXPECT_THAT(failure({{quantisation_key, "[]"}}), HasSubstr("net.onnx: metadata cnn.quantisation"));
  QuantisationFacts facts{"mse", 1, 101, 1, "", {}};
  EXPECT_THAT(failure({{quantisation_key, to_json(facts)}}), HasSubstr("agreement"));
  facts = {"mse", -1, 100, 1, "", {}};
  EXPECT_THAT(failure({{quantisation_key, to_json(facts)}}), HasSubstr("pictures"));
}

TEST(Base64, EncodesTheExamplesOfTheRfc) {
  const auto encoded = [](const std::string& text) {
    return encode_base64({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
  };
  EXPECT_EQ(encoded(""), "");
  EXPECT_EQ(encoded("f"), "Zg==");
  EXPECT_EQ(encoded("fo"), "Zm8=");
  EXPECT_EQ(encoded("foo"), "Zm9v");
  EXPECT_EQ(encoded("foobar"), "Zm9vYmFy");
}

}  // namespace
}  // namespace cnn
