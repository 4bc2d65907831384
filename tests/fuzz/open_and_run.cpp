// SPDX-License-Identifier: MIT
// Mutates models and takes each through import, planning and one run:
//   open_and_run SEED COUNT MODEL.onnx...
// Half of the mutants are changed files, the others sound files whose imported graph is changed. Whatever is refused
// must be refused with an Error. A crash, a sanitizer's report or a hang is a finding; the mutant that caused it is the
// last one written to the file named by $CNN_FUZZ_LAST, its graph's seed beside it in $CNN_FUZZ_LAST.seed. It comes
// again with
//   open_and_run GRAPH_SEED 0 MUTANT.onnx
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <limits>
#include <random>
#include <string>

#include "engine/onnx/importer.h"
#include "engine/session.h"

namespace {

std::string read(const char* path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// A position near text, where the structure is, rather than among weights.
size_t chosen_position(const std::string& bytes, std::mt19937& random) {
  size_t at = 0;
  for (int attempt = 0; attempt < 12; ++attempt) {
    at = random() % bytes.size();
    int letters = 0;
    for (size_t i = at > 6 ? at - 6 : 0; i < std::min(bytes.size(), at + 6); ++i)
      letters += (bytes[i] >= 'a' && bytes[i] <= 'z') || bytes[i] == '_';
    if (letters >= 3) break;
  }
  return at;
}

/// Mostly writes over single bytes, which keeps protobuf's nesting whole; sometimes inserts, removes and truncates.
std::string mutate(std::string bytes, std::mt19937& random) {
  static constexpr unsigned char edges[] = {0, 1, 2, 3, 7, 8, 127, 128, 254, 255};
  const int changes = 1 + static_cast<int>(random() % 4);
  for (int i = 0; i < changes && !bytes.empty(); ++i) {
    const size_t at = chosen_position(bytes, random);
    switch (random() % 16) {
      case 0:
        bytes.insert(at, bytes.substr(random() % bytes.size(), random() % 16));
        break;
      case 1:
        bytes.erase(at, random() % 16);
        break;
      case 2:
      case 3:
      case 4:
        bytes[at] = static_cast<char>(random());
        break;
      case 5:
      case 6:
      case 7:
        bytes[at] = bytes[random() % bytes.size()];
        break;
      case 8:
      case 9:
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << random() % 8));
        break;
      default:
        bytes[at] = static_cast<char>(edges[random() % std::size(edges)]);
        break;
    }
  }
  if (random() % 50 == 0) bytes.resize(random() % (bytes.size() + 1));
  return bytes;
}

int64_t edge_number(std::mt19937& random) {
  static constexpr int64_t edges[] = {0,
                                      1,
                                      2,
                                      3,
                                      4,
                                      5,
                                      7,
                                      -1,
                                      -2,
                                      1 << 16,
                                      1l << 31,
                                      1l << 40,
                                      1l << 62,
                                      std::numeric_limits<int64_t>::min(),
                                      std::numeric_limits<int64_t>::max()};
  return edges[random() % std::size(edges)];
}

/// The constant with one number replaced when it holds integers; shapes and axes arrive so.
void mutate_constant(cnn::Value& value, std::mt19937& random) {
  const cnn::Tensor& old = *value.constant;
  if (old.desc.dtype == cnn::DataType::Int64 && old.desc.count() > 0 && random() % 4) {
    std::vector<int64_t> numbers(old.values<int64_t>().begin(), old.values<int64_t>().end());
    numbers[random() % numbers.size()] = edge_number(random);
    value.constant = cnn::tensor_of<int64_t>(old.desc.shape, std::span<const int64_t>(numbers));
    return;
  }
  cnn::TensorDesc desc = old.desc;
  switch (random() % 5) {
    case 0:
      desc.shape = {desc.count()};
      break;
    case 1:
      desc.shape.push_back(1);
      break;
    case 2:
      desc.shape.insert(desc.shape.begin(), 1);
      break;
    case 3:
      desc.dtype = static_cast<cnn::DataType>(random() % 10);
      break;
    default:
      if (!desc.shape.empty()) desc.shape[random() % desc.shape.size()] = static_cast<int64_t>(random() % 3);
      break;
  }
  if (desc.shape.size() > 8 || desc.count() > 1 << 20) return;
  cnn::NewTensor made = cnn::make_tensor(desc);
  std::memcpy(made.bytes, old.bytes.get(), std::min(desc.bytes(), old.desc.bytes()));
  value.constant = made.tensor;
}

