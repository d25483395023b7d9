// The affine maps of a network's units on one region, with bounds of their errors.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/eight.hpp"
#include "core/march/chain.hpp"

namespace foldline::march {

using eight::load, eight::store, eight::absolute;

constexpr int FEW_FLIPS = 4;          // a layer is touched up for at most this many units at once,
constexpr int MANY_FLIPS = 64;        // and for this many before it is worked out again; matters of speed

// out[c][u] += sum over the listed inputs of values[5 i + c] * transposed[input_i][u], c < 4; the fifth value is an error:
// error[u] += sum of values[5 i + 4] * |transposed[input_i][u]|.
struct ProductWithError {
  template <class E>
  static ALWAYS_INLINE void run(const double* transposed, int pad, const int* inputs, const double* values, int n,
                                double* const* out, double* error) {
    constexpr int N = eight::at_once<E>;
    for (int at = 0; at < pad; at += 8 * N) {
      E a[N], b[N], c[N], d[N], e[N];
      for (int k = 0, j = at; k < N; ++k, j += 8) {
        a[k] = load<E>(out[0] + j), b[k] = load<E>(out[1] + j), c[k] = load<E>(out[2] + j);
        d[k] = load<E>(out[3] + j), e[k] = load<E>(error + j);
      }
      for (int i = 0; i < n; ++i) {
        const double *column = transposed + size_t(inputs[i]) * pad + at, *v = values + 5 * size_t(i);
        for (int k = 0; k < N; ++k) {
          const E w = load<E>(column + 8 * k);
          a[k] += v[0] * w, b[k] += v[1] * w, c[k] += v[2] * w, d[k] += v[3] * w, e[k] += v[4] * absolute(w);
        }
      }
      for (int k = 0, j = at; k < N; ++k, j += 8) {
        store(out[0] + j, a[k]), store(out[1] + j, b[k]), store(out[2] + j, c[k]);
        store(out[3] + j, d[k]), store(error + j, e[k]);
      }
    }
  }
};
const auto product_with_error = eight::contracted<ProductWithError>;

// The layer of a region from its rows: values of the units that are not flat, in order; returns how many.
struct GatherRows {
  template <class> static ALWAYS_INLINE int run(const double* const* A, const double* error, const double* slopes, int width, double rounding,
                         int* inputs, double* values) {
    int n = 0;
    for (int u = 0; u < width; ++u) {
      const double slope = slopes[u];
      double* v = values + 5 * size_t(n);
      const double a = A[0][u], b = A[1][u], c = A[2][u], d = A[3][u];
      v[0] = slope * a, v[1] = slope * b, v[2] = slope * c, v[3] = slope * d;
      v[4] = std::fabs(slope) * (error[u] + rounding * (std::fabs(a) + std::fabs(b) + std::fabs(c) + std::fabs(d)));
      inputs[n] = u, n += slope != 0.0;  // written over by the next one if flat: no branch to guess
    }
    return n;
  }
};
const auto gather_rows = eight::contracted<GatherRows>;

// The same for a layer of ReLU: the units that are on have slope 1, the others are flat.
struct GatherOn {
  template <class> static ALWAYS_INLINE int run(const double* const* A, const double* error, const u64* words, int width, double rounding,
                       int* inputs, double* values) {
    int n = 0;
    for (int w = 0; 64 * w < width; ++w)
      for (u64 bits = words[w]; bits; bits &= bits - 1) {
        const int u = 64 * w + __builtin_ctzll(bits);
        const double a = A[0][u], b = A[1][u], c = A[2][u], d = A[3][u];
        double* v = values + 5 * size_t(n);
        v[0] = a, v[1] = b, v[2] = c, v[3] = d;
        v[4] = error[u] + rounding * (std::fabs(a) + std::fabs(b) + std::fabs(c) + std::fabs(d));
        inputs[n++] = u;
      }
    return n;
  }
};
const auto gather_on = eight::contracted<GatherOn>;

// out[c][u] += values[c] * column[u], and the error of that: of the values, and of rounding before and after.
struct AddOuter {
  template <class> static ALWAYS_INLINE void run(const double* column, const double* values, double wrong, int pad, double* const* out, double* error) {
    double *__restrict a = out[0], *__restrict b = out[1], *__restrict c = out[2], *__restrict d = out[3];
    double* __restrict e = error;
    const double p = values[0], q = values[1], r = values[2], s = values[3];
    for (int u = 0; u < pad; ++u) {
      const double w = column[u];
      a[u] += p * w, b[u] += q * w, c[u] += r * w, d[u] += s * w;
      const double size = std::fabs(a[u]) + std::fabs(b[u]) + std::fabs(c[u]) + std::fabs(d[u]);
      e[u] += (wrong * std::fabs(w) + 2 * ULP * size) * (1 + 0x1p-20);
    }
  }
};
const auto add_outer = eight::contracted<AddOuter>;

// slopes[u] = 1 where the bit is set, below[u] elsewhere.
struct SlopesOf {
  template <class> static ALWAYS_INLINE void run(const u64* words, const double* below, int width, double* slopes) {
    for (int w = 0; 64 * w < width; ++w) {
      const u64 word = words[w];
      const int n = std::min(64, width - 64 * w);
      for (int u = 0; u < n; ++u) slopes[64 * w + u] = (word >> u & 1) ? 1.0 : below[64 * w + u];
    }
  }
};
const auto slopes_of = eight::contracted<SlopesOf>;

// error[u] += factor * (|row u|_1).
struct AddSizes {
  template <class> static ALWAYS_INLINE void run(const double* const* out, int pad, double factor, double* error) {
    for (int u = 0; u < pad; ++u)
      error[u] += factor * (std::fabs(out[0][u]) + std::fabs(out[1][u]) + std::fabs(out[2][u]) + std::fabs(out[3][u]));
  }
};
const auto add_sizes = eight::contracted<AddSizes>;

// The affine maps of all units on one region; moving to a region nearby redoes only the layers that change.
class RegionRows {
 public:
  explicit RegionRows(const Chain& chain) : chain_(chain), pattern(size_t(chain.words) + 1, 0) {
    for (auto& column : rows_) column.assign(size_t(chain.rows), 0.0);
    for (int c = 0; c < 4; ++c) A[c] = rows_[c].data();
    for (int j = 0; j < 3; ++j) {
      int low = chain.faces + 2 * j;
      rows_[j][low] = 1, rows_[3][low] = -chain.lo[j];
      rows_[j][low + 1] = -1, rows_[3][low + 1] = chain.hi[j];
    }
    error.assign(size_t(chain.rows), 0.0);
    touched_.assign(chain.layers.size(), 0);
    for (int f = chain.faces; f < chain.rows; ++f) error[f] = 4 * ULP;
  }

