// The level set in one simplex of a field.
//
// The simplex is cut by one unit after another that changes sign in it, depth first: a cell that the level cannot pass is
// dropped at once, and where all units are decided the level cuts a polygon out of the cell.  Only signs at vertices are ever
// decided, by floats outside of their error bound, else by the arbiter; the rest is combinatorial.  A vertex knows which sides
// of the cell it lies on, a bit each; two vertices that share two sides are the ends of an edge (two planes meet in a line).
// A new vertex lies on the sides that the ends of its edge share, and takes from them the signs of all units that do not
// change between them.  So a corner of a polygon has a name that is the same from wherever it is seen: the corners of
// the grid that it is a mix of, and the sign, 0 included, of every unit there.  (No two points have the same name: those of a
// name are a convex set, and one of its corners.)
//
// Sides by bits: the double description method, Motzkin et al. 1953.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>
#include <vector>

#include "core/field/arbiter.hpp"
#include "core/field/levels.hpp"
#include "core/field/net.hpp"
#include "core/field/reach.hpp"
#include "core/field/standing.hpp"
#include "core/memory.hpp"
#include "core/numbers.hpp"
#include "core/workers.hpp"

namespace foldline::field {

// A cell with more sides than there are bits for, or (without an arbiter) one that rounding has torn: another engine's work.
struct Unfit {};

// What is asked of exact arithmetic, by all threads together.
struct Court {
  Arbiter* arbiter = nullptr;  // none: take the float's word
  Mutex lock;
  i32 n_known = 0;
  u64 asked = 0;
};

// A vertex of the grid: its row, how far what was read may be off, how large that and the first pre-activations are.
struct Corner {
  const double* row;
  double off, read, z;
  i32* known;  // the arbiter's number of it, -1 for none
};

// What the blocks of simplices hand out.
struct Found {
  std::vector<double> x;           // 3 a vertex
  std::vector<u64> names;          // of those vertices that other simplices may have, too
  std::vector<i32> named;          // of each vertex: which name, -1 for none
  std::vector<i32> corners;        // vertices of polygons
  std::vector<size_t> offsets{0};
  std::vector<double> gradients;   // 3 a polygon
  std::vector<i32> cells;          // of each polygon: which of the cells that have one
  std::vector<std::pair<size_t, std::vector<u64>>> touched;  // polygons that are whole sides of their cell, with the side's name
  i32 n_cells = 0;
  double largest = 0;              // |output less level| at a vertex
};

inline u64 hash_of(const u64* name, size_t n) {
  u64 h = 0x9e3779b97f4a7c15ull;
  for (size_t i = 0; i < n; ++i) {
    h = (h ^ name[i]) * 0xff51afd7ed558ccdull;
    h ^= h >> 32;
  }
  return h;
}

class Simplex {
 public:
  Simplex(const Levels& levels, const Net& net, Court& court)
      : net_(net), court_(court), forward_(net), reach_(net), name_words_(1 + 2 * size_t(net.words)), here_{levels, {}, {}} {
    slope_of_unit_.resize(size_t(net.layers[0].stride));
    value_.resize(size_t(net.row));
    size_t most = 1;
    for (const Layer& layer : net.layers) most = std::max(most, size_t(layer.stride));
    back_.resize(most), back_next_.resize(most);
    for (int u = 0; u < net.layers[0].width; ++u) exact_.push_back(is_exact(levels, u));
  }

  size_t name_words() const { return name_words_; }

  // Add what the level has in the simplex from a cell's first corner along the axes in this order; its corners in this order.
  void take(const Index& cell, const Index& order, const Corner (&corners)[4], Found& found) {
    here_.cell = cell, here_.order = order, found_ = &found;
    if (!begin(corners)) return;
    names_here_.clear();
    take(0, 4, 0);
  }

 private:
  struct Point {
    double mu[3], delta;  // shares of the corners 1 to 3, and how far they may be off
    i32 a, b;             // the edge it was born on, -1 for a corner
    int layer, unit;      // and where
    i32 known;            // the arbiter's number of it
    int decided;          // layers whose signs are known
    int side;             // of the level: 1, 0, -1; UNKNOWN
  };
  struct Entry { i32 v; u64 sides; };
  // An affine function of the shares, 0 on a side of a cell, and how far its values may be off at most.
  struct Plane { double at_first, slope[3], off; };
  static constexpr int UNKNOWN = 2;
  static constexpr double NEAR = 0x1p-46;  // how far from the true one a vertex may be without another look

