// The level set of a field in space.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "core/field/surface.hpp"
#include "test/check.hpp"
#include "test/network.hpp"

using namespace foldline;
using namespace foldline::field;

namespace {

constexpr double LO[3] = {-1, -1, 0}, HI[3] = {1, 2, 1};

// Features on nested grids, and a network behind them.
struct Field {
  std::vector<int> sizes;
  std::vector<std::vector<float>> features;
  std::vector<std::vector<std::int64_t>> rows;
  test::Network net;

  std::vector<GivenLevel> given(bool sparse = false) const {
    std::vector<GivenLevel> all;
    for (size_t l = 0; l < sizes.size(); ++l) {
      const size_t n = size_t(sizes[l] + 1) * (sizes[l] + 1) * (sizes[l] + 1);
      all.push_back({sizes[l], int(features[l].size() / n), features[l].data(), sparse ? rows[l].data() : nullptr, sparse ? rows[l].size() : 0});
    }
    return all;
  }
};

template <class Draw> Field field_of(const std::vector<int>& sizes, const test::Network& net, Draw draw) {
  Field field{sizes, {}, {}, net};
  const int channels = (net.widths[0] - 3) / int(sizes.size());
  for (int n : sizes) {
    field.features.emplace_back(), field.rows.emplace_back();
    for (int i = 0; i < (n + 1) * (n + 1) * (n + 1); ++i) {
      field.rows.back().push_back(i);
      for (int c = 0; c < channels; ++c) field.features.back().push_back(float(draw()));
    }
  }
  return field;
}

Field random_field(std::uint64_t seed, std::vector<int> hidden = {8, 6}) {
  test::Random random(seed);
  std::vector<int> widths{5};
  widths.insert(widths.end(), hidden.begin(), hidden.end());
  widths.push_back(1);
  return field_of({2, 4}, test::smooth(widths, seed + 7), [&] { return random.between(-1, 1); });
}

// An arbiter that must not be asked.
struct Nobody : Arbiter {
  int asked = 0;
  void corner(i32, i32, const double*) override { ++asked; }
  void born(i32, i32, i32, int, int) override { ++asked; }
  std::vector<int> signs(i32, int, const std::vector<int>& units) override { return ++asked, std::vector<int>(units.size(), 0); }
  Order crossings(i32, i32, int, const std::vector<int>&) override { return ++asked, Order{}; }
  void activations(i32, int, double*) override { ++asked; }
  void where(i32, double*) override { ++asked; }
  int turn(const std::vector<i32>&, i32) override { return ++asked, 1; }
};

struct Answer {
  std::vector<double> x;
  std::vector<std::int64_t> corners, offsets;
  double largest = 0;
  bool complete = false;

  // Vertices less edges plus faces; whether every edge has a polygon on each side, but on the box.
  std::pair<long, bool> euler() const {
    std::map<std::pair<std::int64_t, std::int64_t>, int> edges;
    for (size_t f = 0; f + 1 < offsets.size(); ++f)
      for (std::int64_t k = offsets[f]; k < offsets[f + 1]; ++k) {
        const std::int64_t a = corners[size_t(k)], b = corners[size_t(k + 1 < offsets[f + 1] ? k + 1 : offsets[f])];
        edges[{std::min(a, b), std::max(a, b)}] += a < b ? 1 : 100;
      }
    bool closed = true;
    for (const auto& edge : edges) closed = closed && (edge.second == 101 || (edge.second % 99 == 1 && on_wall(edge.first.first) && on_wall(edge.first.second)));
    return {long(x.size() / 3) - long(edges.size()) + long(offsets.size()) - 1, closed};
  }