  void load(const u64* wanted) {
    int l = 0;
    if (loaded_) {
      while (l < chain_.hidden() && same(chain_.layers[l], wanted)) ++l;
      if (l == chain_.hidden()) return;
      if (l + 1 < chain_.hidden() && touch_up(l, wanted)) ++l;
    } else {
      first();
    }
    std::copy(wanted, wanted + chain_.words, pattern.begin());
    for (int k = l + 1; k <= chain_.hidden(); ++k) layer(k);
    loaded_ = true;
  }
  bool on(int row) const { int b = chain_.bits[row]; return pattern[b >> 6] >> (b & 63) & 1; }
  double sign(int row) const { return on(row) || chain_.is_face(row) ? 1.0 : -1.0; }  // sign * row >= 0 on the region
  double at(int row, const double* p) const { return A[0][row] * p[0] + A[1][row] * p[1] + A[2][row] * p[2] + A[3][row]; }

 private:
  const Chain& chain_;
  Doubles rows_[4];
  std::vector<int> inputs_;
  Doubles values_, slopes_;
  std::vector<int> touched_;  // flips a layer has been touched up for since it was last worked out
  bool loaded_ = false;

 public:
  double* A[4];
  double level[4] = {0, 0, 0, 0};  // gradient and offset of the network minus the level
  std::vector<u64> pattern;
  Doubles error;       // how far a row's value can be off anywhere in the box, evaluating it included
  double level_error = 0;

