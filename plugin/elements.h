// SPDX-License-Identifier: MIT
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS
GST_ELEMENT_REGISTER_DECLARE(cnnclassify)
GST_ELEMENT_REGISTER_DECLARE(cnnoverlay)
GST_ELEMENT_REGISTER_DECLARE(cnnspectrogram)
GST_ELEMENT_REGISTER_DECLARE(cnnspectrogramview)
G_END_DECLS
