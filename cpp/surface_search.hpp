// The search: an octree that finds a seed for every component of the level set.
#pragma once

#include "surface_march.hpp"

namespace {

constexpr double SLACK = 0x1p-30;     // opened leaves keep every polygon within this of being there: a superset
constexpr double THICK = 0x1p-24;     // opened leaves are widened by this, so that nothing hides between two of them
constexpr size_t LAST_OPENED = 20000; // regions walked in a leaf too small to split before giving up
constexpr int MANY_SYMBOLS = 24;      // slopes are not bounded where more units are undecided; a matter of speed only
constexpr int NEWTON = 6;             // steps towards a zero of a sheet before its leaf is split instead
constexpr int DEEP = 8;               // leaves split more often than this are opened sooner
constexpr double LONG = 0.6;           // sides at least this part of the longest are split; a matter of speed only
constexpr double SPLIT = 0.48717948717948717;  // leaves are not halved: folds of tidy weights lie at halves

// out[c][u] = sum over the listed inputs of values[c][input_i] * transposed[input_i][u], c < 4; the last plus the bias.
CLONES void product(const double* transposed, int pad, const int* inputs, const double* const* values, int n,
                    const double* bias, double* const* out) {
  const double *p = values[0], *q = values[1], *r = values[2], *s = values[3];
  for (int at = 0; at < pad; at += LANES) {
#if defined(__GNUC__)
    Pack a0 = {}, a1 = {}, b0 = {}, b1 = {}, c0 = {}, c1 = {}, d0 = {}, d1 = {};
    if (bias) d0 = *(const Pack*)(bias + at), d1 = *(const Pack*)(bias + at + 8);
    for (int i = 0; i < n; ++i) {
      const int u = inputs[i];
      const double* w = transposed + size_t(u) * pad + at;
      const Pack w0 = *(const Pack*)w, w1 = *(const Pack*)(w + 8);
      a0 += p[u] * w0, a1 += p[u] * w1, b0 += q[u] * w0, b1 += q[u] * w1;
      c0 += r[u] * w0, c1 += r[u] * w1, d0 += s[u] * w0, d1 += s[u] * w1;
    }
    *(Pack*)(out[0] + at) = a0, *(Pack*)(out[0] + at + 8) = a1, *(Pack*)(out[1] + at) = b0, *(Pack*)(out[1] + at + 8) = b1;
    *(Pack*)(out[2] + at) = c0, *(Pack*)(out[2] + at + 8) = c1, *(Pack*)(out[3] + at) = d0, *(Pack*)(out[3] + at + 8) = d1;
#else
    for (int c = 0; c < 4; ++c)
      for (int k = 0; k < LANES; ++k) {
        double sum = bias && c == 3 ? bias[at + k] : 0.0;
        for (int i = 0; i < n; ++i) sum += values[c][inputs[i]] * transposed[size_t(inputs[i]) * pad + at + k];
        out[c][at + k] = sum;
      }
#endif
  }
}

// values[c][u] = slopes[u] * columns[c][u], the last plus the shifts if there are any.
CLONES void scale_columns(const double* const* columns, const double* slopes, const double* shifts, int pad,
                          double* const* values) {
  for (int c = 0; c < 4; ++c) {
    const double* column = columns[c];
    double* __restrict value = values[c];
    for (int u = 0; u < pad; ++u) value[u] = slopes[u] * column[u];
  }
  if (!shifts) return;
  double* __restrict last = values[3];
  for (int u = 0; u < pad; ++u) last[u] += shifts[u];
}

// size[u] = |a[u]| + |b[u]|.
CLONES void sizes_of(const double* a, const double* b, int pad, double* __restrict size) {
  for (int u = 0; u < pad; ++u) size[u] = std::fabs(a[u]) + std::fabs(b[u]);
}

// out[u] += value * column[u].
CLONES void add_column(const double* column, double value, int pad, double* __restrict out) {
  for (int u = 0; u < pad; ++u) out[u] += value * column[u];
}

// radius[u] = sum over the columns of |column[u]| * size.
CLONES void radii(const double* const* columns, const double* sizes, int n, int pad, double* radius) {
  for (int at = 0; at < pad; at += LANES) {
#if defined(__GNUC__)
    const PackBits size = PackBits{} + 0x7fffffffffffffffLL;
    Pack r0 = {}, r1 = {};
    for (int c = 0; c < n; ++c) {
      r0 += sizes[c] * (Pack)(*(const PackBits*)(columns[c] + at) & size);
      r1 += sizes[c] * (Pack)(*(const PackBits*)(columns[c] + at + 8) & size);
    }
    *(Pack*)(radius + at) = r0, *(Pack*)(radius + at + 8) = r1;
#else
    double r[LANES] = {};
    for (int c = 0; c < n; ++c)
      for (int k = 0; k < LANES; ++k) r[k] += std::fabs(columns[c][at + k]) * sizes[c];
    for (int k = 0; k < LANES; ++k) radius[at + k] = r[k];
#endif
  }
}

// low, high: bounds of each unit; slope: 1, `below`, or 1 where undecided, which is marked in `unsure`.
CLONES void classify(const double* middle, const double* radius, const double* error, const double* below, int pad,
                     double* __restrict low, double* __restrict high, double* __restrict slope,
                     double* __restrict unsure) {
  for (int u = 0; u < pad; ++u) {
    const double r = radius[u] * (1 + 1e-12) + error[u], lo = middle[u] - r, hi = middle[u] + r, b = below[u];
    const double down = lo > 0 ? 0.0 : 1.0, up = hi < 0 ? 0.0 : 1.0, folds = b == 1.0 ? 0.0 : 1.0;
    const double moves = lo == hi ? 0.0 : 1.0;  // a unit that is zero all over the leaf, exactly, needs no decision
    low[u] = lo, high[u] = hi, slope[u] = hi < 0 ? b : 1.0, unsure[u] = down * up * folds * moves;
  }
}

CLONES double dot_product(const double* a, const double* b, int n) {
  double sums[LANES] = {};
  for (int at = 0; at < n; at += LANES)
    for (int k = 0; k < LANES; ++k) sums[k] += a[at + k] * b[at + k];
  double sum = 0;
  for (double part : sums) sum += part;
  return sum;
}

struct Leaf { double lo[3], hi[3]; int depth, face; };  // face: 0-2 lies in a face across that axis, 3 volume, 4 edge

class Search {
 public:
  Search(const Chain& chain, Surface& surface, Budget& budget, int open_at, int max_depth)
      : chain_(chain), surface_(surface), budget_(budget), open_at_(open_at), max_depth_(max_depth) {
    stride_ = chain.rows + LANES;
    layer_of_.resize(size_t(chain.rows));
    for (int l = 0; l < chain.hidden(); ++l)
      std::fill_n(layer_of_.begin() + chain.layers[l].first, chain.layers[l].pad, l);
    for (auto* v : {&radius_, &slope_, &shift_, &low_, &high_, &unsure_, &weighted_}) v->assign(size_t(stride_), 0.0);
  }

