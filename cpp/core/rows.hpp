// Arithmetic on rows of pre-activations.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#include "core/eight.hpp"
#include "core/numbers.hpp"

#if FOLDLINE_CLONES
#include <immintrin.h>
#endif

namespace foldline::rows {

constexpr int PANEL = 32;     // columns of a packed panel; a row of a layer is padded to a multiple of 8

// Bit j of p (q): row[j] > err (< -err); n <= 64, a multiple of 8.  Bit j of word j / 64 of ``unlike``: a[j] and b[j] have
// different signs; n a multiple of 8.
template <class E> struct Bits {
  static void signs(const double* row, int n, double err, u64& p, u64& q) {
    u64 pos = 0, neg = 0;
    for (int j = 0; j < n; ++j) {
      pos |= u64(row[j] > err) << j;
      neg |= u64(row[j] < -err) << j;
    }
    p = pos;
    q = neg;
  }

  static void unlike(const double* a, const double* b, int n, u64* out) {
    for (int from = 0; from < n; from += 64) {
      u64 word = 0;
      for (int j = from; j < std::min(n, from + 64); ++j) word |= u64(std::signbit(a[j]) != std::signbit(b[j])) << (j - from);
      out[from / 64] = word;
    }
  }
};

#if FOLDLINE_CLONES
template <> struct Bits<eight::Middle> {
  __attribute__((FOLDLINE_AVX2_SET FOLDLINE_CONTRACTED)) static void signs(const double* row, int n, double err, u64& p, u64& q) {
    const __m256d hi = _mm256_set1_pd(err), lo = _mm256_set1_pd(-err);
    u64 pos = 0, neg = 0;
    for (int j = 0; j < n; j += 4) {
      const __m256d z = _mm256_loadu_pd(row + j);
      pos |= u64(unsigned(_mm256_movemask_pd(_mm256_cmp_pd(z, hi, _CMP_GT_OQ)))) << j;
      neg |= u64(unsigned(_mm256_movemask_pd(_mm256_cmp_pd(z, lo, _CMP_LT_OQ)))) << j;
    }
    p = pos;
    q = neg;
  }

  __attribute__((FOLDLINE_AVX2_SET FOLDLINE_CONTRACTED)) static void unlike(const double* a, const double* b, int n, u64* out) {
    for (int from = 0; from < n; from += 64) {
      u64 word = 0;
      for (int j = from; j < std::min(n, from + 64); j += 4)
        word |= u64(unsigned(_mm256_movemask_pd(_mm256_xor_pd(_mm256_loadu_pd(a + j), _mm256_loadu_pd(b + j))))) << (j - from);
      out[from / 64] = word;
    }
  }
};

template <> struct Bits<eight::Wide> {
  __attribute__((FOLDLINE_AVX512_SET FOLDLINE_CONTRACTED)) static void signs(const double* row, int n, double err, u64& p, u64& q) {
    const __m512d hi = _mm512_set1_pd(err), lo = _mm512_set1_pd(-err);
    u64 pos = 0, neg = 0;
    for (int j = 0; j < n; j += 8) {
      const __m512d z = _mm512_loadu_pd(row + j);
      pos |= u64(_mm512_cmp_pd_mask(z, hi, _CMP_GT_OQ)) << j;
      neg |= u64(_mm512_cmp_pd_mask(z, lo, _CMP_LT_OQ)) << j;
    }
    p = pos;
    q = neg;
  }

  __attribute__((FOLDLINE_AVX512_SET FOLDLINE_CONTRACTED)) static void unlike(const double* a, const double* b, int n, u64* out) {
    for (int from = 0; from < n; from += 64) {
      u64 word = 0;
      for (int j = from; j < std::min(n, from + 64); j += 8)
        word |= u64(_mm512_movepi64_mask(_mm512_castpd_si512(_mm512_xor_pd(_mm512_loadu_pd(a + j), _mm512_loadu_pd(b + j))))) << (j - from);
      out[from / 64] = word;
    }
  }
};
#endif

#if FOLDLINE_CLONES
const auto signs = eight::best_of(Bits<eight::Wide>::signs, Bits<eight::Middle>::signs, Bits<eight::Narrow>::signs);
const auto unlike = eight::best_of(Bits<eight::Wide>::unlike, Bits<eight::Middle>::unlike, Bits<eight::Narrow>::unlike);
#else
const auto signs = Bits<eight::Narrow>::signs;
const auto unlike = Bits<eight::Narrow>::unlike;
#endif

struct Product {
  const double* values;  // (n, lda) activations
  size_t n;
  int lda, inputs;
  const double* packed;  // panels of 32 columns, each (inputs, 32); see pack
  const double* bias;
  double* out;           // (rows, ldo)
  int ldo, columns;      // columns: a multiple of 8
  const std::int32_t* to = nullptr;  // the row of ``out`` that each row of values makes; none: of the same number
  double* row(size_t r) const { return out + (to ? size_t(to[r]) : r) * ldo; }
};

// An (inputs, stride) matrix as panels of 32 columns, zero beyond the end: rows of a panel lie together, whatever the
// stride, so that they do not fall on each other in the cache.
inline void pack(const double* matrix, int inputs, int stride, std::vector<double>& out) {
  const int panels = (stride + PANEL - 1) / PANEL;
  out.assign(size_t(panels) * inputs * PANEL, 0.0);
  for (int p = 0; p < panels; ++p)
    for (int k = 0; k < inputs; ++k) {
      const int n = std::min(PANEL, stride - p * PANEL);
      std::memcpy(&out[(size_t(p) * inputs + k) * PANEL], matrix + size_t(k) * stride + p * PANEL, n * sizeof(double));
    }
}

template <int N> struct Lanes;
template <> struct Lanes<2> { typedef double V __attribute__((vector_size(16), aligned(8), may_alias)); };
template <> struct Lanes<4> { typedef double V __attribute__((vector_size(32), aligned(8), may_alias)); };
template <> struct Lanes<8> { typedef double V __attribute__((vector_size(64), aligned(8), may_alias)); };

// M rows against N registers of LANES columns: ``values`` are the rows' for the n_used inputs in ``used``, M an input.
template <int LANES, int M, int N>
ALWAYS_INLINE void tile(const Product& p, size_t row, const double* values, const int* used, int n_used, int column) {
  using V = typename Lanes<LANES>::V;
  V sum[M][N];
  for (int r = 0; r < M; ++r)
    for (int c = 0; c < N; ++c) sum[r][c] = *reinterpret_cast<const V*>(p.bias + column + c * LANES);
  const double* w = p.packed + size_t(column / PANEL) * p.inputs * PANEL + column % PANEL;
  for (int i = 0; i < n_used; ++i, values += M) {
    V x[N];
    for (int c = 0; c < N; ++c) x[c] = *reinterpret_cast<const V*>(w + size_t(used[i]) * PANEL + c * LANES);
    for (int r = 0; r < M; ++r)
      for (int c = 0; c < N; ++c) sum[r][c] += values[r] * x[c];
  }
  for (int r = 0; r < M; ++r)
    for (int c = 0; c < N; ++c) *reinterpret_cast<V*>(p.row(row + r) + column + c * LANES) = sum[r][c];
}

// List the inputs that are not 0 in all of m rows; rows padded to a multiple of 8 are padded with zeros.
template <class E> ALWAYS_INLINE int list_used(const Product& p, size_t row, int m, int* used) {
  int n = 0;
  if (p.lda % 8) {
    for (; n < p.inputs; ++n) used[n] = n;
    return n;
  }
  for (int from = 0; from < p.lda; from += 64) {
    u64 any = 0, above, below;
    for (int r = 0; r < m; ++r) {
      Bits<E>::signs(p.values + (row + r) * p.lda + from, std::min(64, p.lda - from), 0, above, below);
      any |= above | below;
    }
    for (; any; any &= any - 1) used[n++] = from + __builtin_ctzll(any);
  }
  return n;
}

// Half of the units are off at a vertex, and mostly the same half at its neighbours: M neighbouring rows at a time leave
// out what is off at all of them, and are packed without it.  STRIP such tiles share a panel while it is in the cache.
struct Multiply {
  template <class E> static ALWAYS_INLINE void run(const Product& p) {
    constexpr int STRIP = 8, LANES = eight::lanes<E>, N = eight::columns<E> / LANES, M = LANES == 2 ? 2 : 6;
    std::vector<int> used(size_t(STRIP) * p.inputs);
    std::vector<double> values(size_t(STRIP) * p.inputs * M);
    int n_used[STRIP];
    for (size_t top = 0; top < p.n;) {
      const size_t tiles = std::min<size_t>(STRIP, (p.n - top) / M);
      const int m = tiles ? M : 1;
      const size_t n = tiles ? tiles : std::min<size_t>(STRIP, p.n - top);
      for (size_t i = 0; i < n; ++i) {
        int* list = &used[i * p.inputs];
        double* to = &values[i * p.inputs * M];
        n_used[i] = list_used<E>(p, top + i * m, m, list);
        for (int k = 0; k < n_used[i]; ++k)
          for (int r = 0; r < m; ++r) *to++ = p.values[(top + i * m + r) * p.lda + list[k]];
      }
      for (int column = 0; column < p.columns;) {
        const bool wide = column + N * LANES <= p.columns && column % PANEL + N * LANES <= PANEL;
        for (size_t i = 0; i < n; ++i) {
          const int* list = &used[i * p.inputs];
          const double* from = &values[i * p.inputs * M];
          if (wide && m == M) tile<LANES, M, N>(p, top + i * M, from, list, n_used[i], column);
          else if (wide) tile<LANES, 1, N>(p, top + i, from, list, n_used[i], column);
          else if (m == M) tile<LANES, M, 8 / LANES>(p, top + i * M, from, list, n_used[i], column);
          else tile<LANES, 1, 8 / LANES>(p, top + i, from, list, n_used[i], column);
        }
        column += wide ? N * LANES : 8;
      }
      top += n * m;
    }
  }
};
const auto product = eight::contracted<Multiply>;

constexpr size_t PART_ROWS = 48;         // rows that a strip of tiles takes: parts of so many give the same numbers
constexpr size_t PART_WORK = 0x1p26;     // products of two numbers in a part: a hundredth of a second

// The same, a part of the rows after another; between them ``look`` is called, which may throw.
template <class Look> void product_in_parts(const Product& whole, Look look) {
  const size_t work = std::max<size_t>(1, size_t(whole.inputs) * size_t(whole.columns));
  const size_t rows = std::max<size_t>(1, PART_WORK / work / PART_ROWS) * PART_ROWS;
  Product part = whole;
  for (size_t top = 0; top < whole.n; top += part.n) {
    if (top) look();
    part.n = std::min(rows, whole.n - top);
    part.values = whole.values + top * size_t(whole.lda);
    if (whole.to) part.to = whole.to + top;
    else part.out = whole.out + top * size_t(whole.ldo);
    product(part);
  }
}

// Rows k < K of an affine map carried through a layer: out[k] = sum of value[u][k] (column of u) over the units u in
// ``used``.  The weights are read once for all rows, as they lie in a slower cache than the rows.
struct Carry {
  const double* values;  // (n_used, K): of each of these units its slope times its row
  const int* used;       // units whose slope is not 0
  int n_used, inputs;
  const double* packed;
  const double* bias;    // added to the last row
  double* out;           // (K, ldo)
  int ldo, columns;
};

template <int LANES, int K, int N>
ALWAYS_INLINE void carry_columns(const Carry& p, int column) {
  using V = typename Lanes<LANES>::V;
  V sum[K][N] = {};
  for (int c = 0; c < N; ++c) sum[K - 1][c] = *reinterpret_cast<const V*>(p.bias + column + c * LANES);
  constexpr int IN_PANEL = PANEL / LANES;  // registers beyond these stand in the next panel
  const double* w = p.packed + size_t(column / PANEL) * p.inputs * PANEL + column % PANEL;
  for (int i = 0; i < p.n_used; ++i) {
    const double* at = w + size_t(p.used[i]) * PANEL;
    V x[N];
    for (int c = 0; c < N; ++c) x[c] = *reinterpret_cast<const V*>(at + (c / IN_PANEL) * size_t(p.inputs) * PANEL + (c % IN_PANEL) * LANES);
    for (int k = 0; k < K; ++k) {
      const double s = p.values[size_t(i) * K + k];
      for (int c = 0; c < N; ++c) sum[k][c] += s * x[c];
    }
  }
  for (int k = 0; k < K; ++k)
    for (int c = 0; c < N; ++c) *reinterpret_cast<V*>(p.out + size_t(k) * p.ldo + column + c * LANES) = sum[k][c];
}

template <int LANES, int K, int N>
ALWAYS_INLINE void carry_rows(const Carry& p) {
  int column = 0;
  for (; column + N * LANES <= p.columns; column += N * LANES) carry_columns<LANES, K, N>(p, column);
  for (; column < p.columns; column += 8) carry_columns<LANES, K, 8 / LANES>(p, column);
}

struct CarryOn {
  template <class E> static ALWAYS_INLINE void run(const Carry& p, int K) {
    constexpr int LANES = eight::lanes<E>, N = eight::columns<E> / LANES;
    if (K == 1) carry_rows<LANES, 1, 2 * N>(p);
    if (K == 2) carry_rows<LANES, 2, N>(p);
    if (K == 3) carry_rows<LANES, 3, N>(p);
    if (K == 4) carry_rows<LANES, 4, N>(p);
  }
};
const auto carry = eight::contracted<CarryOn>;

// A change of rank 1 of the rows of an affine map: a column in pieces of PANEL numbers, ``step`` apart, times a row.
struct Change {
  const double* column;
  size_t step;
  double factor[4];
  double at(int i) const { return column[size_t(i / PANEL) * step + i % PANEL]; }
};

// N registers of a row, from number ``at`` of it on, and factor[k] * column of every change.
template <int LANES, int N>
ALWAYS_INLINE void add_changes(typename Lanes<LANES>::V* sum, const Change* changes, int n_changes, int k, int at) {
  using V = typename Lanes<LANES>::V;
  for (int i = 0; i < n_changes; ++i) {
    const double factor = changes[i].factor[k], *column = changes[i].column + size_t(at / PANEL) * changes[i].step + at % PANEL;
    for (int c = 0; c < N; ++c) sum[c] += factor * *reinterpret_cast<const V*>(column + c * LANES);
  }
}

// Row k of K rows, n numbers each, grows by factor[k] * column of every change; n a multiple of 8.
template <int LANES, int N>
ALWAYS_INLINE void add_piece(const Change* changes, int n_changes, int k, int at, double* out) {
  using V = typename Lanes<LANES>::V;
  V sum[N];
  for (int c = 0; c < N; ++c) sum[c] = *reinterpret_cast<const V*>(out + c * LANES);
  add_changes<LANES, N>(sum, changes, n_changes, k, at);
  for (int c = 0; c < N; ++c) *reinterpret_cast<V*>(out + c * LANES) = sum[c];
}

struct Add {
  template <class E> static ALWAYS_INLINE void run(const Change* changes, int n_changes, double* out, int K, int n) {
    int at = 0;
    for (; at + PANEL <= n; at += PANEL)
      for (int k = 0; k < K; ++k) add_piece<eight::lanes<E>, PANEL / eight::lanes<E>>(changes, n_changes, k, at, out + size_t(k) * n + at);
    for (; at < n; at += 8)
      for (int k = 0; k < K; ++k) add_piece<eight::lanes<E>, 8 / eight::lanes<E>>(changes, n_changes, k, at, out + size_t(k) * n + at);
  }
};
const auto add = eight::contracted<Add>;

// out = a + t (b - a) and every change; n a multiple of 8.
template <int LANES, int N>
ALWAYS_INLINE void between_piece(const double* a, const double* b, double t, const Change* changes, int n_changes, int at, double* out) {
  using V = typename Lanes<LANES>::V;
  V sum[N];
  for (int c = 0; c < N; ++c) {
    const V from = *reinterpret_cast<const V*>(a + at + c * LANES);
    sum[c] = from + t * (*reinterpret_cast<const V*>(b + at + c * LANES) - from);
  }
  add_changes<LANES, N>(sum, changes, n_changes, 0, at);
  for (int c = 0; c < N; ++c) *reinterpret_cast<V*>(out + at + c * LANES) = sum[c];
}

struct Between {
  template <class E> static ALWAYS_INLINE void run(const double* a, const double* b, double t, const Change* changes, int n_changes, double* out, int n) {
    int at = 0;
    for (; at + PANEL <= n; at += PANEL) between_piece<eight::lanes<E>, PANEL / eight::lanes<E>>(a, b, t, changes, n_changes, at, out);
    for (; at < n; at += 8) between_piece<eight::lanes<E>, 8 / eight::lanes<E>>(a, b, t, changes, n_changes, at, out);
  }
};
const auto between = eight::contracted<Between>;

// out[k] = the sum of a b c[k] for each of K rows c; n a multiple of 8.
template <int LANES, int K>
ALWAYS_INLINE void dots_rows(const double* a, const double* b, const double* c, int n, double* out) {
  using V = typename Lanes<LANES>::V;
  V sum[K] = {};
  for (int j = 0; j < n; j += LANES) {
    const V ab = *reinterpret_cast<const V*>(a + j) * *reinterpret_cast<const V*>(b + j);
    for (int k = 0; k < K; ++k) sum[k] += ab * *reinterpret_cast<const V*>(c + size_t(k) * n + j);
  }
  for (int k = 0; k < K; ++k) {
    out[k] = 0;
    for (int i = 0; i < LANES; ++i) out[k] += sum[k][i];
  }
}

struct Dots {
  template <class E> static ALWAYS_INLINE void run(const double* a, const double* b, const double* c, int K, int n, double* out) {
    if (K == 2) dots_rows<eight::lanes<E>, 2>(a, b, c, n, out);
    if (K == 3) dots_rows<eight::lanes<E>, 3>(a, b, c, n, out);
    if (K == 4) dots_rows<eight::lanes<E>, 4>(a, b, c, n, out);
  }
};
const auto dots = eight::contracted<Dots>;

// A row of pre-activations in pairs of doubles for activations in pairs: hi + lo = bias + sum of column k * (h + l)[k], each
// to about n^2 2^-106 of the sum of the absolute products.  Nothing here may be contracted.
struct Pairs {
  template <class> static ALWAYS_INLINE void run(const double* packed, int inputs, int stride, const double* bias, const double* h,
                                                        const double* l, double* hi, double* lo) {
    for (int from = 0; from < stride; from += PANEL, packed += size_t(inputs) * PANEL) {
      const int n = std::min(PANEL, stride - from);
      double sum[PANEL] = {}, rest[PANEL] = {};
      for (int i = 0; i < n; ++i) sum[i] = bias[from + i];
      for (int k = 0; k < inputs; ++k) {
        if (h[k] == 0) continue;  // then l is 0, too
        const double* w = packed + size_t(k) * PANEL;
        for (int i = 0; i < PANEL; ++i) {
          const double p = w[i] * h[k], e = std::fma(w[i], h[k], -p) + w[i] * l[k];
          const double s = sum[i] + p, c = s - sum[i];
          rest[i] += ((sum[i] - (s - c)) + (p - c)) + e;
          sum[i] = s;
        }
      }
      for (int i = 0; i < n; ++i) {
        const double s = sum[i] + rest[i], c = s - sum[i];
        hi[from + i] = s;
        lo[from + i] = (sum[i] - (s - c)) + (rest[i] - c);
      }
    }
  }
};
const auto pairs = eight::cloned<Pairs>;

// Pre-activations become activations, in place or not; returns the sum of squares.  n a multiple of 8.
struct Activate {
  template <class E> static ALWAYS_INLINE double run(const double* row, const double* below, double* out, int n) {
    using V = typename Lanes<eight::lanes<E>>::V;
    V sum = V{};
    for (int j = 0; j < n; j += eight::lanes<E>) {
      const V z = *reinterpret_cast<const V*>(row + j), s = *reinterpret_cast<const V*>(below + j);
      const V v = z > V{} ? z : z * s;
      *reinterpret_cast<V*>(out + j) = v;
      sum += v * v;
    }
    double total = 0;
    for (int i = 0; i < eight::lanes<E>; ++i) total += sum[i];
    return total;
  }
};
const auto activate = eight::contracted<Activate>;

}  // namespace foldline::rows
