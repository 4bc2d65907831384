// SPDX-License-Identifier: MIT
#include "engine/base/sha256.h"

#include <gtest/gtest.h>

#include <string_view>

#include "tests/vision/temporary_folder.h"

namespace cnn {
namespace {

std::string sum_of(std::string_view text, size_t piece = 1000000) {
  Sha256 sum;
  for (size_t i = 0; i < text.size(); i += piece) sum.add(std::as_bytes(std::span(text.substr(i, piece))));
  return sum.finish();
}

// The examples of FIPS 180-2, appendix B.
TEST(Sha256, IsAsTheStandardsExamples) {
  EXPECT_EQ(sum_of("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sum_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sum_of(std::string(1000000, 'a')), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, DoesNotDependOnThePieces) {
  const std::string text(300, 'x');
  for (size_t piece : {1u, 7u, 55u, 56u, 63u, 64u, 65u, 128u, 299u})
    EXPECT_EQ(sum_of(text, piece), sum_of(text)) << piece;
}

TEST(Sha256, OfAFileIsThatOfItsBytes) {
  const test::TemporaryFolder folder;
  const std::string bytes(400000, 'b');
  EXPECT_EQ(*sha256_of_file(folder.write("b", bytes)), sum_of(bytes));
  const auto absent = sha256_of_file(folder / "absent");
  ASSERT_FALSE(absent.ok());
  EXPECT_TRUE(absent.error().what.starts_with(folder / "absent")) << absent.error().what;
}

}  // namespace
}  // namespace cnn
