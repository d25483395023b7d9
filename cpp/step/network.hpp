// The fused training step for one instruction set: blocks of samples through forward, loss, backward and update without
// a temporary matrix (see sets.hpp).
//
// One layer is three products, and all are "a broadcast number times a row vector":
//   forward   z[s, o] = b[o] + sum_i h[s, i] w[i, o]         w packed in panels of columns o, bias as its last row
//   backward  e[s, i] = sum_o d[s, o] w[i, o]                the mirror of w, packed in panels of columns i
//   gradient  g[i, o] = sum_s h[s, i] d[s, o]                packed like w; its last row is sum_s d[s, o]
// source: Goto and van de Geijn 2008, "Anatomy of high-performance matrix multiplication", the inner kernel.
//
// A batch is cut into at most kParts parts, by its number of rows alone.  Each part adds up its own gradient, and the
// parts are added in their order: the bits are the same for any number of threads.

namespace FOLDLINE_SET {

class Kernel final : public foldline::step::Kernel {
 public:
  Kernel(Shape shape, int threads) : shape_(std::move(shape)), levels_(shape_.grid), workers_(threads) {
    for (size_t l = 0; l + 1 < shape_.widths.size(); ++l)
      layers_.emplace_back(shape_.reads(l), shape_.widths[l + 1], shape_.reads_again(l));
    for (int w = 0; w < workers_.size(); ++w) rooms_.emplace_back(layers_, shape_.below, levels_.count());
    for (size_t l = 1; l + 1 < layers_.size(); ++l) {
      const Layer& layer = layers_[l];
      orthogonal_.emplace_back(std::min(layer.n_in, layer.n_out), std::max(layer.n_in, layer.n_out));
    }
  }

  void put(int slot, size_t l, const float* w, const float* b) override {
    Layer& layer = layers_.at(l);
    for (long i = 0; i <= layer.n_in; ++i)
      for (long o = 0; o < layer.n_out; ++o)
        layer.slot[slot][layer.place(i, o)] = i < layer.n_in ? w[o * layer.n_in + i] : b[o];
    if (slot == 0) reflect(layer);
  }

  void get(int slot, size_t l, float* w, float* b) const override {
    const Layer& layer = layers_.at(l);
    for (long i = 0; i <= layer.n_in; ++i)
      for (long o = 0; o < layer.n_out; ++o)
        (i < layer.n_in ? w[o * layer.n_in + i] : b[o]) = layer.slot[slot][layer.place(i, o)];
  }

  void put_level(int slot, size_t l, const float* rows) override { levels_.put(slot, l, rows); }
  void get_level(int slot, size_t l, float* rows) const override { levels_.get(slot, l, rows); }

  double step(const Data& data, const int64_t* order, long rows, long* wrong, float* at_inputs) override {
    double total = 0;
    at_inputs_ = at_inputs;
    if (at_inputs) reflect(layers_[0]);
    for (long s = 0; s < rows; ++s) total += data.weight ? data.weight[order[s]] : 1.0;
    const float share = static_cast<float>(1.0 / total);
    const double loss = walk(data.x, order, rows, true, [&](Room& room, long first, long n, Part& part) {
      part.loss += judge(room, data, order + first, n, share, &part.wrong);
    });
    for (const Part& part : parts_) *wrong += part.wrong;
    at_inputs_ = nullptr;
    return loss / total;
  }

  void backward(const float* x, const float* slopes, long rows, float* at_inputs) override {
    at_inputs_ = at_inputs;
    reflect(layers_[0]);
    walk(x, nullptr, rows, true, [&](Room& room, long first, long n, Part&) {
      const long n_out = shape_.widths.back(), row = row_stride(n_out);
      for (long s = 0; s < n; ++s) std::copy_n(slopes + (first + s) * n_out, n_out, room.d[0].data() + s * row);
    });
    at_inputs_ = nullptr;
  }

  void update(const Rule& rule) override {
    const long jobs = static_cast<long>(layers_.size()), n = rows_;
    workers_.each(jobs + levels_.count(), [&](long job, int) {
      const Flushed flushed;
      if (job < jobs) {
        update_layer(static_cast<size_t>(job), rule);
        return;
      }
      const long l = job - jobs;
      long first = 0;
      for (long k = 0; k < l; ++k) first += shape_.grid.levels[k].channels;
      levels_.update(l, places_.data(), feature_slopes_.data(), n, first, rule.features);
    });
  }

