// SPDX-License-Identifier: MIT
#pragma once

#include "engine/graph/op.h"

namespace cnn {

/// Parses a node with the row of the operator table that fits it. Unsupported: names operator, domain and opset.
Result<std::shared_ptr<const Op>> parse_op(const NodeSource& node);

/// Whether the table has a row for this operator at all.
bool knows_op(std::string_view domain, std::string_view type);

/// Rows of every family in turn. Generated from engine/ops/meson.build's list of families: family "conv" defines
/// `std::span<const OpEntry> conv_entries()`.
std::span<const std::span<const OpEntry>> op_families();

}  // namespace cnn
