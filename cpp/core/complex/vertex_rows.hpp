// Rows of pre-activations at the vertices, from layer to layer.
//
// A vertex that was there when a layer began gets its row of the next layer as a product of its activations and the
// weights.  One that was born in the layer lies on an edge, from a to b, on which the activations are linear but for those
// of the units that change sign there.  So its row lies between those of a and b, but for as many columns of the weights:
// a few dozen times less work than the product.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "core/complex/budget.hpp"
#include "core/complex/complex.hpp"
#include "core/complex/doubled.hpp"
#include "core/complex/origin.hpp"
#include "core/complex/questions.hpp"
#include "core/complex/stage.hpp"
#include "core/rows.hpp"

namespace foldline::complex {

template <int D> class VertexRows {
 public:
  VertexRows(Complex<D>& complex, const Stage<D>& stage, Watch<D>& watch, const Origin& origin, Doubled<D>& doubled, Questions<D>& questions)
      : c_(complex), at_(stage), watch_(watch), origin_(origin), doubled_(doubled), questions_(questions) {}

  double row_size = 0;  // at least the norm of any row of the layer
  double rounding = 0;  // error that one interpolation in this layer can add to a row
  bool narrow = false;  // rows hold the columns of one group only

  // Begin again, keep the memory.
  void begin(VertexRows* parent) {
    parent_ = parent;
    z_.clear(), h_.clear(), h_norm_.clear();
  }

  size_t bytes() const { return (z_.capacity() + h_.capacity()) * sizeof(double); }

  // The rows of a layer for every vertex there is, with bounds of their error; ``whole``: of all columns, for blocks to take.
  void begin_layer(size_t l, bool whole = false) {
    const Layer& layer = at_.layers()[l];
    const Sizes& sizes = at_.sizes()[l];
    narrow = l + 1 == at_.layers().size() && !whole;
    base_ = c_.n_vertices();
    width_ = narrow ? std::min(layer.width, GROUP) : layer.width;
    stride_ = narrow ? std::min(layer.stride, GROUP) : layer.stride;
    for (size_t i = 0; i < base_; ++i) c_.row[i] = i32(i);
    if (taken_over()) {
      row_size = parent_->row_size;
    } else {
      if (l == 0) begin_box();
      row_size = sizes.norm * *std::max_element(h_norm_.data(), h_norm_.data() + base_) + sizes.bias_norm;
      bound_rows(layer);
    }
    rounding = SLACK * ULP * (6 * row_size + 4 * sizes.lipschitz * at_.x_max) + LEAST;
    if (narrow) return;
    hold(base_ * stride_);
    z_.resize(base_ * stride_);
    make_rows(layer, 0, layer.stride, 0);
  }

  // The columns of a group of a narrow layer, from the vertices there were when the layer began.
  void begin_group(size_t l, int from) {
    if (!narrow) return;
    const Layer& layer = at_.layers()[l];
    for (size_t i = base_; i < c_.n_vertices(); ++i) c_.row[i] = -1;
    z_.resize(base_ * stride_);
    make_rows(layer, from, std::min(GROUP, layer.stride - from), 0);
    width_ = std::min(GROUP, layer.width - from);
  }

  // Give every vertex its row, oldest first, so that parents come before children.
  void fill_all() {
    for (size_t i = base_; i < c_.n_vertices(); ++i)
      if (c_.row[i] < 0) fill(i32(i));
  }

  void fill(i32 v) {
    watch_.went_over(stride_);
    hold(z_.size() + stride_);
    c_.row[v] = i32(z_.size() / stride_);
    double* to = z_.grow(stride_);
    rows::between(row_of(c_.born[v].a), row_of(c_.born[v].b), c_.born[v].t, nullptr, 0, to, stride_);
    const int own = int(c_.born[v].unit) - at_.first_unit;
    const int at = narrow ? own - at_.from : own;
    if (at >= 0 && at < width_) to[at] = 0;
  }

  const double* row_of(i32 v) const { return &z_[size_t(c_.row[v]) * stride_]; }

  // The pre-activation of unit j (of the group) at a vertex of this layer, from its row or from the ends it was born between.
  double value(i32 v, int j) const {
    return c_.row[v] >= 0 ? z_[size_t(c_.row[v]) * stride_ + (narrow ? j : at_.from + j)] : value_between(v, j);
  }

  void ensure(i32 v) {
    if (c_.row[v] >= 0) return;
    ensure(c_.born[v].a);
    ensure(c_.born[v].b);
    fill(v);
  }

  // Make the activations of all vertices, of which the next layer's rows will be made.
  void end_layer(size_t l) {
    const Layer& layer = at_.layers()[l];
    const Sizes& sizes = at_.sizes()[l];
    fill_all();
    doubled_.count_generations();
    const size_t n = c_.n_vertices();
    h_norm_.resize(n);
    h_.clear(), direct_.clear(), between_.clear(), kinks_.clear(), refreshed_.clear();
    h_stride_ = stride_;
    kink_rounding_ = sizes.slope_max * rounding;
    for (size_t i = 0; i < n; ++i) {
      watch_.went_over(stride_);
      hold(z_.size() + stride_);
      refreshed_.push(0);
      if (!lies_between(layer, i32(i))) activate(layer, i32(i));
      if (at_.certify && !(c_.trust[i].eps + sizes.lipschitz * sizes.slope_max * c_.trust[i].delta <= at_.bearable(h_norm_[i]))) refresh(i32(i));
    }
  }

  // The newest vertex cuts an exact edge at a parameter no double holds, such as 1/3.  Its row may still be exact: try
  // a + za (b - a) / d column by column, and keep the row if no operation rounds.
  void divide(i32 a, i32 b, int unit) {
    if (narrow && (D == 1 || at_.layers()[at_.layer].width > GROUP)) return;  // nobody reads them, or they are made again for every group
    ensure(a);
    ensure(b);
    watch_.went_over(stride_);
    hold(z_.size() + stride_);
    const i32 v = i32(c_.n_vertices()) - 1;
    const i32 at = i32(z_.size() / stride_);
    double* to = z_.grow(stride_);
    const double* ra = &z_[size_t(c_.row[a]) * stride_];
    const double* rb = &z_[size_t(c_.row[b]) * stride_];
    const int own = narrow ? unit : at_.from + unit;
    const double za = ra[own], d = za - rb[own];
    int g = 0;
    for (int j = 0; j < stride_; ++j) {
      const double product = za * (rb[j] - ra[j]), quotient = product / d;
      to[j] = ra[j] + quotient;
      g = std::max(g, grid_of(to[j]));
      if (std::fma(za, rb[j] - ra[j], -product) != 0 || std::fma(quotient, d, -product) != 0 ||
          to[j] - ra[j] != quotient || to[j] - quotient != ra[j]) {
        z_.resize(size_t(at) * stride_);
        return;
      }
    }
    if (!fits(4 * row_size, g)) {
      z_.resize(size_t(at) * stride_);
      return;
    }
    c_.row[v] = at;
    c_.trust[v].grid = g;
    c_.trust[v].eps = c_.trust[v].delta = 0;
  }

 private:
  APART double value_between(i32 v, int j) const {
    if (c_.born[v].unit == at_.unit(j)) return 0.0;
    const double a = value(c_.born[v].a, j), b = value(c_.born[v].b, j);
    return a + c_.born[v].t * (b - a);
  }

  // A vertex whose next row lies between those of its parents, but for ``count`` kinks; ``size``: the sum of their sizes.
  struct Between { i32 vertex, first, count; double size; };

  // The activation of a unit at a vertex, less what it would be if it were linear between the vertex's parents.
  struct Kink { i32 unit; double change; };

  static constexpr int WIDE = 40;     // units of a layer from which it pays
  static constexpr int KINKS = 6;     // a product costs about as much as this share of the layer's width in kinks  static constexpr int KINKS = 6;     // a product costs about as much as this share of the layer's width in kinks

  Complex<D>& c_;
  const Stage<D>& at_;
  Watch<D>& watch_;
  const Origin& origin_;
  Doubled<D>& doubled_;
  Questions<D>& questions_;
  VertexRows* parent_ = nullptr;
  Buffer<double> z_;                  // rows of pre-activations
  Buffer<double> h_, h_norm_;         // activations of the previous layer where they are needed, and their norms
  int width_ = 0, stride_ = 0, h_stride_ = D;
  size_t base_ = 0;                   // vertices there were when the layer began
  Buffer<i32> direct_;                // those among them whose rows are products, in the order of their activations in ``h``
  Buffer<Between> between_;
  Buffer<Kink> kinks_;
  Buffer<char> refreshed_;            // vertices whose activations are not those of their row
  std::vector<u64> unlike_;
  Buffer<double> made_;               // error that making a vertex's row adds to that of its activations
  double kink_rounding_ = 0;          // error of activations taken for linear

  // So many numbers are to be in ``z_``, beside those in ``h_``.
  void hold(size_t n) const { watch_.holds((n + h_.size()) * sizeof(double)); }

  // The first layer reads the places, or what there is to be read at them.
  void begin_box() {
    const int n = at_.layers()[0].inputs;
    h_.resize(base_ * n);
    std::memcpy(h_.data(), at_.reads ? at_.reads : c_.x.data(), base_ * n * sizeof(double));
    h_stride_ = n;
    h_norm_.resize(base_);
    direct_.clear();
    between_.clear();
    for (size_t i = 0; i < base_; ++i) {
      h_norm_[i] = at_.reads ? length_of(&h_[i * n], n) : at_.x_max * std::sqrt(double(D));
      direct_.push(i32(i));
    }
  }

  static double length_of(const double* row, int n) {
    double sum = 0;
    for (int k = 0; k < n; ++k) sum += row[k] * row[k];
    return SLACK * std::sqrt(sum) + LEAST;
  }

  // Whether the rows of this layer are those that the whole made before it went on in blocks.
  bool taken_over() const { return parent_ && at_.layer == parent_->at_.layer; }

  void bound_rows(const Layer& layer) {
    const Sizes& sizes = at_.sizes()[at_.layer];
    const double gamma = (layer.inputs + 4) * ULP;
    made_.resize(base_);
    for (size_t k = 0; k < direct_.size(); ++k) {
      const size_t i = direct_[k];
      const double size = sizes.frobenius * h_norm_[i] + sizes.bias_norm;
      c_.trust[i].grid = c_.trust[i].grid >= 0 && fits(SLACK * size, c_.trust[i].grid + sizes.grid) ? c_.trust[i].grid + sizes.grid : -1;
      made_[i] = c_.trust[i].grid >= 0 ? 0 : gamma * size;
      c_.trust[i].eps = c_.trust[i].grid >= 0 ? 0 : SLACK * (made_[i] + sizes.norm * c_.trust[i].eps) + LEAST;
    }
    for (size_t k = 0; at_.certify && k < between_.size(); ++k) {
      const Between& v = between_[k];
      const i32 a = c_.born[v.vertex].a, b = c_.born[v.vertex].b;
      const double inputs = h_norm_[a] + h_norm_[b], size = sizes.norm * (inputs + v.size) + 2 * sizes.bias_norm;
      const double step = ULP * ((v.count + 5) * size + 8 * sizes.norm * inputs) + sizes.norm * kink_rounding_;
      made_[v.vertex] = std::max(made_[a], made_[b]) + SLACK * step + LEAST;
      c_.trust[v.vertex].eps = SLACK * (made_[v.vertex] + sizes.norm * c_.trust[v.vertex].eps) + LEAST;
    }
  }

  // The columns [from, from + columns) of the rows of the vertices there were when the layer began, to column ``to`` of z on.
  void make_rows(const Layer& layer, int from, int columns, int to) {
    if (taken_over()) {
      for (size_t i = 0; i < base_; ++i) {
        watch_.went_over(columns);
        std::memcpy(&z_[i * stride_ + to], parent_->row_of(origin_.v[i]) + from, columns * sizeof(double));
      }
      return;
    }
    const double* packed = layer.packed.data() + size_t(from) * layer.inputs;  // a group begins with a panel
    rows::product_in_parts({h_.data(), direct_.size(), h_stride_, layer.inputs, packed, layer.bias.data() + from, z_.data() + to, stride_, columns, direct_.data()},
                           [this] { watch_.look(); });
    std::vector<rows::Change> changes;
    for (size_t k = 0; k < between_.size(); ++k) {  // oldest first: parents come before children
      const Between& v = between_[k];
      const Birth& birth = c_.born[v.vertex];
      watch_.went_over(size_t(columns) * (v.count + 1));
      changes.clear();
      for (i32 i = v.first; i < v.first + v.count; ++i)
        changes.push_back({packed + size_t(kinks_[i].unit) * rows::PANEL, size_t(layer.inputs) * rows::PANEL, {kinks_[i].change}});
      rows::between(&z_[size_t(birth.a) * stride_ + to], &z_[size_t(birth.b) * stride_ + to], birth.t, changes.data(),
                    int(changes.size()), &z_[size_t(v.vertex) * stride_ + to], columns);
    }
  }

  // The activations of a vertex, of which a product will make its next row.
  void activate(const Layer& layer, i32 v) {
    const Sizes& sizes = at_.sizes()[at_.layer];
    double* to = h_.grow(h_stride_);
    direct_.push(v);
    h_norm_[v] = SLACK * std::sqrt(rows::activate(row_of(v), layer.below.data(), to, h_stride_)) + LEAST;
    c_.trust[v].eps = activated(v);
    if (c_.trust[v].grid < 0) return;
    c_.trust[v].grid = fits(row_size * sizes.slope_max, c_.trust[v].grid + sizes.slope_grid) ? c_.trust[v].grid + sizes.slope_grid : -1;
    if (c_.trust[v].grid < 0) return;
    c_.trust[v].eps = 0;
    int actual = 0;  // the bookkeeping only bounds it
    for (int j = 0; j < layer.width; ++j) actual = std::max(actual, grid_of(to[j]));
    c_.trust[v].grid = std::min(c_.trust[v].grid, actual);
  }

  // The error of a vertex's activations, given that of its row.
  double activated(i32 v) const {
    const Sizes& sizes = at_.sizes()[at_.layer];
    return SLACK * (c_.trust[v].eps * sizes.slope_max + (sizes.slope_grid || sizes.slope_max != 1 ? ULP * h_norm_[v] + LEAST : 0));
  }

  // Whether a vertex's next row is made from those of its parents; lists its kinks.
  bool lies_between(const Layer& layer, i32 v) {
    const i32 a = c_.born[v].a, b = c_.born[v].b;
    if (layer.width < WIDE || size_t(v) < base_ || c_.trust[v].grid >= 0 || refreshed_[a] || refreshed_[b]) return false;
    const double *at_a = row_of(a), *at_b = row_of(b), *at_v = row_of(v), t = c_.born[v].t;
    unlike_.resize(layer.folds.size());
    rows::unlike(at_a, at_b, layer.stride, unlike_.data());
    const int own = c_.born[v].unit - layer.first_unit;
    unlike_[own / GROUP] |= u64(1) << own % GROUP;
    int n = 0;
    for (size_t w = 0; w < unlike_.size(); ++w) n += __builtin_popcountll(unlike_[w] &= layer.folds[w]);
    if (n > layer.width / KINKS) return false;
    Between found{v, i32(kinks_.size()), 0, 0};
    for (size_t w = 0; w < unlike_.size(); ++w)
      for (u64 m = unlike_[w]; m; m &= m - 1) {
        const int u = int(w) * GROUP + __builtin_ctzll(m);
        const auto bent = [&](double z) { return z > 0 ? z : z * layer.below[u]; };
        const double from = bent(at_a[u]), change = bent(at_v[u]) - (from + t * (bent(at_b[u]) - from));
        if (change == 0) continue;
        kinks_.push({u, change});
        found.size += std::fabs(change);
        ++found.count;
      }
    between_.push(found);
    h_norm_[v] = SLACK * std::max(h_norm_[a], h_norm_[b]);  // the size of activations is convex between them
    c_.trust[v].eps = activated(v);
    return true;
  }

  // Take a vertex's activations from finer arithmetic, correctly rounded, when its float row has lost too much.
  void refresh(i32 v) {
    const Layer& layer = at_.layers()[at_.layer];
    const Sizes& sizes = at_.sizes()[at_.layer];
    refreshed_[v] = 1;
    if (!direct_.size() || direct_[direct_.size() - 1] != v) {
      between_.resize(between_.size() - 1);
      direct_.push(v);
      h_.grow(h_stride_);
    }
    double* at = &h_[h_.size() - h_stride_];
    double off = 0, error = 0;
    questions_.row(v, &c_.x[size_t(v) * D], at, off, error);
    double sum = 0;
    for (int j = 0; j < layer.width; ++j) sum += at[j] * at[j];
    h_norm_[v] = SLACK * std::sqrt(sum) + LEAST;
    c_.trust[v].delta = 2 * ULP * at_.x_max + off;
    c_.trust[v].grid = -1;
    c_.trust[v].eps = SLACK * (2 * ULP * h_norm_[v] + error + sizes.lipschitz * sizes.slope_max * c_.trust[v].delta);
  }
};

}  // namespace foldline::complex
