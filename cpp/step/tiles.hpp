// The fused training step for one instruction set.  step.cpp includes this file once a set, after defining
//   FOLDLINE_SET     the namespace
//   FOLDLINE_LANES   floats in a vector register
//   FOLDLINE_COLUMNS vectors in a full panel
//   FOLDLINE_TILE    accumulators a tile may hold in registers
// All sums run over their index in order, whatever the vector width, so sets differ only by fused multiply-add.
//
// One layer is three products, and all are "a broadcast number times a row vector":
//   forward   z[s, o] = b[o] + sum_i h[s, i] w[i, o]         w packed in panels of columns o, bias as its last row
//   backward  e[s, i] = sum_o d[s, o] w[i, o]                the mirror of w, packed in panels of columns i
//   gradient  g[i, o] = sum_s h[s, i] d[s, o]                packed like w; its last row is sum_s d[s, o]
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
  bool relu;

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
        at(out + i * z_row + j * kLanes) = relu ? (v > 0 ? v : Vector{}) : v;
      }
  }
};

struct Backward {
  const float* d;  // (rows, d_row) gradient at this layer's pre-activations
  long d_row;
  const float* w;  // one panel of the mirror, (n_out, N lanes)
  long n_out;
  const float* h;  // (rows, h_row) the panel's columns of what the layer read
  float* e;        // (rows, h_row) gradient at the previous layer's pre-activations
  long h_row;

