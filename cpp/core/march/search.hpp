// The search: an octree that finds a seed for every component of the level set.
#pragma once

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "core/eight.hpp"
#include "core/march/bounds.hpp"
#include "core/march/budget.hpp"
#include "core/march/chain.hpp"
#include "core/march/enclose.hpp"
#include "core/march/look.hpp"
#include "core/march/narrow.hpp"
#include "core/march/polygon.hpp"
#include "core/march/region_rows.hpp"
#include "core/march/slopes.hpp"
#include "core/march/surface.hpp"

namespace foldline::march {

constexpr double MARGIN = 0x1p-30;    // opened leaves keep every polygon within this of being there: a superset
constexpr double THICK = 0x1p-24;     // opened leaves are widened by this, so that nothing hides between two of them
constexpr size_t LAST_OPENED = 20000; // regions walked in a leaf too small to split before giving up
constexpr int MANY_SYMBOLS = 24;      // slopes are not bounded where more units are undecided; a matter of speed only
constexpr int MANY_IMAGES = 128;       // where more units were undecided, bounds are worked out again; a matter of speed only
constexpr int NEWTON = 6;             // steps towards a zero of a sheet before its leaf is split instead
constexpr int DEEP = 8;               // leaves split more often than this are opened sooner
constexpr double LONG = 0.6;           // sides at least this part of the longest are split; a matter of speed only
constexpr double SPLIT = 0.48717948717948717;  // leaves are not halved: folds of tidy weights lie at halves

// out[u] += value * column[u].
struct AddColumn {
  template <class> static ALWAYS_INLINE void run(const double* column, double value, int pad, double* __restrict out) {
    for (int u = 0; u < pad; ++u) out[u] += value * column[u];
  }
};
const auto add_column = eight::contracted<AddColumn>;

class Search {
 public:
  Search(const Chain& chain, Surface& surface, Budget& budget, int open_at, int max_depth)
      : chain_(chain), surface_(surface), budget_(budget), encloser_(chain), narrower_(chain), open_at_(open_at),
        max_depth_(max_depth), bounds_(size_t(max_depth) + 1) {}

  u64 leaves = 0, opened = 0, unsettled = 0;
  double settled_volume = 0;

  u64 starts = 0;                 // leaves where the search begins to look
  bool keeps = false;             // whether what is looked at closely is kept, in `looks`
  std::vector<u64> looks;

  // Whether every leaf was settled, of those that lie in the leaves first to last - 1 where the search begins to look.  These
  // are worked on each by itself: what a search finds in some of them does not depend on the others.
  bool run(u64 first = 0, u64 last = ~u64(0)) {
    const double* lo = chain_.lo;
    const double* hi = chain_.hi;
    total_ = (hi[0] - lo[0]) * (hi[1] - lo[1]) * (hi[2] - lo[2]);
    std::vector<Leaf> todo;
    for (int e = 0; e < 12; ++e) todo.push_back(side(e / 4, e & 1, e >> 1 & 1));
    for (int f = 0; f < 6; ++f) {
      Leaf leaf{{lo[0], lo[1], lo[2]}, {hi[0], hi[1], hi[2]}, 0, f / 2};
      // Not (f & 1 ? leaf.lo : leaf.hi)[f / 2]: UBSan in GCC 12 (with ASan at -O0 and -O1, alone at -O2) works the index out on
      // one of the two ways only and writes anywhere on the other.  It is the compiler: eight lines of it alone do the same.
      double* end = f & 1 ? leaf.lo : leaf.hi;
      end[f / 2] = f & 1 ? hi[f / 2] : lo[f / 2];
      todo.push_back(leaf);
    }
    todo.push_back({{lo[0], lo[1], lo[2]}, {hi[0], hi[1], hi[2]}, 0, 3});
    u64 looked = 0;
    while (!todo.empty()) {
      const bool look = (++leaves & 63) == 0 || opened != looked;  // opening a leaf can take long
      looked = opened;
      if (look && budget_.over(surface_.polygons(), explored())) { unsettled += todo.size(); return false; }
      Leaf leaf = todo.back();
      todo.pop_back();
      if (leaf.depth < START && first > 0) --leaves;  // counted by who looks at the first
      if (leaf.depth == START && (starts++ < first || starts > last)) {
        --leaves;
        continue;
      }
      int what = leaf.depth < START ? SPLIT_IT : judge(leaf);
      if (what == SPLIT_IT && leaf.depth < max_depth_) {
        const double before = volume(leaf);
        const Leaf whole = leaf;
        if (leaf.depth >= START) shrink(leaf);
        settled_volume += before - volume(leaf);
        split(leaf, whole, todo);
        continue;
      }
      if (what == SPLIT_IT) { ++unsettled; continue; }
      settled_volume += volume(leaf);
    }
    return unsettled == 0;
  }
  double explored() const { return std::min(1.0, settled_volume / total_); }