  u64 leaves = 0, opened = 0, unsettled = 0;
  double settled_volume = 0;

  // Whether every leaf was settled.
  bool run() {
    const double* lo = chain_.lo;
    const double* hi = chain_.hi;
    total_ = (hi[0] - lo[0]) * (hi[1] - lo[1]) * (hi[2] - lo[2]);
    std::vector<Leaf> todo;
    for (int e = 0; e < 12; ++e) todo.push_back(side(e / 4, e & 1, e >> 1 & 1));
    for (int f = 0; f < 6; ++f) {
      Leaf leaf{{lo[0], lo[1], lo[2]}, {hi[0], hi[1], hi[2]}, 0, f / 2};
      (f & 1 ? leaf.lo : leaf.hi)[f / 2] = f & 1 ? hi[f / 2] : lo[f / 2];
      todo.push_back(leaf);
    }
    todo.push_back({{lo[0], lo[1], lo[2]}, {hi[0], hi[1], hi[2]}, 0, 3});
    while (!todo.empty()) {
      if ((++leaves & 63) == 0 && budget_.over(surface_.polygons(), explored())) { unsettled += todo.size(); return false; }
      Leaf leaf = todo.back();
      todo.pop_back();
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

 private:
  static constexpr int START = 3;
  enum { SETTLED, SPLIT_IT };
  const Chain& chain_;
  Surface& surface_;
  Budget& budget_;
  int open_at_, max_depth_;
  double total_ = 1;
  size_t stride_ = 0;
  Doubles columns_;  // of all units: gradient (3), value at the middle, then one column an undecided unit
  Doubles radius_, slope_, shift_, low_, high_, unsure_, weighted_;
  std::vector<int> undecided_, inputs_, list_, layer_of_;
  Doubles values_, sizes_;
  std::vector<const double*> starts_;
  double half_[3], level_[4], level_radius_ = 0;
  Doubles level_columns_;
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
    double middle[3], half[3], all = (level_radius_ + chain_.level_error + 64 * ULP) * (1 + 0x1p-20);
    for (int j = 0; j < 3; ++j) middle[j] = (leaf.lo[j] + leaf.hi[j]) / 2, half[j] = (leaf.hi[j] - leaf.lo[j]) / 2;
    for (int j = 0; j < 3; ++j) {
      const double slope = std::fabs(level_[j]);
      if (half[j] == 0 || slope * half[j] < all / 8) continue;
      const double around = -level_[3] / level_[j], width = (all - slope * half[j]) / slope + 8 * ULP;
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
        else (upper ? child.lo : child.hi)[j] = middle;
      }
      if (!real) continue;
      if (leaf.depth < START || reaches(whole, child)) todo.push_back(child);
      else settled_volume += volume(child);
    }
  }