  bool on_wall(std::int64_t v) const {
    for (int k = 0; k < 3; ++k)
      if (x[size_t(v) * 3 + k] == LO[k] || x[size_t(v) * 3 + k] == HI[k]) return true;
    return false;
  }
};

Answer found(const Field& field, double level, int workers, Arbiter* arbiter, bool sparse = false) {
  const Levels levels(LO, HI, field.given(sparse));
  const Net net(field.net.given(), level);
  const int n = field.sizes.back();
  Question question{{{0, 0, 0}, {n, n, n}}, arbiter};
  question.workers = workers;
  Surface surface(levels, net, question);
  Answer answer;
  answer.complete = surface.run();
  Weld& weld = surface.weld();
  answer.x.assign(weld.x.data(), weld.x.data() + weld.x.size());
  answer.corners.assign(weld.corners.data(), weld.corners.data() + weld.corners.size());
  answer.offsets.assign(weld.offsets.data(), weld.offsets.data() + weld.offsets.size());
  answer.largest = weld.largest;
  return answer;
}

// A level that the field takes in the middle of a cell.
double some_level(const Field& field) {
  const Levels levels(LO, HI, field.given());
  std::vector<double> reads(size_t(levels.width()));
  levels.read({1, 2, 2}, levels.count() - 1, reads.data());
  return field.net.at(reads).back()[0] + 0x1p-7;
}

}  // namespace

TEST("a level set is closed but for the box, and its vertices are zeros") {
  for (int seed = 0; seed < 6; ++seed) {
    const Field field = random_field(std::uint64_t(seed), seed % 3 == 0 ? std::vector<int>{7} : seed % 3 == 1 ? std::vector<int>{8, 6} : std::vector<int>{5, 5, 4});
    const Answer answer = found(field, some_level(field), 1, nullptr);
    CHECK(answer.complete && answer.offsets.size() > 10);
    CHECK(answer.euler().second);
    CHECK(answer.largest < 1e-13);
  }
}

TEST("neither workers nor how features are stored show") {
  const Field field = random_field(3);
  const double level = some_level(field);
  const Answer one = found(field, level, 1, nullptr), many = found(field, level, 3, nullptr), sparse = found(field, level, 2, nullptr, true);
  CHECK(one.x == many.x && one.corners == many.corners && one.offsets == many.offsets);
  CHECK(one.x == sparse.x && one.corners == sparse.corners);
}

TEST("a ball of interpolated distances is a sphere, and no float is in doubt") {
  Field field{{2, 8}, {std::vector<float>(27, 0.0f), {}}, {}, {{5, 1}, {{0, 0, 0, 0, 1}}, {{0}}, {}}};
  for (int i = 0; i <= 8; ++i)
    for (int j = 0; j <= 8; ++j)
      for (int k = 0; k <= 8; ++k) {
        const double x = -1 + i / 4.0, y = -1 + 3 * j / 8.0 - 0.5, z = k / 8.0 - 0.5;
        field.features[1].push_back(float(std::sqrt(x * x + y * y + z * z)));
      }
  Nobody nobody;
  const Answer answer = found(field, 0.4, 1, &nobody);
  CHECK(answer.complete && nobody.asked == 0);
  CHECK(answer.euler() == std::make_pair(2l, true));
}

TEST("a listener ends the work, and what is missing is said") {
  struct Enough : Listener {
    bool enough(u64, double) override { return true; }
  } listener;
  const Field field = random_field(4);
  const Levels levels(LO, HI, field.given());
  const Net net(field.net.given(), some_level(field));
  Question question{{{0, 0, 0}, {4, 4, 4}}, nullptr, &listener};
  Surface surface(levels, net, question);
  CHECK(!surface.run() && surface.explored < 1);
}

TEST("features are read as they are interpolated") {
  const Field field = random_field(5);
  const Levels levels(LO, HI, field.given());
  std::vector<double> a(5), b(5), between(5);
  levels.read({0, 2, 4}, 1, a.data()), levels.read({2, 4, 4}, 1, b.data()), levels.read({1, 3, 4}, 1, between.data());
  CHECK(between[3] == 0.5 * (a[3] + b[3]) && between[0] == 0.5 * (a[0] + b[0]));  // on a diagonal of the coarse level
  const auto [least, most] = levels.extremes(1, 0, {0, 1, 1});
  CHECK(*least <= float(between[4]) && float(between[4]) <= *most && *least < *most);
}
