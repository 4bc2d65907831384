// SPDX-License-Identifier: MIT
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS
GST_ELEMENT_REGISTER_DECLARE(cnnclassify)
GST_ELEMENT_REGISTER_DECLARE(cnnoverlay)
G_END_DECLS