  const Net& net_;
  Court& court_;
  Forward forward_;
  Reach reach_;
  size_t name_words_;
  Errors errors_;
  Standing here_;
  Found* found_ = nullptr;
  const Corner* corner_[4] = {};
  Doubles panels_;                        // the first pre-activations' changes from corner 0 to the others
  Doubles slope_of_unit_, value_;
  std::vector<char> exact_;               // of each unit of the first layer, whether its value at a vertex of the grid is
  std::vector<double> back_, back_next_;
  Plane planes_[64];                      // of the sides
  int inward_[64];                        // 1 where a cell lies on the positive side, -1 where on the other

  Buffer<Point> points_;
  Buffer<double> rows_;
  Buffer<u64> signs_;                     // a vertex: the words of the units that are on, then of those that are off
  Buffer<Entry> arena_, fresh_;
  std::vector<const double*> row_list_;
  std::vector<std::pair<u64, i32>> names_here_;  // hashes of the names of this simplex's vertices
  std::vector<u64> all_names_;
  std::vector<Entry> polygon_;

  // Vertices

  double* row(i32 v) { return rows_.data() + size_t(v) * net_.row; }
  u64* on(i32 v) { return signs_.data() + size_t(v) * 2 * net_.words; }
  u64* off(i32 v) { return on(v) + net_.words; }
  double value(i32 v, size_t l, int unit) { return row(v)[net_.layers[l].first_row + unit]; }

  i32 add_point(const Point& point) {
    points_.push(point);
    rows_.grow(size_t(net_.row));
    std::fill_n(signs_.grow(2 * size_t(net_.words)), 2 * net_.words, u64(0));
    return i32(points_.size()) - 1;
  }

  void forget_points(size_t from) { points_.resize(from), rows_.resize(from * net_.row), signs_.resize(from * 2 * net_.words); }

  // Returns false if the level is not here.
  bool begin(const Corner (&corners)[4]) {
    double reads = 0, read = 0, z = 0, slope = 0;
    const double* rows[4];
    for (int k = 0; k < 4; ++k) {
      corner_[k] = &corners[k], rows[k] = corners[k].row;
      reads = std::max(reads, corners[k].off), read = std::max(read, corners[k].read), z = std::max(z, corners[k].z);
    }
    make_panels(rows, slope);
    planes_[0] = {1, {-1, -1, -1}, 4 * ULP};
    std::fill_n(inward_, 4, 1);
    for (int k = 1; k < 4; ++k) planes_[k] = {0, {double(k == 1), double(k == 2), double(k == 3)}, 0};
    errors_.begin(net_, reads, read, z, slope);
    errors_.most_of_all(net_, 0);
    if (net_.hidden) {
      std::fill(reach_.down.begin(), reach_.down.end(), 0.0), std::fill(reach_.up.begin(), reach_.up.end(), 0.0);
      reach_.through(rows, 4, errors_.all.data(), 0);
    } else {
      reach_.down[0] = reach_.up[0] = 0;
    }
    if (!reach_.may_meet(rows, 4, errors_.all.data(), 0)) return false;
    forget_points(0);
    arena_.clear(), fresh_.clear();
    for (int k = 0; k < 4; ++k) {
      const i32 v = add_point({{double(k == 1), double(k == 2), double(k == 3)}, 0, -1, -1, -1, k, *corners[k].known, 0, UNKNOWN});
      std::copy_n(rows[k], net_.row, row(v));
      arena_.push({v, WALLS & ~(u64(1) << k)});
    }
    return true;
  }

  void make_panels(const double* const (&rows)[4], double& slope) {
    const Layer& layer = net_.layers[0];
    const size_t panels = size_t(layer.stride + rows::PANEL - 1) / rows::PANEL;
    panels_.assign(panels * 3 * rows::PANEL, 0.0);
    std::fill(slope_of_unit_.begin(), slope_of_unit_.end(), 0.0);
    for (int k = 0; k < 3; ++k) {
      double sum = 0;
      for (int u = 0; u < layer.width; ++u) {
        const double change = rows[k + 1][u] - rows[0][u];
        panels_[(size_t(u / rows::PANEL) * 3 + k) * rows::PANEL + u % rows::PANEL] = change;
        slope_of_unit_[size_t(u)] += std::fabs(change);
        sum += change * change;
      }
      slope += SLACK * std::sqrt(sum);
    }
    slope += LEAST;
  }

  double change(int u, int k) const { return panels_[(size_t(u / rows::PANEL) * 3 + k) * rows::PANEL + u % rows::PANEL]; }

