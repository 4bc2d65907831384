// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <regex>
#include <string>

namespace {

/// The libraries that `file` needs, one a line.
std::string needed_libraries(const std::string& file) {
  std::string text;
  FILE* pipe = popen(("readelf -d '" + file + "' | grep NEEDED").c_str(), "r");
  if (!pipe) return text;
  std::array<char, 512> line;
  while (fgets(line.data(), line.size(), pipe)) text += line.data();
  pclose(pipe);
  return text;
}

TEST(Linkage, OfPluginAndEngineIsFreeOfGpuLibraries) {
  for (const char* file : {CNN_PLUGIN_FILE, CNN_ENGINE_FILE}) {
    const std::string libraries = needed_libraries(file);
    EXPECT_NE(libraries.find("libstdc++"), std::string::npos) << file << " could not be read";
    EXPECT_FALSE(std::regex_search(libraries, std::regex(R"(lib(cuda|cudnn|nv))"))) << file << ":\n" << libraries;
  }
}

TEST(Linkage, OfTheEngineIsFreeOfGstreamer) {
  const std::string libraries = needed_libraries(CNN_ENGINE_FILE);
  EXPECT_EQ(libraries.find("libgst"), std::string::npos) << libraries;
  EXPECT_EQ(libraries.find("libglib"), std::string::npos) << libraries;
}

}  // namespace
