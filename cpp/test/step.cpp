// The fused training step.

#include <cmath>
#include <cstdint>
#include <memory>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "step/kernel.hpp"
#include "step/sets.hpp"
#include "test/check.hpp"
#include "test/network.hpp"

using namespace foldline;
using namespace foldline::step;

namespace {

constexpr long N = 150;

struct Task {
  Shape shape;
  std::vector<float> x, target, w[2], b[2];
  std::vector<int64_t> order;

  explicit Task(Loss loss, std::vector<long> again = {}) {
    shape = Shape{{3, 17, 2}, loss, {0.0f}, 0.1f, {}, std::move(again)};
    test::Random random(5);
    for (long k = 0; k < 3 * N; ++k) x.push_back(float(random.between(-1, 1)));
    for (long k = 0; k < N; ++k)
      for (float y : {x[3 * k] * x[3 * k + 1], std::fabs(x[3 * k + 2])}) target.push_back(loss == Loss::binary ? float(y > 0.2f) : y);
    for (int l = 0; l < 2; ++l) {
      const long n_in = shape.reads(l), n_out = shape.widths[l + 1];
      for (long k = 0; k < n_in * n_out; ++k) w[l].push_back(float(random.between(-1, 1) / std::sqrt(double(n_in))));
      b[l].assign(n_out, 0.1f);
    }
    order.resize(N), std::iota(order.begin(), order.end(), 0);
  }

  std::unique_ptr<Kernel> kernel(const std::string& set, int threads = 1) const {
    auto made = make(shape, set, threads);
    for (size_t l = 0; l < 2; ++l) {
      const std::vector<float> none_w(w[l].size(), 0.0f), none_b(b[l].size(), 0.0f);
      made->put(0, l, w[l].data(), b[l].data());
      for (int slot : {1, 2}) made->put(slot, l, none_w.data(), none_b.data());
    }
    return made;
  }
};

Rule adam(long t) {
  const Moves moves{true, float(0.01 / (1 - std::pow(0.9, double(t)))), 0.9f, 0.999f, 0.1f, 0.001f, 1e-8f, float(1 / std::sqrt(1 - std::pow(0.999, double(t))))};
  return {moves, moves, false, 0.0f, 0.0f};
}

}  // namespace

TEST("the loss falls with every loss and instruction set, and sets agree") {
  for (Loss loss : {Loss::squared, Loss::binary, Loss::absolute}) {
    const Task task(loss);
    const Data data{task.x.data(), nullptr, task.target.data(), nullptr};
    std::vector<double> ends;
    for (const std::string& set : sets()) {
      const auto kernel = task.kernel(set);
      double first = 0, last = 0;
      for (long t = 1; t <= 200; ++t) {
        long wrong = 0;
        last = kernel->step(data, task.order.data(), N, &wrong);
        if (t == 1) first = last;
        kernel->update(adam(t));
      }
      CHECK(last < 0.7 * first);
      ends.push_back(last);
    }
    for (double end : ends) CHECK(std::fabs(end - ends[0]) < 0.05 * ends[0] + 1e-3);
  }
}

TEST("slopes at inputs that a later layer reads again are difference quotients of the loss") {
  const Task task(Loss::squared, {1});
  for (const std::string& set : sets()) {
    const auto kernel = task.kernel(set);
    std::vector<float> slopes(3 * N), moved = task.x;
    long wrong = 0;
    const Data data{moved.data(), nullptr, task.target.data(), nullptr};
    kernel->step(data, task.order.data(), N, &wrong, slopes.data());
    for (long k : {0L, 100L, 3 * N - 1}) {
      double ends[2];
      for (int side : {0, 1}) {
        moved[k] = task.x[k] + (side ? 0.01f : -0.01f);
        ends[side] = N * kernel->step(data, task.order.data(), N, &wrong);
      }
      moved[k] = task.x[k];
      CHECK(std::fabs((ends[1] - ends[0]) / 0.02 - N * slopes[k]) < 0.05);
    }
  }
}

TEST("a step along the gradient lowers the loss by what the gradient says") {
  const Task task(Loss::squared);
  const Data data{task.x.data(), nullptr, task.target.data(), nullptr};
  for (const std::string& set : sets()) {
    const auto kernel = task.kernel(set);
    long wrong = 0;
    const double before = kernel->step(data, task.order.data(), N, &wrong);
    const float rate = 1e-3f;
    const Moves plain{false, rate, 0, 0, 0, 0, 0, 0};
    kernel->update({plain, plain, false, 0.0f, 0.0f});
    double square = 0;
    for (size_t l = 0; l < 2; ++l) {
      std::vector<float> w(task.w[l].size()), b(task.b[l].size());
      kernel->get(0, l, w.data(), b.data());
      for (size_t k = 0; k < w.size(); ++k) square += std::pow((double(task.w[l][k]) - w[k]) / rate, 2);
      for (size_t k = 0; k < b.size(); ++k) square += std::pow((double(task.b[l][k]) - b[k]) / rate, 2);
    }
    const double after = kernel->step(data, task.order.data(), N, &wrong);
    CHECK(std::fabs((before - after) / (rate * square) - 1) < 0.05);
  }
}

TEST("predictions are the same rows whatever batch they come in") {
  const Task task(Loss::squared);
  const auto kernel = task.kernel(sets()[0]);
  std::vector<float> all(2 * N), one(2);
  kernel->predict(task.x.data(), N, all.data());
  bool same = true;
  for (long k = 0; k < N; k += 17) {
    kernel->predict(task.x.data() + 3 * k, 1, one.data());
    for (int o = 0; o < 2; ++o) same = same && std::fabs(one[o] - all[2 * k + o]) < 1e-5f;
  }
  CHECK(same);
}
