// SPDX-License-Identifier: MIT
#include "tools/model/transfer.h"

namespace cnn::tools {

TransferOutcome transfer(const Transfer&) {
  return {TransferEnd::Failed, "cnn-model was built without libcurl and cannot download"};
}

bool has_transfer() { return false; }

}  // namespace cnn::tools