  // Look again at what searches of all parts looked at closely, in their order; false if something is seen otherwise.
  // Then this is what one search of the whole does: its seeds, and the maps that it leaves to the march.
  bool again(const u64* at, const u64* end) {
    Bounds bounds;
    Look look;
    now_ = &bounds;
    while (at && at < end) {
      if (!(at = look.read(at, end))) return false;
      bounds.n = int(look.units.size()), bounds.unit = look.units, bounds.pattern = look.pattern, bounds.stuck = look.stuck;
      bounds.level.assign(look.level, look.level + 4);
      Leaf leaf{{look.first[0], look.first[1], look.first[2]}, {look.last[0], look.last[1], look.last[2]}, look.depth, 3};
      if ((look.opened ? open(leaf) == SETTLED : witness(look.first, look.last)) != look.settled) return false;
    }
    return at == end;
  }

 private:
  static constexpr int START = 3;
  enum { SETTLED, SPLIT_IT };
  const Chain& chain_;
  Surface& surface_;
  Budget& budget_;
  Encloser encloser_;
  Narrower narrower_;
  int open_at_, max_depth_;
  double total_ = 1;
  std::vector<Bounds> bounds_;  // of the last leaf of each depth: while its parts are looked at, of the one they lie in
  const Bounds* now_ = nullptr;
  std::vector<int> undecided_;
  Doubles least_, most_, spread_;
  // A direction near the diagonal, where sheets are easy; along no tidy weights.  And two across it.
  const double down_[3] = {0.53, 0.57, 0.6278534860936905}, across_[2][3] = {{0.57, -0.53, 0}, {0, 0.6278534860936905, -0.57}};

  Leaf side(int axis, int first, int second) const {
    Leaf leaf{{chain_.lo[0], chain_.lo[1], chain_.lo[2]}, {chain_.hi[0], chain_.hi[1], chain_.hi[2]}, 0, 4};
    int b = (axis + 1) % 3, c = (axis + 2) % 3;
    leaf.lo[b] = leaf.hi[b] = first ? chain_.hi[b] : chain_.lo[b];
    leaf.lo[c] = leaf.hi[c] = second ? chain_.hi[c] : chain_.lo[c];
    return leaf;
  }

  static double volume(const Leaf& leaf) {  // flat leaves have none
    return (leaf.hi[0] - leaf.lo[0]) * (leaf.hi[1] - leaf.lo[1]) * (leaf.hi[2] - leaf.lo[2]);
  }

  // Cut off the ends of a leaf where the bounds of the level row, just computed, leave no zero.
  void shrink(Leaf& leaf) const {
    const double* level = now_->level.data();
    double middle[3], half[3], all = (now_->radius + now_->level_error + 64 * ULP) * (1 + 0x1p-20);
    for (int j = 0; j < 3; ++j) middle[j] = (leaf.lo[j] + leaf.hi[j]) / 2, half[j] = (leaf.hi[j] - leaf.lo[j]) / 2;
    for (int j = 0; j < 3; ++j) {
      const double slope = std::fabs(level[j]);
      if (half[j] == 0 || slope * half[j] < all / 8) continue;
      const double around = -level[3] / level[j], width = (all - slope * half[j]) / slope + 8 * ULP;
      leaf.lo[j] = std::max(leaf.lo[j], middle[j] + around - width);
      leaf.hi[j] = std::min(leaf.hi[j], middle[j] + around + width);
      if (!(leaf.lo[j] < leaf.hi[j])) leaf.lo[j] = middle[j] - half[j], leaf.hi[j] = middle[j] + half[j];
    }
  }

