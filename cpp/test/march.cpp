// The level set of a network with 3 inputs.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "core/march/search.hpp"
#include "test/check.hpp"
#include "test/network.hpp"

using namespace foldline;
using namespace foldline::march;
using test::Network;

namespace {

std::vector<Key> keys(const Network& net, std::uint64_t seed) {
  test::Random random(seed);
  int units = 6;
  for (const auto& slopes : net.below) units += int(slopes.size());
  std::vector<Key> all;
  for (int k = 0; k < units; ++k) {
    Key key;
    random.between(0, 1), key.a = random.state * 11400714819323198485ull;
    random.between(0, 1), key.b = random.state * 11400714819323198485ull;
    all.push_back(key);
  }
  return all;
}

// The level set of a network in the cube, marched over all its components.
struct Marched {
  Chain chain;
  Budget budget;
  Surface surface;
  Search search;
  bool settled;

  explicit Marched(const Network& net)
      : chain(chain_of(net.given(), keys(net, 1).data(), keys(net, 2).data(), std::vector<double>(3, -1.0).data(), std::vector<double>(3, 1.0).data(), 0)),
        budget(nullptr, 1000000, 600), surface(chain, false, false, nullptr, budget), search(chain, surface, budget, 8, 40), settled(search.run()) {
    surface.march();
  }

  // Vertices less edges plus faces, and whether every edge off the box lies in two polygons.
  std::pair<long, bool> euler() const {
    std::map<std::pair<std::int64_t, std::int64_t>, int> edges;
    const size_t F = surface.offsets.size() - 1;
    for (size_t f = 0; f < F; ++f)
      for (std::int64_t k = surface.offsets[f]; k < surface.offsets[f + 1]; ++k) {
        const std::int64_t a = surface.corners[size_t(k)], b = surface.corners[size_t(k + 1 < surface.offsets[f + 1] ? k + 1 : surface.offsets[f])];
        ++edges[{std::min(a, b), std::max(a, b)}];
      }
    size_t once = 0;
    bool closed = true;
    for (const auto& edge : edges) once += edge.second == 1, closed = closed && edge.second <= 2;
    return {long(surface.vertices.size() / 3) - long(edges.size()) + long(F), closed && once == surface.box_edges.size() / 3};
  }
};

// |a x| + |b x| + |c x| less a size, for three directions: the double pyramid over a parallelogram.
Network octahedron() {
  return {{3, 3, 1}, {{0.9, 0.3, 0.1, -0.2, 0.8, 0.3, 0.1, -0.4, 0.95}, {1, 1, 1}}, {{0.01, 0.02, -0.01}, {-0.5}}, {{-1, -1, -1}}};
}

}  // namespace

TEST("an octahedron has eight triangles, and its corners are zeros of the network") {
  const Network net = octahedron();
  const Marched found(net);
  CHECK(found.settled && found.surface.finished && found.surface.polygons() == 8 && found.surface.vertices.size() == 3 * 6);
  CHECK(found.euler() == std::make_pair(2l, true));
  double worst = 0;
  for (size_t v = 0; v < found.surface.vertices.size(); v += 3)
    worst = std::max(worst, std::fabs(net.at({found.surface.vertices[v], found.surface.vertices[v + 1], found.surface.vertices[v + 2]})[1][0]));
  CHECK(worst < 1e-13 && found.surface.max_value < 1e-13);
}

TEST("a level set is a surface whose edge lies on the box") {
  for (int seed = 0; seed < 4; ++seed) {
    Network net = test::smooth({3, 16, 12, 1}, 70 + seed, seed == 3 ? 0.125 : 0.0);
    net.biases[2][0] -= net.at({0.1, -0.2, 0.3})[2][0];  // through a point of the box
    const Marched found(net);
    CHECK(found.settled && found.surface.finished && found.surface.polygons() > 10);
    CHECK(found.euler().second);
  }
}

TEST("what parts of a search looked at gives the same surface again") {
  Network net = test::smooth({3, 14, 10, 1}, 81);
  net.biases[2][0] -= net.at({0.0, 0.0, 0.0})[2][0];
  const Marched whole(net);
  std::vector<u64> looks;
  const u64 middle = 300;
  for (int part = 0; part < 2; ++part) {
    Budget budget(nullptr, 0, 600);
    Surface none(whole.chain, false, false, nullptr, budget);
    Search search(whole.chain, none, budget, 8, 40);
    search.keeps = true;
    CHECK(search.run(part ? middle : 0, part ? ~u64(0) : middle));
    looks.insert(looks.end(), search.looks.begin(), search.looks.end());
  }
  Budget budget(nullptr, 1000000, 600);
  Surface surface(whole.chain, false, false, nullptr, budget);
  Search search(whole.chain, surface, budget, 8, 40);
  CHECK(search.again(looks.data(), looks.data() + looks.size()));
  surface.march();
  CHECK(surface.vertices == whole.surface.vertices && surface.corners == whole.surface.corners);
}

TEST("polygons that are cut keep what lies inside") {
  Polygon polygon;
  polygon.square(1);
  CHECK(polygon.cut(-1, 0, 0.5, 7) && polygon.n == 4 && polygon.radius() > 1.4);  // x <= 0.5
  CHECK(!polygon.cut(0, 1, 2, 8));
  CHECK(polygon.cut(1, 0, -0.75, 9) && polygon.n == 0);
}
