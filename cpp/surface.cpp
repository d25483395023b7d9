// The level set of a ReLU network with 3 inputs: a march from region to region, and the search that misses none.
//
// March.  On a region the network is affine, so its level set there is one convex polygon: a plane cut by the folds of
// the region and the box.  Across each edge one unit flips, which names the next region.  A vertex is named by the two
// folds that meet there and the state of all other units, so polygons weld without comparing coordinates.  A polygon is
// accepted when every unit that is not zero at a vertex by construction lies outside a computed error bound there;
// otherwise the arbiter (rational arithmetic, exact/meeting.py) says what the polygon is and which regions it touches.
//
// Search.  Let d be a direction.  Every component of the level set has a lowest point along d.  Where some direction
// across d has a slope of one sign for all gradients nearby, the level set is a graph over the other directions and runs
// on downhill: no lowest point there.  Where the network is monotone along each axis, wherever it equals the level, what
// it has of the level set in the leaf is connected (see `sheet`): one zero found there is a seed for all of it.  So only
// leaves of an octree where neither is proved are opened, region by region.  The same on the faces of the box (across d,
// and along the axes, inside the face) and on its edges (every zero).
//
// Coordinates here are scaled by powers of two so that the box lies in [-1, 1]^3; the scaling is exact.
// Reference in Python, same algorithm: exact/march.py.

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <vector>

namespace nb = nanobind;
using u64 = std::uint64_t;

#if defined(__x86_64__) && defined(__linux__) && defined(__GNUC__) && !defined(__clang__)
#define CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default"), optimize("fp-contract=fast", "no-trapping-math")))
#else
#define CLONES
#endif

namespace {

constexpr double ULP = 0x1p-53;       // unit roundoff of a double
constexpr double NEAR = 0x1p-20;      // vertices known worse than this (box in [-1, 1]) go to the arbiter
constexpr double ALL = 8.0;           // radius: the box fits in a ball of half this around any of its points
constexpr double SLACK = 0x1p-30;     // opened leaves keep every polygon within this of being there: a superset
constexpr double THICK = 0x1p-24;     // opened leaves are widened by this, so that nothing hides between two of them
constexpr double TINY = 0x1p-200;     // above 0: a unit that is zero all over is near every point
constexpr int LANES = 16;             // rows are padded to this
constexpr int MAX_CORNERS = 244;      // of a polygon while it is cut; not a power of two, so that arrays do not alias
constexpr size_t LAST_OPENED = 20000; // regions walked in a leaf too small to split before giving up
constexpr int FEW_FLIPS = 4;          // a layer is touched up for at most this many units at once,
constexpr int MANY_FLIPS = 64;        // and for this many before it is worked out again; matters of speed
constexpr int MANY_SYMBOLS = 24;      // slopes are not bounded where more units are undecided; a matter of speed only
constexpr int NEWTON = 6;             // steps towards a zero of a sheet before its leaf is split instead
constexpr int DEEP = 8;               // leaves split more often than this are opened sooner
constexpr double LONG = 0.6;           // sides at least this part of the longest are split; a matter of speed only
constexpr double SPLIT = 0.48717948717948717;  // leaves are not halved: folds of tidy weights lie at halves

struct Key {
  u64 a = 0, b = 0;
  Key operator^(Key o) const { return {a ^ o.a, b ^ o.b}; }
  bool operator==(Key o) const { return a == o.a && b == o.b; }
};

// Key -> number, open addressing.
class Table {
  struct Slot { Key key; std::uint32_t value = EMPTY; };
  std::vector<Slot> slots_;
  size_t size_ = 0, mask_ = 0;

 public:
  Table() { rehash(1 << 12); }
  // The number of a key and whether it is new (then it is `value`).
  std::pair<std::uint32_t, bool> insert(Key key, std::uint32_t value) {
    if (2 * size_ > mask_) rehash(2 * (mask_ + 1));
    size_t i = key.a & mask_;
    for (; slots_[i].value != EMPTY; i = (i + 1) & mask_)
      if (slots_[i].key == key) return {slots_[i].value, false};
    slots_[i] = {key, value}, ++size_;
    return {value, true};
  }
  void fetch(Key key) const {  // asks memory for the place of a key before it is needed
#if defined(__GNUC__)
    __builtin_prefetch(slots_.data() + (key.a & mask_));
#endif
  }