  // Cut the long sides of a leaf in two; what the bounds over the whole leaf already leave no zero in is settled.
  void split(const Leaf& leaf, const Leaf& whole, std::vector<Leaf>& todo) {
    double longest = 0;
    for (int j = 0; j < 3; ++j) longest = std::max(longest, leaf.hi[j] - leaf.lo[j]);
    for (int part = 0; part < 8; ++part) {
      Leaf child = leaf;
      bool real = true;
      ++child.depth;
      for (int j = 0; j < 3; ++j) {
        const bool upper = part >> j & 1;
        const double side = leaf.hi[j] - leaf.lo[j], middle = leaf.lo[j] + SPLIT * side;
        if (side < longest * LONG) real &= !upper;
        else *(upper ? &child.lo[j] : &child.hi[j]) = middle;
      }
      if (!real) continue;
      if (leaf.depth < START || reaches(whole, child)) todo.push_back(child);
      else settled_volume += volume(child);
    }
  }

  // Whether the bounds of the level row, just computed over a whole leaf, leave a zero in a part of it.
  bool reaches(const Leaf& whole, const Leaf& part) const {
    const double* level = now_->level.data();
    double value = level[3], radius = now_->radius;
    for (int j = 0; j < 3; ++j) {
      value += level[j] * ((part.lo[j] + part.hi[j]) / 2 - (whole.lo[j] + whole.hi[j]) / 2);
      radius -= std::fabs(level[j]) * (now_->half[j] - (part.hi[j] - part.lo[j]) / 2);
    }
    double sizes = std::fabs(level[3]) + now_->radius;
    for (int j = 0; j < 3; ++j) sizes += 4 * std::fabs(level[j]);
    return !(std::fabs(value) > radius + now_->level_error + 1e-12 * sizes);
  }

  // How many undecided units are few: more in deep leaves, which hold a point where that many folds meet, and where splitting
  // decides none, as along a slab between folds that is far thinner than the leaf.
  int few(const Leaf& leaf) const {
    return std::min(open_at_ + std::max({0, leaf.depth - DEEP, 2 * (now_->stuck - 1)}), 20);
  }

  int judge(const Leaf& leaf) {
    enclose(leaf);
    if (std::fabs(now_->level[3]) > now_->radius * (1 + 1e-12) + now_->level_error) return SETTLED;
    if (leaf.face < 4 && now_->n <= MANY_SYMBOLS && (downhill(leaf) || sheet(leaf))) return SETTLED;
    if (now_->n > few(leaf) && leaf.depth < max_depth_) return SPLIT_IT;
    const int what = open(leaf);
    if (keeps) keep(leaf.lo, leaf.hi, leaf.depth, true, what == SETTLED);
    return what;
  }

  void keep(const double* first, const double* last, int depth, bool opened, bool settled) {
    Look look;
    look.opened = opened, look.settled = settled, look.depth = depth, look.stuck = now_->stuck;
    std::copy_n(first, 3, look.first), std::copy_n(last, 3, look.last), std::copy_n(now_->level.data(), 4, look.level);
    if (opened) look.units.assign(now_->unit.begin(), now_->unit.begin() + now_->n), look.pattern = now_->pattern;
    look.write(looks);
  }

