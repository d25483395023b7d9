// Bounds over a leaf, worked out from the network.
#pragma once

#include <algorithm>
#include <cmath>
#include <cfloat>
#include <vector>

#include "core/eight.hpp"
#include "core/march/bounds.hpp"
#include "core/march/chain.hpp"
#include "core/march/listed.hpp"
#include "core/march/polygon.hpp"

namespace foldline::march {

using eight::load, eight::store, eight::absolute;

// out[c][u] = sum over the listed inputs of values[c][input_i] * transposed[input_i][u], c < 4; the last plus the bias.
struct Product {
  template <class E>
  static ALWAYS_INLINE void run(const double* transposed, int pad, const int* inputs, const double* const* values, int n,
                                const double* bias, double* const* out) {
    constexpr int N = eight::at_once<E>;
    const double *p = values[0], *q = values[1], *r = values[2], *s = values[3];
    for (int at = 0; at < pad; at += 8 * N) {
      E a[N] = {}, b[N] = {}, c[N] = {}, d[N] = {};
      for (int k = 0; bias && k < N; ++k) d[k] = load<E>(bias + at + 8 * k);
      for (int i = 0; i < n; ++i) {
        const int u = inputs[i];
        const double* column = transposed + size_t(u) * pad + at;
        for (int k = 0; k < N; ++k) {
          const E w = load<E>(column + 8 * k);
          a[k] += p[u] * w, b[k] += q[u] * w, c[k] += r[u] * w, d[k] += s[u] * w;
        }
      }
      for (int k = 0, j = at; k < N; ++k, j += 8)
        store(out[0] + j, a[k]), store(out[1] + j, b[k]), store(out[2] + j, c[k]), store(out[3] + j, d[k]);
    }
  }
};
const auto product = eight::contracted<Product>;

// values[c][u] = slopes[u] * columns[c][u], the last plus the shifts if there are any.
struct ScaleColumns {
  template <class> static ALWAYS_INLINE void run(const double* const* columns, const double* slopes, const double* shifts, int pad,
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
};
const auto scale_columns = eight::contracted<ScaleColumns>;

// size[u] = |a[u]| + |b[u]|.
struct SizesOf {
  template <class> static ALWAYS_INLINE void run(const double* a, const double* b, int pad, double* __restrict size) {
    for (int u = 0; u < pad; ++u) size[u] = std::fabs(a[u]) + std::fabs(b[u]);
  }
};
const auto sizes_of = eight::contracted<SizesOf>;

// radius[u] = sum over the columns of |column[u]| * size.
struct Radii {
  template <class E>
  static ALWAYS_INLINE void run(const double* const* columns, const double* sizes, int n, int pad, double* radius) {
    constexpr int N = eight::at_once<E>;
    for (int at = 0; at < pad; at += 8 * N) {
      E sum[N] = {};
      for (int c = 0; c < n; ++c)
        for (int k = 0; k < N; ++k) sum[k] += absolute(load<E>(columns[c] + at + 8 * k)) * sizes[c];
      for (int k = 0; k < N; ++k) store(radius + at + 8 * k, sum[k]);
    }
  }
};
const auto radii = eight::contracted<Radii>;

// What the terms of a layer can add up to, and how far its units can be off, from those of its inputs times `factors`: on any
// region of the leaf, and as its bounds have them.  A unit without live inputs and bias is exactly zero.
struct SizesAndErrors {
  template <class> static ALWAYS_INLINE void run(const Layer& layer, const double* factors, const double* from_size, const double* from_error,
                               double* __restrict size, double* __restrict error) {
    for (int u = 0; u < layer.stride; ++u) size[u] = std::fabs(layer.bias[u]), error[u] = 0;
    for (int j = 0; j < layer.inputs; ++j) {
      const double s = factors[j] * from_size[j], e = factors[j] * from_error[j];
      if (s == 0) continue;
      const double* w = layer.transposed.data() + size_t(j) * layer.stride;
      for (int u = 0; u < layer.stride; ++u) {
        size[u] += std::fabs(w[u]) * s + (w[u] != 0 ? DBL_MIN : 0.0);  // above 0 even where the product is too small for a double
        error[u] += std::fabs(w[u]) * e;
      }
    }
    const double rounding = (layer.inputs + 40) * ULP;
    for (int u = 0; u < layer.stride; ++u) error[u] = (error[u] + rounding * size[u]) * (1 + 0x1p-20);
  }
};
const auto sizes_and_errors = eight::contracted<SizesAndErrors>;

// low, high: bounds of each unit; slope: 1, `below`, or 1 where undecided, which is marked in `unsure`.
struct Classify {
  template <class> static ALWAYS_INLINE void run(const double* middle, const double* radius, const double* error, const double* below,
                       int pad, double* __restrict low, double* __restrict high, double* __restrict slope,
                       double* __restrict unsure) {
    for (int u = 0; u < pad; ++u) {
      const double r = radius[u] * (1 + 1e-12) + error[u], lo = middle[u] - r, hi = middle[u] + r, b = below[u];
      const double down = lo > 0 ? 0.0 : 1.0, up = hi < 0 ? 0.0 : 1.0, folds = b == 1.0 ? 0.0 : 1.0;
      const double moves = lo == hi ? 0.0 : 1.0;  // a unit that is zero all over the leaf, exactly, needs no decision
      low[u] = lo, high[u] = hi, slope[u] = hi < 0 ? b : 1.0, unsure[u] = down * up * folds * moves;
    }
  }
};
const auto classify = eight::contracted<Classify>;

struct DotProduct {
  template <class> static ALWAYS_INLINE double run(const double* a, const double* b, int n) {
    double sums[LANES] = {};
    for (int at = 0; at < n; at += LANES)
      for (int k = 0; k < LANES; ++k) sums[k] += a[at + k] * b[at + k];
    double sum = 0;
    for (double part : sums) sum += part;
    return sum;
  }
};
const auto dot_product = eight::contracted<DotProduct>;

// Works out bounds over a leaf from the network, layer by layer.
class Encloser {
 public:
  explicit Encloser(const Chain& chain) : chain_(chain), stride_(size_t(chain.rows) + LANES), layer_of_(size_t(chain.rows)) {
    for (int l = 0; l < chain.hidden(); ++l) {
      const Layer& layer = chain.layers[l];
      std::fill_n(layer_of_.begin() + layer.first_row, layer.stride, l);
      below_.insert(below_.end(), layer.below.begin(), layer.below.end());
    }
    for (auto* v : {&size_, &error_, &factor_, &radius_, &slope_, &shift_, &low_, &high_, &unsure_, &weighted_}) v->assign(stride_, 0.0);
  }