  // Whether the bounds of the level row, just computed over a whole leaf, leave a zero in a part of it.
  bool reaches(const Leaf& whole, const Leaf& part) const {
    double value = level_[3], radius = level_radius_;
    for (int j = 0; j < 3; ++j) {
      value += level_[j] * ((part.lo[j] + part.hi[j]) / 2 - (whole.lo[j] + whole.hi[j]) / 2);
      radius -= std::fabs(level_[j]) * (half_[j] - (part.hi[j] - part.lo[j]) / 2);
    }
    double sizes = std::fabs(level_[3]) + level_radius_;
    for (double slope : {level_[0], level_[1], level_[2]}) sizes += 4 * std::fabs(slope);
    return !(std::fabs(value) > radius + chain_.level_error + 1e-12 * sizes);
  }

  // How many undecided units are few: more in deep leaves, which hold a point where that many folds meet.
  int few(const Leaf& leaf) const { return std::min(open_at_ + std::max(0, leaf.depth - DEEP), 20); }

  int judge(const Leaf& leaf) {
    enclose(leaf);
    double middle = level_[3];
    if (std::fabs(middle) > level_radius_ * (1 + 1e-12) + chain_.level_error) return SETTLED;
    if (leaf.face < 4 && int(undecided_.size()) <= MANY_SYMBOLS && (downhill(leaf) || sheet(leaf))) return SETTLED;
    if (int(undecided_.size()) <= few(leaf) || leaf.depth >= max_depth_) return open(leaf);
    return SPLIT_IT;
  }

  double* column(int c, int row) { return columns_.data() + size_t(c) * stride_ + row; }

  // Affine bounds of every unit over the leaf: gradient . offset from the middle + value + sum of symbols * shifts,
  // |symbol| <= 1, one an undecided unit.  Its column is also how much a unit moves per unit of that one's activation.
  void enclose(const Leaf& leaf) {
    double middle[3];
    for (int j = 0; j < 3; ++j) {
      middle[j] = (leaf.lo[j] + leaf.hi[j]) / 2;
      half_[j] = (leaf.hi[j] - leaf.lo[j]) / 2 * (1 + 4 * ULP) + 4 * ULP;
    }
    undecided_.clear(), sizes_.assign(half_, half_ + 3);
    if (columns_.size() < 8 * stride_) columns_.resize(8 * stride_);
    if (chain_.hidden() == 0) {
      for (int j = 0; j < 3; ++j) level_[j] = chain_.layers[0].transposed[size_t(j) * chain_.layers[0].pad];
      level_[3] = dot(level_, middle) + chain_.layers[0].bias[0];
    }
    for (int l = 0, earlier = 0; l < chain_.hidden(); ++l) {
      const int known = int(undecided_.size());
      if (l) inherit(l, earlier, known);
      else begin(middle);
      decide(chain_.layers[l], known);
      earlier = known;
      if (l + 1 == chain_.hidden()) finish(known);
    }
    level_radius_ = 0;
    for (int j = 0; j < 3; ++j) level_radius_ += std::fabs(level_[j]) * half_[j];
    for (size_t v = 0; v < undecided_.size(); ++v) level_radius_ += std::fabs(level_columns_[v]) * sizes_[3 + v];
  }

