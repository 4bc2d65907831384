// SPDX-License-Identifier: MIT
#include "tools/classify/input.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

namespace cnn::classify {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

class FindInput : public testing::Test {
 protected:
  FindInput() {
    std::string name = fs::temp_directory_path() / "cnn-input-XXXXXX";
    folder_ = mkdtemp(name.data());
  }
  ~FindInput() override { fs::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& content = "x") {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << content;
    return folder_ / name;
  }

  fs::path folder_;
};

TEST_F(FindInput, SortsThePicturesOfAFolderAndItsSubfolders) {
  write("b.PNG");
  write("a/z.jpeg");
  write("a.jpg");
  write("notes.txt");
  const auto input = find_input(folder_);
  ASSERT_TRUE(input) << input.error().what;
  EXPECT_EQ(input->kind, Input::Kind::Pictures);
  EXPECT_THAT(input->files, ElementsAre(folder_ / "a.jpg", folder_ / "a/z.jpeg", folder_ / "b.PNG"));
}

TEST_F(FindInput, RefusesAFolderWithoutPictures) {
  write("notes.txt");
  const auto input = find_input(folder_);
  ASSERT_FALSE(input);
  EXPECT_THAT(input.error().what, HasSubstr("no pictures"));
}

TEST_F(FindInput, RefusesAnEmptyFile) {
  const auto input = find_input(write("film.mp4", ""));
  ASSERT_FALSE(input);
  EXPECT_THAT(input.error().what, HasSubstr("empty"));
}

TEST_F(FindInput, RefusesWhatIsNotThere) {
  const auto input = find_input(folder_ / "film.mp4");
  ASSERT_FALSE(input);
  EXPECT_THAT(input.error().what, HasSubstr("no such file"));
}

TEST_F(FindInput, EscapesThePathOfAVideo) {
  const auto input = find_input(write("my film #1.mp4"));
  ASSERT_TRUE(input) << input.error().what;
  EXPECT_EQ(input->kind, Input::Kind::Video);
  EXPECT_THAT(input->uri, HasSubstr("my%20film%20%231.mp4"));
}

TEST_F(FindInput, TakesASinglePictureForAListOfOne) {
  const std::string file = write("cat.webp");
  const auto input = find_input(file);
  ASSERT_TRUE(input) << input.error().what;
  EXPECT_THAT(input->files, ElementsAre(file));
}

TEST(FindUri, KnowsLiveFromStoredStreams) {
  EXPECT_EQ(find_input("rtsp://camera/1")->kind, Input::Kind::Live);
  EXPECT_EQ(find_input("https://example.org/a.webm")->kind, Input::Kind::Video);
}

TEST(FindTestPattern, TakesItsNumberOfFrames) {
  EXPECT_EQ(find_input("test://")->frames, 300);
  EXPECT_EQ(find_input("test://12")->frames, 12);
  for (const char* wrong : {"test://0", "test://-1", "test://1x", "test://99999999999999999999"}) {
    EXPECT_FALSE(find_input(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace cnn::classify
