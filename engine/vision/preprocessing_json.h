// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "engine/base/api.h"
#include "engine/base/result.h"
#include "engine/vision/json_fields.h"
#include "engine/vision/preprocessing.h"

namespace cnn {

/// The fields that docs/models.md lists under "Preprocessing"; others are passed over, for files of later versions.
Result<Preprocessing> read_preprocessing(const JsonFields& json);

/// The same from text, where a field of another name is an Error that names those like it: a misspelt "mean" would
/// otherwise go unnoticed. Errors start with `source`.
CNN_API Result<Preprocessing> parse_preprocessing(std::string_view text, const std::string& source);

/// One line of JSON, from which read_preprocessing() makes the same again; what is left to the input's type has no
/// field.
CNN_API std::string to_json(const Preprocessing& preprocessing);

}  // namespace cnn