 private:
  static constexpr std::uint32_t EMPTY = 0xffffffffu;
  void rehash(size_t n) {
    std::vector<Slot> slots(n);
    for (const Slot& slot : slots_) {
      if (slot.value == EMPTY) continue;
      size_t i = slot.key.a & (n - 1);
      while (slots[i].value != EMPTY) i = (i + 1) & (n - 1);
      slots[i] = slot;
    }
    slots_.swap(slots), mask_ = n - 1;
  }
};

struct Layer {
  int inputs = 0, width = 0, pad = 0, first = 0, word = 0, words = 0;
  bool relu = false;               // all units are flat below zero
  std::vector<double> transposed;  // (inputs, pad): row j holds what input j adds to each unit
  std::vector<double> bias, bias_error, below;
};

// Network, box and bounds; rows are numbered over all padded hidden units, then the 6 faces of the box.
struct Chain {
  std::vector<Layer> layers;  // hidden layers, then the level row
  int rows = 0, faces = 0, words = 0;
  std::vector<double> error, usable;    // how far a computed value can be off on any region of the box; folds or not
  std::vector<Key> on, tag;
  double level_error = 0, lost = 0;     // of the level row on any region; by rounding bias - level
  double lo[3], hi[3];
  int hidden() const { return int(layers.size()) - 1; }
  bool is_face(int row) const { return row >= faces; }
  std::vector<int> bits;                // row -> its bit in a pattern
};

#if defined(__GNUC__)
typedef double Pack __attribute__((vector_size(64), aligned(8), may_alias));
typedef long long PackBits __attribute__((vector_size(64), aligned(8), may_alias));
#define FOLDLINE_PACKS 1
#endif

// out[c][u] = sum over the listed inputs of values[c][input_i] * transposed[input_i][u], c < 4; the last plus the bias.
CLONES void product(const double* transposed, int pad, const int* inputs, const double* const* values, int n,
                    const double* bias, double* const* out) {
  const double *p = values[0], *q = values[1], *r = values[2], *s = values[3];
  for (int at = 0; at < pad; at += LANES) {
#ifdef FOLDLINE_PACKS
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

// The same for four columns and their error, the fifth value: error[u] += values[5 i + 4] * |transposed[input_i][u]|.
CLONES void product_with_error(const double* transposed, int pad, const int* inputs, const double* values, int n,
                               double* const* out, double* error) {
  for (int at = 0; at < pad; at += LANES) {
#ifdef FOLDLINE_PACKS
    const PackBits size = PackBits{} + 0x7fffffffffffffffLL;
    Pack a0 = *(const Pack*)(out[0] + at), a1 = *(const Pack*)(out[0] + at + 8);
    Pack b0 = *(const Pack*)(out[1] + at), b1 = *(const Pack*)(out[1] + at + 8);
    Pack c0 = *(const Pack*)(out[2] + at), c1 = *(const Pack*)(out[2] + at + 8);
    Pack d0 = *(const Pack*)(out[3] + at), d1 = *(const Pack*)(out[3] + at + 8);
    Pack e0 = *(const Pack*)(error + at), e1 = *(const Pack*)(error + at + 8);
    for (int i = 0; i < n; ++i) {
      const double* w = transposed + size_t(inputs[i]) * pad + at;
      const double* v = values + 5 * size_t(i);
      const Pack w0 = *(const Pack*)w, w1 = *(const Pack*)(w + 8);
      a0 += v[0] * w0, a1 += v[0] * w1, b0 += v[1] * w0, b1 += v[1] * w1;
      c0 += v[2] * w0, c1 += v[2] * w1, d0 += v[3] * w0, d1 += v[3] * w1;
      e0 += v[4] * (Pack)((PackBits)w0 & size), e1 += v[4] * (Pack)((PackBits)w1 & size);
    }
    *(Pack*)(out[0] + at) = a0, *(Pack*)(out[0] + at + 8) = a1, *(Pack*)(out[1] + at) = b0, *(Pack*)(out[1] + at + 8) = b1;
    *(Pack*)(out[2] + at) = c0, *(Pack*)(out[2] + at + 8) = c1, *(Pack*)(out[3] + at) = d0, *(Pack*)(out[3] + at + 8) = d1;
    *(Pack*)(error + at) = e0, *(Pack*)(error + at + 8) = e1;
#else
    for (int i = 0; i < n; ++i)
      for (int k = 0; k < LANES; ++k) {
        const double w = transposed[size_t(inputs[i]) * pad + at + k];
        for (int c = 0; c < 4; ++c) out[c][at + k] += values[5 * size_t(i) + c] * w;
        error[at + k] += values[5 * size_t(i) + 4] * std::fabs(w);
      }
#endif
  }
}

// The layer of a region from its rows: values of the units that are not flat, in order; returns how many.
CLONES int gather_rows(const double* const* A, const double* error, const double* slopes, int width, double rounding,
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

// The same for a layer of ReLU: the units that are on have slope 1, the others are flat.
CLONES int gather_on(const double* const* A, const double* error, const u64* words, int width, double rounding,
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

// out[c][u] += values[c] * column[u], and the error of that: of the values, and of rounding before and after.
CLONES void add_outer(const double* column, const double* values, double wrong, int pad, double* const* out, double* error) {
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

// slopes[u] = 1 where the bit is set, below[u] elsewhere.
CLONES void slopes_of(const u64* words, const double* below, int width, double* slopes) {
  for (int w = 0; 64 * w < width; ++w) {
    const u64 word = words[w];
    const int n = std::min(64, width - 64 * w);
    for (int u = 0; u < n; ++u) slopes[64 * w + u] = (word >> u & 1) ? 1.0 : below[64 * w + u];
  }
}

// The rows that are near, listed; returns how many.  The number of rows is a multiple of 8.
CLONES int listed(const double* near, int rows, int* list) {
  int n = 0;
  for (int at = 0; at < rows; at += 64) {
    const int m = std::min(64, rows - at);
    u64 mask = 0;
#ifdef FOLDLINE_PACKS
    PackBits bit = {1, 2, 4, 8, 16, 32, 64, 128}, any = {};
    for (int u = 0; u < m; u += 8, bit <<= 8) any |= (*(const Pack*)(near + at + u) > Pack{}) & bit;
    for (int k = 0; k < 8; ++k) mask |= u64(any[k]);
#else
    for (int u = 0; u < m; ++u) mask |= u64(near[at + u] > 0) << u;
#endif
    for (; mask; mask &= mask - 1) list[n++] = at + __builtin_ctzll(mask);
  }
  return n;
}

// error[u] += factor * (|row u|_1).
CLONES void add_sizes(const double* const* out, int pad, double factor, double* error) {
  for (int u = 0; u < pad; ++u)
    error[u] += factor * (std::fabs(out[0][u]) + std::fabs(out[1][u]) + std::fabs(out[2][u]) + std::fabs(out[3][u]));
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
#ifdef FOLDLINE_PACKS
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

// near[u] > 0 where row u can be zero within `radius` of p on the plane with unit normal n, errors included.
CLONES void nearby(int rows, const double* const* A, const double* error, const double* usable, const double* p,
                   const double* n, double radius, double* __restrict near) {
  const double *X = A[0], *Y = A[1], *Z = A[2], *C = A[3];
  const double p0 = p[0], p1 = p[1], p2 = p[2], n0 = n[0], n1 = n[1], n2 = n[2];
  const double wide = radius * radius * 1.0625;  // (a + b)^2 <= (1 + 1/16) a^2 + 17 b^2
  for (int u = 0; u < rows; ++u) {
    const double x = X[u], y = Y[u], z = Z[u];
    const double value = x * p0 + y * p1 + z * p2 + C[u];
    const double along = x * n0 + y * n1 + z * n2;
    const double square = x * x + y * y + z * z, rest = square - along * along;
    const double across = (rest > 0 ? rest : 0.0) + 0x1p-44 * square;
    const double far = error[u] + 2 * NEAR * (std::fabs(x) + std::fabs(y) + std::fabs(z) + std::fabs(C[u])) + TINY;
    near[u] = (across * wide + 17 * far * far - value * value) * usable[u];
  }
}

// The affine maps of all units on one region; moving to a region nearby redoes only the layers that change.
class Maps {
 public:
  explicit Maps(const Chain& chain) : chain_(chain), pattern(size_t(chain.words) + 1, 0) {
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
  std::vector<double> rows_[4];
  std::vector<int> inputs_;
  std::vector<double> values_, slopes_;
  std::vector<int> touched_;  // flips a layer has been touched up for since it was last worked out
  bool loaded_ = false;

 public:
  double* A[4];
  double level[4] = {0, 0, 0, 0};  // gradient and offset of the network minus the level
  std::vector<u64> pattern;
  std::vector<double> error;       // how far a row's value can be off anywhere in the box, evaluating it included
  double level_error = 0;

 private:
  // Redo layer l + 1 where few units of layer l flip, one column of weights each; their error is added to the layer's.
  bool touch_up(int l, const u64* wanted) {
    const Layer &from = chain_.layers[l], &to = chain_.layers[l + 1];
    int flips = 0;
    for (int w = 0; w < from.words; ++w) flips += __builtin_popcountll(wanted[from.word + w] ^ pattern[from.word + w]);
    if (flips > FEW_FLIPS || touched_[l + 1] + flips > MANY_FLIPS) return false;
    touched_[l + 1] += flips;
    for (int w = 0; w < from.words; ++w)
      for (u64 bits = wanted[from.word + w] ^ pattern[from.word + w]; bits; bits &= bits - 1) {
        const int u = 64 * w + __builtin_ctzll(bits), row = from.first + u;
        const double step = (wanted[from.word + w] >> (u & 63) & 1) ? 1.0 - from.below[u] : from.below[u] - 1.0;
        const double value[4] = {step * A[0][row], step * A[1][row], step * A[2][row], step * A[3][row]};
        double* out[4] = {A[0] + to.first, A[1] + to.first, A[2] + to.first, A[3] + to.first};
        const double wrong = std::fabs(step) * error[row] + 4 * ULP * (std::fabs(value[0]) + std::fabs(value[1]) +
                                                                      std::fabs(value[2]) + std::fabs(value[3]));
        add_outer(to.transposed.data() + size_t(u) * to.pad, value, wrong, to.pad, out, error.data() + to.first);
      }
    return true;
  }
  bool same(const Layer& l, const u64* wanted) const {
    return std::equal(wanted + l.word, wanted + l.word + l.words, pattern.begin() + l.word);
  }
  void first() {
    const double one[5 * 3] = {1, 0, 0, 0, ULP, 0, 1, 0, 0, ULP, 0, 0, 1, 0, ULP};
    const int inputs[3] = {0, 1, 2};
    run(chain_.layers[0], inputs, one, 3);
  }
  void layer(int k) {
    const Layer& from = chain_.layers[k - 1];
    inputs_.resize(size_t(from.width) + 1), values_.resize(5 * size_t(from.width) + 5), slopes_.resize(size_t(from.width));
    const double* at[4] = {A[0] + from.first, A[1] + from.first, A[2] + from.first, A[3] + from.first};
    const double *wrong = error.data() + from.first, rounding = (from.width + 8) * ULP;
    if (!from.relu) slopes_of(pattern.data() + from.word, from.below.data(), from.width, slopes_.data());
    const int n = from.relu ? gather_on(at, wrong, pattern.data() + from.word, from.width, rounding, inputs_.data(), values_.data())
                            : gather_rows(at, wrong, slopes_.data(), from.width, rounding, inputs_.data(), values_.data());
    run(chain_.layers[k], inputs_.data(), values_.data(), n);
  }
  // Rows of one layer and their errors: |W| times those of the layer before, and the rounding of this product and of the
  // few operations that evaluate a row at a point (Higham 2002, section 3.1).
  void run(const Layer& l, const int* inputs, const double* values, int n) {
    touched_[size_t(&l - chain_.layers.data())] = 0;
    double last[5][LANES] = {};
    double* out[4];
    const bool top = &l == &chain_.layers.back();
    for (int c = 0; c < 4; ++c) {
      out[c] = top ? last[c] : A[c] + l.first;
      if (c < 3) std::fill(out[c], out[c] + l.pad, 0.0);
      else std::copy(l.bias.begin(), l.bias.end(), out[c]);
    }
    double* wrong = top ? last[4] : error.data() + l.first;
    std::copy(l.bias_error.begin(), l.bias_error.end(), wrong);
    product_with_error(l.transposed.data(), l.pad, inputs, values, n, out, wrong);
    add_sizes(out, l.pad, 32 * ULP, wrong);
    if (!top) return;
    for (int c = 0; c < 4; ++c) level[c] = last[c][0];
    level_error = (last[4][0] + chain_.lost) * (1 + 0x1p-20);
  }
};

// A convex polygon in a plane, counter-clockwise; edge k runs from corner k to corner k + 1 along line label[k].
struct Polygon {
  int n = 0;
  bool full = false;  // a cut was left out
  double most = 0;    // of the last line on the corners it met
  double *x = xs_[0], *y = ys_[0];
  int* label = labels_[0];

  Polygon() = default;
  Polygon(const Polygon&) = delete;
  Polygon& operator=(const Polygon&) = delete;
  void square(double half) {
    n = 4, full = false;
    const double sx[4] = {-1, 1, 1, -1}, sy[4] = {-1, -1, 1, 1};
    for (int k = 0; k < 4; ++k) x[k] = half * sx[k], y[k] = half * sy[k], label[k] = -1 - k;
  }
  // Keep the side a x + b y + c >= 0; whether anything went.
  bool cut(double a, double b, double c, int name) {
    double s[MAX_CORNERS], least = INFINITY;
    most = -INFINITY;
    for (int k = 0; k < n; ++k) {
      s[k] = a * x[k] + b * y[k] + c;
      least = std::min(least, s[k]), most = std::max(most, s[k]);
    }
    if (least >= 0) return false;
    if (n + 2 > MAX_CORNERS) { full = true; return false; }  // keeping too much is what a superset may do
    const int other = x == xs_[0];
    double *nx = xs_[other], *ny = ys_[other];
    int *nl = labels_[other], m = 0;
    for (int k = 0; k < n; ++k) {
      int next = k + 1 == n ? 0 : k + 1;
      bool in = s[k] >= 0, then = s[next] >= 0;
      if (in) nx[m] = x[k], ny[m] = y[k], nl[m++] = label[k];
      if (in == then) continue;
      double t = s[k] / (s[k] - s[next]);
      nx[m] = x[k] + t * (x[next] - x[k]), ny[m] = y[k] + t * (y[next] - y[k]), nl[m++] = in ? name : label[k];
    }
    n = m, x = nx, y = ny, label = nl;
    return true;
  }
  bool unbounded() const { return std::any_of(label, label + n, [](int l) { return l < 0; }); }
  double reach() const {  // the square of the radius
    double square = 0;
    for (int k = 0; k < n; ++k) square = std::max(square, x[k] * x[k] + y[k] * y[k]);
    return square;
  }
  double radius() const { return std::sqrt(reach()); }

 private:
  double xs_[2][MAX_CORNERS], ys_[2][MAX_CORNERS];  // a cut writes the pair not in use
  int labels_[2][MAX_CORNERS];
};

// A plane with an origin near a point and two directions inside; e1 x e2 = normal.
struct Frame {
  double p[3], n[3], e1[3], e2[3], slope = 0;
  Frame(const double row[4], const double near[3]) {
    slope = std::sqrt(row[0] * row[0] + row[1] * row[1] + row[2] * row[2]);
    if (!(slope > 0)) { slope = 0; return; }
    for (int j = 0; j < 3; ++j) n[j] = row[j] / slope, p[j] = near[j];
    for (int twice = 0; twice < 2; ++twice) {
      double off = (row[0] * p[0] + row[1] * p[1] + row[2] * p[2] + row[3]) / slope;
      for (int j = 0; j < 3; ++j) p[j] -= off * n[j];
    }
    int small = std::fabs(n[0]) < std::fabs(n[1]) ? 0 : 1;
    if (std::fabs(n[2]) < std::fabs(n[small])) small = 2;
    double a[3] = {0, 0, 0};
    a[small] = 1;
    for (int j = 0; j < 3; ++j) e1[j] = a[j] - n[small] * n[j];
    double length = std::sqrt(e1[0] * e1[0] + e1[1] * e1[1] + e1[2] * e1[2]);
    for (double& v : e1) v /= length;
    e2[0] = n[1] * e1[2] - n[2] * e1[1], e2[1] = n[2] * e1[0] - n[0] * e1[2], e2[2] = n[0] * e1[1] - n[1] * e1[0];
  }
  void lift(double x, double y, double* out) const {
    for (int j = 0; j < 3; ++j) out[j] = p[j] + x * e1[j] + y * e2[j];
  }
};

double dot(const double* a, const double* b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

struct Line { double a, b, c, out; int row; };  // a x + b y + c >= 0 in a frame; out: slope along the normal

struct Stopped {};  // Ctrl-C or a failing callback: the Python error is set

struct Budget {
  double seconds = 0;
  u64 polygons = 0;
  std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now(), last = start;
  nb::object tick;
  bool ended = false;  // the caller's progress said True
  double elapsed() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(); }
  // Let Ctrl-C and the caller's progress in ten times a second; whether time is up or the caller has enough.
  bool over(u64 done, double explored) {
    auto now = std::chrono::steady_clock::now();
    if (std::chrono::duration<double>(now - last).count() > 0.1) {
      last = now;
      nb::gil_scoped_acquire gil;
      if (PyErr_CheckSignals() != 0) throw nb::python_error();
      if (!tick.is_none()) ended |= tick(done, explored).is(nb::bool_(true));
    }
    return ended || elapsed() > seconds;
  }
};

class Surface {
 public:
  Surface(const Chain& chain, bool certify, bool rational, nb::object arbiter, Budget& budget)
      : chain_(chain), certify_(certify), rational_(rational), arbiter_(std::move(arbiter)), budget_(budget), maps_(chain),
        close_(size_t(chain.rows)), near_(size_t(chain.rows) + 1) {}

  std::vector<double> vertices, gradients;
  std::vector<std::int64_t> corners, offsets{0}, box_edges;
  std::vector<std::uint32_t> region_of;
  std::vector<u64> patterns;
  std::vector<Key> keys;
  u64 asked = 0, flat = 0, doubtful = 0;
  double max_value = 0;
  bool finished = true;

  Maps& maps() { return maps_; }
  size_t waiting() const { return stack_.size(); }
  u64 polygons() const { return offsets.size() - 1; }

  Key key_of(const u64* pattern) const {
    Key key;
    for (int l = 0; l < chain_.hidden(); ++l) {
      const Layer& layer = chain_.layers[l];
      for (int w = 0; w < layer.words; ++w)
        for (u64 bits = pattern[layer.word + w]; bits; bits &= bits - 1)
          key = key ^ chain_.on[size_t(layer.first + w * 64 + __builtin_ctzll(bits))];
    }
    return key;
  }

  void seed(const u64* pattern, const double* p) { push(pattern, key_of(pattern), p, true); }

  void march() {
    while (!stack_.empty()) {
      if ((++visits_ & 255) == 0 && budget_.over(polygons(), 1.0)) { finished = false; return; }
      if (polygons() >= budget_.polygons) { finished = false; return; }
      Visit v = stack_.back();
      stack_.pop_back();
      visit(v);
    }
  }

 private:
  struct Visit { std::uint32_t region; bool seed; double p[3]; };
  const Chain& chain_;
  bool certify_, rational_;
  nb::object arbiter_;
  Budget& budget_;
  Maps maps_;
  Table regions_, vertex_;
  std::vector<Visit> stack_;
  std::vector<double> close_, distances_;
  std::vector<int> near_;
  std::vector<Line> lines_;
  std::vector<Key> names_;
  Polygon polygon_;
  double radius_ = 0.05;
  u64 visits_ = 0;

  void push(const u64* pattern, Key key, const double* p, bool seed) {
    auto [region, fresh] = regions_.insert(key, std::uint32_t(keys.size()));
    if (!fresh) return;
    keys.push_back(key);
    patterns.insert(patterns.end(), pattern, pattern + chain_.words);
    stack_.push_back({region, seed, {p[0], p[1], p[2]}});
  }

  void visit(const Visit& v) {
    std::vector<u64>& wanted = scratch_;
    wanted.assign(patterns.begin() + std::ptrdiff_t(size_t(v.region) * chain_.words),
                  patterns.begin() + std::ptrdiff_t(size_t(v.region + 1) * chain_.words));
    maps_.load(wanted.data());
    Frame frame(maps_.level, v.p);
    int answer = frame.slope > 0 ? slice(frame) : DOUBT;
    if (answer == EMPTY && v.seed && nowhere(frame)) return;
    if (answer == SURE && !rational_) return emit(v, frame);
    if (certify_) {
      visits_ |= 255;  // that took long: look at the budget before the next
      return ask(v);
    }
    ++doubtful;
    if (frame.slope > 0 && polygon_.n >= 3) emit(v, frame);
  }
  std::vector<u64> scratch_;

  enum { SURE, DOUBT, EMPTY };

  // Cut the plane by the folds near it; say whether the polygon's corners are certain.
  int slice(const Frame& f) {
    for (double radius = 2.1 * radius_;; radius *= 4) {
      radius = std::min(radius, ALL);
      nearby(chain_.rows, maps_.A, maps_.error.data(), chain_.usable.data(), f.p, f.n, radius, close_.data());
      const int n = listed(close_.data(), chain_.rows, near_.data());
      lines_.resize(size_t(n)), distances_.resize(size_t(n));
      for (int i = 0; i < n; ++i) {
        const int u = near_[i];
        const double s = maps_.sign(u), g[3] = {s * maps_.A[0][u], s * maps_.A[1][u], s * maps_.A[2][u]};
        const Line l = lines_[i] = {dot(g, f.e1), dot(g, f.e2), s * maps_.at(u, f.p), dot(g, f.n), u};
        const double square = l.a * l.a + l.b * l.b;
        distances_[i] = !(l.c > 0) ? 0.0 : square > 0 ? l.c * l.c / square : INFINITY;
      }
      polygon_.square(radius * 0.7);
      double reach = polygon_.reach();
      for (;;) {  // the nearest lines first: what they leave is soon out of reach of the others
        const int i = int(std::min_element(distances_.begin(), distances_.end()) - distances_.begin());
        if (i == n || !(distances_[i] <= reach)) break;
        const Line& l = lines_[i];
        distances_[i] = INFINITY;
        if (!polygon_.cut(l.a, l.b, l.c, i)) continue;
        if (polygon_.n == 0) return gone(l) ? EMPTY : DOUBT;
        reach = polygon_.reach();
      }
      if (polygon_.full) return DOUBT;
      if (!polygon_.unbounded()) break;
      if (radius >= ALL) return DOUBT;
    }
    radius_ += (polygon_.radius() - radius_) / 16;
    return polygon_.n >= 3 && certain(f) ? SURE : DOUBT;
  }

  // Whether the level set is nowhere in the region.  Cuts that keep what their errors may take keep a superset of it;
  // that of `slice` may have lost to a line within its error what a later line then misses by far.
  bool nowhere(const Frame& f) {
    if (!(2 * maps_.level_error / f.slope < NEAR)) return false;
    polygon_.square(ALL * 0.7);
    for (int u = 0; u < chain_.rows; ++u) {
      if (!chain_.usable[u]) continue;
      const double s = maps_.sign(u), g[3] = {s * maps_.A[0][u], s * maps_.A[1][u], s * maps_.A[2][u]};
      const Line l = {dot(g, f.e1), dot(g, f.e2), s * maps_.at(u, f.p), dot(g, f.n), u};
      polygon_.cut(l.a, l.b, l.c + margin(l), u);
      if (polygon_.n == 0) return true;
    }
    return false;
  }

  // Whether all of the polygon was on the wrong side of the line that cut it away, errors included.
  bool gone(const Line& l) const { return polygon_.most < -margin(l); }
  double margin(const Line& l) const {
    return maps_.error[l.row] + 2 * NEAR * (std::fabs(l.a) + std::fabs(l.b) + std::fabs(l.out));
  }

  // Move each corner onto its two lines, then hold every other line against the bound on the corner's error.
  bool certain(const Frame& f) {
    const int n = polygon_.n;
    const double off = 2 * maps_.level_error / f.slope;  // along the normal
    double error[MAX_CORNERS], worst = 0;
    for (int k = 0; k < n; ++k) {
      const Line &i = lines_[polygon_.label[k ? k - 1 : n - 1]], &j = lines_[polygon_.label[k]];
      const double det = i.a * j.b - i.b * j.a;
      const double residual = std::max(wrong(i, off), wrong(j, off));
      const double spread = (std::fabs(i.a) + std::fabs(i.b) + std::fabs(j.a) + std::fabs(j.b)) * residual;
      error[k] = off + 4 * spread / std::fabs(det);  // 4: the inverse of the exact lines is within twice the computed one
      if (!(error[k] < NEAR)) return false;
      worst = std::max(worst, error[k]);
      polygon_.x[k] = (i.b * j.c - j.b * i.c) / det;
      polygon_.y[k] = (j.a * i.c - i.a * j.c) / det;
    }
    const double reach = polygon_.radius() * (1 + 0x1p-20);
    for (size_t m = 0; m < lines_.size(); ++m) {
      const Line& l = lines_[m];
      const double steep = std::fabs(l.a) + std::fabs(l.b) + std::fabs(l.out);
      const double clear = l.c - maps_.error[l.row] - 2 * steep * worst;
      if (clear > 0 && clear * clear > (l.a * l.a + l.b * l.b) * reach * reach) continue;  // no corner is as far as the line
      for (int k = 0; k < n; ++k) {
        if (polygon_.label[k] == int(m) || polygon_.label[k ? k - 1 : n - 1] == int(m)) continue;
        const double s = l.a * polygon_.x[k] + l.b * polygon_.y[k] + l.c;
        if (!(s > maps_.error[l.row] + 2 * steep * error[k])) return false;
      }
    }
    return true;
  }
  double wrong(const Line& l, double off) const { return 2 * maps_.error[l.row] + std::fabs(l.out) * off; }

  void emit(const Visit& v, const Frame& f) {
    const int n = polygon_.n;
    double at[MAX_CORNERS][3];
    names_.resize(size_t(n));
    const Key here = keys[v.region];
    const std::int64_t first = std::int64_t(corners.size());
    for (int k = 0; k < n; ++k) {
      f.lift(polygon_.x[k], polygon_.y[k], at[k]);
      int i = polygon_.label[k ? k - 1 : n - 1], j = polygon_.label[k];
      i = i < 0 ? i : lines_[i].row, j = j < 0 ? j : lines_[j].row;
      Key key = here;
      for (int row : {i, j}) if (row >= 0) key = key ^ (on(row) ? chain_.on[row] : Key{}) ^ chain_.tag[row];
      names_[size_t(k)] = key, vertex_.fetch(key);
      if (j >= 0 && !chain_.is_face(j)) regions_.fetch(here ^ chain_.on[j]);
    }
    for (int k = 0; k < n; ++k) corners.push_back(vertex(names_[size_t(k)], at[k]));
    // Neighbours across the folds of the last layers are visited first: they share most of this region's maps.
    int order[MAX_CORNERS];
    for (int k = 0; k < n; ++k) order[k] = k;
    std::sort(order, order + n, [&](int a, int b) { return polygon_.label[a] < polygon_.label[b]; });
    std::vector<u64>& next = scratch_;
    for (int i = 0; i < n; ++i) {
      const int k = order[i], then = k + 1 == n ? 0 : k + 1;
      const int row = polygon_.label[k] < 0 ? -1 : lines_[polygon_.label[k]].row;
      if (row < 0) continue;
      if (chain_.is_face(row)) { edge(corners[first + k], corners[first + then], row - chain_.faces); continue; }
      const double middle[3] = {(at[k][0] + at[then][0]) / 2, (at[k][1] + at[then][1]) / 2, (at[k][2] + at[then][2]) / 2};
      const int b = chain_.bits[row];
      next.assign(maps_.pattern.begin(), maps_.pattern.begin() + chain_.words);
      next[b >> 6] ^= u64(1) << (b & 63);
      push(next.data(), here ^ chain_.on[row], middle, false);
    }
    close(v.region, maps_.level);
  }
  bool on(int row) const { return !chain_.is_face(row) && maps_.on(row); }

  std::int64_t vertex(Key key, const double* at) {
    auto [index, fresh] = vertex_.insert(key, std::uint32_t(vertices.size() / 3));
    if (fresh) vertices.insert(vertices.end(), at, at + 3);
    const double* x = vertices.data() + 3 * size_t(index);
    max_value = std::max(max_value, std::fabs(dot(maps_.level, x) + maps_.level[3]));
    return index;
  }
  void edge(std::int64_t a, std::int64_t b, int face) {
    for (std::int64_t v : {a, b, std::int64_t(face)}) box_edges.push_back(v);
  }
  void close(std::uint32_t region, const double* gradient) {
    offsets.push_back(std::int64_t(corners.size()));
    region_of.push_back(region);
    gradients.insert(gradients.end(), gradient, gradient + 3);
  }

  // The arbiter's answer: (corners (k, 3), keys (k, 2), face of each edge or -1, gradient (3), regions (m, words), flat).
  void ask(const Visit& v) {
    nb::gil_scoped_acquire gil;
    ++asked;
    using Reals = nb::ndarray<double, nb::c_contig, nb::device::cpu>;
    using Words = nb::ndarray<u64, nb::c_contig, nb::device::cpu>;
    using Whole = nb::ndarray<std::int64_t, nb::c_contig, nb::device::cpu>;
    const u64* pattern = patterns.data() + size_t(v.region) * chain_.words;
    nb::list words;
    for (int w = 0; w < chain_.words; ++w) words.append(pattern[w]);
    nb::tuple answer = nb::cast<nb::tuple>(arbiter_(words));
    auto at = nb::cast<Reals>(answer[0]);
    auto names = nb::cast<Words>(answer[1]);
    auto faces = nb::cast<Whole>(answer[2]);
    auto gradient = nb::cast<Reals>(answer[3]);
    auto others = nb::cast<Words>(answer[4]);
    flat += nb::cast<bool>(answer[5]);
    const size_t n = at.shape(0), first = corners.size();
    for (size_t k = 0; k < n; ++k)
      corners.push_back(vertex({names.data()[2 * k], names.data()[2 * k + 1]}, at.data() + 3 * k));
    for (size_t k = 0; k < n; ++k)
      if (faces.data()[k] >= 0) edge(corners[first + k], corners[first + (k + 1) % n], int(faces.data()[k]));
    if (n) close(v.region, gradient.data());
    for (size_t m = 0; m < others.shape(0); ++m) {
      const u64* other = others.data() + m * size_t(chain_.words);
      push(other, key_of(other), v.p, false);
    }
  }
};

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
  std::vector<double> columns_;  // of all units: gradient (3), value at the middle, then one column an undecided unit
  std::vector<double> radius_, slope_, shift_, low_, high_, unsure_, weighted_;
  std::vector<int> undecided_, inputs_, list_, layer_of_;
  std::vector<double> values_, sizes_;
  std::vector<const double*> starts_;
  double half_[3], level_[4], level_radius_ = 0;
  std::vector<double> level_columns_;
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
  std::vector<double> here_, after_;

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
  std::vector<double> spread_;
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

using Reals = nb::ndarray<const double, nb::c_contig, nb::device::cpu>;
using Words = nb::ndarray<const u64, nb::c_contig, nb::device::cpu>;

// Build the padded layers; weights are already scaled to the box, the level already subtracted from the last bias.
Chain chain_of(nb::list weights, nb::list biases, nb::list below, Words on, Words tag, Reals lo, Reals hi, double lost) {
  Chain chain;
  chain.lost = lost;
  const int n = int(nb::len(weights));
  int unit = 0;
  std::vector<double> sizes(3, 1.0), wrong(3, 0.0);  // bounds over all regions: sizes and errors of the layer before
  for (int l = 0; l < n; ++l) {
    auto W = nb::cast<Reals>(weights[l]), b = nb::cast<Reals>(biases[l]);
    Layer layer;
    layer.inputs = int(W.shape(1)), layer.width = int(W.shape(0));
    layer.pad = (layer.width + LANES - 1) / LANES * LANES;
    layer.first = chain.rows, layer.word = chain.words, layer.words = (layer.width + 63) / 64;
    layer.transposed.assign(size_t(layer.inputs) * layer.pad, 0.0);
    std::vector<double> size(size_t(layer.pad), 0.0), error(size_t(layer.pad), 0.0);
    for (int i = 0; i < layer.width; ++i) {
      size[i] = std::fabs(b.data()[i]);
      for (int j = 0; j < layer.inputs; ++j) {
        const double w = W.data()[size_t(i) * layer.inputs + j];
        layer.transposed[size_t(j) * layer.pad + i] = w;
        size[i] += std::fabs(w) * sizes[j], error[i] += std::fabs(w) * wrong[j];
      }
      error[i] = (error[i] + (layer.inputs + 40) * ULP * size[i]) * (1 + 0x1p-20);
    }
    layer.bias.assign(size_t(layer.pad), 0.0);
    std::copy(b.data(), b.data() + layer.width, layer.bias.begin());
    for (double v : layer.bias) layer.bias_error.push_back(8 * ULP * std::fabs(v));
    if (l + 1 == n) {
      chain.level_error = error[0] + lost;
      chain.layers.push_back(std::move(layer));
      break;
    }
    auto s = nb::cast<Reals>(below[l]);
    layer.below.assign(size_t(layer.pad), 1.0);
    std::copy(s.data(), s.data() + layer.width, layer.below.begin());
    layer.relu = std::all_of(s.data(), s.data() + layer.width, [](double slope) { return slope == 0.0; });
    for (int i = 0; i < layer.pad; ++i) {
      const bool real = i < layer.width, folds = real && layer.below[i] != 1.0;
      const double steep = real ? std::max(1.0, std::fabs(layer.below[i])) : 1.0;
      chain.error.push_back(error[i]), chain.usable.push_back(folds);
      chain.on.push_back(folds ? Key{on.data()[2 * unit], on.data()[2 * unit + 1]} : Key{});
      chain.tag.push_back(real ? Key{tag.data()[2 * unit], tag.data()[2 * unit + 1]} : Key{});
      chain.bits.push_back(layer.word * 64 + i);
      size[i] *= steep, error[i] *= steep;
      unit += real;
    }
    sizes = std::move(size), wrong = std::move(error);
    chain.rows += layer.pad, chain.words += layer.words;
    chain.layers.push_back(std::move(layer));
  }
  chain.faces = chain.rows;
  for (int f = 0; f < 8; ++f) {
    const bool real = f < 6;
    chain.error.push_back(4 * ULP), chain.usable.push_back(real);
    chain.on.push_back({}), chain.bits.push_back(0);
    chain.tag.push_back(real ? Key{tag.data()[2 * (unit + f)], tag.data()[2 * (unit + f) + 1]} : Key{});
  }
  chain.rows += 8;
  std::copy(lo.data(), lo.data() + 3, chain.lo), std::copy(hi.data(), hi.data() + 3, chain.hi);
  return chain;
}

template <class T> nb::object array(std::vector<T>& from, std::initializer_list<size_t> shape) {
  auto* kept = new std::vector<T>(std::move(from));  // Python keeps the memory itself
  nb::capsule owner(kept, [](void* p) noexcept { delete static_cast<std::vector<T>*>(p); });
  return nb::cast(nb::ndarray<nb::numpy, T>(kept->data(), shape.size(), shape.begin(), owner));
}

nb::dict march(nb::list weights, nb::list biases, nb::list below, Words on, Words tag, Reals lo, Reals hi, double lost,
               bool certify, bool rational, nb::object arbiter, nb::object tick, u64 max_polygons,
               double max_seconds, int open_at, int max_depth) {
  const Chain chain = chain_of(weights, biases, below, on, tag, lo, hi, lost);
  Budget budget;
  budget.tick = tick, budget.polygons = max_polygons, budget.seconds = max_seconds;
  Surface surface(chain, certify, rational, arbiter, budget);
  Search search(chain, surface, budget, open_at, max_depth);
  bool settled = false;
  double searched = 0, marched = 0;
  const std::clock_t begun = std::clock();
  std::clock_t between = begun;
  {
    nb::gil_scoped_release free;
    settled = search.run();
    searched = budget.elapsed();
    between = std::clock();
    surface.march();
    marched = budget.elapsed() - searched;
  }
  const size_t F = surface.polygons(), V = surface.vertices.size() / 3;
  std::vector<u64> region(F), pattern(F * size_t(chain.words));
  for (size_t f = 0; f < F; ++f) {
    region[f] = surface.keys[surface.region_of[f]].a;
    std::copy_n(surface.patterns.begin() + std::ptrdiff_t(surface.region_of[f] * size_t(chain.words)), chain.words,
                pattern.begin() + std::ptrdiff_t(f * size_t(chain.words)));
  }
  nb::dict out;
  out["vertices"] = array(surface.vertices, {V, 3});
  out["corners"] = array(surface.corners, {surface.corners.size()});
  out["offsets"] = array(surface.offsets, {F + 1});
  out["gradient"] = array(surface.gradients, {F, 3});
  out["region"] = array(region, {F});
  out["pattern"] = array(pattern, {F, size_t(chain.words)});
  out["box_edges"] = array(surface.box_edges, {surface.box_edges.size() / 3, 3});
  out["max_abs_value"] = surface.max_value;
  out["flat_regions"] = surface.flat;
  out["asked"] = surface.asked, out["doubtful"] = surface.doubtful;
  out["settled"] = settled, out["finished"] = surface.finished;
  out["explored"] = settled ? 1.0 : search.explored();
  out["waiting"] = surface.waiting();
  out["leaves"] = search.leaves, out["opened"] = search.opened, out["unsettled"] = search.unsettled;
  out["processor_search"] = double(between - begun) / CLOCKS_PER_SEC;
  out["processor_march"] = double(std::clock() - between) / CLOCKS_PER_SEC;
  out["seconds_search"] = searched, out["seconds_march"] = marched;
  return out;
}

}  // namespace

NB_MODULE(_surface, m) {
  m.doc() = "The compiled march of exact.surface.";
  m.def("march", &march, nb::arg("weights"), nb::arg("biases"), nb::arg("below"), nb::arg("on"),
        nb::arg("tag"), nb::arg("lo"), nb::arg("hi"), nb::arg("lost"), nb::arg("certify"), nb::arg("rational"), nb::arg("arbiter").none(),
        nb::arg("tick").none(), nb::arg("max_polygons"), nb::arg("max_seconds"), nb::arg("open_at"), nb::arg("max_depth"));
}