  void begin(const double* middle) {
    const Layer& layer = chain_.layers[0];
    const double one[3][3] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
    const double* values[4] = {one[0], one[1], one[2], middle};
    const int inputs[3] = {0, 1, 2};
    double* out[4] = {column(0, 0), column(1, 0), column(2, 0), column(3, 0)};
    product(layer.transposed.data(), layer.pad, inputs, values, 3, layer.bias.data(), out);
  }

  // A layer's columns from those of the layer below; symbols born there are columns of the weights.
  void inherit(int l, int earlier, int known) {
    const Layer &layer = chain_.layers[l], &from = chain_.layers[l - 1];
    const int groups = 1 + (earlier + 3) / 4;
    if (columns_.size() < size_t(4 * groups + known + 8) * stride_) columns_.resize(size_t(4 * groups + known + 8) * stride_);
    const double *slopes = slope_.data() + from.first, *shifts = shift_.data() + from.first;
    inputs_.resize(size_t(from.pad)), values_.resize(5 * size_t(from.pad));
    double* scaled[4];
    for (int c = 0; c < 4; ++c) scaled[c] = values_.data() + size_t(c) * from.pad;
    double* sizes = values_.data() + 4 * size_t(from.pad);
    sizes_of(slopes, shifts, from.pad, sizes);
    int n = listed(sizes, from.pad, inputs_.data());
    while (n > 0 && inputs_[n - 1] >= from.width) --n;
    for (int g = 0; g < groups; ++g) {
      const double* at[4];
      double* out[4];
      for (int c = 0; c < 4; ++c) at[c] = column(4 * g + c, from.first), out[c] = column(4 * g + c, layer.first);
      scale_columns(at, slopes, g ? nullptr : shifts, from.pad, scaled);
      product(layer.transposed.data(), layer.pad, inputs_.data(), scaled, n, g ? nullptr : layer.bias.data(), out);
    }
    for (int s = earlier; s < known; ++s)
      std::copy_n(layer.transposed.data() + size_t(undecided_[s] - from.first) * layer.pad, layer.pad, column(4 + s, layer.first));
  }

  void decide(const Layer& layer, int known) {
    starts_.clear();
    for (int c = 0; c < 3 + known; ++c) starts_.push_back(column(c < 3 ? c : c + 1, layer.first));
    const int f = layer.first;
    radii(starts_.data(), sizes_.data(), 3 + known, layer.pad, radius_.data() + f);
    classify(column(3, f), radius_.data() + f, chain_.error.data() + f, layer.below.data(), layer.pad, low_.data() + f,
             high_.data() + f, slope_.data() + f, unsure_.data() + f);
    std::fill_n(shift_.begin() + f, layer.pad, 0.0);
    list_.resize(size_t(layer.pad) + 1);
    const int n = listed(unsure_.data() + f, layer.pad, list_.data());
    for (int k = 0; k < n; ++k) {
      const int i = list_[k], u = f + i;
      const double b = layer.below[i], lo = low_[u], hi = high_[u];
      slope_[u] = (hi - b * lo) / (hi - lo);
      shift_[u] = lo * (b - slope_[u]) / 2;
      low_[u] = std::min(b, 1.0) - slope_[u], high_[u] = std::max(b, 1.0) - slope_[u];
      undecided_.push_back(u), sizes_.push_back(std::fabs(shift_[u]));
    }
  }

  // The level row, one dot product a column.
  void finish(int earlier) {
    const Layer &top = chain_.layers.back(), &from = chain_.layers[chain_.hidden() - 1];
    double value = top.bias[0];
    for (int u = 0; u < from.width; ++u) {
      const double w = top.transposed[size_t(u) * top.pad];
      weighted_[u] = w * slope_[from.first + u], value += w * shift_[from.first + u];
    }
    std::fill(weighted_.begin() + from.width, weighted_.begin() + from.pad, 0.0);
    for (int c = 0; c < 4; ++c) level_[c] = dot_product(weighted_.data(), column(c, from.first), from.pad);
    level_[3] += value;
    level_columns_.resize(undecided_.size());
    for (int s = 0; s < int(undecided_.size()); ++s)
      level_columns_[s] = s < earlier ? dot_product(weighted_.data(), column(4 + s, from.first), from.pad)
                                      : top.transposed[size_t(undecided_[s] - from.first) * top.pad];
  }