  void enclose(const Leaf& leaf, Bounds& to) {
    undecided_.clear();
    double middle[3];
    for (int j = 0; j < 3; ++j) {
      middle[j] = (leaf.lo[j] + leaf.hi[j]) / 2;
      half_[j] = (leaf.hi[j] - leaf.lo[j]) / 2 * (1 + 4 * ULP) + 4 * ULP;
    }
    sizes_.assign(half_, half_ + 3);
    if (columns_.size() < 8 * stride_) columns_.resize(8 * stride_);
    if (chain_.hidden() == 0) {
      for (int j = 0; j < 3; ++j) level_[j] = chain_.layers[0].transposed[size_t(j) * chain_.layers[0].stride];
      level_[3] = dot(level_, middle) + chain_.layers[0].bias[0];
    }
    for (int l = 0, earlier = 0; l < chain_.hidden(); ++l) {
      const int known = int(undecided_.size());
      if (l) inherit(l, earlier, known);
      else begin(middle);
      weigh(l, size_.data() + chain_.layers[l].first_row, error_.data() + chain_.layers[l].first_row);
      decide(chain_.layers[l], known);
      earlier = known;
      if (l + 1 == chain_.hidden()) finish(known);
    }
    gather(leaf, to);
  }

 private:
  const Chain& chain_;
  size_t stride_;
  std::vector<int> layer_of_;
  Doubles below_;   // of all units
  Doubles size_, error_;  // of all units: what its terms can add up to in the leaf, and how far it can be off there
  Doubles factor_;        // of all units: the largest slope, and of its bounds what they can be together

  Doubles columns_;  // of all units: gradient (3), value at the middle, then one column an undecided unit
  Doubles radius_, slope_, shift_, low_, high_, unsure_, weighted_;
  std::vector<int> undecided_, inputs_, list_;
  Doubles values_, sizes_;
  std::vector<const double*> starts_;
  double half_[3], level_[4];
  Doubles level_columns_;

  // Rows of the undecided units out of the columns.
  void gather(const Leaf& leaf, Bounds& to) {
    const int n = int(undecided_.size());
    to.start(leaf, chain_.hidden(), n, n + 8 * chain_.hidden());
    to.narrowed = 0, to.pattern = signs();
    for (int g = 0, v = 0; g < chain_.hidden(); ++g) {
      to.start_group(g);
      for (; v < n && layer_of_[undecided_[v]] == g; ++v) {
        const int u = undecided_[v], entries = 4 + to.groups[g].earlier;
        double size = 0;
        for (int c = 0; c < entries; ++c) size += std::fabs(*column(c, u)) * to.most[c];
        double* row = to.add(g, u, error_[u], size, below_[u], slope_[u], shift_[u]);
        for (int c = 0; c < entries; ++c) row[8 * c] = *column(c, u);
      }
    }
    std::copy(level_, level_ + 4, to.level.begin()), std::copy_n(level_columns_.begin(), n, to.level.begin() + 4);
    double size[LANES], error[LANES];
    weigh(chain_.hidden(), size, error);
    to.level_error = (error[0] + chain_.lost) * (1 + 0x1p-20);
    to.weigh_level();
  }

  // The pattern of the decided units.
  std::vector<u64> signs() const {
    std::vector<u64> pattern(size_t(chain_.words), 0);
    for (int u = 0; u < chain_.faces; ++u)
      if (low_[u] > 0 && below_[u] != 1.0) pattern[chain_.bits[u] >> 6] |= u64(1) << (chain_.bits[u] & 63);
    return pattern;
  }