  void enclose(const Leaf& leaf) {
    Bounds& bounds = bounds_[size_t(leaf.depth)];
    now_ = &bounds;
    const Bounds* from = leaf.depth > START ? &bounds_[size_t(leaf.depth) - 1] : nullptr;
    if (from && from->n <= MANY_IMAGES && from->narrowed < NARROWINGS) narrower_.narrow(*from, leaf, bounds);
    else encloser_.enclose(leaf, bounds);
    bounds.stuck = from && from->n == bounds.n ? from->stuck + 1 : 0;
  }

  // Whether some direction across `down_` (inside the face) has a slope of one sign over the whole leaf.
  bool downhill(const Leaf& leaf) {
    for (auto* v : {&least_, &most_, &spread_}) v->resize(size_t(now_->end));
    ranges_on_level(*now_, least_.data(), most_.data());
    const double* level = now_->level.data();
    double t[3];
    if (leaf.face == 3) {
      const double along = dot(level, down_);
      for (int j = 0; j < 3; ++j) t[j] = level[j] - along * down_[j];
    } else {
      const int a = leaf.face, b = (a + 1) % 3, c = (a + 2) % 3;
      t[a] = 0, t[b] = down_[c], t[c] = -down_[b];
      if (dot(level, t) < 0) t[b] = -t[b], t[c] = -t[c];
    }
    return rises(t) || (leaf.face == 3 && lean(t) && rises(t));
  }

  // Turn t, across `down_`, away from where the gradient is least sure: by the inverse of the sum of squares of what each
  // undecided unit may add to it (Fisher 1936: the best line between two clouds).  False if that is singular.
  bool lean(double* t) const {
    double sums[5];
    scatter(*now_, least_.data(), most_.data(), across_, sums);
    const double along = dot(t, across_[0]) + sums[0], aside = dot(t, across_[1]) + sums[1];
    const double xx = sums[2], xy = sums[3], yy = sums[4], scale = xx * yy - xy * xy;
    const double p = (yy * along - xy * aside) / scale, q = (xx * aside - xy * along) / scale;
    for (int j = 0; j < 3; ++j) t[j] = p * across_[0][j] + q * across_[1][j];
    return scale > 0;
  }

  // Whether the network grows along t wherever it equals the level in the leaf.
  bool rises(const double* t) { return least_slope(*now_, least_.data(), most_.data(), t, spread_.data()) > 0; }

  // Whether the level set in the leaf (in the face) is empty, or connected and has a seed now.
  // Say the network grows along s_j e_j, s_j = +1 or -1, for each axis j, wherever it equals the level.  Then a path that
  // grows along these passes the level at most once and upwards: what is above the level is closed under such steps, what
  // is below under steps back.  Project along the diagonal s: the sides of the leaf around its first corner, and those
  // around its last, each cover the same hexagon, in which the points not above on the first sides, and those not below
  // on the last, are star-shaped around the middle.  The level set projects, one to one, onto their intersection.
  bool sheet(const Leaf& leaf) {
    double first[3], last[3];
    for (int j = 0; j < 3; ++j) {
      first[j] = leaf.lo[j], last[j] = leaf.hi[j];
      if (j == leaf.face) continue;
      double t[3] = {0, 0, 0};
      t[j] = now_->level[j] < 0 ? -1.0 : 1.0;
      if (!rises(t)) return false;
      if (t[j] < 0) std::swap(first[j], last[j]);
    }
    const bool seen = witness(first, last);
    if (keeps) keep(first, last, leaf.depth, false, seen);
    return seen;
  }