  // How far the value of a unit at a vertex may be off.
  double error(size_t l, int unit, double delta) const {
    const double norm = net_.norms[l][unit], rate = l ? norm * errors_.second[l] : SLACK * slope_of_unit_[size_t(unit)];
    const double bias = l == net_.hidden ? net_.bias_max[l] : net_.layers[l].bias[size_t(unit)];
    return SLACK * (norm * errors_.first[l] + rate * delta) + errors_.of_bias(net_, l, bias);
  }

  void make_row(i32 v) {
    forward_.mix(points_[v].mu, panels_.data(), corner_[0]->row, row(v));
    forward_.rest(row(v));
  }

  // Signs

  // Make the signs of a layer known at a vertex.
  void decide(i32 v, size_t l) {
    if (points_[v].decided > int(l)) return;
    const Layer& layer = net_.layers[l];
    const double* z = row(v) + layer.first_row;
    const double bound = court_.arbiter ? errors_.most(net_, l, points_[v].delta) : 0;
    for (int from = 0, w = layer.first_word; from < layer.width; from += GROUP, ++w) {
      u64 p, q;
      rows::signs(z + from, rounded_up(std::min(GROUP, layer.width - from), 8), bound, p, q);
      const u64 folds = layer.folds[size_t(from / GROUP)];
      on(v)[w] = p & folds, off(v)[w] = q & folds;
      const u64 doubt = folds & ~(p | q);
      if (doubt && court_.arbiter) settle(v, l, from, doubt);
    }
    points_[v].decided = int(l) + 1;
  }

  // Units of a group in doubt: once more by a bound of their own, then by the arbiter.
  void settle(i32 v, size_t l, int from, u64 doubt) {
    const int w = net_.layers[l].first_word + from / GROUP;
    std::vector<int> units;
    for (u64 m = doubt; m; m &= m - 1) {
      const int unit = from + __builtin_ctzll(m);
      const double z = value(v, l, unit), bound = error(l, unit, points_[v].delta);
      if (z > bound) on(v)[w] |= m & (~m + 1);
      else if (z < -bound) off(v)[w] |= m & (~m + 1);
      else if (!is_nothing(v, l, unit)) units.push_back(unit);
    }
    if (units.empty()) return;
    const std::vector<int> answer = ask(v, int(l), units);
    for (size_t i = 0; i < units.size(); ++i) {
      if (answer[i] > 0) on(v)[w] |= u64(1) << (units[i] - from);
      if (answer[i] < 0) off(v)[w] |= u64(1) << (units[i] - from);
    }
  }

  // Whether a unit of the first layer is one feature of the finest cells times a single-precision number, and a bias: at a
  // vertex of the grid such a feature is read exactly, the product is one of doubles, and the sum is 0 only where it is.
  bool is_exact(const Levels& levels, int unit) const {
    const Layer& layer = net_.layers[0];
    int read = -1;
    for (int k = 0; k < layer.inputs; ++k) {
      const double weight = layer.weights[size_t(unit) * layer.inputs + k];
      if (weight == 0) continue;
      if (read >= 0 || double(float(weight)) != weight) return false;
      read = k;
    }
    size_t level = levels.count();
    while (level > 0 && levels.ratio(level - 1) == 1) --level;
    return level < levels.count() && read >= levels.first(level);
  }

  // Whether a unit is known to be 0 at a vertex: it is exact there, or has no bias and reads only units that are 0.
  bool is_nothing(i32 v, size_t l, int unit) {
    const Layer& layer = net_.layers[l];
    if (l == 0) return exact_[size_t(unit)] && points_[v].a < 0 && value(v, 0, unit) == 0;
    if (layer.bias[size_t(unit)] != 0) return false;
    const Layer& before = net_.layers[l - 1];
    for (int k = 0; k < before.width; ++k) {
      if (layer.weights[size_t(unit) * layer.inputs + k] == 0) continue;
      const int w = before.first_word + k / GROUP;
      const u64 bit = u64(1) << k % GROUP;
      if (!(before.folds[size_t(k / GROUP)] & bit)) {
        if (net_.norms[l - 1][size_t(k)] != 0 || before.bias[size_t(k)] != 0) return false;
      } else if ((on(v)[w] & bit) || ((off(v)[w] & bit) && before.below[size_t(k)] != 0)) {
        return false;
      }
    }
    return true;
  }

  std::vector<int> ask(i32 v, int layer, const std::vector<int>& units) {
    const Hold held(court_.lock);
    make_known(v);
    ++court_.asked;
    return court_.arbiter->signs(points_[v].known, layer, units);
  }

