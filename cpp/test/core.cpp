// Numbers, memory, workers and rows, held against what they are made of.

#include <atomic>
#include <cmath>
#include <stdexcept>
#include <vector>

#include "core/layer.hpp"
#include "core/memory.hpp"
#include "core/numbers.hpp"
#include "core/pairs.hpp"
#include "core/rows.hpp"
#include "core/workers.hpp"
#include "test/check.hpp"
#include "test/network.hpp"

using namespace foldline;

TEST("the grid of a number is the least that it is on") {
  CHECK(grid_of(0.0) == 0 && grid_of(3.0) == 0 && grid_of(-0.75) == 2 && grid_of(0x1p-60) == 60);
  CHECK(power_of_two(-3) == 0.125 && power_of_two(10) == 1024);
}

TEST("a pair holds what a sum of doubles loses") {
  const Pair sum = two_sum(1.0, 0x1p-80), product = times({1 + 0x1p-40, 0}, {1 - 0x1p-40, 0});
  CHECK(sum.hi == 1.0 && sum.lo == 0x1p-80);
  CHECK(product.hi == 1.0 && product.lo == -0x1p-80);
  const Pair third = over({1, 0}, {3, 0}), one = times(third, {3, 0});
  CHECK(std::fabs(one.hi - 1 + one.lo) < PAIR_ULP);
}

TEST("a buffer keeps its numbers while it grows and gives its memory back") {
  Buffer<i32> numbers;
  for (i32 i = 0; i < 100000; ++i) numbers.push(i);
  bool same = numbers.size() == 100000;
  for (i32 i = 0; i < 100000; ++i) same = same && numbers[i] == i;
  CHECK(same);
  Buffer<i32> other(std::move(numbers));
  CHECK(other.size() == 100000 && other.back() == 99999);
}

TEST("all workers are called, and the first exception of any comes out") {
  std::atomic<int> sum{0};
  at_once(4, [&](int w) { sum += 1 << w; });
  CHECK(sum == 15);
  bool caught = false;
  try {
    at_once(3, [&](int w) {
      if (w == 2) throw std::runtime_error("two");
    });
  } catch (const std::runtime_error&) {
    caught = true;
  }
  CHECK(caught);
}

TEST("a product of rows is what it is one number at a time") {
  test::Random random(7);
  for (int inputs : {3, 8, 41})
    for (int width : {1, 9, 70}) {
      const test::Network net = test::smooth({inputs, width}, 100 * inputs + width);
      std::vector<Layer> layers = layers_of(net.given(), 8);
      pack(layers);
      const Layer& layer = layers[0];
      const int n = 13, lda = rounded_up(inputs, 8);
      std::vector<double> h(size_t(n) * lda, 0.0), z(size_t(n) * layer.stride);
      for (int r = 0; r < n; ++r)
        for (int k = 0; k < inputs; ++k) h[size_t(r) * lda + k] = k % 3 ? random.between(-1, 1) : 0.0;
      rows::product({h.data(), size_t(n), lda, inputs, layer.packed.data(), layer.bias.data(), z.data(), layer.stride, layer.stride});
      double worst = 0;
      for (int r = 0; r < n; ++r) {
        const auto wanted = net.at(std::vector<double>(h.begin() + r * lda, h.begin() + r * lda + inputs))[0];
        for (int j = 0; j < width; ++j) worst = std::fmax(worst, std::fabs(z[size_t(r) * layer.stride + j] - wanted[j]));
      }
      CHECK(worst < 1e-13);
    }
}

TEST("bits of a row say which numbers are beyond an error, and which differ in sign") {
  test::Random random(3);
  std::vector<double> a(72), b(72);
  for (double& x : a) x = random.between(-1, 1);
  for (double& x : b) x = random.between(-1, 1);
  u64 p = 0, q = 0, unlike[2] = {0, 0};
  rows::signs(a.data(), 64, 0.25, p, q);
  rows::unlike(a.data(), b.data(), 72, unlike);
  bool right = true;
  for (int j = 0; j < 72; ++j) {
    if (j < 64) right = right && (p >> j & 1) == (a[j] > 0.25) && (q >> j & 1) == (a[j] < -0.25);
    right = right && (unlike[j / 64] >> j % 64 & 1) == (std::signbit(a[j]) != std::signbit(b[j]));
  }
  CHECK(right);
}