  void predict(const float* x, long rows, float* out) override {
    walk(x, nullptr, rows, false, [&](Room& room, long first, long n, Part&) {
      const long n_out = shape_.widths.back(), row = row_stride(n_out);
      for (long i = 0; i < n; ++i) std::copy_n(room.d[0].data() + i * row, n_out, out + (first + i) * n_out);
    });
  }

 private:
  // Samples walked at once: their activations and one layer's weights stay in L1 and L2.
  static constexpr long kBlock = 96;
  static constexpr long kParts = 8;

  struct Layer {
    long n_in, n_out, columns;
    bool again;  // whether it reads, after the layer before, what the first layer reads
    Buffer slot[kSlots];  // weights, first and second memory, all packed alike
    Buffer gradient[kParts], mirror;

    Layer(long in, long out, bool twice) : n_in(in), n_out(out), columns(padded(out)), again(twice) {
      for (Buffer& part : slot) part.resize((n_in + 1) * columns);
      mirror.resize(n_out * padded(n_in));
    }

    size_t place(long i, long o) const {
      const long first = o / kPanel * kPanel;
      return first * (n_in + 1) + i * panel_width(columns, first) + (o - first);
    }
  };

  // What one worker needs to walk a block.
  struct Room {
    std::vector<Buffer> h, z;  // what each layer reads; the pre-activations behind it where their signs are not in h
    Buffer d[2];               // outputs or gradients of the block, by turns
    Buffer passed;             // gradient at what the first layer reads, from layers that read it again
    std::vector<Place> places;

    Room(const std::vector<Layer>& layers, const std::vector<float>& below, long levels)
        : places(kBlock * std::max(levels, 1L)) {
      long widest = 0;
      for (size_t l = 0; l < layers.size(); ++l) {
        const Layer& layer = layers[l];
        h.emplace_back(kBlock * row_stride(layer.n_in));
        z.emplace_back(l && below[l - 1] < 0 ? kBlock * row_stride(layer.n_in) : 0);
        widest = std::max({widest, row_stride(layer.n_in), row_stride(layer.n_out)});
      }
      for (Buffer& part : d) part.resize(kBlock * widest);
      passed.resize(kBlock * row_stride(layers[0].n_in));
    }

    const float* gates(size_t l) const { return z[l].size() ? z[l].data() : h[l].data(); }
  };

  struct Part {
    double loss = 0;
    long wrong = 0;
  };

  static long parts_of(long rows) { return std::min(kParts, (rows + kBlock - 1) / kBlock); }

  // Take all rows through the network, block by block; `judge` turns a block's outputs in d[0] into their gradient.
  template <class Judge>
  double walk(const float* x, const int64_t* order, long rows, bool learn, const Judge& judge) {
    const long blocks = (rows + kBlock - 1) / kBlock, n_parts = parts_of(rows);
    parts_.assign(n_parts, Part{});
    if (learn) make_room(rows, n_parts);
    workers_.each(n_parts, [&](long p, int worker) {
      const Flushed flushed;
      Room& room = rooms_[worker];
      const long begin = blocks * p / n_parts, end = blocks * (p + 1) / n_parts;
      for (long block = begin; block < end; ++block) {
        const long first = block * kBlock, n = std::min(kBlock, rows - first);
        gather(room, x, order, first, n, learn);
        forward(room, n);
        judge(room, first, n, parts_[p]);
        if (learn) backward(room, first, n, p, block > begin);
      }
    });
    double loss = 0;
    for (const Part& part : parts_) loss += part.loss;
    if (learn) add_parts(n_parts);
    return loss;
  }

  void make_room(long rows, long n_parts) {
    rows_ = rows;
    for (Layer& layer : layers_)
      for (long p = 0; p < n_parts; ++p) layer.gradient[p].fit((layer.n_in + 1) * layer.columns);
    if (!levels_.count()) return;
    if (static_cast<long>(places_.size()) < rows * levels_.count()) places_.resize(rows * levels_.count());
    feature_slopes_.fit(rows * levels_.features());
  }

  void add_parts(long n_parts) {
    workers_.each(static_cast<long>(layers_.size()), [&](long l, int) {
      const Flushed flushed;
      Layer& layer = layers_[l];
      float* sum = layer.gradient[0].data();
      for (long p = 1; p < n_parts; ++p) {
        const float* part = layer.gradient[p].data();
        for (long k = 0; k < (layer.n_in + 1) * layer.columns; k += kLanes) at(sum + k) += at(part + k);
      }
    });
  }

