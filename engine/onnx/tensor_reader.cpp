// SPDX-License-Identifier: MIT
#include "engine/onnx/tensor_reader.h"

#include <cstring>
#include <optional>

#include "engine/base/file_pages.h"

namespace cnn::onnx {
namespace {

constexpr size_t max_total_bytes = size_t{8} << 30;

/// TensorProto, field by field; numbers in *_data stay 64 bits wide until the element type is known.
struct Fields {
  Shape shape;
  int64_t type = 0;
  std::string name;
  std::optional<std::string_view> raw;
  std::vector<float> floats;
  std::vector<double> doubles;
  std::vector<int64_t> int32s, int64s;
  std::vector<uint64_t> uint64s;
  bool external = false;
  ExternalReference reference;
};

void read_entry(pbf_reader message, ExternalReference& reference) {
  const auto [key, value] = read_string_pair(message);
  if (key == "location") reference.location = value;
  if (key == "offset") reference.offset = value;
  if (key == "length") reference.length = value;
}

Fields read_fields(pbf_reader message) {
  Fields f;
  while (message.next()) switch (message.tag_and_type()) {
      case varint(1):
        f.shape.push_back(message.get_int64());
        break;
      case bytes(1):
        append(f.shape, message.get_packed_int64());
        break;
      case varint(2):
        f.type = message.get_int64();
        break;
      case fixed32(4):
        f.floats.push_back(message.get_float());
        break;
      case bytes(4):
        append(f.floats, message.get_packed_float());
        break;
      case varint(5):
        f.int32s.push_back(message.get_int64());
        break;
      case bytes(5):
        append(f.int32s, message.get_packed_int64());
        break;
      case varint(7):
        f.int64s.push_back(message.get_int64());
        break;
      case bytes(7):
        append(f.int64s, message.get_packed_int64());
        break;
      case bytes(8):
        f.name = message.get_string();
        break;
      case bytes(9):
        f.raw = view(message);
        break;
      case fixed64(10):
        f.doubles.push_back(message.get_double());
        break;
      case bytes(10):
        append(f.doubles, message.get_packed_double());
        break;
      case varint(11):
        f.uint64s.push_back(message.get_uint64());
        break;
      case bytes(11):
        append(f.uint64s, message.get_packed_uint64());
        break;
      case bytes(13):
        read_entry(message.get_message(), f.reference);
        break;
      case varint(14):
        f.external = message.get_int64() == 1;
        break;
      default:
        message.skip();
    }
  return f;
}

/// Narrows the numbers of a *_data field to the bytes that raw_data would hold.
template <class File, class Number>
std::vector<std::byte> narrowed(const std::vector<Number>& numbers) {
  std::vector<std::byte> raw(numbers.size() * sizeof(File));
  for (size_t i = 0; i < numbers.size(); ++i) {
    const auto value = static_cast<File>(numbers[i]);
    std::memcpy(raw.data() + i * sizeof(File), &value, sizeof(File));
  }
  return raw;
}

/// The numbers of the field that TensorProto prescribes for `type`.
std::vector<std::byte> typed_data(const ElementType& type, const Fields& f) {
  switch (type.storage) {
    case Storage::Half:
    case Storage::BFloat16:
      return narrowed<uint16_t>(f.int32s);
    case Storage::Double:
      return narrowed<double>(f.doubles);
    case Storage::SmallFloat:
    case Storage::PackedInteger:
      return narrowed<uint8_t>(f.int32s);
    case Storage::Same:
      break;
  }
  switch (type.memory) {
    case DataType::Float32:
      return narrowed<float>(f.floats);
    case DataType::Int64:
      return narrowed<int64_t>(f.int64s);
    case DataType::UInt64:
      return narrowed<uint64_t>(f.uint64s);
    case DataType::UInt32:
      return narrowed<uint32_t>(f.uint64s);
    case DataType::Int32:
      return narrowed<int32_t>(f.int32s);
    case DataType::Int16:
    case DataType::UInt16:
      return narrowed<uint16_t>(f.int32s);
    case DataType::Int8:
    case DataType::UInt8:
    case DataType::Bool:
      return narrowed<uint8_t>(f.int32s);
  }
  return {};
}

/// Small tensors are copied: those that outlive the opening of a model would keep the file mapped.
bool is_usable_in_place(const ElementType& type, const std::byte* data, size_t bytes) {
  constexpr size_t least = 16 << 10;
  return bytes >= least && type.storage == Storage::Same && type.memory != DataType::Bool &&
         reinterpret_cast<uintptr_t>(data) % size_of(type.memory) == 0;
}

}  // namespace

Result<Tensor> TensorReader::make(const ElementType& type, Shape shape, size_t count, const std::byte* data,
                                  const std::shared_ptr<const std::byte>& owner) {
  const size_t bytes = count * size_of(type.memory);
  if (bytes > max_total_bytes - total_bytes_)
    return error(ErrorCode::Unsupported, "the model's constants need more than 8 GiB");
  total_bytes_ += bytes;
  TensorDesc desc{type.memory, std::move(shape)};
  if (owner && is_usable_in_place(type, data, bytes))
    return Tensor{std::move(desc), std::shared_ptr<const std::byte>(owner, data)};
  NewTensor made = make_tensor(std::move(desc));
  convert_elements(type, data, made.bytes, count);
  if (owner) release_file_pages({owner, data}, type.bytes_of(count));
  return made.tensor;
}

Result<NamedTensor> TensorReader::read(pbf_reader message, const std::string& where) {
  Fields f = read_fields(message);
  const std::string what = "tensor " + (f.name.empty() ? where : f.name);
  CNN_TRY(type, element_type(f.type, what));
  if (f.shape.size() > max_rank)
    return error(ErrorCode::Unsupported, what, " has rank ", f.shape.size(), ", at most ", max_rank, " are supported");
  auto checked = checked_element_count(f.shape);
  if (!checked) return error(ErrorCode::InvalidModel, what, ": ", checked.error().what);
  const auto count = static_cast<size_t>(*checked);

  std::vector<std::byte> typed;
  FileBytes data;
  if (f.external) {
    auto found = external_.read(f.reference);
    if (!found) return error(found.error().code, what, ": ", found.error().what);
    data = *std::move(found);
    if (f.reference.length.empty()) data.size = std::min(data.size, type.bytes_of(count));
  } else if (f.raw) {
    const auto* start = reinterpret_cast<const std::byte*>(f.raw->data());
    data = {owner_ ? std::shared_ptr<const std::byte>(owner_, start) : nullptr, f.raw->size()};
  } else {
    typed = typed_data(type, f);
    data.size = typed.size();
  }
  if (data.size != type.bytes_of(count))
    return error(ErrorCode::InvalidModel, what, " of shape ", to_string(f.shape), " and type ", type.name, " needs ",
                 type.bytes_of(count), " bytes but holds ", data.size);
  const std::byte* start = !typed.empty()         ? typed.data()
                           : f.raw && !f.external ? reinterpret_cast<const std::byte*>(f.raw->data())
                                                  : data.bytes.get();
  auto made = make(type, std::move(f.shape), count, start, data.bytes);
  if (!made) return error(made.error().code, what, ": ", made.error().what);
  return NamedTensor{std::move(f.name), type, *std::move(made)};
}

}  // namespace cnn::onnx
