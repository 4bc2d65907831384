// SPDX-License-Identifier: MIT
// Makes what the fuzzers begin with: make_corpus FOLDER writes FOLDER/import and FOLDER/open_and_run, with a model that
// opens for every row of the operator table and what else files can hold, and FOLDER/dictionary. Fails when an operator
// has no such model.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <random>
#include <set>

#include "engine/onnx/importer.h"
#include "engine/ops/op_table.h"
#include "engine/session.h"
#include "tests/fuzz/operator_forms.h"
#include "tests/fuzz/random_model.h"
#include "tests/fuzz/special_models.h"
#include "tests/support/onnx_writer.h"

namespace cnn::test {
namespace {

constexpr int most_attempts = 3000;

class Corpus {
 public:
  explicit Corpus(std::string folder) : folder_(std::move(folder)) {
    for (const char* target : {"import", "open_and_run"}) std::filesystem::create_directories(folder_ + "/" + target);
  }

  void add_program(const std::string& name, const std::string& program, const RandomModel& model) {
    save_bytes(folder_ + "/open_and_run/" + name, "P" + program);
    add_model(name, model.onnx);
  }
  void add_model(const std::string& name, const std::string& onnx) {
    for (const char* target : {"/import/", "/open_and_run/"}) save_bytes(folder_ + target + name + ".onnx", onnx);
  }
  void write_dictionary(const std::set<std::string>& words) const {
    std::ofstream file(folder_ + "/dictionary");
    for (const std::string& word : words) file << '"' << word << "\"\n";
  }

 private:
  std::string folder_;
};

std::string program(size_t form, unsigned seed, size_t bytes) {
  std::mt19937 random(seed);
  std::string made(1, static_cast<char>(form));
  while (made.size() < bytes) made += static_cast<char>(random());
  return made;
}

RandomModel made_by(const std::string& program) {
  return random_model({reinterpret_cast<const uint8_t*>(program.data()), program.size()});
}

bool opens(const RandomModel& made) {
  auto model = import_model_bytes(std::as_bytes(std::span(made.onnx)), "");
  SessionOptions options;
  options.threads = 1;
  options.batched = false;
  return model && Session::open(*std::move(model), options);
}

/// Two programs whose models open and begin with the form's operator.
bool add_form(Corpus& corpus, size_t form) {
  const std::string type(operator_forms()[form].type);
  int found = 0;
  for (unsigned seed = 0; seed < most_attempts && found < 2; ++seed) {
    const std::string chosen = program(form, seed, 24 + seed % 40);
    const RandomModel made = made_by(chosen);
    if (made.types.empty() || made.types[0] != type || !opens(made)) continue;
    corpus.add_program(std::to_string(form) + "_" + type + "_" + std::to_string(found++), chosen, made);
  }
  if (found == 0) std::fprintf(stderr, "no model found for %s (form %zu)\n", type.c_str(), form);
  return found > 0;
}

void add_words(std::string_view text, std::set<std::string>& words) {
  for (size_t from = 0; from < text.size();) {
    const size_t end = std::min(text.find_first_of(" :!|", from), text.size());
    if (end - from > 1) words.emplace(text.substr(from, end - from));
    from = end + 1;
  }
}

int make(const std::string& folder) {
  Corpus corpus(folder);
  bool complete = true;
  std::set<std::string> words{"ai.onnx", "com.microsoft", "location", "offset",
                              "length",  "weights.bin",   "../",      "then_branch"};
  for (size_t form = 0; form < operator_forms().size(); ++form) {
    const OperatorForm& row = operator_forms()[form];
    complete = add_form(corpus, form) && complete;
    for (std::string_view text : {row.type, row.attributes, row.more_attributes}) add_words(text, words);
  }
  for (unsigned seed = 0; seed < 400; ++seed) {
    const std::string chosen = program(seed, seed, 100 + seed % 200);
    if (const RandomModel made = made_by(chosen); opens(made))
      corpus.add_program("random_" + std::to_string(seed), chosen, made);
  }
  for (const auto& [name, onnx] : special_models()) corpus.add_model(name, onnx);
  corpus.write_dictionary(words);
  return complete ? 0 : 1;
}

}  // namespace
}  // namespace cnn::test

int main(int argc, char** argv) {
  if (argc == 2) return cnn::test::make(argv[1]);
  std::fprintf(stderr, "usage: make_corpus FOLDER\n");
  return 2;
}
