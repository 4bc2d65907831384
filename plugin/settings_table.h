// SPDX-License-Identifier: MIT
#pragma once

#include "plugin/property.h"
#include "plugin/settings.h"

namespace cnn {

/// The properties of cnnclassify that can be set.
const PropertyTable<Settings>& properties();

}  // namespace cnn