  void gather(Room& room, const float* x, const int64_t* order, long first, long n, bool learn) {
    const long inputs = shape_.inputs(), h_row = row_stride(layers_[0].n_in), d = levels_.d();
    const long features = levels_.features();
    float* h = room.h[0].data();
    for (long i = 0; i < n; ++i) {
      const float* from = x + (order ? order[first + i] : first + i) * inputs;
      std::copy_n(from, d, h + i * h_row);
      std::copy_n(from + d, inputs - d, h + i * h_row + d + features);
    }
    if (!levels_.count()) return;
    Place* places = learn ? places_.data() + first * levels_.count() : room.places.data();
    levels_.find(h, h_row, n, places);
    levels_.interpolate(places, n, h + d, h_row);
  }

  // Leave the outputs of the block in d[0].
  void forward(Room& room, long n) const {
    for (size_t l = 0; l < layers_.size(); ++l) {
      const Layer& layer = layers_[l];
      const bool last = l + 1 == layers_.size();
      float* z = last ? room.d[0].data() : room.h[l + 1].data();
      float* gates = last || !room.z[l + 1].size() ? nullptr : room.z[l + 1].data();
      const long z_row = last ? row_stride(layer.n_out) : row_stride(layers_[l + 1].n_in);
      for (long first = 0; first < layer.columns; first += kPanel) {
        const Forward job{room.h[l].data(), row_stride(layer.n_in),
                          layer.slot[0].data() + first * (layer.n_in + 1), layer.n_in, z + first, z_row, last,
                          last ? 1.0f : shape_.below[l], gates ? gates + first : nullptr};
        panel(job, n, panel_width(layer.columns, first));
      }
      if (!last && layers_[l + 1].again) {
        const long first_in = layers_[0].n_in, from = row_stride(first_in);
        for (long s = 0; s < n; ++s) std::copy_n(room.h[0].data() + s * from, first_in, z + s * z_row + layer.n_out);
      }
    }
  }

  void backward(Room& room, long first_row, long n, long p, bool add) {
    int now = 0;
    if (!shape_.again.empty()) std::fill_n(room.passed.data(), n * row_stride(layers_[0].n_in), 0.0f);
    for (size_t l = layers_.size(); l-- > 0; now = 1 - now) {
      Layer& layer = layers_[l];
      const float* d = room.d[now].data();
      const bool last = l + 1 == layers_.size();
      const long d_row = last ? row_stride(layer.n_out) : row_stride(layers_[l + 1].n_in), h_row = row_stride(layer.n_in);
      for (long first = 0; first < layer.columns; first += kPanel) {
        const long width = panel_width(layer.columns, first);
        float* g = layer.gradient[p].data() + first * (layer.n_in + 1);
        panel(Gradient{room.h[l].data(), h_row, d + first, d_row, n, g, add}, layer.n_in, width);
        sum_rows(d + first, d_row, n, g + layer.n_in * width, width, add);
      }
      if (l == 0 && !levels_.count() && !at_inputs_) return;
      const long across = padded(layer.n_in);
      for (long first = 0; first < across; first += kPanel) {
        const Backward job{d, d_row, layer.mirror.data() + first * layer.n_out, layer.n_out,
                           l && !layer.again ? room.gates(l) + first : nullptr, l ? shape_.below[l - 1] : 1.0f,
                           room.d[1 - now].data() + first, h_row};
        panel(job, n, panel_width(across, first));
      }
      if (layer.again) part_again(room, room.d[1 - now].data(), l, n);
    }
    if (!shape_.again.empty())
      for (long s = 0, row = row_stride(layers_[0].n_in); s < n * row; ++s) room.d[now][s] += room.passed[s];
    pass_on(room, room.d[now].data(), first_row, n);
  }

  // Part the gradient at what layer l reads: through the units of the layer before, and back to what the first reads.
  void part_again(Room& room, float* e, size_t l, long n) const {
    const long row = row_stride(layers_[l].n_in), own = shape_.widths[l], first_in = layers_[0].n_in;
    for (long s = 0; s < n; ++s, e += row) {
      const float* gate = room.gates(l) + s * row;
      for (long k = 0; k < own; ++k) e[k] = gate[k] > 0 ? e[k] : shape_.below[l - 1] * e[k];
      float* passed = room.passed.data() + s * row_stride(first_in);
      for (long k = 0; k < first_in; ++k) passed[k] += e[own + k];
      std::fill(e + own, e + row, 0.0f);  // the layer before has its padding here
    }
  }

