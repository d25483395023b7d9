// Features on nested Kuhn grids: found, interpolated, and moved where a step touched them; for one instruction set.
//
// A row of a level lies together as values, gradients, first and second memories: finding it in memory costs more than
// the arithmetic on it.  Rows that no sample of a step touches are left alone (lazy updates).
// source: Kuhn 1960; Freudenthal 1942 (the simplices); Mueller et al. 2022, "Instant neural graphics primitives" (levels)

namespace FOLDLINE_SET {

// The corners of the simplex around a point, and their shares of it.
struct Place {
  int32_t row[kMostInputs + 1];  // -1: a vertex without a row
  float share[kMostInputs + 1];
};

class Levels {
 public:
  explicit Levels(const Grid& grid) : grid_(grid) {
    for (const Level& level : grid_.levels) tables_.emplace_back(level.rows * 4 * level.channels);
  }

  long count() const { return static_cast<long>(tables_.size()); }
  int d() const { return grid_.d; }
  long features() const { return features_; }

  void put(int slot, size_t l, const float* rows) { copy(slot, l, const_cast<float*>(rows), true); }
  void get(int slot, size_t l, float* rows) const { const_cast<Levels*>(this)->copy(slot, l, rows, false); }

  // Find the corners around n points of stride `x_row`, all levels of a point together, and ask memory for their rows.
  void find(const float* x, long x_row, long n, Place* places) const {
    for (long s = 0; s < n; ++s, x += x_row, places += count()) {
      float unit[kMostInputs];
      for (int a = 0; a < grid_.d; ++a) {
        const float u = (x[a] - grid_.lo[a]) * grid_.scale[a];
        unit[a] = u < 0 ? 0.0f : u < 1 ? u : 1.0f;
      }
      for (long l = 0; l < count(); ++l) {
        if (grid_.d == 3)
          corners<3>(unit, grid_.levels[l], places[l]);
        else if (grid_.d == 2)
          corners<2>(unit, grid_.levels[l], places[l]);
        else
          corners<1>(unit, grid_.levels[l], places[l]);
        for (int k = 0; k <= grid_.d; ++k)
          if (places[l].row[k] >= 0) __builtin_prefetch(row(l, places[l].row[k]));
      }
    }
  }

  // Fill the features of n points, at stride `h_row`.
  void interpolate(const Place* places, long n, float* h, long h_row) const {
    for (long s = 0; s < n; ++s, h += h_row, places += count()) {
      float* out = h;
      for (long l = 0; l < count(); ++l) {
        const long channels = grid_.levels[l].channels;
        for (long c = 0; c < channels; ++c) out[c] = 0;
        for (int k = 0; k <= grid_.d; ++k) {
          if (places[l].row[k] < 0) continue;
          const float *value = row(l, places[l].row[k]), share = places[l].share[k];
          for (long c = 0; c < channels; ++c) out[c] += share * value[c];
        }
        out += channels;
      }
    }
  }

  // Add to the slopes at the inputs what comes through the features: each corner is reached along one axis.
  void slopes(const float* x, const Place* places, const float* at_features, float* at_inputs) const {
    for (long l = 0; l < count(); ++l) {
      const long channels = grid_.levels[l].channels;
      float along[kMostInputs + 1];
      for (int k = 0; k <= grid_.d; ++k) {
        along[k] = 0;
        if (places[l].row[k] < 0) continue;
        const float* value = row(l, places[l].row[k]);
        for (long c = 0; c < channels; ++c) along[k] += at_features[c] * value[c];
      }
      int axes[kMostInputs];
      falling(x, grid_.levels[l], axes);
      for (int k = 0; k < grid_.d; ++k)
        if (inside(x, axes[k]))
          at_inputs[axes[k]] += (along[k + 1] - along[k]) * grid_.levels[l].cells * grid_.scale[axes[k]];
      at_features += channels;
    }
  }

