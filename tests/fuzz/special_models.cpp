// SPDX-License-Identifier: MIT
#include "tests/fuzz/special_models.h"

#include <protozero/pbf_writer.hpp>

#include "tests/support/onnx_writer.h"

namespace cnn::test {
namespace {

using protozero::pbf_writer;

/// FunctionProto of domain "local": Twice(a) -> b, with an attribute of its own in the second form.
std::string function(const std::string& name, const std::vector<std::string>& nodes, const std::string& attribute) {
  std::string bytes;
  pbf_writer writer(bytes);
  writer.add_string(1, name);
  writer.add_string(4, "a");
  writer.add_string(5, "b");
  if (!attribute.empty()) writer.add_string(6, attribute);
  for (const std::string& node : nodes) writer.add_message(7, node);
  pbf_writer opset(writer, 9);
  opset.add_int64(2, 18);
  opset.commit();
  writer.add_string(10, "local");
  return bytes;
}

std::string with_reference(std::string node, const std::string& name, const std::string& reference) {
  pbf_writer writer(node);
  pbf_writer attribute(writer, 5);
  attribute.add_string(1, name);
  attribute.add_enum(20, 1);
  attribute.add_string(21, reference);
  attribute.commit();
  return node;
}

OnnxWriter functions() {
  const std::string leaky = with_reference(node_message("LeakyRelu", {"t"}, {"b"}), "alpha", "slope");
  return OnnxWriter()
      .opset("local", 1)
      .function_message(function("Twice", {node_message("Relu", {"a"}, {"t"}), leaky}, "slope"))
      .function_message(function(
          "Nested",
          {node_message("Twice", {"a"}, {"t"}, {}, "", "local"), node_message("Twice", {"t"}, {"b"}, {}, "", "local")},
          ""))
      .input("x", {1, 2, 3})
      .node("Nested", {"x"}, {"m"}, {}, "first", "local")
      .node("Twice", {"m"}, {"y"}, {{"slope", 0.25}}, "second", "local")
      .output("y");
}

/// If with a graph for each branch.
OnnxWriter branches() {
  std::string node = node_message("If", {"c"}, {"y"});
  for (const char* name : {"then_branch", "else_branch"}) {
    pbf_writer writer(node);
    pbf_writer attribute(writer, 5);
    attribute.add_string(1, name);
    attribute.add_enum(20, 5);
    pbf_writer graph(attribute, 6);
    graph.add_message(1, node_message("Relu", {"x"}, {"r"}));
    graph.add_string(2, name);
    pbf_writer(graph, 12).add_string(1, "r");
  }
  return OnnxWriter()
      .initializer("c", tensor_of<bool>({}, std::array{true}))
      .input("x", {2})
      .node_message(node)
      .output("y");
}

/// A TensorProto in the form that `fill` gives it.
template <class Fill>
std::string tensor(const std::string& name, int type, const Shape& shape, Fill&& fill) {
  std::string bytes;
  pbf_writer writer(bytes);
  writer.add_packed_int64(1, shape.begin(), shape.end());
  writer.add_int32(2, type);
  writer.add_string(8, name);
  fill(writer);
  return bytes;
}

OnnxWriter external_data() {
  return OnnxWriter()
      .input("x", {1, 2, 4, 4})
      .initializer_message(tensor("w", 1, {2, 2, 3, 3},
                                  [](pbf_writer& writer) {
                                    const std::pair<const char*, const char*> entries[] = {
                                        {"location", "weights.bin"}, {"offset", "16"}, {"length", "144"}};
                                    for (const auto& [key, value] : entries) {
                                      pbf_writer entry(writer, 13);
                                      entry.add_string(1, key);
                                      entry.add_string(2, value);
                                    }
                                    writer.add_enum(14, 1);
                                  }))
      .node("Conv", {"x", "w"}, {"y"})
      .output("y");
}

/// Every element type, as raw bytes and as numbers of the field that ONNX prescribes.
OnnxWriter element_types() {
  OnnxWriter writer(23);
  writer.input("x", {2});
  constexpr int bytes_of_two[] = {0, 8, 2, 2, 4, 4, 8, 16, 0, 2, 4, 16, 8, 16, 0, 0, 4, 2, 2, 2, 2, 1, 1, 1, 2, 1, 1};
  for (int type = 1; type <= 26; ++type) {
    if (bytes_of_two[type] == 0 || type == 8 || type == 14 || type == 15) continue;
    const std::string name = std::string("t").append(std::to_string(type));
    writer.initializer_message(tensor(name + "r", type, {2}, [&](pbf_writer& w) {
      w.add_bytes(9, std::string(static_cast<size_t>(bytes_of_two[type == 7 ? 11 : type]), '\x21'));
    }));
    const std::vector<int32_t> numbers{1, 2};
    const std::vector<uint64_t> wide{1, 2};
    writer.initializer_message(tensor(name + "n", type, {2}, [&](pbf_writer& w) {
      if (type == 1)
        w.add_packed_float(4, numbers.begin(), numbers.end());
      else if (type == 7)
        w.add_packed_int64(7, numbers.begin(), numbers.end());
      else if (type == 11)
        w.add_packed_double(10, numbers.begin(), numbers.end());
      else if (type == 12 || type == 13)
        w.add_packed_uint64(11, wide.begin(), wide.end());
      else
        w.add_packed_int32(5, numbers.begin(), type < 21 || type == 24 ? numbers.end() : numbers.begin() + 1);
    }));
  }
  return writer.node("Add", {"x", "t1r"}, {"y"}).output("y");
}

OnnxWriter classifier() {
  return OnnxWriter()
      .input("x", {1, 3, 4, 4})
      .weights("w", {2, 3, 1, 1}, std::vector<float>(6, 0.5f))
      .node("Conv", {"x", "w"}, {"c"})
      .node("GlobalAveragePool", {"c"}, {"p"})
      .node("Flatten", {"p"}, {"f"})
      .node("Softmax", {"f"}, {"y"})
      .output("y");
}

OnnxWriter pictures() {
  return classifier()
      .metadata("cnn.bundle", "1")
      .metadata("cnn.name", "tiny")
      .metadata("cnn.labels", "cat\ndog")
      .metadata("cnn.preprocessing",
                R"({"color":"RGB","mean":[123.7,116,103],"scale":[0.017,0.017,0.017],"resize":"centre-crop",)"
                R"("interpolation":"bicubic","crop":0.875,"antialias":true,"fill":[1,2,3],"size":[4,4]})")
      .metadata("cnn.output", "probabilities")
      .metadata("cnn.output_tensor", "y")
      .metadata("cnn.features", "f")
      .metadata("cnn.golden", R"({"width":1,"height":1,"input":"AAEC","output":[0.5,0.5],"tolerance":1e-3})");
}

OnnxWriter sounds() {
  return classifier()
      .metadata("cnn.labels", "hum\nhiss")
      .metadata(
          "cnn.spectrogram",
          R"({"sample_rate":16000,"n_fft":64,"win_length":64,"hop_length":16,"window":"hann","n_mels":8,"power":2,"patch_frames":4})")
      .metadata("cnn.golden", R"({"width":2,"height":1,"type":"float32","input":"AACAPwAAgD8=","output":[1,0]})");
}

OnnxWriter open_extents() {
  return OnnxWriter(13, 3)
      .input("x", {-1, 2, -1, 4})
      .node("Relu", {"x"}, {"y"})
      .node("Shape", {"y"}, {"s"})
      .output("y");
}

}  // namespace

std::vector<std::pair<std::string, std::string>> special_models() {
  return {{"functions", functions().bytes()},         {"branches", branches().bytes()},
          {"external_data", external_data().bytes()}, {"element_types", element_types().bytes()},
          {"pictures", pictures().bytes()},           {"sounds", sounds().bytes()},
          {"open_extents", open_extents().bytes()}};
}

}  // namespace cnn::test
