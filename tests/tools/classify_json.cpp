// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "tools/classify/json_lines.h"

namespace cnn::classify {
namespace {

TEST(JsonLine, HasTheFieldsInTheDocumentedOrder) {
  FrameResult result;
  result.frame = 7;
  result.time = 1.0 / 3;
  result.width = 640;
  result.height = 360;
  result.classified = true;
  result.meta.classes = {{"car", 0.75, 3}, {"bus", 0.2, 1}};
  result.meta.inference_time_ns = 1'234'567;
  EXPECT_EQ(json_line(result),
            R"({"frame":7,"pts":0.333333,"width":640,"height":360,"labels":[)"
            R"({"label":"car","confidence":0.75,"index":3},{"label":"bus","confidence":0.2,"index":1}],)"
            R"("inferred":true,"inference_ms":1.235})");
}

TEST(JsonLine, NamesAPicturesFile) {
  FrameResult result;
  result.file = "a \"b\".jpg";
  EXPECT_EQ(json_line(result),
            R"({"frame":0,"file":"a \"b\".jpg","pts":0.0,"width":0,"height":0,"labels":[],"inferred":false,)"
            R"("inference_ms":0.0})");
}

TEST(JsonLine, OfSoundCountsPatchesAndHasTheirLength) {
  FrameResult result;
  result.frame = 2;
  result.patch = true;
  result.time = 1.44;
  result.duration = 0.72;
  EXPECT_EQ(json_line(result), R"({"patch":2,"pts":1.44,"duration":0.72,"labels":[],"inferred":false,"inference_ms":0.0})");
}

TEST(JsonLine, ReplacesWhatIsNotUtf8) {
  FrameResult result;
  result.meta.classes = {{"caf\xe9", 1, 0}};
  EXPECT_NE(json_line(result).find("caf\xef\xbf\xbd"), std::string::npos);
}

TEST(JsonLine, CarriesTheStableLabelWhenThereIsOne) {
  FrameResult result;
  EXPECT_EQ(json_line(result).find("stable"), std::string::npos);
  result.meta.stable = {"car", 3, 1.0 / 3, 0};
  EXPECT_NE(json_line(result).find(R"("stable":{"label":"car","confidence":0.333333,"index":3})"), std::string::npos);
}

TEST(JsonLine, CarriesHeadsByNameWhenThereAreSeveral) {
  FrameResult result;
  EXPECT_EQ(json_line(result).find("heads"), std::string::npos);
  result.meta.classes = {{"car", 0.75, 3}};
  result.meta.heads = {{"type", result.meta.classes}, {"colour", {{"red", 0.5, 0}}}};
  EXPECT_NE(json_line(result).find(R"("heads":{"type":[{"label":"car","confidence":0.75,"index":3}],)"
                                   R"("colour":[{"label":"red","confidence":0.5,"index":0}]})"),
            std::string::npos);
}

TEST(JsonLine, CarriesFeaturesWhenThereAreSome) {
  FrameResult result;
  EXPECT_EQ(json_line(result).find("features"), std::string::npos);
  result.meta.features = {0.5f, -1.0f};
  EXPECT_NE(json_line(result).find(R"("features":[0.5,-1.0])"), std::string::npos);
}

}  // namespace
}  // namespace cnn::classify
