// SPDX-License-Identifier: MIT
// A program of somebody else's, built against the installed headers and library by pkg-config. `check` puts an include of
// every installed header in front.
#include <iostream>
#include <vector>

int main() {
  auto classifier = cnn::Classifier::open("", {});
  if (!classifier) {
    std::cerr << classifier.error().what << "\n";
    return 1;
  }
  std::vector<uint8_t> grey(64 * 48 * 3, 128);
  cnn::ImageView image;
  image.width = 64;
  image.height = 48;
  image.planes[0] = grey.data();
  image.strides[0] = 64 * 3;
  const auto results = (*classifier)->classify({&image, 1});
  if (!results || (*results)[0].classes.empty()) return 2;
  const auto bundle = cnn::read_model_bundle("");
  if (!bundle || bundle->labels != (*classifier)->labels()) return 3;
  const cnn::ClassifierFacts facts = (*classifier)->facts();
  auto patches = cnn::PatchStream::create({});
  if (!patches || patches->size() != 96 * 64) return 4;
  std::cout << facts.file << ": " << (*results)[0].classes.size() << " classes\n";
}