  // What the undecided units can add to the gradient of the level row where it is zero: the gradient of each, and how
  // much more and less than in the bounds its slope is.
  void ranges() {
    steps_.clear();
    for (size_t v = 0; v < undecided_.size(); ++v) {
      const int u = undecided_[v], side = side_on_level(int(v));
      const double below = chain_.layers[layer_of_[u]].below[u - chain_.layers[layer_of_[u]].first];
      const double one = (side > 0 ? 1.0 : below) - slope_[u];
      steps_.push_back({*column(0, u), *column(1, u), *column(2, u), side ? one : low_[u], side ? one : high_[u]});
    }
  }

  // Whether some direction across `down_` (inside the face) has a slope of one sign over the whole leaf.
  bool downhill(const Leaf& leaf) {
    ranges();
    double t[3];
    if (leaf.face == 3) {
      const double along = dot(level_, down_);
      for (int j = 0; j < 3; ++j) t[j] = level_[j] - along * down_[j];
    } else {
      const int a = leaf.face, b = (a + 1) % 3, c = (a + 2) % 3;
      t[a] = 0, t[b] = down_[c], t[c] = -down_[b];
      if (dot(level_, t) < 0) t[b] = -t[b], t[c] = -t[c];
    }
    return rises(t) || (leaf.face == 3 && lean(t) && rises(t));
  }

  // Turn t, across `down_`, away from where the gradient is least sure: by the inverse of the sum of squares of what each
  // undecided unit may add to it (Fisher 1936: the best line between two clouds).  False if that is singular.
  bool lean(double* t) const {
    double xx = 0, xy = 0, yy = 0, along = dot(t, across_[0]), aside = dot(t, across_[1]);
    for (size_t v = 0; v < undecided_.size(); ++v) {
      const double *step = steps_[v].data(), g[3] = {step[0] * level_columns_[v], step[1] * level_columns_[v], step[2] * level_columns_[v]};
      const double x = dot(g, across_[0]), y = dot(g, across_[1]), half = (step[4] - step[3]) / 2, middle = (step[3] + step[4]) / 2;
      xx += half * half * x * x, xy += half * half * x * y, yy += half * half * y * y, along += middle * x, aside += middle * y;
    }
    const double scale = xx * yy - xy * xy, p = (yy * along - xy * aside) / scale, q = (xx * aside - xy * along) / scale;
    for (int j = 0; j < 3; ++j) t[j] = p * across_[0][j] + q * across_[1][j];
    return scale > 0;
  }