  // Look on the diagonal of a sheet for a zero inside a region that is certain: the region becomes a seed.  A sheet has
  // no zero at all if the network is above the level at its first corner or below it at its last.
  bool witness(const double* first, const double* last) {
    RegionRows& rows = surface_.rows();
    double low = 0, high = 1, s = 0.5, p[3];
    const double step[3] = {last[0] - first[0], last[1] - first[1], last[2] - first[2]}, along = dot(now_->level.data(), step);
    if (along > 0) s = std::min(1.0, std::max(0.0, 0.5 - now_->level[3] / along));
    for (int tries = 0; tries < NEWTON; ++tries) {
      on_diagonal(first, last, s, p);
      const double value = look(p);
      if (s == 0 && value > chain_.level_error) return true;
      if (s == 1 && value < -chain_.level_error) return true;
      rows.load(seen_.data());
      const double slope = dot(rows.level, step), next = s - value / slope;
      if (!(slope > 0)) return false;
      on_diagonal(first, last, next, p);
      if (certain(p, first, last)) {
        surface_.seed(seen_.data(), p);
        return true;
      }
      (value < 0 ? low : high) = s;
      s = next <= 0 ? 0.0 : next >= 1 ? 1.0 : next > low && next < high ? next : (low + high) / 2;
    }
    return false;
  }
  static void on_diagonal(const double* first, const double* last, double s, double* p) {
    for (int j = 0; j < 3; ++j) p[j] = s == 1 ? last[j] : first[j] + s * (last[j] - first[j]);
  }

  // The network minus the level at a point; `seen_` is the pattern there.
  double look(const double* p) {
    seen_.assign(size_t(chain_.words), 0);
    here_.assign(p, p + 3);
    for (int l = 0; l <= chain_.hidden(); ++l) {
      const Layer& layer = chain_.layers[l];
      after_ = layer.bias;
      for (int i = 0; i < layer.inputs; ++i)
        if (here_[i] != 0) add_column(layer.transposed.data() + size_t(i) * layer.stride, here_[i], layer.stride, after_.data());
      if (l == chain_.hidden()) return after_[0];
      for (int i = 0; i < layer.width; ++i) {
        const bool on = after_[i] > 0;
        if (on && layer.below[i] != 1.0) seen_[size_t(layer.first_word + (i >> 6))] |= u64(1) << (i & 63);
        if (!on) after_[i] *= layer.below[i];
      }
      here_.swap(after_);
    }
    return 0;
  }

  // Whether the region just loaded holds a zero near p, in the leaf: on a step to both sides of p along the diagonal, long
  // enough for the level row to change sign, no unit does.
  bool certain(const double* p, const double* first, const double* last) const {
    const RegionRows& rows = surface_.rows();
    const double step[3] = {last[0] - first[0], last[1] - first[1], last[2] - first[2]}, slope = dot(rows.level, step);
    const double reach = 2 * (std::fabs(dot(rows.level, p) + rows.level[3]) + rows.level_error) / slope;
    for (int j = 0; j < 3; ++j) {
      const double room = std::min(p[j] - std::min(first[j], last[j]), std::max(first[j], last[j]) - p[j]);
      if (step[j] != 0 && !(room > 2 * reach * std::fabs(step[j]))) return false;
    }
    for (int u = 0; u < chain_.faces; ++u) {
      if (!chain_.usable[u]) continue;
      const double along = rows.A[0][u] * step[0] + rows.A[1][u] * step[1] + rows.A[2][u] * step[2];
      if (!(rows.sign(u) * rows.at(u, p) > 2 * (rows.error[u] + reach * std::fabs(along)))) return false;
    }
    return true;
  }
  std::vector<u64> seen_;
  Doubles here_, after_;