  // Under the lock.
  void make_known(i32 v) {
    if (points_[v].known >= 0) return;
    const Point point = points_[v];
    if (point.a < 0) {
      double x[3];
      here_.place(point.mu, WALLS & ~(u64(1) << point.unit), x);
      i32& known = *corner_[point.unit]->known;
      if (known < 0) court_.arbiter->corner(known = court_.n_known++, -1, x);
      points_[v].known = known;
      return;
    }
    make_known(point.a), make_known(point.b);
    points_[v].known = court_.n_known++;
    court_.arbiter->born(points_[v].known, points_[point.a].known, points_[point.b].known, point.layer, point.unit);
  }

  // The side of the level that a vertex is on.
  int side(i32 v) {
    Point& point = points_[v];
    if (point.side != UNKNOWN) return point.side;
    const double f = value(v, net_.hidden, 0), bound = court_.arbiter ? error(net_.hidden, 0, point.delta) : 0;
    const int found = f > bound ? 1 : f < -bound ? -1 : court_.arbiter ? ask(v, int(net_.hidden) + 1, {0})[0] : 0;
    return points_[v].side = found;
  }

  // Cells

  // Take the cell that ends the arena, from ``at`` on, whose units of the layers before ``l`` do not change sign in it.
  void take(size_t at, size_t n, size_t l) {
    for (; l < net_.hidden; ++l) {
      int unit;
      if (!choose(at, n, l, unit)) return;
      if (unit >= 0) return cut(at, n, l, unit);
      if (l == 0 && net_.sides && outside(&arena_[at], n)) return;
    }
    leaf(at, n);
  }

  // Whether some half-space that the question is asked in holds none of some vertices inside.
  bool outside(const Entry* entries, size_t n) {
    const int width = net_.layers[0].width;
    for (int u = width - net_.sides; u < width; ++u) {
      bool any = false;
      for (size_t i = 0; i < n; ++i) any = any || (on(entries[i].v)[u / GROUP] >> u % GROUP & 1);
      if (!any) return true;
    }
    return false;
  }

  // The unit of a layer that a cell is to be cut by, -1 if none changes sign; returns false if the level is not in the cell.
  bool choose(size_t at, size_t n, size_t l, int& unit) {
    unit = -1;
    double delta = 0;
    row_list_.clear();
    for (size_t i = at; i < at + n; ++i) {
      const i32 v = arena_[i].v;
      decide(v, l);
      row_list_.push_back(row(v));
      delta = std::max(delta, points_[v].delta);
    }
    const Layer& layer = net_.layers[l];
    double most = -1;
    for (int w = 0; w < layer.words; ++w) {
      u64 p = 0, q = 0;
      for (size_t i = at; i < at + n; ++i) p |= on(arena_[i].v)[layer.first_word + w], q |= off(arena_[i].v)[layer.first_word + w];
      for (u64 m = p & q; m; m &= m - 1) {
        if (most < 0) begin_reach(delta);
        most = std::max(most, 0.0);
        const int u = w * GROUP + __builtin_ctzll(m);
        const double gap = bound_unit(layer, l, u) * net_.weight_in_output[l][size_t(u)];
        if (unit < 0 || gap > most) most = gap, unit = u;
      }
    }
    return unit < 0 || reach_.may_meet(row_list_.data(), int(n), errors_.all.data(), l);
  }

  void begin_reach(double delta) {
    errors_.most_of_all(net_, delta);
    std::fill(reach_.down.begin(), reach_.down.end(), 0.0), std::fill(reach_.up.begin(), reach_.up.end(), 0.0);
  }

  double bound_unit(const Layer& layer, size_t l, int u) {
    const auto [lo, hi] = ends(row_list_.data(), int(row_list_.size()), layer.first_row + u);
    const double gap = gap_of(lo - errors_.all[l], hi + errors_.all[l], layer.below[size_t(u)]);
    (layer.below[size_t(u)] < 1 ? reach_.down : reach_.up)[size_t(u)] = gap;
    return gap;
  }

  static bool joined(u64 a, u64 b) {
    const u64 common = a & b;
    return (common & (common - 1)) != 0;
  }