  double* column(int c, int row) { return columns_.data() + size_t(c) * stride_ + row; }

  void begin(const double* middle) {
    const Layer& layer = chain_.layers[0];
    const double one[3][3] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
    const double* values[4] = {one[0], one[1], one[2], middle};
    const int inputs[3] = {0, 1, 2};
    double* out[4] = {column(0, 0), column(1, 0), column(2, 0), column(3, 0)};
    product(layer.transposed.data(), layer.stride, inputs, values, 3, layer.bias.data(), out);
  }

  void weigh(int l, double* size, double* error) const {
    const double one[3] = {1, 1, 1}, none[3] = {0, 0, 0};
    const int from = l ? chain_.layers[l - 1].first_row : 0;
    sizes_and_errors(chain_.layers[l], l ? factor_.data() + from : one, l ? size_.data() + from : one,
                     l ? error_.data() + from : none, size, error);
  }

  // A layer's columns from those of the layer below; symbols born there are columns of the weights.
  void inherit(int l, int earlier, int known) {
    const Layer &layer = chain_.layers[l], &from = chain_.layers[l - 1];
    const int groups = 1 + (earlier + 3) / 4;
    if (columns_.size() < size_t(4 * groups + known + 8) * stride_) columns_.resize(size_t(4 * groups + known + 8) * stride_);
    const double *slopes = slope_.data() + from.first_row, *shifts = shift_.data() + from.first_row;
    inputs_.resize(size_t(from.stride)), values_.resize(5 * size_t(from.stride));
    double* scaled[4];
    for (int c = 0; c < 4; ++c) scaled[c] = values_.data() + size_t(c) * from.stride;
    double* sizes = values_.data() + 4 * size_t(from.stride);
    sizes_of(slopes, shifts, from.stride, sizes);
    int n = listed(sizes, from.stride, inputs_.data());
    while (n > 0 && inputs_[n - 1] >= from.width) --n;
    for (int g = 0; g < groups; ++g) {
      const double* at[4];
      double* out[4];
      for (int c = 0; c < 4; ++c) at[c] = column(4 * g + c, from.first_row), out[c] = column(4 * g + c, layer.first_row);
      scale_columns(at, slopes, g ? nullptr : shifts, from.stride, scaled);
      product(layer.transposed.data(), layer.stride, inputs_.data(), scaled, n, g ? nullptr : layer.bias.data(), out);
    }
    for (int s = earlier; s < known; ++s)
      std::copy_n(layer.transposed.data() + size_t(undecided_[s] - from.first_row) * layer.stride, layer.stride, column(4 + s, layer.first_row));
  }

  // Line and residual of the undecided units.
  void decide(const Layer& layer, int known) {
    starts_.clear();
    for (int c = 0; c < 3 + known; ++c) starts_.push_back(column(c < 3 ? c : c + 1, layer.first_row));
    const int f = layer.first_row;
    radii(starts_.data(), sizes_.data(), 3 + known, layer.stride, radius_.data() + f);
    classify(column(3, f), radius_.data() + f, error_.data() + f, layer.below.data(), layer.stride,
             low_.data() + f, high_.data() + f, slope_.data() + f, unsure_.data() + f);
    std::fill_n(shift_.begin() + f, layer.stride, 0.0);
    list_.resize(size_t(layer.stride) + 1);
    const int n = listed(unsure_.data() + f, layer.stride, list_.data());
    for (int u = f; u < f + layer.stride; ++u) factor_[u] = std::fabs(slope_[u]);
    for (int k = 0; k < n; ++k) {
      const int i = list_[k], u = f + i;
      const double b = layer.below[i], lo = low_[u], hi = high_[u];
      slope_[u] = (hi - b * lo) / (hi - lo);
      shift_[u] = lo * (b - slope_[u]) / 2;
      const double bent = std::fabs(slope_[u] - b), over = std::fabs(1.0 - slope_[u]);
      factor_[u] = std::max({1.0, std::fabs(b), std::fabs(slope_[u]) + bent + std::max(bent, over)});  // shift twice, residual
      undecided_.push_back(u), sizes_.push_back(std::fabs(shift_[u]));
    }
  }

  // The level row, one dot product a column.
  void finish(int earlier) {
    const Layer &top = chain_.layers.back(), &from = chain_.layers[chain_.hidden() - 1];
    double value = top.bias[0];
    for (int u = 0; u < from.width; ++u) {
      const double w = top.transposed[size_t(u) * top.stride];
      weighted_[u] = w * slope_[from.first_row + u], value += w * shift_[from.first_row + u];
    }
    std::fill(weighted_.begin() + from.width, weighted_.begin() + from.stride, 0.0);
    for (int c = 0; c < 4; ++c) level_[c] = dot_product(weighted_.data(), column(c, from.first_row), from.stride);
    level_[3] += value;
    level_columns_.resize(undecided_.size());
    for (int s = 0; s < int(undecided_.size()); ++s)
      level_columns_[s] = s < earlier ? dot_product(weighted_.data(), column(4 + s, from.first_row), from.stride)
                                      : top.transposed[size_t(undecided_[s] - from.first_row) * top.stride];
  }
};

}  // namespace foldline::march
