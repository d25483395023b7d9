// The complex in 1, 2 and 3 dimensions.

#include <cmath>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <stdexcept>
#include <vector>

#include "core/complex/lineage.hpp"
#include "core/complex/whole.hpp"
#include "test/check.hpp"
#include "test/exact.hpp"
#include "test/network.hpp"

using namespace foldline;
using namespace foldline::complex;
using test::Network;

namespace {

const double LO[3] = {-2, -2, -2}, HI[3] = {2, 2, 2};

Question about(const Network& net, Arbiter* arbiter = nullptr) {
  Question question{net.given(false), LO, HI};
  question.certify = arbiter != nullptr;
  question.arbiter = arbiter;
  return question;
}

// The lengths, areas or volumes of all regions, and the middle of each one's corners.
template <int D> struct Measured {
  std::vector<double> sizes;
  std::vector<std::vector<double>> middles;
};

template <int D> Measured<D> measured(const Weld<D>& w) {
  Measured<D> out;
  const auto at = [&](i32 v, int k) { return w.x[size_t(v) * D + k]; };
  const auto middle = [&](const std::vector<i32>& corners) {
    std::vector<double> m(D, 0.0);
    for (i32 v : corners)
      for (int k = 0; k < D; ++k) m[k] += at(v, k) / double(corners.size());
    out.middles.push_back(m);
  };
  if constexpr (D == 1)
    for (size_t e = 0; e < w.edge_fold.size(); ++e) {
      const i32 a = w.edge_ends[2 * e], b = w.edge_ends[2 * e + 1];
      out.sizes.push_back(at(b, 0) - at(a, 0));
      middle({a, b});
    }
  if constexpr (D == 2)
    for (size_t f = 0; f < w.loops.count(); ++f) {
      const size_t s = w.loops.start[f], n = w.loops.start[f + 1] - s;
      double area = 0;
      std::vector<i32> corners;
      for (size_t i = 0; i < n; ++i) {
        const i32 a = w.loops.v[s + i], b = w.loops.v[s + (i + 1) % n];
        area += 0.5 * (at(a, 0) * at(b, 1) - at(b, 0) * at(a, 1));
        corners.push_back(a);
      }
      out.sizes.push_back(area);
      middle(corners);
    }
  if constexpr (D == 3)
    for (size_t c = 0; c + 1 < w.cell_start.size(); ++c) {
      double volume = 0;
      std::vector<i32> corners;
      for (size_t j = w.cell_start[c]; j < w.cell_start[c + 1]; ++j) {
        const size_t f = size_t(w.cell_faces[j] >> 1), s = w.loops.start[f], n = w.loops.start[f + 1] - s;
        for (size_t i = 0; i < n; ++i) corners.push_back(w.loops.v[s + i]);
        for (size_t i = 1; i + 1 < n; ++i) {
          const i32 p = w.loops.v[s], q = w.loops.v[s + i], r = w.loops.v[s + i + 1];
          const double det = at(p, 0) * (at(q, 1) * at(r, 2) - at(q, 2) * at(r, 1)) - at(p, 1) * (at(q, 0) * at(r, 2) - at(q, 2) * at(r, 0)) +
                             at(p, 2) * (at(q, 0) * at(r, 1) - at(q, 1) * at(r, 0));
          volume += (w.cell_faces[j] & 1 ? -1 : 1) * det / 6;
        }
      }
      out.sizes.push_back(volume);
      middle(corners);
    }
  return out;
}

// The pattern of each region, a byte a unit.
template <int D> std::vector<std::vector<std::uint8_t>> patterns(Whole<D>& whole, const Network& net) {
  Lineage all;
  const Past& past = whole.past();
  for (size_t g = 0; g < past.size(); ++g)
    all.add(past.parents[g].data(), past.words[g].data(), past.words[g].size(), past.group_layer[g], net.widths[size_t(past.group_layer[g]) + 1]);
  std::vector<std::uint8_t> bytes(all.n * all.units + 8);
  write_patterns(all, bytes.data());
  std::vector<std::vector<std::uint8_t>> out;
  for (size_t r = 0; r < all.n; ++r) out.emplace_back(bytes.begin() + std::ptrdiff_t(r * all.units), bytes.begin() + std::ptrdiff_t((r + 1) * all.units));
  return out;
}

// Whether the regions fill the box, and the network has their patterns in their middles.
template <int D> bool right(Whole<D>& whole, const Network& net) {
  const Measured<D> found = measured<D>(whole.weld());
  const auto bits = patterns(whole, net);
  double sum = 0;
  bool fine = bits.size() == found.sizes.size();
  for (double size : found.sizes) sum += size, fine = fine && size > 0;
  for (size_t r = 0; r < bits.size() && fine; ++r) {
    size_t unit = 0;
    const auto z = net.at(found.middles[r]);
    for (size_t l = 0; l < net.below.size(); ++l)
      for (double value : z[l]) fine = fine && (std::fabs(value) < 1e-9 || (value > 0) == (bits[r][unit] != 0)), ++unit;
  }
  return fine && std::fabs(sum - std::pow(4.0, D)) < 1e-10 * std::pow(4.0, D);
}

// How much of the box has each pattern, in units of 2^-30.
template <int D> std::map<std::vector<std::uint8_t>, long> patterned(Whole<D>& whole, const Network& net) {
  std::map<std::vector<std::uint8_t>, double> sums;
  const auto bits = patterns(whole, net);
  const Measured<D> found = measured<D>(whole.weld());
  for (size_t r = 0; r < bits.size(); ++r) sums[bits[r]] += found.sizes[r];
  std::map<std::vector<std::uint8_t>, long> out;
  for (const auto& one : sums) out[one.first] = std::lround(one.second * 0x1p30);
  return out;
}

template <int D> void fills(const std::vector<int>& hidden) {
  for (int seed = 0; seed < 3; ++seed) {
    std::vector<int> widths{D};
    widths.insert(widths.end(), hidden.begin(), hidden.end());
    const Network net = test::smooth(widths, 10 * D + seed, seed == 2 ? 0.25 : 0.0);
    Whole<D> whole;
    whole.ask(about(net));
    CHECK(whole.run());
    CHECK(right(whole, net));
  }
}

template <class T> bool same(const Buffer<T>& a, const Buffer<T>& b) {
  return a.size() == b.size() && (a.size() == 0 || std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0);
}

template <int D> bool same(const Weld<D>& a, const Weld<D>& b) {
  return same(a.x, b.x) && same(a.edge_ends, b.edge_ends) && same(a.loops.v, b.loops.v) && same(a.cell_faces, b.cell_faces) && same(a.born_unit, b.born_unit);
}

struct Enough : Listener {
  bool throws = false;
  bool enough(u64, double) override {
    if (throws) throw std::runtime_error("interrupted");
    return true;
  }
};

}  // namespace