  // Keep the block's slopes at the features, and tell those at the inputs, which move with the features.
  void pass_on(const Room& room, const float* e, long first, long n) {
    const long e_row = row_stride(layers_[0].n_in), d = levels_.d(), features = levels_.features();
    const long inputs = shape_.inputs();
    for (long s = 0; s < n; ++s, e += e_row) {
      if (features) std::copy_n(e + d, features, feature_slopes_.data() + (first + s) * features);
      if (!at_inputs_) continue;
      float* out = at_inputs_ + (first + s) * inputs;
      std::copy_n(e, d, out);
      std::copy_n(e + d + features, inputs - d, out + d);
      if (features)
        levels_.slopes(room.h[0].data() + s * e_row, places_.data() + (first + s) * levels_.count(), e + d, out);
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

  // Turn the outputs in d[0] into the gradient there; return the block's weighted sum of losses.
  double judge(Room& room, const Data& data, const int64_t* order, long n, float share, long* wrong) const {
    const long n_out = shape_.widths.back(), row = row_stride(n_out);
    double loss = 0;
    for (long s = 0; s < n; ++s) {
      float* z = room.d[0].data() + s * row;
      const float weight = data.weight ? data.weight[order[s]] : 1.0f, scale = weight * share;
      const float* target = data.target ? data.target + order[s] * n_out : nullptr;
      switch (shape_.loss) {
        case Loss::cross_entropy: loss += weight * softmax_row(z, n_out, data.label[order[s]], scale, wrong); break;
        case Loss::squared: loss += weight * squared_row(z, n_out, target, scale); break;
        case Loss::binary: loss += weight * binary_row(z, n_out, target, scale, wrong); break;
        case Loss::absolute: loss += weight * absolute_row(z, n_out, target, scale); break;
        case Loss::clamped: loss += weight * clamped_row(z, n_out, target, shape_.clamp, scale); break;
      }
    }
    return loss;
  }

  void update_layer(size_t l, const Rule& rule) {
    Layer& layer = layers_[l];
    const bool matrix = rule.muon && l > 0 && l + 1 < layers_.size();
    if (matrix) turn(layer, orthogonal_[l - 1], rule);
    for (long first = 0; first < layer.columns; first += kPanel) {
      const long width = panel_width(layer.columns, first), start = first * (layer.n_in + 1);
      if (!matrix) move_slots(layer, rule.network, start, layer.n_in * width, rule.decay);
      move_slots(layer, rule.network, start + layer.n_in * width, width, 0.0f);
    }
    if (l > 0 || levels_.count()) reflect(layer);  // else nothing comes back through it but by `backward`
  }

  void move_slots(Layer& layer, const Moves& rule, long start, long count, float decay) {
    move(rule, layer.slot[0].data() + start, layer.slot[1].data() + start, layer.slot[2].data() + start,
         layer.gradient[0].data() + start, count, decay);
  }

  // A step of Muon: momentum, Nesterov's look ahead, then the nearest orthogonal matrix.
  static void turn(Layer& layer, Orthogonal& step, const Rule& rule) {
    constexpr float momentum = 0.95f;  // Jordan 2024
    const bool lying = layer.n_in <= layer.n_out;
    const float scale = std::sqrt(std::max(1.0f, static_cast<float>(layer.n_out) / static_cast<float>(layer.n_in)));
    for (long i = 0; i < layer.n_in; ++i)
      for (long o = 0; o < layer.n_out; ++o) {
        const size_t k = layer.place(i, o);
        const float g = layer.gradient[0][k] + rule.decay * layer.slot[0][k];
        const float speed = layer.slot[1][k] = momentum * layer.slot[1][k] + g;
        (lying ? step.row(i)[o] : step.row(o)[i]) = g + momentum * speed;
      }
    step.run();
    for (long i = 0; i < layer.n_in; ++i)
      for (long o = 0; o < layer.n_out; ++o)
        layer.slot[0][layer.place(i, o)] -= rule.muon_rate * scale * (lying ? step.row(i)[o] : step.row(o)[i]);
  }

  static void reflect(Layer& layer) {
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

  Shape shape_;
  Levels levels_;
  std::vector<Layer> layers_;
  std::vector<Room> rooms_;
  std::vector<Orthogonal> orthogonal_;
  std::vector<Part> parts_;
  std::vector<Place> places_;  // of the batch, for its update
  Buffer feature_slopes_;      // (rows, features)
  long rows_ = 0;              // of the gradient that waits for its update
  float* at_inputs_ = nullptr;
  Workers workers_;
};

}  // namespace FOLDLINE_SET