  // Cut the cell arena_[at, at + n) by a unit, and take the parts.
  void cut(size_t at, size_t n, size_t l, int unit) {
    const size_t first = points_.size(), before = fresh_.size();
    const int w = net_.layers[l].first_word + unit / GROUP;
    const u64 bit = u64(1) << unit % GROUP;
    u64 used = WALLS;
    for (size_t i = at; i < at + n; ++i) used |= arena_[i].sides;
    if (!~used) throw Unfit{};
    const u64 side = ~used & (used + 1);
    const int number = __builtin_ctzll(side);
    const Plane kept = planes_[number];  // of a side that this cell does not have
    const int was = inward_[number];
    planes_[number] = plane_of(at, n, l, unit);
    for (size_t i = at; i < at + n; ++i) {
      if (!(on(arena_[i].v)[w] & bit)) continue;
      for (size_t k = at; k < at + n; ++k)
        if ((off(arena_[k].v)[w] & bit) && joined(arena_[i].sides, arena_[k].sides))
          bear(arena_[i], arena_[k], l, unit, side);
    }
    const size_t after = fresh_.size();
    const bool ends = l == 0 && unit >= net_.layers[0].width - net_.sides;  // nothing is asked about what is below
    for (const bool below : {false, true}) {
      if (below && ends) break;
      const size_t start = arena_.size();
      for (size_t i = at; i < at + n; ++i) {
        const Entry entry = arena_[i];
        if (!((below ? on(entry.v) : off(entry.v))[w] & bit)) push_part(entry, w, bit, side);
      }
      for (size_t i = before; i < after; ++i) arena_.push(fresh_[i]);
      inward_[number] = below ? -1 : 1;
      take(start, arena_.size() - start, l);
      arena_.resize(start);
    }
    fresh_.resize(before);
    forget_points(first);
    planes_[number] = kept, inward_[number] = was;
  }

  void push_part(Entry entry, int w, u64 bit, u64 side) {
    if (!((on(entry.v)[w] | off(entry.v)[w]) & bit)) entry.sides |= side;
    arena_.push(entry);
  }

  // Put the vertex where a unit is zero between two on its two sides.
  void bear(const Entry& from, const Entry& to, size_t l, int unit, u64 side) {
    const i32 a = from.v, b = to.v;
    Point point{{}, 0, a, b, int(l), unit, -1, int(l) + 1, UNKNOWN};
    cross(a, b, l, unit, point);
    const u64 sides = (from.sides & to.sides) | side;
    if (point.delta > NEAR) point.delta = std::min(point.delta, distance(point.mu, from.sides & to.sides, side));
    const i32 v = add_point(point);
    make_row(v);
    for (int w = 0; w < net_.layers[l].first_word; ++w) on(v)[w] = on(a)[w] | on(b)[w], off(v)[w] = off(a)[w] | off(b)[w];
    inherit(v, a, b, l, unit);
    fresh_.push({v, sides});
  }

  // How far a vertex may be from where its sides meet, whatever it was made of: it is nearly on each of them.
  double distance(const double* mu, u64 edge, u64 side) const {
    const Plane* meeting[3] = {&planes_[__builtin_ctzll(edge)], &planes_[__builtin_ctzll(edge & (edge - 1))], &planes_[__builtin_ctzll(side)]};
    double inverse[3][3], det = 0, worst = 0, wrong = 0;
    for (int i = 0; i < 3; ++i) {
      const double *p = meeting[(i + 1) % 3]->slope, *q = meeting[(i + 2) % 3]->slope;
      for (int k = 0; k < 3; ++k) inverse[k][i] = p[(k + 1) % 3] * q[(k + 2) % 3] - p[(k + 2) % 3] * q[(k + 1) % 3];
    }
    for (int k = 0; k < 3; ++k) det += meeting[0]->slope[k] * inverse[k][0];
    if (!(det != 0) || !std::isfinite(1 / det)) return HUGE_VAL;
    for (auto& line : inverse) for (double& x : line) x /= det;
    // It is near the inverse of the true matrix: its distance is that of the computed product, and what the slopes are off.
    for (int k = 0; k < 3; ++k) {
      double sum = 0, gap = 0;
      for (int i = 0; i < 3; ++i) {
        const Plane& plane = *meeting[i];
        double rest = plane.at_first, size = std::fabs(rest);
        for (int j = 0; j < 3; ++j) rest += plane.slope[j] * mu[j], size += std::fabs(plane.slope[j]);
        sum += std::fabs(inverse[k][i]) * (std::fabs(rest) + plane.off + 8 * ULP * size);
        gap += std::fabs(inverse[k][i]) * 3 * (2 * plane.off + 8 * ULP * size);
      }
      for (int j = 0; j < 3; ++j) {
        double product = k == j ? -1 : 0;
        for (int i = 0; i < 3; ++i) product += inverse[k][i] * meeting[i]->slope[j];
        gap += std::fabs(product);
      }
      worst = std::max(worst, sum), wrong = std::max(wrong, gap);
    }
    return wrong < 0.5 ? SLACK * worst / (1 - wrong) : HUGE_VAL;
  }

