// Part of the class Complex (complex.cpp): rows of pre-activations at the vertices, from layer to layer.
//
// A vertex that was there when a layer began gets its row of the next layer as a product of its activations and the
// weights.  One that was born in the layer lies on an edge, from a to b, on which the activations are linear but for those
// of the units that change sign there.  So its row lies between those of a and b, but for as many columns of the weights:
// a few dozen times less work than the product.

  // A vertex whose next row lies between those of its parents, but for ``count`` kinks; ``size``: the sum of their sizes.
  struct Between { i32 vertex, first, count; double size; };

  // The activation of a unit at a vertex, less what it would be if it were linear between the vertex's parents.
  struct Kink { i32 unit; double change; };

  static constexpr int WIDE = 40;     // units of a layer from which it pays
  static constexpr int KINKS = 6;     // a product costs about as much as this share of the layer's width in kinks

  size_t base_ = 0;                   // vertices there were when the layer began
  Buffer<i32> direct_;                // those among them whose rows are products, in the order of their activations in ``h``
  Buffer<Between> between_;
  Buffer<Kink> kinks_;
  Buffer<char> refreshed_;            // vertices whose activations are not those of their row
  std::vector<u64> unlike_;
  Buffer<double> made_;               // error that making a vertex's row adds to that of its activations
  double kink_rounding_ = 0;          // error of activations taken for linear

  // The rows of a layer for every vertex there is, with bounds of their error; ``whole``: of all columns, for blocks to take.
  void begin_layer(size_t l, bool whole = false) {
    const Layer& layer = (*layers)[l];
    layer_ = int(l);
    narrow_ = l + 1 == layers->size() && !whole;
    lipschitz_ = layer.lipschitz;
    base_ = n_vertices();
    z_width_ = narrow_ ? std::min(layer.width, GROUP) : layer.width;
    z_stride_ = narrow_ ? std::min(layer.stride, GROUP) : layer.stride;
    for (size_t i = 0; i < base_; ++i) row[i] = i32(i);
    if (taken_over()) {
      row_size_ = parent_->row_size_;
    } else {
      if (l == 0) begin_box();
      row_size_ = layer.norm * *std::max_element(h_norm.data(), h_norm.data() + base_) + layer.bias_norm;
      bound_rows(layer);
    }
    rounding_ = SLACK * ULP * (6 * row_size_ + 4 * layer.lipschitz * x_max_) + LEAST;
    if (narrow_) return;
    z.resize(base_ * z_stride_);
    make_rows(layer, 0, layer.stride, 0);
  }

  // The first layer's activations are the inputs.
  void begin_box() {
    h.resize(base_ * D);
    std::memcpy(h.data(), x.data(), base_ * D * sizeof(double));
    h_stride_ = D;
    h_norm.resize(base_);
    direct_.clear();
    between_.clear();
    for (size_t i = 0; i < base_; ++i) {
      h_norm[i] = x_max_ * std::sqrt(double(D));
      direct_.push(i32(i));
    }
  }

  // Whether the rows of this layer are those that the whole made before it went on in blocks.
  bool taken_over() const { return parent_ && layer_ == parent_->layer_; }

  void bound_rows(const Layer& layer) {
    const double gamma = (layer.inputs + 4) * ULP;
    made_.resize(base_);
    for (size_t k = 0; k < direct_.size(); ++k) {
      const size_t i = direct_[k];
      const double size = layer.frobenius * h_norm[i] + layer.bias_norm;
      trust[i].grid = trust[i].grid >= 0 && fits(SLACK * size, trust[i].grid + layer.grid) ? trust[i].grid + layer.grid : -1;
      made_[i] = trust[i].grid >= 0 ? 0 : gamma * size;
      trust[i].eps = trust[i].grid >= 0 ? 0 : SLACK * (made_[i] + layer.norm * trust[i].eps) + LEAST;
    }
    for (size_t k = 0; certify && k < between_.size(); ++k) {
      const Between& v = between_[k];
      const i32 a = born[v.vertex].a, b = born[v.vertex].b;
      const double inputs = h_norm[a] + h_norm[b], size = layer.norm * (inputs + v.size) + 2 * layer.bias_norm;
      const double step = ULP * ((v.count + 5) * size + 8 * layer.norm * inputs) + layer.norm * kink_rounding_;
      made_[v.vertex] = std::max(made_[a], made_[b]) + SLACK * step + LEAST;
      trust[v.vertex].eps = SLACK * (made_[v.vertex] + layer.norm * trust[v.vertex].eps) + LEAST;
    }
  }

  // The columns [from, from + columns) of the rows of the vertices there were when the layer began, to column ``to`` of z on.
  void make_rows(const Layer& layer, int from, int columns, int to) {
    if (taken_over()) {
      for (size_t i = 0; i < base_; ++i)
        std::memcpy(&z[i * z_stride_ + to], parent_->row_of(origin_v_[i]) + from, columns * sizeof(double));
      return;
    }
    const double* packed = layer.packed.data() + size_t(from) * layer.inputs;  // a group begins with a panel
    rows::set.product({h.data(), direct_.size(), h_stride_, layer.inputs, packed, layer.bias.data() + from, z.data() + to, z_stride_, columns, direct_.data()});
    std::vector<rows::Change> changes;
    for (size_t k = 0; k < between_.size(); ++k) {  // oldest first: parents come before children
      const Between& v = between_[k];
      const Birth& birth = born[v.vertex];
      changes.clear();
      for (i32 i = v.first; i < v.first + v.count; ++i)
        changes.push_back({packed + size_t(kinks_[i].unit) * rows::PANEL, size_t(layer.inputs) * rows::PANEL, {kinks_[i].change}});
      rows::set.between(&z[size_t(birth.a) * z_stride_ + to], &z[size_t(birth.b) * z_stride_ + to], birth.t, changes.data(),
                        int(changes.size()), &z[size_t(v.vertex) * z_stride_ + to], columns);
    }
  }

  // Give every vertex its row, oldest first, so that parents come before children.
  void fill_rows() {
    for (size_t i = base_; i < n_vertices(); ++i)
      if (row[i] < 0) fill_row(i32(i));
  }

  void fill_row(i32 v) {
    row[v] = i32(z.size() / z_stride_);
    double* to = z.grow(z_stride_);
    rows::set.between(row_of(born[v].a), row_of(born[v].b), born[v].t, nullptr, 0, to, z_stride_);
    const int own = int(born[v].unit) - (*layers)[layer_].first_unit;
    const int at = narrow_ ? own - from_ : own;
    if (at >= 0 && at < z_width_) to[at] = 0;
  }

  const double* row_of(i32 v) const { return &z[size_t(row[v]) * z_stride_]; }

  // The pre-activation of unit j (of the group) at a vertex of this layer, from its row or from the ends it was born between.
  double value(i32 v, int j) const {
    if (row[v] >= 0) return z[size_t(row[v]) * z_stride_ + (narrow_ ? j : from_ + j)];
    if (born[v].unit == (*layers)[layer_].first_unit + from_ + j) return 0.0;
    const double a = value(born[v].a, j), b = value(born[v].b, j);
    return a + born[v].t * (b - a);
  }

  void end_layer(size_t l) {
    const Layer& layer = (*layers)[l];
    fill_rows();
    count_generations();
    const size_t n = n_vertices();
    h_norm.resize(n);
    h.clear(), direct_.clear(), between_.clear(), kinks_.clear(), refreshed_.clear();
    h_stride_ = z_stride_;
    kink_rounding_ = layer.slope_max * rounding_;
    for (size_t i = 0; i < n; ++i) {
      refreshed_.push(0);
      if (!lies_between(layer, i32(i))) activate(layer, i32(i));
      if (certify && !(trust[i].eps + layer.lipschitz * layer.slope_max * trust[i].delta <= bearable(h_norm[i]))) refresh(i32(i));
    }
  }

  // The activations of a vertex, of which a product will make its next row.
  void activate(const Layer& layer, i32 v) {
    double* to = h.grow(h_stride_);
    direct_.push(v);
    h_norm[v] = SLACK * std::sqrt(rows::set.activate(row_of(v), layer.below.data(), to, h_stride_)) + LEAST;
    trust[v].eps = activated(layer, v);
    if (trust[v].grid < 0) return;
    trust[v].grid = fits(row_size_ * layer.slope_max, trust[v].grid + layer.slope_grid) ? trust[v].grid + layer.slope_grid : -1;
    if (trust[v].grid < 0) return;
    trust[v].eps = 0;
    int actual = 0;  // the bookkeeping only bounds it
    for (int j = 0; j < layer.width; ++j) actual = std::max(actual, grid_of(to[j]));
    trust[v].grid = std::min(trust[v].grid, actual);
  }

  // The error of a vertex's activations, given that of its row.
  double activated(const Layer& layer, i32 v) const {
    return SLACK * (trust[v].eps * layer.slope_max + (layer.slope_grid || layer.slope_max != 1 ? ULP * h_norm[v] + LEAST : 0));
  }

  // Whether a vertex's next row is made from those of its parents; lists its kinks.
  bool lies_between(const Layer& layer, i32 v) {
    const i32 a = born[v].a, b = born[v].b;
    if (layer.width < WIDE || size_t(v) < base_ || trust[v].grid >= 0 || refreshed_[a] || refreshed_[b]) return false;
    const double *at_a = row_of(a), *at_b = row_of(b), *at_v = row_of(v), t = born[v].t;
    unlike_.resize(layer.folds.size());
    rows::set.unlike(at_a, at_b, layer.stride, unlike_.data());
    const int own = born[v].unit - layer.first_unit;
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
    h_norm[v] = SLACK * std::max(h_norm[a], h_norm[b]);  // the size of activations is convex between them
    trust[v].eps = activated(layer, v);
    return true;
  }

  // The error a row of activations of this size may have; where they are all small the next layer's biases decide.
  double bearable(double size) const {
    const Layer& next = (*layers)[layer_ + 1];
    return BAD_ROW * (size + (next.norm > 0 ? next.bias_norm / next.norm : 0));
  }

  // Take a vertex's activations from finer arithmetic, correctly rounded, when its float row has lost too much.
  void refresh(i32 v) {
    const Layer& layer = (*layers)[layer_];
    refreshed_[v] = 1;
    if (!direct_.size() || direct_[direct_.size() - 1] != v) {
      between_.resize(between_.size() - 1);
      direct_.push(v);
      h.grow(h_stride_);
    }
    double* at = &h[h.size() - h_stride_];
    double off = 0, error = 0;
    if (rational || !settle_row(v, &x[size_t(v) * D], at, off, error)) ask_row(v, &x[size_t(v) * D], at);
    double sum = 0;
    for (int j = 0; j < layer.width; ++j) sum += at[j] * at[j];
    h_norm[v] = SLACK * std::sqrt(sum) + LEAST;
    trust[v].delta = 2 * ULP * x_max_ + off;
    trust[v].grid = -1;
    trust[v].eps = SLACK * (2 * ULP * h_norm[v] + error + layer.lipschitz * layer.slope_max * trust[v].delta);
  }

  void ask_row(i32 v, double* place, double* activations) {
    nb::gil_scoped_acquire gil;
    make_known(v);
    nb::list answer = nb::cast<nb::list>(root_->arbiter.attr("activations")(trust[v].known, layer_));
    nb::list where = nb::cast<nb::list>(root_->arbiter.attr("where")(trust[v].known));
    for (size_t j = 0; j < nb::len(answer); ++j) activations[j] = nb::cast<double>(answer[j]);
    for (int k = 0; k < D; ++k) place[k] = nb::cast<double>(where[k]);
    ++root_->asked_rows;
  }

  // Whether multiples of 2^-g up to ``size`` are added and subtracted without rounding.
  static bool fits(double size, int g) { return g <= 500 && size < power_of_two(53 - g); }
