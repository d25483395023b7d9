// Products of small matrices in registers, for one instruction set (see sets.hpp).
// All sums run over their index in order, whatever the vector width, so sets differ only by fused multiply-add.
// source: Goto and van de Geijn 2008, "Anatomy of high-performance matrix multiplication", the inner kernel.

namespace FOLDLINE_SET {

constexpr long kLanes = FOLDLINE_LANES;
constexpr long kPanel = kLanes * FOLDLINE_COLUMNS;

typedef float Vector __attribute__((vector_size(4 * FOLDLINE_LANES), may_alias));
typedef int32_t Whole __attribute__((vector_size(4 * FOLDLINE_LANES), may_alias));

inline Vector& at(float* p) { return *reinterpret_cast<Vector*>(p); }
inline const Vector& at(const float* p) { return *reinterpret_cast<const Vector*>(p); }
inline Vector all(float x) { return x - Vector{}; }

constexpr long padded(long n) { return (n + kLanes - 1) / kLanes * kLanes; }
constexpr int tile_rows(int columns) { return FOLDLINE_TILE / columns < 12 ? FOLDLINE_TILE / columns : 12; }

// Floats between rows of a block: an odd number of cache lines beyond 256 bytes, or rows fall on each other in L1.
inline long row_stride(long width) {
  const long n = (width + 15) / 16;
  return 16 * (n > 4 ? n | 1 : n);
}

template <int M, int N>
inline __attribute__((always_inline)) void multiply(const float* a, long a_row, long a_step, const float* b,
                                                    long b_step, long count, Vector (&sum)[M][N]) {
  for (long k = 0; k < count; ++k, a += a_step, b += b_step) {
    Vector x[N];
    for (int j = 0; j < N; ++j) x[j] = at(b + j * kLanes);
    for (int i = 0; i < M; ++i) {
      const Vector s = all(a[i * a_row]);
      for (int j = 0; j < N; ++j) sum[i][j] += s * x[j];
    }
  }
}

struct Forward {
  const float* h;  // (rows, h_row) what the layer reads
  long h_row;
  const float* w;  // one panel, (n_in + 1, N lanes)
  long n_in;
  float* z;  // (rows, z_row) where the panel's columns start
  long z_row;
  bool last;     // outputs are left as they are
  float below;   // slope of a hidden unit below zero
  float* gates;  // like z, for the pre-activations; null where the activation's sign tells the unit's side

  template <int M, int N>
  void tile(long row) const {
    Vector sum[M][N];
    const float* bias = w + n_in * N * kLanes;
    for (int i = 0; i < M; ++i)
      for (int j = 0; j < N; ++j) sum[i][j] = at(bias + j * kLanes);
    multiply<M, N>(h + row * h_row, h_row, 1, w, N * kLanes, n_in, sum);
    float* out = z + row * z_row;
    for (int i = 0; i < M; ++i)
      for (int j = 0; j < N; ++j) {
        const Vector v = sum[i][j];
        const long k = i * z_row + j * kLanes;
        if (gates) at(gates + row * z_row + k) = v;
        at(out + k) = last ? v : v > 0 ? v : below == 0 ? Vector{} : below * v;
      }
  }
};

struct Backward {
  const float* d;  // (rows, d_row) gradient at this layer's pre-activations
  long d_row;
  const float* w;  // one panel of the mirror, (n_out, N lanes)
  long n_out;
  const float* gate;  // (rows, h_row) the panel's columns, above 0 where the unit that the layer read is on; or null
  float below;
  float* e;  // (rows, h_row) gradient at the previous layer's pre-activations, or at the inputs
  long h_row;

  template <int M, int N>
  void tile(long row) const {
    Vector sum[M][N] = {};
    multiply<M, N>(d + row * d_row, d_row, 1, w, N * kLanes, n_out, sum);
    for (int i = 0; i < M; ++i)
      for (int j = 0; j < N; ++j) {
        const long k = (row + i) * h_row + j * kLanes;
        at(e + k) = !gate ? sum[i][j] : at(gate + k) > 0 ? sum[i][j] : below == 0 ? Vector{} : below * sum[i][j];
      }
  }
};

struct Gradient {
  const float* h;
  long h_row;
  const float* d;  // (rows, d_row) the panel's columns
  long d_row;
  long rows;
  float* g;  // one panel, (n_in + 1, N lanes)
  bool add;

  template <int M, int N>
  void tile(long i0) const {
    Vector sum[M][N];
    float* out = g + i0 * N * kLanes;
    for (int i = 0; i < M; ++i)
      for (int j = 0; j < N; ++j) sum[i][j] = add ? at(out + (i * N + j) * kLanes) : Vector{};
    multiply<M, N>(h + i0, 1, h_row, d, d_row, rows, sum);
    for (int i = 0; i < M; ++i)
      for (int j = 0; j < N; ++j) at(out + (i * N + j) * kLanes) = sum[i][j];
  }
};

// out = a times b, a given by its row and column steps, b (count, b_row) and out (rows, out_row) by rows.
struct Product {
  const float *a, *b;
  long a_row, a_step, b_row, count;
  float* out;
  long out_row;
  float factor;       // of the product
  const float* plus;  // like out, added times `share`; or null
  float share;

  template <int M, int N>
  void tile(long row) const {
    Vector sum[M][N] = {};
    multiply<M, N>(a + row * a_row, a_row, a_step, b, b_row, count, sum);
    for (int i = 0; i < M; ++i)
      for (int j = 0; j < N; ++j) {
        const long k = (row + i) * out_row + j * kLanes;
        at(out + k) = plus ? factor * sum[i][j] + share * at(plus + k) : factor * sum[i][j];
      }
  }
};

template <int M, int N, class Job>
void last_tile(const Job& job, long row, long rows) {
  if constexpr (M > 0) {
    if (rows == M)
      job.template tile<M, N>(row);
    else
      last_tile<M - 1, N>(job, row, rows);
  }
}

template <int N, class Job>
void tiles(const Job& job, long rows) {
  constexpr int M = tile_rows(N);
  long row = 0;
  for (; row + M <= rows; row += M) job.template tile<M, N>(row);
  last_tile<M - 1, N>(job, row, rows - row);
}

// Run a job of `rows` rows on a panel of `columns` padded columns (at most kPanel).
template <int N = FOLDLINE_COLUMNS, class Job>
void panel(const Job& job, long rows, long columns) {
  if constexpr (N > 0) {
    if (columns == N * kLanes)
      tiles<N>(job, rows);
    else
      panel<N - 1>(job, rows, columns);
  }
}

inline long panel_width(long columns, long first) { return columns - first < kPanel ? columns - first : kPanel; }

}  // namespace FOLDLINE_SET
