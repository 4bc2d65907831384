// SPDX-License-Identifier: MIT
#pragma once

namespace cnn::classify {

/// Makes the elements of this build known to GStreamer: from $CNN_PLUGIN_DIR, else from the build tree that the program
/// was started from. An installed program finds the installed plugin by GStreamer's own means.
void find_plugin();

}  // namespace cnn::classify
