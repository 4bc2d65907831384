// SPDX-License-Identifier: MIT
#include "engine/ops/op_table.h"

namespace cnn {
namespace {

std::string_view canonical(std::string_view domain) { return domain == "ai.onnx" ? std::string_view() : domain; }

/// The newest row that is not newer than `opset`; null when there is none.
const OpEntry* find_entry(std::string_view domain, std::string_view type, int opset) {
  const OpEntry* best = nullptr;
  for (auto family : op_families())
    for (const OpEntry& entry : family)
      if (entry.type == type && entry.domain == canonical(domain) && entry.since_version <= opset &&
          (!best || entry.since_version > best->since_version))
        best = &entry;
  return best;
}

}  // namespace

bool knows_op(std::string_view domain, std::string_view type) {
  return find_entry(domain, type, std::numeric_limits<int>::max()) != nullptr;
}

Result<std::shared_ptr<const Op>> parse_op(const NodeSource& node) {
  const OpEntry* entry = find_entry(node.domain, node.type, node.opset);
  if (!entry)
    return error(ErrorCode::Unsupported, node.name, ": operator ", node.domain.empty() ? "" : node.domain + ".", node.type,
                 " of opset ", node.opset, " is not supported");
  auto op = entry->parse(node);
  if (!op) return Error{op.error().code, node.name + ": " + node.type + ": " + op.error().what};
  return op;
}

}  // namespace cnn
