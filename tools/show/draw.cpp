// SPDX-License-Identifier: MIT
#include "tools/show/pictures.h"

namespace cnn::tools {
namespace {

Result<std::string> draw(const Network& network, const PictureRequest& request) {
  switch (request.kind) {
    case PictureRequest::Kind::FeatureMaps:
      return draw_feature_maps(network, request);
    case PictureRequest::Kind::Filters:
      return draw_filters(network, request);
    case PictureRequest::Kind::ReceptiveField:
      return draw_receptive_field(network, request);
    case PictureRequest::Kind::ActivationMap:
      break;
  }
  return draw_activation_map(network, request);
}

}  // namespace

Result<std::string> draw_picture(const std::string& model, const InspectOptions& options,
                                 const PictureRequest& request) {
  CNN_TRY(network, Network::open(model, options));
  CNN_TRY(line, draw(network, request));
  return request.output + ": " + line;
}

}  // namespace cnn::tools
