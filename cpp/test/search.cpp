// The search for regions in any dimension.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <set>
#include <vector>

#include "core/complex/whole.hpp"
#include "core/search/inspection.hpp"
#include "core/search/moments.hpp"
#include "core/search/search.hpp"
#include "test/check.hpp"
#include "test/network.hpp"

using namespace foldline;
using namespace foldline::search;
using test::Network;

namespace {

Box cube(int d) {
  const std::vector<double> lo(size_t(d), -1.0), hi(size_t(d), 1.0);
  return Box(lo.data(), hi.data(), d);
}

std::unique_ptr<Search> searched(const Network& net, std::vector<int> shard = {}) {
  auto search = std::make_unique<Search>(layers_of(net.given(), kLanes), cube(net.widths[0]));
  search->keep = true, search->most_regions = 1000000, search->shard = std::move(shard);
  search->run();
  return search;
}

std::set<std::vector<std::uint8_t>> patterns(const Search& search) {
  std::set<std::vector<std::uint8_t>> all;
  const size_t n = search.found.radii.size(), units = n ? search.found.patterns.size() / n : 0;
  for (size_t r = 0; r < n; ++r) {
    const auto first = search.found.patterns.begin() + std::ptrdiff_t(r * units);
    all.insert(std::vector<std::uint8_t>(first, first + std::ptrdiff_t(units)));
  }
  return all;
}

}  // namespace

TEST("every region's point has the region's pattern and map") {
  for (int d : {2, 4, 6}) {
    const Network net = test::smooth({d, 7, 5, 2}, d);
    const auto search = searched(net);
    const Found& found = search->found;
    const size_t n = found.radii.size(), units = 12;
    CHECK(search->complete && search->merged == 0 && n == search->regions && n > 1);
    CHECK(patterns(*search).size() == n);
    bool same = true;
    for (size_t r = 0; r < n; ++r) {
      const std::vector<double> x(found.points.begin() + std::ptrdiff_t(r * d), found.points.begin() + std::ptrdiff_t((r + 1) * d));
      const auto z = net.at(x);
      for (size_t u = 0; u < units; ++u) same = same && (z[u / 7][u % 7] > 0) == (found.patterns[r * units + u] != 0);
      for (size_t o = 0; o < 2; ++o) {
        const double* map = &found.maps[(r * 2 + o) * size_t(d + 1)];
        double value = map[d];
        for (int k = 0; k < d; ++k) value += map[k] * x[k];
        same = same && std::fabs(value - z[2][o]) < 1e-12;
      }
    }
    CHECK(same);
  }
}

TEST("the search finds as many regions as the complex cuts") {
  const double lo[3] = {-1, -1, -1}, hi[3] = {1, 1, 1};
  for (int seed = 0; seed < 3; ++seed) {
    const Network net = test::smooth({3, 9, 6, 1}, 40 + seed);
    complex::Whole<3> whole;
    complex::Question question{net.given(false), lo, hi};
    question.certify = false;
    whole.ask(question);
    CHECK(whole.run() && whole.weld().n_top() == searched(net)->regions);
  }
}

TEST("shards find together, once each, what one search finds") {
  const Network net = test::smooth({4, 8, 6, 1}, 9);
  const auto whole = patterns(*searched(net));
  std::set<std::vector<std::uint8_t>> all;
  u64 regions = 0;
  for (int a : {0, 1})
    for (int b : {0, 1}) {
      const auto part = searched(net, {a, b});
      const auto here = patterns(*part);
      all.insert(here.begin(), here.end()), regions += part->regions;
    }
  CHECK(regions == whole.size() && all == whole);
}

TEST("volumes sum to the box, and no sample is below the least value") {
  const int d = 4;
  const Network net = test::smooth({d, 6, 4, 1}, 21);
  const auto search = searched(net);
  const Found& found = search->found;
  const size_t n = found.radii.size(), units = found.patterns.size() / n;
  Inspection inspection(layers_of(net.given(), kLanes), cube(d));
  Moments measure(d);
  double sum = 0;
  Least least;
  for (size_t r = 0; r < n; ++r) {
    const size_t first = size_t(found.side_start[r]), count = size_t(found.side_start[r + 1]) - first;
    const bool placed = inspection.stand(&found.patterns[r * units], &found.points[r * d], &found.sides[first], count);
    std::vector<std::uint8_t> kinds;
    for (size_t k = 0; k < count; ++k) kinds.push_back(inspection.side(int(k)));
    std::vector<double> normals, offsets, moment(d);
    CHECK(inspection.rows(kinds.data(), normals, offsets));
    sum += measure(normals, offsets, &found.points[r * d], inspection.radius(placed), moment.data(), [] {});
    inspection.descend_output(0, 1.0, placed, std::int64_t(r), least);
  }
  CHECK(std::fabs(sum - 16) < 1e-8);
  test::Random random(1);
  double sampled = 1e300;
  for (int k = 0; k < 2000; ++k) {
    std::vector<double> x;
    for (int j = 0; j < d; ++j) x.push_back(random.between(-1, 1));
    sampled = std::min(sampled, net.at(x)[2][0]);
  }
  CHECK(least.value <= sampled && least.value > sampled - 2 && std::fabs(net.at(least.at)[2][0] - least.value) < 1e-9);
}

TEST("a fold that nobody can tell from another is merged where there is no arbiter, and asked about where there is one") {
  struct Same : Arbiter {
    int asked = 0;
    Parts decide(const Place& cell, int, const std::vector<i32>&) override {
      ++asked;
      return {std::nullopt, cell.point};  // it does not cut: on everywhere
    }
    u64 take_over(const Place*, int, int, u64) override { return 0; }
  } same;
  const Network twice{{2, 2, 1}, {{1, 2, 3, 6}, {1, 1}}, {{0.1, 0.3}, {0}}, {{0, 0}}};  // 3 (x + 2 y + 0.1), rounded
  const auto search = searched(twice);
  CHECK(search->complete && search->regions == 2 && search->merged > 0);
  Search asking(layers_of(twice.given(), kLanes), cube(2));
  asking.certify = true, asking.most_regions = 10, asking.arbiter = &same;
  asking.run();
  CHECK(asking.regions == 2 && same.asked > 0 && asking.merged == 0);
}