/// Changes what the importer has accepted: numbers, shapes, and who reads what.
void mutate(cnn::Graph& graph, std::mt19937& random) {
  for (int changes = 1 + static_cast<int>(random() % 3); changes > 0; --changes) {
    const size_t pick = random() % graph.values.size();
    cnn::Value& value = graph.values[pick];
    if (value.constant && random() % 2) {
      mutate_constant(value, random);
    } else if (!graph.inputs.empty() && random() % 2) {
      cnn::TensorType& type = graph.value(graph.inputs[random() % graph.inputs.size()]).type;
      switch (random() % 6) {
        case 0:
          if (type.shape.size() < 8) type.shape.push_back(1 + static_cast<int64_t>(random() % 3));
          break;
        case 1:
          if (!type.shape.empty()) type.shape.pop_back();
          break;
        case 2:
          type.dtype = static_cast<cnn::DataType>(random() % 10);
          break;
        default:
          if (!type.shape.empty())
            type.shape[random() % type.shape.size()] = std::max<int64_t>(-1, edge_number(random));
      }
    } else if (!graph.nodes.empty()) {
      cnn::Node& node = graph.nodes[random() % graph.nodes.size()];
      const size_t at = random() % (node.inputs.size() + 1);
      switch (random() % 5) {
        case 0:
          if (at < node.inputs.size()) node.inputs[at] = cnn::no_value;
          break;
        case 1:
          if (at < node.inputs.size()) node.inputs[at] = static_cast<cnn::ValueId>(pick);
          break;
        case 2:
          node.inputs.push_back(static_cast<cnn::ValueId>(pick));
          break;
        case 3:
          if (!node.inputs.empty()) node.inputs.pop_back();
          break;
        default:
          if (node.outputs.size() > 1) node.outputs[random() % node.outputs.size()] = cnn::no_value;
      }
    }
  }
}

struct Counts {
  int refused_import = 0, refused_open = 0, ran = 0;
};

/// `graph_seed` other than 0: the imported graph is changed too.
void try_one(const std::string& bytes, unsigned graph_seed, Counts& counts) {
  auto model = cnn::import_model_bytes(std::as_bytes(std::span(bytes)), "");
  if (!model) {
    ++counts.refused_import;
    return;
  }
  std::mt19937 random(graph_seed);
  if (graph_seed && !model->graph.values.empty()) mutate(model->graph, random);
  cnn::SessionOptions options;
  options.threads = 1;
  options.max_batch = graph_seed % 4 == 1 ? 3 : 1;
  options.batched = graph_seed % 2;
  auto session = cnn::Session::open(*model, options);
  if (!session) {
    ++counts.refused_open;
    return;
  }
  int64_t macs = 0, inputs = 0;
  for (const auto& input : (*session)->inputs()) inputs += input.count();
  for (const auto& layer : (*session)->layers()) macs += layer.macs;
  if (macs < 200'000'000 && inputs < 1 << 24) static_cast<void>((*session)->run(options.max_batch));
  ++counts.ran;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr,
                 "usage: open_and_run SEED COUNT MODEL.onnx...\n       open_and_run GRAPH_SEED 0 MUTANT.onnx\n");
    return 2;
  }
  if (std::atoi(argv[2]) == 0) {
    Counts counts;
    try_one(read(argv[3]), static_cast<unsigned>(std::strtoul(argv[1], nullptr, 10)), counts);
    return 0;
  }
  std::mt19937 random(static_cast<unsigned>(std::atoi(argv[1])));
  const int count = std::atoi(argv[2]);
  const char* last = std::getenv("CNN_FUZZ_LAST");
  Counts counts;
  for (int i = 0; i < count; ++i) {
    const char* name = argv[3 + random() % static_cast<unsigned>(argc - 3)];
    const bool in_file = random() % 2;
    const std::string whole = read(name);
    const std::string mutant = in_file ? mutate(whole, random) : whole;
    const unsigned graph_seed = in_file ? 0 : 1 + static_cast<unsigned>(random());
    if (last) std::ofstream(last, std::ios::binary) << mutant;
    if (last) std::ofstream(std::string(last) + ".seed") << graph_seed << " " << name << "\n";
    try_one(mutant, graph_seed, counts);
  }
  std::printf("%d mutants: %d refused on import, %d refused on opening, %d ran\n", count, counts.refused_import,
              counts.refused_open, counts.ran);
}
