// SPDX-License-Identifier: MIT
#include "engine/bundle_maker.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "engine/classifier.h"
#include "engine/classifier_facts.h"
#include "engine/onnx/importer.h"
#include "engine/onnx/mapped_file.h"
#include "engine/onnx/metadata_editor.h"
#include "engine/onnx/model_writer.h"
#include "engine/vision/bundle_metadata.h"
#include "engine/vision/preprocess.h"

namespace cnn {
namespace {

namespace fs = std::filesystem;

constexpr int golden_extent = 64;
/// Other SIMD targets round float32 differently, and so may numbers at the border between two bytes.
constexpr double quantised_tolerance = 0.05;

/// The file beside the output that is checked before it becomes the output. Removed with the object.
class Draft {
 public:
  explicit Draft(std::string output)
      : output_(std::move(output)), path_(output_ + ".part-" + std::to_string(::getpid())) {}
  ~Draft() {
    std::error_code gone;
    fs::remove(path_, gone);
  }
  Draft(const Draft&) = delete;

  Status write(std::string_view bytes) const { return named(onnx::write_file(path_, bytes)); }
  Result<std::unique_ptr<Classifier>> open(const ClassifierOptions& options) const {
    auto opened = Classifier::open(path_, options);
    if (!opened) return named(Status(opened.error())).error();
    return opened;
  }
  Status publish() const {
    if (std::rename(path_.c_str(), output_.c_str()) == 0) return {};
    return error(ErrorCode::Io, output_, ": cannot be written: ", std::strerror(errno));
  }

 private:
  /// Errors speak of the output: nobody knows the draft.
  Status named(const Status& status) const {
    if (status) return status;
    Error failure = status.error();
    for (size_t at = 0; (at = failure.what.find(path_, at)) != std::string::npos; at += output_.size())
      failure.what.replace(at, path_.size(), output_);
    return failure;
  }