  template <int M, int N>
  void tile(long row) const {
    Vector sum[M][N] = {};
    multiply<M, N>(d + row * d_row, d_row, 1, w, N * kLanes, n_out, sum);
    for (int i = 0; i < M; ++i)
      for (int j = 0; j < N; ++j) {
        const long k = (row + i) * h_row + j * kLanes;
        at(e + k) = at(h + k) > 0 ? sum[i][j] : Vector{};
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

// e^x to 2 units in the last place for x <= 0; below -87 it stays at the smallest normal number.
// source: Cephes, expf.c (Moshier): x = n ln 2 + r, polynomial in r.
inline Vector exp_of(Vector x) {
  x = x < -87.0f ? all(-87.0f) : x;
  const Vector shift = all(12582912.0f);  // 1.5 * 2^23 rounds to the nearest whole number
  const Vector n = (x * 1.44269504088896341f + shift) - shift;
  const Vector r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  Vector p = all(1.9875691500e-4f);
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  const Whole power = (__builtin_convertvector(n, Whole) + 127) << 23;
  Vector scale;
  __builtin_memcpy(&scale, &power, sizeof scale);
  return p * scale;
}

// Lanes below n.
inline Whole inside(long n) {
  Whole lane;
  for (int32_t k = 0; k < kLanes; ++k) lane[k] = k;
  return lane < static_cast<int32_t>(n);
}

inline float largest(const float* x) {
  float a = x[0], b = x[1];
  for (long k = 2; k < kLanes; k += 2) a = x[k] > a ? x[k] : a, b = x[k + 1] > b ? x[k + 1] : b;
  return a > b ? a : b;
}

inline float added(const float* x) {
  float a = x[0], b = x[1];
  for (long k = 2; k < kLanes; k += 2) a += x[k], b += x[k + 1];
  return a + b;
}

class Kernel final : public foldline::Kernel {
 public:
  Kernel(std::vector<long> widths, Loss loss) : widths_(std::move(widths)), loss_(loss) {
    long widest = 0;
    for (size_t l = 0; l + 1 < widths_.size(); ++l) {
      Layer layer;
      layer.n_in = widths_[l];
      layer.n_out = widths_[l + 1];
      layer.columns = padded(layer.n_out);
      for (Buffer& slot : layer.slot) slot.resize((layer.n_in + 1) * layer.columns);
      layer.gradient.resize((layer.n_in + 1) * layer.columns);
      layer.mirror.resize(layer.n_out * padded(layer.n_in));
      layer.h_row = row_stride(layer.n_in);
      layer.h.resize(kBlock * layer.h_row);
      widest = std::max({widest, layer.h_row, row_stride(layer.n_out)});
      layers_.push_back(std::move(layer));
    }
    d_[0].resize(kBlock * widest);
    d_[1].resize(kBlock * widest);
  }

  void put(int slot, size_t l, const float* w, const float* b) override {
    Layer& layer = layers_.at(l);
    for (long i = 0; i <= layer.n_in; ++i)
      for (long o = 0; o < layer.n_out; ++o)
        layer.slot[slot][place(layer, i, o)] = i < layer.n_in ? w[o * layer.n_in + i] : b[o];
    if (slot == 0) reflect(layer);
  }

  void get(int slot, size_t l, float* w, float* b) const override {
    const Layer& layer = layers_.at(l);
    for (long i = 0; i <= layer.n_in; ++i)
      for (long o = 0; o < layer.n_out; ++o)
        (i < layer.n_in ? w[o * layer.n_in + i] : b[o]) = layer.slot[slot][place(layer, i, o)];
  }

  double step(const Data& data, const int64_t* order, long rows, long* wrong) override {
    double total = 0, loss = 0;
    for (long s = 0; s < rows; ++s) total += data.weight ? data.weight[order[s]] : 1.0;
    const float share = static_cast<float>(1.0 / total);
    for (long s = 0; s < rows; s += kBlock) {
      const long n = std::min(kBlock, rows - s);
      gather(data, order + s, n);
      forward(n);
      loss += judge(data, order + s, n, share, wrong);
      backward(n, s > 0);
    }
    return loss / total;
  }

  void update(const Rule& rule) override {
    for (size_t l = 0; l < layers_.size(); ++l) {
      Layer& layer = layers_[l];
      for (long first = 0; first < layer.columns; first += kPanel) {
        const long width = panel_width(layer.columns, first), start = first * (layer.n_in + 1);
        move(layer, rule, start, layer.n_in * width, rule.decay);
        move(layer, rule, start + layer.n_in * width, width, 0.0f);
      }
      if (l > 0) reflect(layer);
    }
  }

  void predict(const float* x, long rows, float* out) override {
    const long n_in = widths_.front(), n_out = widths_.back(), z_row = row_stride(n_out);
    for (long s = 0; s < rows; s += kBlock) {
      const long n = std::min(kBlock, rows - s);
      Layer& first = layers_.front();
      for (long i = 0; i < n; ++i)
        std::copy_n(x + (s + i) * n_in, n_in, first.h.data() + i * first.h_row);
      forward(n);
      for (long i = 0; i < n; ++i) std::copy_n(d_[0].data() + i * z_row, n_out, out + (s + i) * n_out);
    }
  }

 private:
  // Samples walked at once: their activations and one layer's weights stay in L1 and L2.
  static constexpr long kBlock = FOLDLINE_BLOCK;

  struct Layer {
    long n_in, n_out, columns, h_row;
    Buffer slot[3];  // weights, first and second moment, all packed alike
    Buffer gradient, mirror, h;
  };

  static size_t place(const Layer& layer, long i, long o) {
    const long first = o / kPanel * kPanel;
    return first * (layer.n_in + 1) + i * panel_width(layer.columns, first) + (o - first);
  }

  void reflect(Layer& layer) {
    const long across = padded(layer.n_in);
    for (long first = 0; first < across; first += kPanel) {
      const long width = panel_width(across, first), stop = std::min(first + width, layer.n_in);
      for (long from = 0; from < layer.columns; from += kPanel) {
        const long step = panel_width(layer.columns, from);
        const float* w = layer.slot[0].data() + from * (layer.n_in + 1);
        float* m = layer.mirror.data() + first * layer.n_out + from * width;
        const long outs = std::min(step, layer.n_out - from);
        for (long i = first; i < stop; ++i)
          for (long o = 0; o < outs; ++o) m[o * width + (i - first)] = w[i * step + o];
      }
    }
  }

  void gather(const Data& data, const int64_t* order, long n) {
    Layer& first = layers_.front();
    for (long i = 0; i < n; ++i)
      std::copy_n(data.x + order[i] * first.n_in, first.n_in, first.h.data() + i * first.h_row);
  }

  // Leave the outputs of the block in d_[0].
  void forward(long n) {
    for (size_t l = 0; l < layers_.size(); ++l) {
      const Layer& layer = layers_[l];
      const bool last = l + 1 == layers_.size();
      float* z = last ? d_[0].data() : layers_[l + 1].h.data();
      const long z_row = row_stride(layer.n_out);
      for (long first = 0; first < layer.columns; first += kPanel)
        panel(Forward{layer.h.data(), layer.h_row, layer.slot[0].data() + first * (layer.n_in + 1), layer.n_in,
                      z + first, z_row, !last},
              n, panel_width(layer.columns, first));
    }
  }

  void backward(long n, bool add) {
    int now = 0;
    for (size_t l = layers_.size(); l-- > 0; now = 1 - now) {
      Layer& layer = layers_[l];
      const float* d = d_[now].data();
      const long d_row = row_stride(layer.n_out);
      for (long first = 0; first < layer.columns; first += kPanel) {
        const long width = panel_width(layer.columns, first);
        float* g = layer.gradient.data() + first * (layer.n_in + 1);
        panel(Gradient{layer.h.data(), layer.h_row, d + first, d_row, n, g, add}, layer.n_in, width);
        sum_rows(d + first, d_row, n, g + layer.n_in * width, width, add);
      }
      if (l == 0) return;
      const long across = padded(layer.n_in);
      for (long first = 0; first < across; first += kPanel)
        panel(Backward{d, d_row, layer.mirror.data() + first * layer.n_out, layer.n_out, layer.h.data() + first,
                       d_[1 - now].data() + first, layer.h_row},
              n, panel_width(across, first));
    }
  }

  static void sum_rows(const float* d, long d_row, long n, float* g, long width, bool add) {
    for (long k = 0; k < width; k += kLanes) {
      Vector even{}, odd{};
      long s = 0;
      for (; s + 1 < n; s += 2) even += at(d + s * d_row + k), odd += at(d + (s + 1) * d_row + k);
      if (s < n) even += at(d + s * d_row + k);
      at(g + k) = (add ? at(g + k) : Vector{}) + (even + odd);
    }
  }

  // Turn the outputs in d_[0] into the gradient there; return the block's weighted sum of losses.
  double judge(const Data& data, const int64_t* order, long n, float share, long* wrong) {
    const long n_out = widths_.back(), row = row_stride(n_out);
    double loss = 0;
    for (long s = 0; s < n; ++s) {
      float* z = d_[0].data() + s * row;
      const float weight = data.weight ? data.weight[order[s]] : 1.0f;
      if (loss_ == Loss::softmax)
        loss += weight * softmax_row(z, n_out, data.label[order[s]], weight * share, wrong);
      else if (loss_ == Loss::squared)
        loss += weight * squared_row(z, n_out, data.target + order[s] * n_out, weight * share);
      else
        loss += weight * binary_row(z, n_out, data.target + order[s] * n_out, weight * share, wrong);
    }
    return loss;
  }

  // Lanes beyond the last output hold 0 before and after; a vector never reads floats just stored one by one.
  static double softmax_row(float* z, long n, int32_t label, float scale, long* wrong) {
    float parts[kLanes];
    Vector highest = all(z[0]), sum{};
    long k = 0;
    for (; k + kLanes <= n; k += kLanes) highest = at(z + k) > highest ? at(z + k) : highest;
    if (k < n) highest = (inside(n - k) & (at(z + k) > highest)) ? at(z + k) : highest;
    __builtin_memcpy(parts, &highest, sizeof highest);
    const float top = largest(parts), own = z[label];
    *wrong += own < top;
    for (k = 0; k + kLanes <= n; k += kLanes) sum += at(z + k) = exp_of(at(z + k) - top);
    if (k < n) sum += at(z + k) = inside(n - k) ? exp_of(at(z + k) - top) : Vector{};
    __builtin_memcpy(parts, &sum, sizeof sum);
    const float total = added(parts);
    const Vector factor = all(scale / total);
    for (k = 0; k < n; k += kLanes) at(z + k) *= factor;
    z[label] -= scale;
    return std::log(total) - (own - top);
  }

  static double squared_row(float* z, long n, const float* target, float scale) {
    double loss = 0;
    for (long k = 0; k < n; ++k) {
      const float gap = z[k] - target[k];
      loss += static_cast<double>(gap) * gap;
      z[k] = 2 * scale / n * gap;
    }
    return loss / n;
  }

  static double binary_row(float* z, long n, const float* target, float scale, long* wrong) {
    double loss = 0;
    for (long k = 0; k < n; ++k) {
      const float e = std::exp(-std::fabs(z[k])), chance = (z[k] >= 0 ? 1.0f : e) / (1.0f + e);
      loss += std::max(z[k], 0.0f) - z[k] * target[k] + std::log1p(e);
      *wrong += (z[k] > 0) != (target[k] > 0.5f);
      z[k] = scale / n * (chance - target[k]);
    }
    return loss / n;
  }

  static void move(Layer& layer, const Rule& rule, long start, long count, float decay) {
    float *w = layer.slot[0].data() + start, *m = layer.slot[1].data() + start, *v = layer.slot[2].data() + start;
    const float* gradient = layer.gradient.data() + start;
    for (long k = 0; k < count; k += kLanes) {
      const Vector g = at(gradient + k) + decay * at(w + k);
      if (rule.adam) {
        const Vector first = at(m + k) += rule.rest1 * (g - at(m + k));
        const Vector second = at(v + k) = rule.beta2 * at(v + k) + rule.rest2 * (g * g);
        at(w + k) -= rule.rate * first / (root(second) * rule.root_scale + rule.epsilon);
      } else if (rule.beta1 != 0) {
        at(w + k) -= rule.rate * (at(m + k) = rule.beta1 * at(m + k) + g);
      } else {
        at(w + k) -= rule.rate * g;
      }
    }
  }

  static Vector root(Vector x) {
    float parts[kLanes];
    __builtin_memcpy(parts, &x, sizeof x);
    for (long k = 0; k < kLanes; ++k) parts[k] = __builtin_sqrtf(parts[k]);  // one instruction, without errno
    __builtin_memcpy(&x, parts, sizeof x);
    return x;
  }

  std::vector<long> widths_;
  Loss loss_;
  std::vector<Layer> layers_;
  Buffer d_[2];  // outputs or gradients of the block, by turns
};

}  // namespace FOLDLINE_SET
