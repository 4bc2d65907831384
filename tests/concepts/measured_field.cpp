// SPDX-License-Identifier: MIT
#include "tests/concepts/measured_field.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/support/run_op.h"

namespace cnn::test {
namespace {

/// All channels of the element in the middle.
std::vector<float> middle(const Session& session) {
  const Shape& s = session.outputs()[0].shape;
  const auto* values = reinterpret_cast<const float*>(session.output(0));
  std::vector<float> channels;
  for (int64_t c = 0; c < s[1]; ++c) channels.push_back(values[(c * s[2] + s[2] / 2) * s[3] + s[3] / 2]);
  return channels;
}

}  // namespace

MeasuredField measure_field(const Model& model, const std::string& tensor, int axis, double threshold) {
  Model cut = model;
  cut.graph.outputs = {cut.graph.find_value(tensor)};
  SessionOptions options;
  options.threads = 1;
  options.deterministic = true;
  auto opened = Session::open(cut, options);
  if (!opened) {
    ADD_FAILURE() << opened.error().what;
    return {};
  }
  Session& session = **opened;
  const Shape shape = session.inputs()[0].shape;
  const int64_t lines = shape[static_cast<size_t>(axis)];
  std::vector<double> answers(static_cast<size_t>(lines));
  for (unsigned seed = 1; seed <= 2; ++seed) {
    const Tensor base = random_floats(shape, seed), noise = random_floats(shape, seed + 50, -8, 8);
    session.set_input(0, base.bytes.get());
    EXPECT_TRUE(session.run(1));
    const std::vector<float> still = middle(session);
    for (int64_t line = 0; line < lines; ++line) {
      std::vector<float> changed(base.values<float>().begin(), base.values<float>().end());
      for (size_t i = 0; i < changed.size(); ++i) {
        const auto at = static_cast<int64_t>(i);
        if ((axis == 2 ? at / shape[3] % shape[2] : at % shape[3]) == line) changed[i] += noise.data<float>()[i];
      }
      session.set_input(0, changed.data());
      EXPECT_TRUE(session.run(1));
      const std::vector<float> after = middle(session);
      double& answer = answers[static_cast<size_t>(line)];
      for (size_t c = 0; c < after.size(); ++c) answer = std::max(answer, std::abs(double{after[c]} - still[c]));
    }
  }
  const double strongest = *std::max_element(answers.begin(), answers.end());
  const auto answers_to = [&](double answer) { return answer > threshold * strongest; };
  const auto first = std::find_if(answers.begin(), answers.end(), answers_to);
  const auto last = std::find_if(answers.rbegin(), answers.rend(), answers_to);
  if (first == answers.end()) return {};
  MeasuredField field{first - answers.begin(), answers.rend() - last - (first - answers.begin()),
                      std::min(*first, *last) / strongest, 0};
  for (int64_t line = 0; line < lines; ++line)
    if (line < field.first || line >= field.first + field.size)
      field.strongest_outside = std::max(field.strongest_outside, answers[static_cast<size_t>(line)] / strongest);
  return field;
}

}  // namespace cnn::test
