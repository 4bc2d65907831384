// SPDX-License-Identifier: MIT
#include "tests/support/npy.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <iterator>
#include <regex>

namespace cnn::test {

Result<Tensor> read_npy(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  if (bytes.size() < 10 || bytes.compare(0, 6, "\x93NUMPY") != 0) return error(ErrorCode::Io, path, ": not an .npy file");
  const size_t header = static_cast<uint8_t>(bytes[8]) + 256u * static_cast<uint8_t>(bytes[9]);
  const std::string text = bytes.substr(10, header);
  std::smatch shape_text;
  if (text.find("'<f4'") == std::string::npos || text.find("'fortran_order': False") == std::string::npos ||
      !std::regex_search(text, shape_text, std::regex("'shape': \\(([^)]*)\\)")))
    return error(ErrorCode::Unsupported, path, ": ", text);
  Shape shape;
  const std::string list = shape_text[1];
  const std::regex number("[0-9]+");
  for (std::sregex_iterator i(list.begin(), list.end(), number), end; i != end; ++i) shape.push_back(std::stoll(i->str()));
  NewTensor made = make_tensor({DataType::Float32, shape});
  if (bytes.size() != 10 + header + made.tensor.desc.bytes())
    return error(ErrorCode::Io, path, ": ", bytes.size(), " bytes do not fit ", to_string(shape));
  std::memcpy(made.bytes, bytes.data() + 10 + header, made.tensor.desc.bytes());
  return made.tensor;
}

double relative_l2(std::span<const float> actual, std::span<const float> expected) {
  double difference = 0, norm = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    difference += std::pow(static_cast<double>(actual[i]) - expected[i], 2);
    norm += std::pow(static_cast<double>(expected[i]), 2);
  }
  return std::sqrt(difference / std::max(norm, 1e-300));
}

size_t argmax(std::span<const float> values) {
  return static_cast<size_t>(std::max_element(values.begin(), values.end()) - values.begin());
}

}  // namespace cnn::test
