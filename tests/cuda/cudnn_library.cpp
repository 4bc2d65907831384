// SPDX-License-Identifier: MIT
#include "engine/cuda/cudnn_library.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "tests/vision/temporary_folder.h"

namespace cnn::test {
namespace {

using namespace cuda;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::string refusal(const std::vector<std::string>& folders) {
  const auto library = load_cudnn(folders);
  if (library) return "loads " + library->path;
  EXPECT_EQ(library.error().code, ErrorCode::BackendUnavailable);
  return library.error().what;
}

/// A folder with `file` as the library.
struct Folder {
  explicit Folder(const char* file) { std::filesystem::copy_file(file, folder / "libcudnn_graph.so.9"); }
  std::string path() const { return folder / ""; }
  TemporaryFolder folder;
};

TEST(CudnnLibrary, NamesTheFoldersWhereItIsNot) {
  EXPECT_EQ(refusal({"/nowhere/a", "/nowhere/b"}),
            "cuDNN 9 is not installed: no libcudnn_graph.so.9 in /nowhere/a, /nowhere/b");
}

TEST(CudnnLibrary, TellsBothVersionsWhereItIsTooOld) {
  const Folder folder(CNN_FAKE_CUDNN_OLD);
  EXPECT_THAT(refusal({"/nowhere", folder.path()}),
              AllOf(HasSubstr("is version 9.7.1, needed is 9.8.0 or later of version 9"), HasSubstr(folder.path())));
}

TEST(CudnnLibrary, OfALaterMajorVersionIsRefused) {
  const Folder folder(CNN_FAKE_CUDNN_TEN);
  EXPECT_THAT(refusal({folder.path()}), HasSubstr("is version 10.0.0, needed is 9.8.0 or later of version 9"));
}

TEST(CudnnLibrary, NamesTheFunctionThatIsMissing) {
  const Folder folder(CNN_FAKE_CUDNN_EMPTY);
  EXPECT_THAT(refusal({folder.path()}), HasSubstr("lacks cudnnGetErrorString"));
}

TEST(CudnnLibrary, ThatIsNoLibraryIsTold) {
  TemporaryFolder folder;
  folder.write("libcudnn_graph.so.9", "not a library");
  EXPECT_THAT(refusal({folder / ""}), AllOf(HasSubstr("cuDNN does not load"), HasSubstr("libcudnn_graph.so.9")));
}

TEST(CudnnLibrary, IsTakenFromTheFirstFolderThatHasOne) {
  const Folder old(CNN_FAKE_CUDNN_OLD), ten(CNN_FAKE_CUDNN_TEN);
  EXPECT_THAT(refusal({ten.path(), old.path()}), HasSubstr("10.0.0"));
  EXPECT_THAT(refusal({old.path(), ten.path()}), HasSubstr("9.7.1"));
}

TEST(CudnnLibrary, IsLookedForInTheStatedFolderOnly) {
  setenv("CNN_CUDNN_FOLDER", "/stated", 1);
  EXPECT_THAT(cudnn_folders(), ElementsAre("/stated"));
  unsetenv("CNN_CUDNN_FOLDER");
}

TEST(CudnnLibrary, IsLookedForInLinkersPathToolkitAndPythonInThisOrder) {
  TemporaryFolder python;
  std::filesystem::create_directories(python / "lib/python3.12");
  std::filesystem::create_directories(python / "lib/other");
  unsetenv("CUDA_PATH");
  unsetenv("CONDA_PREFIX");
  setenv("CUDA_HOME", "/opt/cuda", 1);
  setenv("VIRTUAL_ENV", (python / "").c_str(), 1);
  const std::string packages = std::filesystem::path(python / "") / "lib/python3.12/site-packages/nvidia/cudnn/lib";
  EXPECT_THAT(cudnn_folders(), ElementsAre("", "/opt/cuda/lib64", "/opt/cuda/lib", "/usr/local/cuda/lib64",
                                           "/usr/local/cuda/lib", packages));
}

TEST(CudnnLibrary, IsNotLinked) {
  FILE* pipe = popen("readelf -d '" CNN_CUDA_MODULE_FILE "' | grep NEEDED", "r");
  ASSERT_NE(pipe, nullptr);
  std::string needed;
  for (int c; (c = std::fgetc(pipe)) != EOF;) needed += static_cast<char>(c);
  pclose(pipe);
  EXPECT_THAT(needed, HasSubstr("libcnn.so"));
  for (const char* library : {"libcuda", "libcudnn", "libnv"}) EXPECT_THAT(needed, Not(HasSubstr(library)));
}

TEST(CudnnLibrary, VersionsAreWrittenWithPoints) {
  EXPECT_EQ(cudnn_version_text(91900), "9.19.0");
  EXPECT_EQ(cudnn_version_text(90801), "9.8.1");
  EXPECT_EQ(cudnn_version_text(8907), "8.9.7");
}

TEST(CudnnLibrary, TellsUnsupportedApartFromFailures) {
  CudnnFunctions functions{};
  functions.get_error_string = [](cudnnStatus_t) -> const char* { return "NAME"; };
  functions.get_last_error_string = [](char* text, size_t) { text[0] = 0; };
  EXPECT_TRUE(checked(functions, CUDNN_STATUS_SUCCESS, "x").ok());
  EXPECT_EQ(checked(functions, CUDNN_STATUS_NOT_SUPPORTED_LAYOUT, "x").error().code, ErrorCode::Unsupported);
  EXPECT_EQ(checked(functions, CUDNN_STATUS_EXECUTION_FAILED, "x").error().code, ErrorCode::DeviceFailure);
  EXPECT_EQ(checked(functions, CUDNN_STATUS_EXECUTION_FAILED, "doing x").error().what, "cuDNN, doing x: NAME");
}

}  // namespace
}  // namespace cnn::test