TEST("regions on a line fill the box and have the network's pattern") { fills<1>({9, 7, 1}); }
TEST("regions of a plane fill the box and have the network's pattern") { fills<2>({12, 70, 1}); }
TEST("regions of space fill the box and have the network's pattern") { fills<3>({7, 6, 1}); }

template <int D> void blocks_agree(const std::vector<int>& widths) {
  const Network net = test::smooth(widths, 5);
  Whole<D> one, many, parts;
  Question question = about(net);
  question.split = 16;
  one.ask(question);
  CHECK(one.run());
  CHECK(right(one, net) && one.n_blocks() > 3);
  question.workers = 3;
  many.ask(question);
  CHECK(many.run());
  CHECK(same(one.weld(), many.weld()));
  std::vector<Part<D>> shards;
  for (size_t b = 0; b < one.n_blocks(); ++b) {
    std::vector<Part<D>> here;
    parts.ask(question);
    CHECK(parts.cut_shard(b, b + 1, here));
    shards.push_back(std::move(here[0]));
  }
  parts.ask(question);
  parts.weld_shards(shards);
  CHECK(same(one.weld(), parts.weld()));
  size_t n = 0;
  many.ask(question);
  CHECK(many.count(n) && n == one.weld().n_top());
}

TEST("blocks, shards and any number of workers give the same arrays") {
  blocks_agree<1>({1, 30, 30, 30, 1});
  blocks_agree<2>({2, 20, 20, 20, 1});
  blocks_agree<3>({3, 12, 12, 1});
}

TEST("a network of whole numbers has the same regions whether floats or fractions decide") {
  for (int seed = 0; seed < 6; ++seed) {
    const Network net = test::whole({2, 5, 3, 1}, seed);
    test::Fractions few(net), all(net);
    Whole<2> plain, rational;
    Question question = about(net, &few);
    plain.ask(question);
    CHECK(plain.run() && right(plain, net));
    question.arbiter = &all, question.rational = true;
    rational.ask(question);
    CHECK(rational.run() && right(rational, net));
    CHECK(all.asked > few.asked && plain.weld().n_top() == rational.weld().n_top());
  }
}

TEST("two half boxes as first cells have the regions of the box") {
  const FirstCells halves{{-2, -2, 1, -2, 2, -2, -2, 2, 1, 2, 2, 2},
                          {{{0, 1}, {1, 2}, {3, 4}, {4, 5}, {0, 3}, {1, 4}, {2, 5}}, {{0, 2, 4, 5}, {6, 1, 5, 3}}},
                          {-3, -3, -4, -4, -1, -5, -2}};
  for (int seed = 0; seed < 4; ++seed) {
    const Network net = seed < 2 ? test::smooth({2, 9, 30, 1}, 60 + seed) : test::whole({2, 5, 3, 1}, seed);
    test::Fractions exact(net);
    Whole<2> box, cells;
    Question question = about(net, seed < 2 ? nullptr : &exact);
    question.split = 32;
    box.ask(question);
    CHECK(box.run() && right(box, net));
    test::Fractions again(net);
    if (question.arbiter) question.arbiter = &again;
    question.first = &halves, question.workers = 2;
    cells.ask(question);
    CHECK(cells.run() && right(cells, net));
    CHECK(cells.weld().n_top() >= box.weld().n_top());
    CHECK(patterned(box, net) == patterned(cells, net));
  }
}

