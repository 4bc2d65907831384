// SPDX-License-Identifier: MIT
#pragma once

#include "engine/cuda/step.h"

namespace cnn::cuda {

/// InputInfos of a planned operator, from which infer()-time decisions can be repeated.
inline std::vector<InputInfo> infos_of(const PlanContext& context) {
  std::vector<InputInfo> infos(context.inputs.size());
  for (size_t i = 0; i < infos.size(); ++i)
    if (context.inputs[i]) infos[i] = {true, {context.inputs[i]->dtype, context.inputs[i]->shape}, context.constant(i)};
  return infos;
}

}  // namespace cnn::cuda
