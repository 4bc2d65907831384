// SPDX-License-Identifier: MIT
#include <gmock/gmock.h>

#include <cmath>
#include <limits>
#include <protozero/pbf_writer.hpp>

#include "engine/onnx/importer.h"
#include "tests/support/onnx_writer.h"
#include "tests/support/run_op.h"

namespace cnn::test {
namespace {

using protozero::pbf_writer;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;

/// A TensorProto of `type` with the fields that `fill` adds, read back from a file.
template <class Fill>
Result<TensorFile> read_back(const Shape& shape, int type, Fill fill) {
  std::string bytes;
  pbf_writer writer(bytes);
  writer.add_packed_int64(1, shape.begin(), shape.end());
  writer.add_int32(2, type);
  writer.add_string(8, "t");
  fill(writer);
  const std::string path = testing::TempDir() + "/tensor.pb";
  save_bytes(path, bytes);
  return read_tensor_file(path);
}

template <class T>
std::vector<T> values_or_fail(const Result<TensorFile>& file) {
  if (!file) {
    ADD_FAILURE() << file.error().what;
    return {};
  }
  EXPECT_EQ(file->tensor.desc.dtype, data_type_of<T>());
  const auto values = file->tensor.values<T>();
  return {values.begin(), values.end()};
}

template <class T>
auto raw(const std::vector<T>& values) {
  return [values](pbf_writer& writer) {
    writer.add_bytes(9, reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
  };
}
auto int32s(const std::vector<int32_t>& values) {
  return [values](pbf_writer& writer) { writer.add_packed_int32(5, values.begin(), values.end()); };
}

TEST(TensorProto, UnpacksIntegersThatShareBytes) {
  EXPECT_THAT(values_or_fail<int8_t>(read_back({3}, 22, raw<uint8_t>({0x71, 0x08}))), ElementsAre(1, 7, -8));
  EXPECT_THAT(values_or_fail<uint8_t>(read_back({3}, 21, int32s({0xf1, 0x08}))), ElementsAre(1, 15, 8));
  EXPECT_THAT(values_or_fail<int8_t>(read_back({5}, 26, raw<uint8_t>({0b11100100, 0b10}))), ElementsAre(0, 1, -2, -1, -2));
  EXPECT_THAT(values_or_fail<uint8_t>(read_back({4}, 25, raw<uint8_t>({0b11100100}))), ElementsAre(0, 1, 2, 3));
  EXPECT_FALSE(read_back({3}, 22, raw<uint8_t>({0x71})).ok()) << "three elements in one byte";
}

TEST(TensorProto, WidensSmallFloats) {
  EXPECT_THAT(values_or_fail<float>(read_back({4}, 17, raw<uint8_t>({0x38, 0x7e, 0x81, 0x00}))),
              ElementsAre(1, 448, -0x1p-9f, 0));
  EXPECT_THAT(values_or_fail<float>(read_back({2}, 18, int32s({0x40, 0xff}))), ElementsAre(1, -240));
  EXPECT_THAT(values_or_fail<float>(read_back({3}, 19, raw<uint8_t>({0x3c, 0x7b, 0x7c}))),
              ElementsAre(1, 57344, std::numeric_limits<float>::infinity()));
  EXPECT_THAT(values_or_fail<float>(read_back({2}, 20, raw<uint8_t>({0x40, 0x7f}))), ElementsAre(1, 57344));
  EXPECT_THAT(values_or_fail<float>(read_back({3}, 23, raw<uint8_t>({0x72, 0x09}))), ElementsAre(1, 6, -0.5f));
  EXPECT_THAT(values_or_fail<float>(read_back({2}, 24, raw<uint8_t>({127, 130}))), ElementsAre(1, 8));
}

TEST(TensorProto, ReadsRawDataOfEveryType) {
  EXPECT_THAT(values_or_fail<float>(read_back({2}, 1, raw<float>({1.5f, -2}))), ElementsAre(1.5f, -2));
  EXPECT_THAT(values_or_fail<uint8_t>(read_back({2}, 2, raw<uint8_t>({0, 255}))), ElementsAre(0, 255));
  EXPECT_THAT(values_or_fail<int8_t>(read_back({2}, 3, raw<int8_t>({-128, 127}))), ElementsAre(-128, 127));
  EXPECT_THAT(values_or_fail<uint16_t>(read_back({2}, 4, raw<uint16_t>({1, 65535}))), ElementsAre(1, 65535));
  EXPECT_THAT(values_or_fail<int16_t>(read_back({2}, 5, raw<int16_t>({-32768, 5}))), ElementsAre(-32768, 5));
  EXPECT_THAT(values_or_fail<int32_t>(read_back({2}, 6, raw<int32_t>({-7, 1 << 30}))), ElementsAre(-7, 1 << 30));
  EXPECT_THAT(values_or_fail<int64_t>(read_back({1}, 7, raw<int64_t>({int64_t{-1} << 40}))),
              ElementsAre(int64_t{-1} << 40));
  EXPECT_THAT(values_or_fail<bool>(read_back({3}, 9, raw<uint8_t>({0, 1, 2}))), ElementsAre(false, true, true));
  EXPECT_THAT(values_or_fail<float>(read_back({2}, 11, raw<double>({0.5, 1e300}))),
              ElementsAre(0.5f, std::numeric_limits<float>::infinity()));
  EXPECT_THAT(values_or_fail<uint32_t>(read_back({1}, 12, raw<uint32_t>({4000000000u}))), ElementsAre(4000000000u));
  EXPECT_THAT(values_or_fail<uint64_t>(read_back({1}, 13, raw<uint64_t>({~uint64_t{0}}))), ElementsAre(~uint64_t{0}));
  EXPECT_THAT(values_or_fail<float>(read_back({2}, 16, raw<uint16_t>({0x3f80, 0xc000}))), ElementsAre(1, -2));
}

TEST(TensorProto, ReadsTypedFieldsOfEveryType) {
  EXPECT_THAT(values_or_fail<float>(read_back({2}, 1,
                                              [](pbf_writer& w) {
                                                const std::vector<float> values{0.25f, -8};
                                                w.add_packed_float(4, values.begin(), values.end());
                                              })),
              ElementsAre(0.25f, -8));
  EXPECT_THAT(values_or_fail<uint8_t>(read_back({2}, 2, int32s({3, 200}))), ElementsAre(3, 200));
  EXPECT_THAT(values_or_fail<int8_t>(read_back({2}, 3, int32s({-3, 100}))), ElementsAre(-3, 100));
  EXPECT_THAT(values_or_fail<uint16_t>(read_back({1}, 4, int32s({60000}))), ElementsAre(60000));
  EXPECT_THAT(values_or_fail<int16_t>(read_back({1}, 5, int32s({-300}))), ElementsAre(-300));
  EXPECT_THAT(values_or_fail<int32_t>(read_back({2}, 6, int32s({-70000, 1}))), ElementsAre(-70000, 1));
  EXPECT_THAT(values_or_fail<bool>(read_back({2}, 9, int32s({1, 0}))), ElementsAre(true, false));
  EXPECT_THAT(values_or_fail<float>(read_back({2}, 10, int32s({0x3c00, 0xc000}))), ElementsAre(1, -2));
  EXPECT_THAT(values_or_fail<float>(read_back({1}, 16, int32s({0x4040}))), ElementsAre(3));
  EXPECT_THAT(values_or_fail<int64_t>(read_back({2}, 7,
                                                [](pbf_writer& w) {
                                                  w.add_int64(7, int64_t{-1} << 50);  // not packed: older writers
                                                  w.add_int64(7, 9);
                                                })),
              ElementsAre(int64_t{-1} << 50, 9));
  EXPECT_THAT(values_or_fail<float>(read_back({1}, 11, [](pbf_writer& w) { w.add_double(10, 0.125); })),
              ElementsAre(0.125f));
  EXPECT_THAT(values_or_fail<uint32_t>(read_back({1}, 12, [](pbf_writer& w) { w.add_uint64(11, 4000000000u); })),
              ElementsAre(4000000000u));
  EXPECT_THAT(values_or_fail<uint64_t>(read_back({1}, 13, [](pbf_writer& w) { w.add_uint64(11, ~uint64_t{0}); })),
              ElementsAre(~uint64_t{0}));
}

TEST(TensorProto, WidensEveryKindOfHalf) {
  const auto values = values_or_fail<float>(
      read_back({8}, 10, raw<uint16_t>({0x0000, 0x8000, 0x0001, 0x03ff, 0x0400, 0x7bff, 0xfc00, 0x7e00})));
  ASSERT_EQ(values.size(), 8u);
  EXPECT_EQ(values[0], 0);
  EXPECT_TRUE(std::signbit(values[1]) && values[1] == 0);
  EXPECT_EQ(values[2], 0x1p-24f);
  EXPECT_EQ(values[3], 1023 * 0x1p-24f);
  EXPECT_EQ(values[4], 0x1p-14f);
  EXPECT_EQ(values[5], 65504);
  EXPECT_EQ(values[6], -std::numeric_limits<float>::infinity());
  EXPECT_TRUE(std::isnan(values[7]));
}

TEST(TensorProto, StatesTheTypeInTheFile) {
  auto file = read_back({1}, 10, int32s({0x3c00}));
  ASSERT_TRUE(file);
  EXPECT_EQ(file->stated, "float16");
  EXPECT_EQ(file->name, "t");
}

TEST(TensorProto, ReadsScalarsAndEmptyTensors) {
  EXPECT_THAT(values_or_fail<float>(read_back({}, 1, raw<float>({7}))), ElementsAre(7));
  auto empty = read_back({2, 0, 3}, 1, [](pbf_writer&) {});
  ASSERT_TRUE(empty);
  EXPECT_EQ(empty->tensor.desc.shape, (Shape{2, 0, 3}));
  EXPECT_NE(empty->tensor.bytes, nullptr);
}

TEST(TensorProto, RefusesClaimsThatItsBytesDoNotBack) {
  auto text = [](const Result<TensorFile>& file) { return file ? std::string("accepted") : file.error().what; };
  EXPECT_THAT(text(read_back({3}, 1, raw<float>({1, 2}))),
              HasSubstr("tensor t of shape [3] and type float32 needs 12 bytes but holds 8"));
  EXPECT_THAT(text(read_back({1}, 1, raw<float>({1, 2}))), HasSubstr("needs 4 bytes but holds 8"));
  EXPECT_THAT(text(read_back({1}, 1, raw<uint8_t>({1, 2, 3}))), HasSubstr("holds 3"));
  EXPECT_THAT(text(read_back({1 << 20, 1 << 19}, 1, [](pbf_writer&) {})), HasSubstr("holds 0"));
  EXPECT_THAT(text(read_back({int64_t{1} << 40, 1 << 20}, 1, [](pbf_writer&) {})), HasSubstr("more than 2^40"));
  EXPECT_THAT(text(read_back({std::numeric_limits<int64_t>::max(), 2}, 1, [](pbf_writer&) {})),
              HasSubstr("more than 2^40"));
  EXPECT_THAT(text(read_back({-1}, 1, raw<float>({1}))), HasSubstr("negative extent"));
  EXPECT_THAT(text(read_back(Shape(9, 1), 1, raw<float>({1}))), HasSubstr("rank 9"));
  EXPECT_THAT(text(read_back({1}, 0, raw<float>({1}))), HasSubstr("element type 0"));
}

TEST(TensorProto, NamesTypesItCannotHold) {
  for (const auto& [number, name] : {std::pair{8, "string"}, {14, "complex64"}, {15, "complex128"}}) {
    auto file = read_back({1}, number, raw<uint8_t>({1}));
    ASSERT_FALSE(file);
    EXPECT_EQ(file.error().code, ErrorCode::Unsupported);
    EXPECT_THAT(file.error().what, HasSubstr(std::string("tensor t has element type ") + name));
  }
}

}  // namespace
}  // namespace cnn::test