 private:
  // Redo layer l + 1 where few units of layer l flip, one column of weights each; their error is added to the layer's.
  bool touch_up(int l, const u64* wanted) {
    const Layer &from = chain_.layers[l], &to = chain_.layers[l + 1];
    const u64 *before = &pattern[from.first_word], *after = wanted + from.first_word;
    const int flips = n_flips(before, after, from.words);
    if (flips > FEW_FLIPS || touched_[l + 1] + flips > MANY_FLIPS) return false;
    touched_[l + 1] += flips;
    double* out[4] = {A[0] + to.first_row, A[1] + to.first_row, A[2] + to.first_row, A[3] + to.first_row};
    each_flip(before, after, from.words, [&](int u, bool on) {
      const int row = from.first_row + u;
      const double step = from.step(u, on);
      const double value[4] = {step * A[0][row], step * A[1][row], step * A[2][row], step * A[3][row]};
      const double wrong = std::fabs(step) * error[row] + 4 * ULP * (std::fabs(value[0]) + std::fabs(value[1]) +
                                                                    std::fabs(value[2]) + std::fabs(value[3]));
      add_outer(to.transposed.data() + size_t(u) * to.stride, value, wrong, to.stride, out, error.data() + to.first_row);
    });
    return true;
  }
  bool same(const Layer& l, const u64* wanted) const {
    return std::equal(wanted + l.first_word, wanted + l.first_word + l.words, pattern.begin() + l.first_word);
  }
  void first() {
    const double one[5 * 3] = {1, 0, 0, 0, ULP, 0, 1, 0, 0, ULP, 0, 0, 1, 0, ULP};
    const int inputs[3] = {0, 1, 2};
    run(chain_.layers[0], inputs, one, 3);
  }
  void layer(int k) {
    const Layer& from = chain_.layers[k - 1];
    inputs_.resize(size_t(from.width) + 1), values_.resize(5 * size_t(from.width) + 5), slopes_.resize(size_t(from.width));
    const double* at[4] = {A[0] + from.first_row, A[1] + from.first_row, A[2] + from.first_row, A[3] + from.first_row};
    const double *wrong = error.data() + from.first_row, rounding = (from.width + 8) * ULP;
    if (!from.relu) slopes_of(pattern.data() + from.first_word, from.below.data(), from.width, slopes_.data());
    const int n = from.relu ? gather_on(at, wrong, pattern.data() + from.first_word, from.width, rounding, inputs_.data(), values_.data())
                            : gather_rows(at, wrong, slopes_.data(), from.width, rounding, inputs_.data(), values_.data());
    run(chain_.layers[k], inputs_.data(), values_.data(), n);
  }
  // Rows of one layer and their errors: |W| times those of the layer before, and the rounding of this product and of the
  // few operations that evaluate a row at a point (Higham 2002, section 3.1).
  void run(const Layer& l, const int* inputs, const double* values, int n) {
    const size_t k = size_t(&l - chain_.layers.data());
    touched_[k] = 0;
    double last[5][LANES] = {};
    double* out[4];
    const bool top = &l == &chain_.layers.back();
    for (int c = 0; c < 4; ++c) {
      out[c] = top ? last[c] : A[c] + l.first_row;
      if (c < 3) std::fill(out[c], out[c] + l.stride, 0.0);
      else std::copy(l.bias.begin(), l.bias.end(), out[c]);
    }
    double* wrong = top ? last[4] : error.data() + l.first_row;
    std::copy(chain_.bias_error[k].begin(), chain_.bias_error[k].end(), wrong);
    product_with_error(l.transposed.data(), l.stride, inputs, values, n, out, wrong);
    add_sizes(out, l.stride, 32 * ULP, wrong);
    if (!top) return;
    for (int c = 0; c < 4; ++c) level[c] = last[c][0];
    level_error = (last[4][0] + chain_.lost) * (1 + 0x1p-20);
  }
};

}  // namespace foldline::march