TEST("two half boxes of space fill it") {
  FirstCells halves;
  for (int x : {-2, 1, 2})
    for (int y : {-2, 2})
      for (int z : {-2, 2}) halves.vertices.insert(halves.vertices.end(), {double(x), double(y), double(z)});
  halves.faces.resize(3);
  const auto vertex = [](int x, int y, int z) { return i32(4 * x + 2 * y + z); };
  auto& edges = halves.faces[0];
  auto& faces = halves.faces[1];
  const auto edge = [&](i32 a, i32 b) {
    for (size_t e = 0; e < edges.size(); ++e)
      if (edges[e][0] == a && edges[e][1] == b) return i32(e);
    edges.push_back({a, b});
    return i32(edges.size()) - 1;
  };
  for (int x = 0; x < 3; ++x)  // across x, shared by both halves in the middle
    faces.push_back({edge(vertex(x, 0, 0), vertex(x, 1, 0)), edge(vertex(x, 0, 1), vertex(x, 1, 1)), edge(vertex(x, 0, 0), vertex(x, 0, 1)), edge(vertex(x, 1, 0), vertex(x, 1, 1))});
  halves.walls = {-1, -7, -2};
  for (int x = 0; x < 2; ++x) {
    std::vector<i32> cell{i32(x), i32(x) + 1};
    for (int end = 0; end < 2; ++end) {
      cell.push_back(i32(faces.size()));
      faces.push_back({edge(vertex(x, end, 0), vertex(x, end, 1)), edge(vertex(x + 1, end, 0), vertex(x + 1, end, 1)), edge(vertex(x, end, 0), vertex(x + 1, end, 0)), edge(vertex(x, end, 1), vertex(x + 1, end, 1))});
      cell.push_back(i32(faces.size()));
      faces.push_back({edge(vertex(x, 0, end), vertex(x, 1, end)), edge(vertex(x + 1, 0, end), vertex(x + 1, 1, end)), edge(vertex(x, 0, end), vertex(x + 1, 0, end)), edge(vertex(x, 1, end), vertex(x + 1, 1, end))});
      halves.walls.push_back(-3 - end), halves.walls.push_back(-5 - end);
    }
    halves.faces[2].push_back(cell);
  }
  const Network net = test::smooth({3, 7, 6, 1}, 33);
  Whole<3> box, cells;
  Question question = about(net);
  question.split = 16;
  box.ask(question);
  CHECK(box.run() && right(box, net));
  question.first = &halves;
  cells.ask(question);
  CHECK(cells.run() && right(cells, net));
  CHECK(patterned(box, net) == patterned(cells, net));
}

TEST("a listener that has enough ends the work, and what it throws comes out of any worker") {
  const Network net = test::smooth({2, 40, 40, 40, 1}, 3);
  for (int workers : {1, 2}) {
    Enough listener;
    Question question = about(net);
    question.listener = &listener, question.workers = workers, question.split = 8;
    Whole<2> whole;
    whole.ask(question);
    bool complete = true, caught = false;
    try {
      complete = whole.run();
    } catch (const Stopped&) {
      complete = false;
    }
    CHECK(!complete);
    listener.throws = true;
    whole.ask(question);
    try {
      whole.run();
    } catch (const std::runtime_error&) {
      caught = true;
    }
    CHECK(caught);
  }
}

// A budget is spent to the last region, whatever there is in one block, and what is found is among all there is.
template <int D> void keeps_budget(const std::vector<int>& widths) {
  const Network net = test::smooth(widths, 2);
  Whole<D> whole;
  Question question = about(net);
  whole.ask(question);
  CHECK(whole.run());
  const size_t all = whole.weld().n_top();
  const auto known = patterned(whole, net);
  for (size_t split : {16, 1024})
    for (size_t most : {size_t(1), size_t(2), size_t(10), all - 1, all, all + 1})
      for (int workers : {1, 3}) {
        question.max_regions = double(most), question.split = split, question.workers = workers;
        whole.ask(question);
        CHECK(whole.run() == (most >= all));
        CHECK(whole.weld().n_top() == std::min(most, all));
        for (const auto& one : patterned(whole, net)) CHECK(known.count(one.first) && one.second <= known.at(one.first) + 1);
        size_t n = 0;
        whole.ask(question);
        CHECK(whole.count(n) == (most >= all) && n == std::min(most, all));
      }
}

TEST("a budget of regions is kept") {
  keeps_budget<1>({1, 20, 20, 20, 1});
  keeps_budget<2>({2, 12, 12, 12, 1});
  keeps_budget<3>({3, 12, 12, 1});
}
