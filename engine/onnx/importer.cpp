// SPDX-License-Identifier: MIT
#include "engine/onnx/importer.h"

#include <exception>
#include <filesystem>
#include <new>

#include "engine/onnx/branch_inliner.h"
#include "engine/onnx/function_inliner.h"
#include "engine/onnx/graph_builder.h"
#include "engine/onnx/mapped_file.h"

namespace cnn {
namespace {

/// Runs `read` and turns what protozero and the standard library throw into Errors.
template <class Read>
auto guarded(std::string_view kind, Read&& read) -> decltype(read()) {
  try {
    return read();
  } catch (const protozero::exception&) {
    return error(ErrorCode::InvalidModel, "not ", kind, ": the data is broken off or of another format");
  } catch (const std::bad_alloc&) {
    return error(ErrorCode::InvalidModel, "not enough memory to read it");
  } catch (const std::exception& failure) {
    return error(ErrorCode::InvalidModel, "cannot be read: ", failure.what());
  }
}

Result<Model> read_model(onnx::FileBytes file, const std::string& folder) {
  auto not_onnx = [](std::string_view why) { return error(ErrorCode::InvalidModel, "not an ONNX model: ", why); };
  if (file.size == 0) return not_onnx("it is empty");
  onnx::TensorReader tensors(file.bytes, folder);
  CNN_TRY(proto, onnx::read_model(file.span(), tensors));
  if (!proto.has_graph) return not_onnx("it holds no graph");
  if (proto.ir_version < 1) return not_onnx("it states no IR version");
  Model model;
  CNN_CHECK(onnx::inline_branches(proto, tensors));
  CNN_TRY(nodes, onnx::inline_functions(proto));
  proto.graph.nodes = std::move(nodes);
  CNN_TRY(graph, onnx::build_graph(std::move(proto.graph)));
  model.graph = std::move(graph);
  model.metadata = std::move(proto.metadata);
  model.ir_version = proto.ir_version;
  model.opset = proto.opsets.contains("") ? proto.opsets.at("") : 1;
  model.producer = std::move(proto.producer);
  return model;
}

Error at(const std::string& path, const Error& failure) { return {failure.code, path + ": " + failure.what}; }

}  // namespace

Result<Model> import_model(const std::string& path) {
  auto model = guarded("an ONNX model", [&]() -> Result<Model> {
    CNN_TRY(file, onnx::map_file(path));
    const std::string folder = std::filesystem::path(path).parent_path().string();
    return read_model(std::move(file), folder.empty() ? "." : folder);
  });
  if (!model) return at(path, model.error());
  model->path = path;
  return model;
}

Result<Model> import_model_bytes(std::span<const std::byte> bytes, const std::string& folder) {
  return guarded("an ONNX model", [&]() -> Result<Model> {
    // The tensors outlive the caller's bytes.
    auto owned = std::make_shared<std::vector<std::byte>>(bytes.begin(), bytes.end());
    return read_model({std::shared_ptr<const std::byte>(owned, owned->data()), owned->size()}, folder);
  });
}

Result<TensorFile> read_tensor_file(const std::string& path) {
  auto tensor = guarded("a tensor", [&]() -> Result<TensorFile> {
    CNN_TRY(file, onnx::map_file(path));
    const std::string folder = std::filesystem::path(path).parent_path().string();
    onnx::TensorReader reader(file.bytes, folder.empty() ? "." : folder);
    const onnx::pbf_reader message(reinterpret_cast<const char*>(file.bytes.get()), file.size);
    CNN_TRY(named, reader.read(message, "in the file"));
    return TensorFile{std::move(named.name), std::string(named.stated.name), std::move(named.tensor)};
  });
  if (!tensor) return at(path, tensor.error());
  return tensor;
}

}  // namespace cnn