  const std::string output_, path_;
};

void take_heads(const Bundle& stated, Bundle& bundle) {
  bundle.head = stated.head;
  bundle.labels = stated.labels;
  bundle.labels_source = stated.labels_source;
  bundle.output = stated.output;
  bundle.output_tensor = stated.output_tensor;
  bundle.top_k = stated.top_k;
  bundle.further_heads = stated.further_heads;
}

void apply(const BundleChanges& changes, Bundle& bundle) {
  if (changes.heads) take_heads(*changes.heads, bundle);
  if (changes.name) bundle.name = *changes.name;
  if (changes.labels) {
    bundle.labels = *changes.labels;
    bundle.labels_source = changes.labels_source;
  }
  if (changes.preprocessing) bundle.preprocessing = *changes.preprocessing;
  if (changes.output) bundle.output = *changes.output;
  if (changes.output_tensor) bundle.output_tensor = *changes.output_tensor;
  if (changes.features) bundle.features = *changes.features;
}

/// Without labels, whose number may be wrong.
Bundle without_labels(Bundle bundle) {
  bundle.labels.clear();
  for (Head& head : bundle.further_heads) head.labels.clear();
  return bundle;
}

Status check_labels(const Bundle& bundle, const std::string& file, const Classifier& opened) {
  const ClassifierFacts facts = opened.facts();
  const auto check = [&](const std::vector<std::string>& labels, const std::string& source, const HeadFacts& head) {
    return source.empty() ? Status() : check_label_count(labels.size(), source, file, head);
  };
  CNN_CHECK(check(bundle.labels, bundle.labels_source, facts.heads[0]));
  for (size_t i = 0; i < bundle.further_heads.size(); ++i)
    CNN_CHECK(check(bundle.further_heads[i].labels, bundle.further_heads[i].labels_source, facts.heads[i + 1]));
  return {};
}

/// What the opened network makes of the picture, golden_extent pixels each way.
Result<Golden> golden_of(const ImageView& picture, Classifier& opened) {
  Golden golden;
  golden.width = golden.height = golden_extent;
  CNN_TRY(pixels, resized_rgb(picture, golden.width, golden.height));
  golden.picture = std::move(pixels);
  ImageView view;
  view.width = golden.width;
  view.height = golden.height;
  view.planes[0] = golden.picture.data();
  view.strides[0] = golden.width * 3;
  CNN_CHECK(opened.stage(0, view));
  CNN_CHECK(opened.run(1));
  opened.read_scores(0, golden.output);
  if (opened.precision() == Precision::Int8) golden.tolerance = quantised_tolerance;
  return golden;
}

/// External data is looked for beside the file, and the bundle may have been meant for another folder.
Error with_hint(Error failure, const std::string& model_file, const std::string& output) {
  std::error_code ignored;
  const auto folder = [&](const std::string& file) { return fs::absolute(fs::path(file), ignored).parent_path(); };
  if (failure.what.find("external data") != std::string::npos &&
      !fs::equivalent(folder(model_file), folder(output), ignored))
    failure.what += "; a bundle whose weights are in files of their own belongs into their folder";
  return failure;
}

/// The .json beside a model wins over its metadata, so a bundle next to one would not say what was packed into it.
Status check_side_file(const std::string& output) {
  fs::path side(output);
  side.replace_extension(".json");
  std::error_code absent;
  if (side == fs::path(output) || !fs::exists(side, absent)) return {};
  return error(ErrorCode::InvalidArgument, side.string(), " would win over what is packed into ", output,
               ": remove it, or write the bundle under another name");
}

}  // namespace

Result<std::vector<uint8_t>> resized_rgb(const ImageView& picture, int width, int height) {
  InputFormat format;
  format.element = PixelElement::UInt8;
  format.width = width;
  format.height = height;
  CNN_TRY(preprocessor, Preprocessor::create({}, format));
  std::vector<uint8_t> pixels(format.bytes());
  CNN_CHECK(preprocessor.run(picture, reinterpret_cast<std::byte*>(pixels.data())));
  return pixels;
}

Result<MadeBundle> make_bundle(const std::string& model_file, const std::string& output,
                               const BundleChanges& changes) try {
  CNN_CHECK(check_side_file(output));
  CNN_TRY(model, import_model(model_file));
  CNN_TRY(bundle, read_bundle(model.metadata, model_file));
  apply(changes, bundle);
  std::optional<Golden> kept;
  if (!changes.golden) kept = std::move(bundle.golden);
  bundle.golden.reset();
  CNN_TRY(file, onnx::map_file(model_file));

  const Draft draft(output);
  ClassifierOptions options;
  options.device = "cpu";
  options.features = bundle.features.empty() ? "" : "auto";
  const auto write = [&](const Bundle& stated) -> Result<size_t> {
    auto metadata = to_metadata(stated);
    metadata.insert(changes.metadata.begin(), changes.metadata.end());
    auto bytes = onnx::with_metadata(file.span(), metadata, [&](std::string_view key) {
      return is_bundle_key(key) || changes.metadata.contains(std::string(key));
    });
    if (!bytes) return Error{bytes.error().code, model_file + ": " + bytes.error().what};
    CNN_CHECK(draft.write(*bytes));
    return bytes->size();
  };
  // Without labels first: their number is compared with the classes of a network that is known to open, and the error
  // names where they are from.
  CNN_CHECK(write(without_labels(bundle)));
  MadeBundle made;
  {
    auto result = draft.open(options);
    if (!result) return with_hint(result.error(), model_file, output);
    const std::unique_ptr<Classifier> opened = *std::move(result);
    CNN_CHECK(check_labels(bundle, model_file, *opened));
    made.classes = opened->class_count();
    if (changes.golden) {
      CNN_TRY(golden, golden_of(*changes.golden, *opened));
      bundle.golden = std::move(golden);
    } else {
      bundle.golden = std::move(kept);
    }
  }
  CNN_TRY(bytes, write(bundle));
  if (auto checked = draft.open(options); !checked) {
    if (bundle.golden && !changes.golden)
      return Error{checked.error().code, checked.error().what + "; make a new golden pair from a picture"};
    return checked.error();
  }
  CNN_CHECK(draft.publish());
  made.name = bundle.name;
  made.labels = bundle.labels.size();
  made.heads = 1 + bundle.further_heads.size();
  made.golden = bundle.golden.has_value();
  made.bytes = bytes;
  return made;
} catch (const std::exception& failure) {
  return error(ErrorCode::InvalidModel, model_file, ": ", failure.what());
}

}  // namespace cnn
