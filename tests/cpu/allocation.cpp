// SPDX-License-Identifier: MIT
// Session::run() allocates nothing: this program counts its own allocations.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "tests/support/graph_builder.h"
#include "tests/support/run_op.h"

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__)
#define CNN_COUNTS_MALLOC 1
extern "C" void* __libc_malloc(size_t);
extern "C" void* __libc_memalign(size_t, size_t);
#endif

namespace {

std::atomic<bool> counting{false};
std::atomic<int> by_new{0}, by_malloc{0};

void count(std::atomic<int>& allocations) {
  if (counting) ++allocations;
}

void* allocate(size_t bytes, size_t alignment) {
  count(by_new);
  void* memory = std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
  if (!memory) throw std::bad_alloc();
  return memory;
}

}  // namespace

#ifdef CNN_COUNTS_MALLOC
extern "C" void* malloc(size_t bytes) {
  count(by_malloc);
  return __libc_malloc(bytes);
}
extern "C" void* aligned_alloc(size_t alignment, size_t bytes) {
  count(by_malloc);
  return __libc_memalign(alignment, bytes);
}
#endif

void* operator new(size_t bytes) { return allocate(bytes, alignof(std::max_align_t)); }
void* operator new[](size_t bytes) { return allocate(bytes, alignof(std::max_align_t)); }
void* operator new(size_t bytes, std::align_val_t alignment) { return allocate(bytes, static_cast<size_t>(alignment)); }
void* operator new[](size_t bytes, std::align_val_t alignment) {
  return allocate(bytes, static_cast<size_t>(alignment));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, size_t, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, size_t, std::align_val_t) noexcept { std::free(memory); }

namespace cnn {
namespace {

using test::attributes;
using test::GraphBuilder;
using Integers = std::vector<int64_t>;

const Attributes same3 = attributes({{"pads", Integers{1, 1, 1, 1}}});

/// Convolutions of every kind and what classifiers put between them; weights known and made at run time.
Model classifier(GraphBuilder& b) {
  const ValueId x = b.input("x", {1, 8, 24, 24});
  ValueId map = b.node("HardSwish", {b.node("Conv", {x, b.weights({16, 8, 3, 3}), b.weights({16})}, same3)});
  Attributes depthwise = same3;
  depthwise.set("group", int64_t{16});
  map = b.node("Relu", {b.node("Conv", {map, b.weights({16, 1, 3, 3})}, depthwise)});
  Attributes grouped = same3;
  grouped.set("group", int64_t{2});
  const ValueId skip = b.node("Conv", {map, b.weights({16, 8, 3, 3})}, grouped);
  map = b.node("Add", {skip, map});
  const ValueId gate =
      b.node("Sigmoid", {b.node("Conv", {b.node("GlobalAveragePool", {map}), b.weights({16, 16, 1, 1})})});
  map = b.node("Mul", {map, gate});
  map = b.node("Concat", {map, b.node("Softmax", {map}, attributes({{"axis", int64_t{1}}}))},
               attributes({{"axis", int64_t{1}}}));
  map = b.node("MaxPool", {map}, attributes({{"kernel_shape", Integers{3, 3}}, {"strides", Integers{2, 2}}}));
  map = b.node("Pad", {map, b.integers({0, 0, 1, 2, 0, 0, 2, 1})}, attributes({{"mode", std::string("reflect")}}));
  map = b.node("Slice", {map, b.integers({1}), b.integers({100}), b.integers({1}), b.integers({2})});
  map = b.node("ConvTranspose", {map, b.weights({16, 4, 2, 2})}, attributes({{"strides", Integers{2, 2}}}));
  map = b.node("Resize", {map, no_value, b.constant(test::floats({4}, {1, 1, 0.5f, 0.5f}))},
               attributes({{"mode", std::string("linear")}}));
  map = b.node("AveragePool", {map}, attributes({{"kernel_shape", Integers{2, 2}}}));
  map = b.node("LRN", {map}, attributes({{"size", int64_t{3}}}));
  map = b.node("BatchNormalization",
               {map, b.weights({4}), b.weights({4}), b.weights({4}), b.constant_floats({4}, 0.5f, 1)});
  map = b.node("InstanceNormalization", {map, b.weights({4}), b.weights({4})});
  const ValueId turned = b.node("Transpose", {map}, attributes({{"perm", Integers{0, 2, 3, 1}}}));
  const ValueId means = b.node("ReduceMean", {turned, b.integers({1, 2})}, attributes({{"keepdims", int64_t{0}}}));
  const ValueId dense = b.node("Gemm", {means, b.weights({4, 20}), b.weights({20})});
  const ValueId square = b.node("MatMul", {b.node("Reshape", {dense, b.integers({-1, 20, 1})}),
                                           b.node("Reshape", {dense, b.integers({-1, 1, 20})})});
  const ValueId turned_product = b.node("Gemm", {dense, dense}, attributes({{"transA", int64_t{1}}}));
  const ValueId best = b.node("ArgMax", {dense}, attributes({{"axis", int64_t{1}}}));
  const ValueId taken = b.node("Gather", {square, b.integers({3, 1})}, attributes({{"axis", int64_t{1}}}));
  return b.model({b.node("Softmax", {dense}), taken, best, map,
                  b.node("Add", {dense, b.node("ReduceSum", {turned_product, b.integers({0})})})});
}

struct Allocations {
  int by_new, by_malloc;
};

/// What run() of an open session allocates, after the first one.
Allocations while_running(int threads, int batch) {
  GraphBuilder b;
  SessionOptions options;
  options.threads = threads;
  options.max_batch = batch;
  auto session = Session::open(classifier(b), options);
  if (!session) {
    ADD_FAILURE() << session.error().what;
    return {};
  }
  const Tensor images = test::random_floats((*session)->inputs()[0].shape, 1);
  (*session)->set_input(0, images.bytes.get());
  bool ran = (*session)->run(batch).ok();
  by_new = by_malloc = 0;
  counting = true;
  for (int i = 0; i < 3; ++i) ran = (*session)->run(batch).ok() && ran;
  counting = false;
  EXPECT_TRUE(ran);
  return {by_new, by_malloc};
}

TEST(Allocation, IsCounted) {
  by_new = by_malloc = 0;
  counting = true;
  delete new std::string(100, 'x');
  counting = false;
  EXPECT_EQ(by_new, 2);
#ifdef CNN_COUNTS_MALLOC
  EXPECT_EQ(by_malloc, 2);
#endif
}

TEST(Allocation, StopsWhenASessionIsOpen) {
  for (int batch : {1, 3}) {
    const Allocations made = while_running(1, batch);
    EXPECT_EQ(made.by_new, 0) << "batch " << batch;
    EXPECT_EQ(made.by_malloc, 0) << "batch " << batch;
  }
}

TEST(Allocation, OfSeveralThreadsIsTheSchedulersAtMost) { EXPECT_EQ(while_running(2, 1).by_new, 0); }

}  // namespace
}  // namespace cnn