  // Where a unit is zero between two vertices.
  void cross(i32 a, i32 b, size_t l, int unit, Point& point) const {
    Simplex& self = const_cast<Simplex&>(*this);
    const Point &from = points_[a], &to = points_[b];
    const double za = self.value(a, l, unit), d = za - self.value(b, l, unit);
    double t = za / d, reach = 0;
    if (!(t >= 0)) t = 0;
    if (t > 1) t = 1;
    for (int k = 0; k < 3; ++k) {
      const double step = to.mu[k] - from.mu[k];
      point.mu[k] = std::min(std::max(from.mu[k] + t * step, std::min(from.mu[k], to.mu[k])), std::max(from.mu[k], to.mu[k]));
      reach = std::max(reach, std::fabs(step));
    }
    const double off = std::max(error(l, unit, from.delta), error(l, unit, to.delta)), sure = std::fabs(d) - 2 * off;
    const double of_t = sure > 0 ? std::min(1.0, SLACK * off / sure + 4 * ULP) : 1.0;
    point.delta = SLACK * (std::max(from.delta, to.delta) + reach * of_t + 4 * ULP);
  }

  // The signs of the layer that a vertex was born in: those of the ends, but of units that change between them.
  void inherit(i32 v, i32 a, i32 b, size_t l, int unit) {
    const Layer& layer = net_.layers[l];
    const double* z = row(v) + layer.first_row;
    const double bound = court_.arbiter ? errors_.most(net_, l, points_[v].delta) : 0;
    for (int i = 0; i < layer.words; ++i) {
      const int w = layer.first_word + i, from = i * GROUP;
      u64 cross = (on(a)[w] & off(b)[w]) | (off(a)[w] & on(b)[w]);
      on(v)[w] = (on(a)[w] | on(b)[w]) & ~cross, off(v)[w] = (off(a)[w] | off(b)[w]) & ~cross;
      if (unit / GROUP == i) cross &= ~(u64(1) << unit % GROUP);
      if (!cross) continue;
      u64 p, q;
      rows::signs(z + from, rounded_up(std::min(GROUP, layer.width - from), 8), bound, p, q);
      on(v)[w] |= p & cross, off(v)[w] |= q & cross;
      const u64 doubt = cross & ~(p | q);
      if (doubt && court_.arbiter) settle(v, l, from, doubt);
    }
  }

  // Polygons

  // A cell in which no unit changes sign.
  void leaf(size_t at, size_t n) {
    bool above = false, below = false;
    for (size_t i = at; i < at + n; ++i) {
      const int s = side(arena_[i].v);
      above = above || s > 0, below = below || s < 0;
    }
    if (!above) return;
    polygon_.clear();
    const size_t first = points_.size();
    for (size_t i = at; i < at + n; ++i)
      if (points_[arena_[i].v].side == 0) polygon_.push_back(arena_[i]);
    if (below) section(at, n);
    else if (polygon_.size() < 3) return;
    u64 within = 0;  // the side of the cell that the polygon is, if it is one
    if (!below) {
      within = ~u64(0);
      for (const Entry& entry : polygon_) within &= entry.sides;
      if (!within) return;
    }
    emit(at, n, within);
    forget_points(first);
  }

  // The polygon that the level cuts out of a cell.
  void section(size_t at, size_t n) {
    for (size_t i = at; i < at + n; ++i) {
      if (points_[arena_[i].v].side <= 0) continue;
      for (size_t k = at; k < at + n; ++k)
        if (points_[arena_[k].v].side < 0 && joined(arena_[i].sides, arena_[k].sides)) {
          const i32 a = arena_[i].v, b = arena_[k].v;
          Point point{{}, 0, a, b, int(net_.hidden) + 1, 0, -1, int(net_.hidden), 0};
          cross(a, b, net_.hidden, 0, point);
          const i32 v = add_point(point);
          for (int w = 0; w < 2 * net_.words; ++w) on(v)[w] = on(a)[w] | on(b)[w];
          polygon_.push_back({v, arena_[i].sides & arena_[k].sides});
        }
    }
  }

  // Put the corners of the polygon in order: neighbours share a side besides the polygon's own.
  void put_in_order(u64 within) {
    for (size_t i = 0; i + 1 < polygon_.size(); ++i) {
      size_t k = i + 1;
      while (k < polygon_.size() && !(polygon_[i].sides & polygon_[k].sides & ~within)) ++k;
      if (k == polygon_.size()) throw Unfit{};
      std::swap(polygon_[i + 1], polygon_[k]);
    }
    if (polygon_.size() < 3 || !(polygon_.front().sides & polygon_.back().sides & ~within)) throw Unfit{};
  }

