// SPDX-License-Identifier: MIT
#include "tools/show/request.h"

namespace cnn::tools {

Result<std::string> draw_picture(const std::string&, const InspectOptions&, const PictureRequest&) {
  return error(ErrorCode::Unsupported,
               "pictures need GStreamer (with its app library), Pango and Cairo, which this program was built without");
}

}  // namespace cnn::tools
