// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/vision/bundle.h"
#include "tools/model/download.h"

namespace cnn::tools {

/// A public model: where it is and what its file does not say about it.
struct CatalogueModel {
  std::string name, description, licence;
  std::string source;  ///< page that describes the model
  RemoteFile file;
  std::vector<std::string> labels;        ///< empty: none
  std::optional<RemoteFile> labels_file;  ///< instead of `labels`
  std::optional<Preprocessing> preprocessing;
  std::optional<OutputKind> output;
};

/// The models that `cnn-model get` knows.
struct Catalogue {
  std::vector<CatalogueModel> models;

  /// The Error lists names like it, or all.
  Result<CatalogueModel> find(const std::string& name) const;
};

/// `text` is as docs/models.md says under "Catalogue"; errors start with `source` and name the entry. `local`: the
/// addresses may be of local files, which those of a catalogue from elsewhere must not be.
Result<Catalogue> parse_catalogue(const std::string& text, const std::string& source, bool local);

/// Reads a file or, where `place` is one, an address: https, or http on this machine, for what comes by http can be
/// changed on its way, checksums included. "" is the catalogue installed with the program, else the one in its sources.
Result<Catalogue> read_catalogue(const std::string& place);

}  // namespace cnn::tools