  void emit(size_t at, size_t n, u64 within) {
    put_in_order(within & (~within + 1));
    if (!runs_left(at, n)) std::reverse(polygon_.begin(), polygon_.end());
    if (within && (on_wall() || outside(polygon_.data(), polygon_.size()))) return;
    Found& found = *found_;
    if (within) found.touched.push_back({found.offsets.size() - 1, name_of_side()});
    for (const Entry& entry : polygon_) found.corners.push_back(number(entry));
    found.offsets.push_back(found.corners.size());
    found.cells.push_back(found.n_cells++);
    add_gradient(at, n);
  }

  // Whether the polygon runs counter-clockwise as seen from where the field is above the level.
  bool runs_left(size_t at, size_t n) {
    i32 eye = arena_[at].v;
    for (size_t i = at; i < at + n; ++i)
      if (points_[arena_[i].v].side > 0 && (points_[eye].side <= 0 || value(arena_[i].v, net_.hidden, 0) > value(eye, net_.hidden, 0))) eye = arena_[i].v;
    const Point& o = points_[polygon_[0].v];
    double area[3] = {0, 0, 0}, size = 0, delta = std::max(o.delta, points_[eye].delta);
    for (size_t i = 1; i + 1 < polygon_.size(); ++i) {
      const Point &p = points_[polygon_[i].v], &q = points_[polygon_[i + 1].v];
      for (int k = 0; k < 3; ++k) {
        const int a = (k + 1) % 3, b = (k + 2) % 3;
        area[k] += (p.mu[a] - o.mu[a]) * (q.mu[b] - o.mu[b]) - (p.mu[b] - o.mu[b]) * (q.mu[a] - o.mu[a]);
        size = std::max({size, std::fabs(p.mu[k] - o.mu[k]), std::fabs(q.mu[k] - o.mu[k])});
      }
      delta = std::max({delta, p.delta, q.delta});
    }
    double sum = 0, arm = 0, total = 0;
    for (int k = 0; k < 3; ++k) {
      const double step = points_[eye].mu[k] - o.mu[k];
      sum += area[k] * step, arm = std::max(arm, std::fabs(step)), total += std::fabs(area[k]);
    }
    const double corners = double(polygon_.size()), rounding = 16 * ULP;
    const double off = 3 * arm * corners * (8 * size * delta + 8 * delta * delta + rounding * size * size) + total * (2 * delta + rounding * arm);
    const Index& order = here_.order;
    const bool even = (order[0] + 1) % 3 == order[1];  // whether the shares turn as the axes do
    if (std::fabs(sum) > SLACK * off || !court_.arbiter) return (sum > 0) == even;
    const int found = turn_of_sides(at, n);
    return found ? (found > 0) == even : turn(eye) > 0;
  }

  // The same of a polygon that is next to nothing, in shares: about a corner the sides of the cell turn as the polygon runs.
  // 0 where no corner tells.
  int turn_of_sides(size_t at, size_t n) const {
    const Plane level = const_cast<Simplex&>(*this).plane_of(at, n, net_.hidden, 0);
    const size_t corners = polygon_.size();
    u64 own = ~u64(0);
    for (const Entry& entry : polygon_) own &= entry.sides;
    const auto edge = [&](size_t i) { return polygon_[i % corners].sides & polygon_[(i + 1) % corners].sides & ~own; };
    for (size_t i = 0; i < corners; ++i) {
      if (!edge(i) || !edge(i + 1)) continue;
      const int a = __builtin_ctzll(edge(i)), b = __builtin_ctzll(edge(i + 1));
      const int sign = sign_of_determinant(level, planes_[a], planes_[b]);
      if (sign) return sign * inward_[a] * inward_[b];
    }
    return 0;
  }

  // Of the true slopes of three affine functions; 0 where rounding may have made it.
  static int sign_of_determinant(const Plane& p, const Plane& q, const Plane& r) {
    double det = 0, sizes = 1, reach = 1;
    for (int k = 0; k < 3; ++k) det += p.slope[k] * (q.slope[(k + 1) % 3] * r.slope[(k + 2) % 3] - q.slope[(k + 2) % 3] * r.slope[(k + 1) % 3]);
    for (const Plane* plane : {&p, &q, &r}) {
      double size = 0;
      for (double slope : plane->slope) size = std::max(size, std::fabs(slope));
      sizes *= size, reach *= size + 2 * plane->off + 8 * ULP * size;
    }
    const double off = 6 * SLACK * (reach - sizes + 16 * ULP * reach) + LEAST;
    return det > off ? 1 : det < -off ? -1 : 0;
  }

  int turn(i32 eye) {
    const Hold held(court_.lock);
    ++court_.asked;
    std::vector<i32> known;
    for (const Entry& entry : polygon_) make_known(entry.v), known.push_back(points_[entry.v].known);
    make_known(eye);
    return court_.arbiter->turn(known, points_[eye].known);
  }

