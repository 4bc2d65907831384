// SPDX-License-Identifier: MIT
#include <gst/gst.h>

#include <iostream>

#include "tools/model/catalogue_commands.h"
#include "tools/model/check_command.h"
#include "tools/model/pack_command.h"
#include "tools/model/quantize_command.h"

namespace {

int refuse(std::string_view why) {
  std::cerr << "cnn-model: " << why << '\n';
  return 2;
}

int run(int argc, char** argv) {
  CLI::App app("Prepares, checks and fetches ONNX models.", "cnn-model");
  app.require_subcommand(1);
  app.set_version_flag("--version", "cnn-model " CNN_VERSION);
  cnn::tools::QuantizeCommand quantize(app);
  cnn::tools::PackCommand pack(app);
  cnn::tools::CheckCommand check(app);
  cnn::tools::ListCommand list(app);
  cnn::tools::GetCommand get(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& information) {
    return app.exit(information);
  } catch (const CLI::ParseError& failure) {
    return refuse(failure.what());
  }
  // Only where pictures may come: it reads the registry of all plugins.
  if (quantize.asked_for()) gst_init(nullptr, nullptr);
  if (check.asked_for()) return check.run();
  const cnn::Status status = pack.asked_for()   ? pack.run()
                             : list.asked_for() ? list.run()
                             : get.asked_for()  ? get.run()
                                                : quantize.run();
  return status ? 0 : refuse(status.error().what);
}

}  // namespace

int main(int argc, char** argv) try { return run(argc, argv); } catch (const std::exception& failure) {
  return refuse(failure.what());
}