  // Walk all regions of a leaf across the folds inside it, with slack: every region the level set meets becomes a seed.
  int open(const Leaf& leaf) {
    ++opened;
    undecided_.assign(now_->unit.begin(), now_->unit.begin() + now_->n);
    const size_t most = leaf.depth >= max_depth_ ? LAST_OPENED : size_t(1) << few(leaf);
    double middle[3], half[3], reach = 0;
    for (int j = 0; j < 3; ++j) {
      middle[j] = (leaf.lo[j] + leaf.hi[j]) / 2, half[j] = (leaf.hi[j] - leaf.lo[j]) / 2 + THICK;
      reach += half[j] * half[j];
    }
    reach = std::sqrt(reach);
    Table seen(64);
    std::vector<std::vector<u64>> found{now_->pattern};
    settle(found[0], middle);
    seen.insert(surface_.key_of(found[0].data()), 0);
    for (size_t at = 0; at < found.size(); ++at) {
      if (found.size() > most || ((at & 63) == 63 && budget_.over(surface_.polygons(), explored()))) return SPLIT_IT;
      RegionRows& rows = surface_.rows();
      rows.load(found[at].data());
      double p[3];
      if (!possible(rows, middle, reach)) continue;
      if (meets(rows, rows.level, rows.level_error, middle, half, reach, -1, p)) surface_.seed(found[at].data(), p);
      for (int u : undecided_) {
        const double row[4] = {rows.A[0][u], rows.A[1][u], rows.A[2][u], rows.A[3][u]};
        if (!meets(rows, row, rows.error[u], middle, half, reach, u, p)) continue;
        std::vector<u64> next = found[at];
        const int b = chain_.bits[u];
        next[b >> 6] ^= u64(1) << (b & 63);
        if (seen.insert(surface_.key_of(next.data()), 0).second) found.push_back(std::move(next));
      }
    }
    return SETTLED;
  }

  // The pattern at a point, layer by layer: undecided units as they are there.
  void settle(std::vector<u64>& pattern, const double* p) {
    RegionRows& rows = surface_.rows();
    for (int u : undecided_) {
      rows.load(pattern.data());
      const int b = chain_.bits[u];
      const u64 bit = u64(1) << (b & 63);
      if (rows.at(u, p) > 0) pattern[b >> 6] |= bit;
      else pattern[b >> 6] &= ~bit;
    }
  }

  // Whether no undecided unit has the wrong sign over the whole ball around the leaf.
  bool possible(const RegionRows& rows, const double* middle, double reach) const {
    for (int u : undecided_) {
      const double g = std::sqrt(rows.A[0][u] * rows.A[0][u] + rows.A[1][u] * rows.A[1][u] + rows.A[2][u] * rows.A[2][u]);
      if (rows.sign(u) * rows.at(u, middle) + g * reach < -2 * rows.error[u] - MARGIN * g) return false;
    }
    return true;
  }

  // Whether the plane row = 0 comes within the slack of the region's part of the leaf; then `inside` is a point of it.
  bool meets(const RegionRows& rows, const double row[4], double error, const double* middle, const double* half, double reach,
             int self, double* inside) {
    Frame f(row, middle);
    if (f.slope == 0 || f.slope * reach <= 2 * error) {  // no plane to speak of: zero or not, all over
      std::copy(middle, middle + 3, inside);
      const double size = std::fabs(row[0]) + std::fabs(row[1]) + std::fabs(row[2]);
      return std::fabs(dot(row, middle) + row[3]) <= 4 * error + size * reach;
    }
    const double away = std::fabs(dot(row, middle) + row[3]) / f.slope, unsure = MARGIN + 2 * error / f.slope;
    if (away > reach + unsure) return false;
    polygon_.square(2 * reach + unsure);
    for (int j = 0; j < 3; ++j) {
      const double c = f.p[j] - middle[j];
      polygon_.cut(f.e1[j], f.e2[j], half[j] + unsure + c, 0);
      polygon_.cut(-f.e1[j], -f.e2[j], half[j] + unsure - c, 0);
    }
    for (int u : undecided_) {
      if (u == self) continue;
      const double s = rows.sign(u), g[3] = {s * rows.A[0][u], s * rows.A[1][u], s * rows.A[2][u]};
      const double size = std::fabs(g[0]) + std::fabs(g[1]) + std::fabs(g[2]);
      polygon_.cut(dot(g, f.e1), dot(g, f.e2), s * rows.at(u, f.p) + size * unsure + 2 * rows.error[u], 0);
      if (polygon_.n == 0) return false;
    }
    double x = 0, y = 0;
    for (int k = 0; k < polygon_.n; ++k) x += polygon_.x[k] / polygon_.n, y += polygon_.y[k] / polygon_.n;
    f.lift(x, y, inside);
    return polygon_.n > 0;
  }
  Polygon polygon_;
};

}  // namespace foldline::march