  // Names

  void name(const Entry& entry, u64* out) {
    out[0] = here_.carrier(entry.sides);
    std::copy_n(on(entry.v), 2 * net_.words, out + 1);
  }

  std::vector<u64> name_of_side() {
    std::vector<u64> out(name_words_, 0);
    u64 sides = ~u64(0);
    for (const Entry& entry : polygon_) {
      sides &= entry.sides;
      for (int w = 0; w < 2 * net_.words; ++w) out[1 + size_t(w)] |= on(entry.v)[w];
    }
    out[0] = here_.carrier(sides);
    return out;
  }

  // Whether the polygon lies on the box that is asked about.
  bool on_wall() const {
    u64 sides = ~u64(0);
    for (const Entry& entry : polygon_) sides &= entry.sides;
    return here_.on(walls.first, sides) || here_.on(walls.last, sides);
  }

  // The number of a polygon's corner among the vertices found.
  i32 number(const Entry& entry) {
    Found& found = *found_;
    const size_t at = all_names_.size();
    if (names_here_.empty()) all_names_.clear();
    const size_t begin = names_here_.empty() ? 0 : at;
    all_names_.resize(begin + name_words_);
    name(entry, &all_names_[begin]);
    const u64 hash = hash_of(&all_names_[begin], name_words_);
    for (size_t i = names_here_.size(); i-- > 0;)
      if (names_here_[i].first == hash && std::equal(&all_names_[begin], &all_names_[begin] + name_words_, &all_names_[i * name_words_])) {
        all_names_.resize(begin);
        return names_here_[i].second;
      }
    const i32 id = i32(found.named.size());
    names_here_.push_back({hash, id});
    if (entry.sides & WALLS) {
      found.named.push_back(i32(found.names.size() / name_words_));
      found.names.insert(found.names.end(), &all_names_[begin], &all_names_[begin] + name_words_);
    } else {
      found.named.push_back(-1);
    }
    double x[3];
    here_.place(points_[entry.v].mu, entry.sides, x);
    found.x.insert(found.x.end(), x, x + 3);
    forward_.mix(points_[entry.v].mu, panels_.data(), corner_[0]->row, value_.data());
    forward_.rest(value_.data());
    found.largest = std::max(found.largest, std::fabs(value_[size_t(net_.output())]));
    return id;
  }

  // A unit of a layer as an affine function on a cell where the layers before it are decided, back through their units.
  Plane plane_of(size_t at, size_t n, size_t l, int unit) {
    std::fill(back_.begin(), back_.end(), 0.0);
    back_[size_t(unit)] = 1;
    Plane plane{0, {0, 0, 0}, 4 * double(l + 1) * error(l, unit, 0)};
    for (; l > 0; --l) {
      const Layer &layer = net_.layers[l], &before = net_.layers[l - 1];
      std::fill(back_next_.begin(), back_next_.end(), 0.0);
      for (int j = 0; j < layer.width; ++j) {
        const double c = back_[size_t(j)];
        if (c == 0) continue;
        plane.at_first += c * layer.bias[size_t(j)];
        const double* weights = &layer.weights[size_t(j) * layer.inputs];
        VECTORS
        for (int k = 0; k < layer.inputs; ++k) back_next_[size_t(k)] += c * weights[k];
      }
      for (int w = 0; w < before.words; ++w) {
        u64 p = 0;
        for (size_t i = at; i < at + n; ++i) p |= on(arena_[i].v)[before.first_word + w];
        for (int k = w * GROUP; k < std::min(before.width, (w + 1) * GROUP); ++k)
          if (!(p >> (k % GROUP) & 1)) back_next_[size_t(k)] *= before.below[size_t(k)];
      }
      back_.swap(back_next_);
    }
    for (int u = 0; u < net_.layers[0].width; ++u) {
      const double c = back_[size_t(u)];
      if (c == 0) continue;
      plane.at_first += c * corner_[0]->row[u];
      for (int k = 0; k < 3; ++k) plane.slope[k] += c * change(u, k);
    }
    return plane;
  }

  void add_gradient(size_t at, size_t n) {
    const Plane plane = plane_of(at, n, net_.hidden, 0);
    double gradient[3];
    for (int j = 0; j < 3; ++j) {
      const int axis = here_.order[j];
      gradient[axis] = (plane.slope[j] - (j ? plane.slope[j - 1] : 0)) / here_.levels.step(axis);
    }
    found_->gradients.insert(found_->gradients.end(), gradient, gradient + 3);
  }

 public:
  struct { Index first, last; } walls{};  // vertices of the box that is asked about
};

}  // namespace foldline::field