  // Whether the network grows along t wherever it equals the level in the leaf.
  bool rises(const double* t) {
    double least = dot(level_, t);
    const double sure = 1e-12 * std::fabs(least) + chain_.level_error * (std::fabs(t[0]) + std::fabs(t[1]) + std::fabs(t[2]));
    const int n = int(undecided_.size());
    spread_.assign(size_t(n), 0.0);
    for (int v = 0; v < n; ++v) {
      const int u = undecided_[v];
      const double *step = steps_[v].data(), slope = dot(step, t), lo = step[3], hi = step[4];
      double spread = 0;
      for (int s = 0; s < n && layer_of_[undecided_[s]] < layer_of_[u]; ++s) spread += std::fabs(*column(4 + s, u)) * spread_[s];
      const double reach = std::max(std::fabs(lo), std::fabs(hi)), k = level_columns_[v] * slope;
      spread_[v] = reach * (std::fabs(slope) + spread);
      least += std::min(k * lo, k * hi) - std::fabs(level_columns_[v]) * reach * spread;
    }
    return least > sure;
  }

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
      t[j] = level_[j] < 0 ? -1.0 : 1.0;
      if (!rises(t)) return false;
      if (t[j] < 0) std::swap(first[j], last[j]);
    }
    return witness(first, last);
  }

  // Look on the diagonal of a sheet for a zero inside a region that is certain: the region becomes a seed.  A sheet has
  // no zero at all if the network is above the level at its first corner or below it at its last.
  bool witness(const double* first, const double* last) {
    Maps& maps = surface_.maps();
    double low = 0, high = 1, s = 0.5, p[3];
    const double step[3] = {last[0] - first[0], last[1] - first[1], last[2] - first[2]}, along = dot(level_, step);
    if (along > 0) s = std::min(1.0, std::max(0.0, 0.5 - level_[3] / along));
    for (int tries = 0; tries < NEWTON; ++tries) {
      on_diagonal(first, last, s, p);
      const double value = look(p);
      if (s == 0 && value > chain_.level_error) return true;
      if (s == 1 && value < -chain_.level_error) return true;
      maps.load(seen_.data());
      const double slope = dot(maps.level, step), next = s - value / slope;
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
        if (here_[i] != 0) add_column(layer.transposed.data() + size_t(i) * layer.pad, here_[i], layer.pad, after_.data());
      if (l == chain_.hidden()) return after_[0];
      for (int i = 0; i < layer.width; ++i) {
        const bool on = after_[i] > 0;
        if (on && layer.below[i] != 1.0) seen_[size_t(layer.word + (i >> 6))] |= u64(1) << (i & 63);
        if (!on) after_[i] *= layer.below[i];
      }
      here_.swap(after_);
    }
    return 0;
  }

  // Whether the region just loaded holds a zero near p, in the leaf: on a step to both sides of p along the diagonal, long
  // enough for the level row to change sign, no unit does.
  bool certain(const double* p, const double* first, const double* last) const {
    const Maps& maps = surface_.maps();
    const double step[3] = {last[0] - first[0], last[1] - first[1], last[2] - first[2]}, slope = dot(maps.level, step);
    const double reach = 2 * (std::fabs(dot(maps.level, p) + maps.level[3]) + maps.level_error) / slope;
    for (int j = 0; j < 3; ++j) {
      const double room = std::min(p[j] - std::min(first[j], last[j]), std::max(first[j], last[j]) - p[j]);
      if (step[j] != 0 && !(room > 2 * reach * std::fabs(step[j]))) return false;
    }
    for (int u = 0; u < chain_.faces; ++u) {
      if (!chain_.usable[u]) continue;
      const double along = maps.A[0][u] * step[0] + maps.A[1][u] * step[1] + maps.A[2][u] * step[2];
      if (!(maps.sign(u) * maps.at(u, p) > 2 * (maps.error[u] + reach * std::fabs(along)))) return false;
    }
    return true;
  }
  std::vector<u64> seen_;
  Doubles here_, after_;

  // +1 or -1 if an undecided unit has that sign wherever the network equals the level in the leaf: no multiple of the
  // level row that is taken off its bounds lets it be zero; the multiple is the one of least squares.
  int side_on_level(int v) {
    const int u = undecided_[v];
    double top = 0, bottom = 0;
    for (int j = 0; j < 3; ++j)
      top += *column(j, u) * level_[j] * half_[j] * half_[j], bottom += level_[j] * level_[j] * half_[j] * half_[j];
    const double m = bottom > 0 ? top / bottom : 0.0, value = *column(3, u) - m * level_[3];
    double radius = 0;
    for (int j = 0; j < 3; ++j) radius += std::fabs(*column(j, u) - m * level_[j]) * half_[j];
    for (size_t s = 0; s < undecided_.size(); ++s) {
      const double own = layer_of_[undecided_[s]] < layer_of_[u] ? *column(4 + int(s), u) : 0.0;
      radius += std::fabs(own - m * level_columns_[s]) * sizes_[3 + s];
    }
    radius = radius * (1 + 1e-12) + 2 * (chain_.error[u] + std::fabs(m) * chain_.level_error);
    return value > radius ? 1 : value < -radius ? -1 : 0;
  }
  Doubles spread_;
  std::vector<std::array<double, 5>> steps_;

  // Walk all regions of a leaf across the folds inside it, with slack: every region the level set meets becomes a seed.
  int open(const Leaf& leaf) {
    ++opened;
    const size_t n = undecided_.size();
    const size_t most = leaf.depth >= max_depth_ ? LAST_OPENED : size_t(1) << few(leaf);
    double middle[3], half[3], reach = 0;
    for (int j = 0; j < 3; ++j) {
      middle[j] = (leaf.lo[j] + leaf.hi[j]) / 2, half[j] = (leaf.hi[j] - leaf.lo[j]) / 2 + THICK;
      reach += half[j] * half[j];
    }
    reach = std::sqrt(reach);
    Table seen;
    std::vector<std::vector<u64>> found{base()};
    settle(found[0], middle);
    seen.insert(surface_.key_of(found[0].data()), 0);
    for (size_t at = 0; at < found.size(); ++at) {
      if (found.size() > most || ((at & 63) == 63 && budget_.over(surface_.polygons(), explored()))) return SPLIT_IT;
      Maps& maps = surface_.maps();
      maps.load(found[at].data());
      double p[3];
      if (!possible(maps, middle, reach)) continue;
      if (meets(maps, maps.level, maps.level_error, middle, half, reach, -1, p)) surface_.seed(found[at].data(), p);
      for (size_t i = 0; i < n; ++i) {
        const int u = undecided_[i];
        const double row[4] = {maps.A[0][u], maps.A[1][u], maps.A[2][u], maps.A[3][u]};
        if (!meets(maps, row, maps.error[u], middle, half, reach, u, p)) continue;
        std::vector<u64> next = found[at];
        const int b = chain_.bits[u];
        next[b >> 6] ^= u64(1) << (b & 63);
        if (seen.insert(surface_.key_of(next.data()), 0).second) found.push_back(std::move(next));
      }
    }
    return SETTLED;
  }

  // The decided units of the leaf.
  std::vector<u64> base() {
    std::vector<u64> pattern(size_t(chain_.words), 0);
    for (int l = 0; l < chain_.hidden(); ++l)
      for (int i = 0; i < chain_.layers[l].width; ++i)
        if (chain_.layers[l].below[i] != 1.0 && *column(3, chain_.layers[l].first + i) > 0)
          pattern[size_t(chain_.layers[l].word + (i >> 6))] |= u64(1) << (i & 63);
    return pattern;
  }

  // The pattern at a point, layer by layer: undecided units as they are there.
  void settle(std::vector<u64>& pattern, const double* p) {
    Maps& maps = surface_.maps();
    for (int u : undecided_) {
      maps.load(pattern.data());
      const int b = chain_.bits[u];
      const u64 bit = u64(1) << (b & 63);
      if (maps.at(u, p) > 0) pattern[b >> 6] |= bit;
      else pattern[b >> 6] &= ~bit;
    }
  }

  // Whether no undecided unit has the wrong sign over the whole ball around the leaf.
  bool possible(const Maps& maps, const double* middle, double reach) const {
    for (int u : undecided_) {
      const double g = std::sqrt(maps.A[0][u] * maps.A[0][u] + maps.A[1][u] * maps.A[1][u] + maps.A[2][u] * maps.A[2][u]);
      if (maps.sign(u) * maps.at(u, middle) + g * reach < -2 * maps.error[u] - SLACK * g) return false;
    }
    return true;
  }

  // Whether the plane row = 0 comes within the slack of the region's part of the leaf; then `inside` is a point of it.
  bool meets(const Maps& maps, const double row[4], double error, const double* middle, const double* half, double reach,
             int self, double* inside) {
    Frame f(row, middle);
    if (f.slope * reach <= 2 * error) {  // no plane to speak of: zero or not, all over
      std::copy(middle, middle + 3, inside);
      return std::fabs(dot(row, middle) + row[3]) <= 4 * error + f.slope * reach;
    }
    const double away = std::fabs(dot(row, middle) + row[3]) / f.slope, unsure = SLACK + 2 * error / f.slope;
    if (away > reach + unsure) return false;
    polygon_.square(2 * reach + unsure);
    for (int j = 0; j < 3; ++j) {
      const double c = f.p[j] - middle[j];
      polygon_.cut(f.e1[j], f.e2[j], half[j] + unsure + c, 0);
      polygon_.cut(-f.e1[j], -f.e2[j], half[j] + unsure - c, 0);
    }
    for (int u : undecided_) {
      if (u == self) continue;
      const double s = maps.sign(u), g[3] = {s * maps.A[0][u], s * maps.A[1][u], s * maps.A[2][u]};
      const double size = std::fabs(g[0]) + std::fabs(g[1]) + std::fabs(g[2]);
      polygon_.cut(dot(g, f.e1), dot(g, f.e2), s * maps.at(u, f.p) + size * unsure + 2 * maps.error[u], 0);
      if (polygon_.n == 0) return false;
    }
    double x = 0, y = 0;
    for (int k = 0; k < polygon_.n; ++k) x += polygon_.x[k] / polygon_.n, y += polygon_.y[k] / polygon_.n;
    f.lift(x, y, inside);
    return polygon_.n > 0;
  }
  Polygon polygon_;
};

}  // namespace