  // Move the rows of one level that n samples touched; `slopes` (n, features) at the features, the level's from `first`.
  void update(long l, const Place* places, const float* slopes, long n, long first, const Moves& rule) {
    const long channels = grid_.levels[l].channels;
    for (long s = 0; s < n; ++s) {
      const Place& place = places[s * count() + l];
      if (s + kAhead < n)
        for (int k = 0; k <= grid_.d; ++k) {
          const int32_t ahead = places[(s + kAhead) * count() + l].row[k];
          if (ahead >= 0) __builtin_prefetch(row(l, ahead), 1);
        }
      const float* slope = slopes + s * features_ + first;
      for (int k = 0; k <= grid_.d; ++k) {
        if (place.row[k] < 0) continue;
        float* gradient = row(l, place.row[k]) + channels;
        for (long c = 0; c < channels; ++c) gradient[c] += place.share[k] * slope[c];
      }
    }
    for (long s = 0; s < n; ++s)
      for (int k = 0; k <= grid_.d; ++k) {
        const int32_t r = places[s * count() + l].row[k];
        if (r >= 0) move_row(row(l, r), channels, rule);
      }
  }

 private:
  static constexpr long kAhead = 8;  // samples: about as long as a row takes to come from memory

  float* row(long l, int32_t r) { return tables_[l].data() + static_cast<long>(r) * 4 * grid_.levels[l].channels; }
  const float* row(long l, int32_t r) const { return const_cast<Levels*>(this)->row(l, r); }

  void copy(int slot, size_t l, float* rows, bool in) {
    const long channels = grid_.levels.at(l).channels, part = slot == 0 ? 0 : slot + 1;
    for (long r = 0; r < grid_.levels[l].rows; ++r) {
      float *here = row(l, r) + part * channels, *there = rows + r * channels;
      for (long c = 0; c < channels; ++c) (in ? here[c] : there[c]) = in ? there[c] : here[c];
    }
  }

  // A gradient that was moved by is 0 until the next step: the second time a row comes up it is left alone.
  static void move_row(float* row, long channels, const Moves& rule) {
    float *w = row, *g = row + channels, *m = row + 2 * channels, *v = row + 3 * channels;
    for (long c = 0; c < channels; ++c) {
      if (g[c] == 0) continue;
      if (rule.adam) {
        m[c] += rule.rest1 * (g[c] - m[c]);
        v[c] = rule.beta2 * v[c] + rule.rest2 * (g[c] * g[c]);
        w[c] -= rule.rate * m[c] / (__builtin_sqrtf(v[c]) * rule.root_scale + rule.epsilon);
      } else {
        m[c] = rule.beta1 * m[c] + g[c];
        w[c] -= rule.rate * m[c];
      }
      g[c] = 0;
    }
  }

  bool inside(const float* x, int axis) const {
    const float u = (x[axis] - grid_.lo[axis]) * grid_.scale[axis];
    return u > 0 && u < 1;
  }

  // The cell of a point along one axis, and how far through it the point is.
  static long cell(float unit, long cells, float& within) {
    const float along = unit * static_cast<float>(cells);
    const long floor = static_cast<long>(along);
    const long n = floor < cells ? floor : cells - 1;
    within = along - static_cast<float>(n);
    return n;
  }

  void falling(const float* x, const Level& level, int* axes) const {
    float within[kMostInputs];
    for (int a = 0; a < grid_.d; ++a) {
      const float u = (x[a] - grid_.lo[a]) * grid_.scale[a];
      cell(u < 0 ? 0.0f : u < 1 ? u : 1.0f, level.cells, within[a]);
      axes[a] = a;
    }
    sort(within, axes, grid_.d);
  }

  // Falling; of equal ones the first axis first.
  static void sort(float* within, int* axes, int d) {
    for (int i = 1; i < d; ++i)
      for (int j = i; j > 0 && within[j] > within[j - 1]; --j) {
        std::swap(within[j], within[j - 1]);
        std::swap(axes[j], axes[j - 1]);
      }
  }

  template <int D>
  static void corners(const float* unit, const Level& level, Place& place) {
    float within[D];
    int axes[D];
    long strides[D], vertex = 0;
    for (int a = D - 1, stride = 1; a >= 0; --a, stride *= static_cast<int>(level.cells) + 1) strides[a] = stride;
    for (int a = 0; a < D; ++a) {
      vertex += cell(unit[a], level.cells, within[a]) * strides[a];
      axes[a] = a;
    }
    sort(within, axes, D);
    for (int k = 0; k <= D; ++k) {
      if (k > 0) vertex += strides[axes[k - 1]];
      place.row[k] = level.row_of.empty() ? static_cast<int32_t>(vertex) : level.row_of[vertex];
      place.share[k] = (k > 0 ? within[k - 1] : 1.0f) - (k < D ? within[k] : 0.0f);
    }
  }

  Grid grid_;
  long features_ = grid_.features();
  std::vector<Buffer> tables_;
};

}  // namespace FOLDLINE_SET
