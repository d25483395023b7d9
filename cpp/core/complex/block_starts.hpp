// Part of the class Complex (complex.cpp): where the work goes on in blocks (blocks.hpp), and how large they are.
//
// What is cut before there are blocks is cut by one worker, so they begin early: as soon as a layer is going to make
// ``split`` regions, inside the layer and inside a group of its units where need be.  The same network gives the same blocks
// whatever the number of workers.

  static constexpr double GROWTH = 8;  // as many times the regions there are may a layer still make when its blocks begin

  // How far the network has cut: by the layers before ``layer``, of it by the groups before unit ``from``, of that group by
  // ``units``, a bit each.
  struct Start { size_t layer = 0; int from = 0; u64 units = 0; };
  Start start_;  // of the blocks

  // Cut by the first units, until blocks can go on.
  void begin(const double* lo, const double* hi) {
    make_box(lo, hi);
    for (size_t l = 0; l < layers->size(); ++l) {
      if (cut_until_blocks(l)) return;
      if (l + 1 < layers->size()) end_layer(l);
    }
    start_ = {layers->size()};
  }

  // Cut by a layer; returns whether blocks go on inside it.
  bool cut_until_blocks(size_t l) {
    const int before = (*layers)[l].first_unit, width = (*layers)[l].width;
    const auto growth = [&](int done) { return general(before + width) / general(before + done); };
    const bool last = l + 1 == layers->size();
    const double least = double(split) * (last ? width : 1);  // one layer alone pays for blocks much later
    const auto enough = [&](int done) { return D > 1 && double(n_top()) * growth(done) >= least; };
    int few = 0;  // units after which blocks may begin
    const bool expected = enough(0);
    if (expected)
      while (growth(few) > GROWTH) ++few;
    begin_layer(l, expected);
    for (int done = 0; done < width;) {
      if (before + done > 0 && done >= few && (last ? expected : enough(done))) {
        end_begin(l, done, growth(done));
        return true;
      }
      const int from = done / GROUP * GROUP, end = done < few ? std::min(few, from + GROUP) : from + GROUP;
      const u64 known = bits(done - from);
      begin_group(l, from, known, bits(std::min(end, width) - from));
      cut(l, from);
      if (known) join_generations();
      done = std::min(end, width);
    }
    return false;
  }

  // The first n units of a group.
  static u64 bits(int n) { return n == 64 ? ~u64(0) : (u64(1) << n) - 1; }

  // Regions that n folds in general position make.
  static double general(int n) {
    double sum = 1, choose = 1;
    for (int k = 1; k <= D; ++k) sum += choose *= double(n - k + 1) / k;
    return sum;
  }

  void end_begin(size_t l, int done, double growth) {
    fill_rows();
    count_generations();
    start_ = {l, done / GROUP * GROUP, bits(done % GROUP)};
    if (start_.units) group_layer.back() = int(layers->size());  // none: the words of the blocks are of all units of the group
    blocks_ = blocks_of(weights(done), double(block_size()) / (double(n_top()) * growth));
  }

  // What may become of each region: as many as there will be if the units of the layer from ``done`` on that change sign on it
  // are folds in general position.
  std::vector<double> weights(int done) const {
    const Layer& layer = (*layers)[layer_];
    const size_t n = layer.folds.size();
    std::vector<Signs> signs(n_vertices() * n), around(n);
    for (size_t v = 0; v < n_vertices(); ++v)
      for (size_t w = size_t(done / GROUP); w < n; ++w) {
        const int from = int(w) * GROUP;
        const u64 rest = layer.folds[w] & ~bits(std::clamp(done - from, 0, GROUP));
        Signs& here = signs[v * n + w];
        rows::set.signs(row_of(i32(v)) + from, std::min(GROUP, layer.stride - from), 0.0, here.pos, here.neg);
        here.pos &= rest, here.neg &= rest;
      }
    std::vector<double> out(n_top());
    for (size_t r = 0; r < out.size(); ++r) {
      std::fill(around.begin(), around.end(), Signs{0, 0});
      each_corner(r, [&](i32 v) {
        for (size_t w = 0; w < n; ++w) around[w].add(signs[size_t(v) * n + w]);
      });
      int folds = 0;
      for (const Signs& sum : around) folds += __builtin_popcountll(sum.pos & sum.neg);
      out[r] = general(folds);
    }
    return out;
  }

  // Call ``took`` for the corners of a region's faces.
  template <class F> void each_corner(size_t region, F took) const {
    const auto of_face = [&](size_t f) {
      for (size_t i = loops.start[f]; i < loops.start[f + 1]; ++i) took(loops.v[i]);
    };
    if (D == 2) of_face(region);
    if (D == 3)
      for (size_t i = cell_start[region]; i < cell_start[region + 1]; ++i) of_face(size_t(cell_faces[i] >> 1));
  }

  // Call ``took`` for every group of units that is left.
  template <class F> void each_group(const Start& start, F took) const {
    for (size_t l = start.layer; l < layers->size(); ++l)
      for (int from = l == start.layer ? start.from : 0; from < (*layers)[l].width; from += GROUP) took(l, from);
  }

  std::vector<size_t> blocks_;  // the first region of each, and the number of regions

  size_t block_size() const {
    // Measured: 256 regions at width 64, 180 at 128 and 128 at 256 (split is 2^16 / width) keep the rows of all further
    // layers in the cache without cutting too much along the seams twice.
    const size_t fit = std::max<size_t>(1, std::min(split, size_t(8 * std::sqrt(double(split)))));
    return std::min(fit, size_t(std::max(1.0, max_regions / 16)));  // so that a small budget ends between blocks
  }

  // Where blocks of regions begin, each at most this share of all weights, and the number of regions behind: the last ones
  // are smaller, so that workers end together, whatever their number.
  static std::vector<size_t> blocks_of(const std::vector<double>& weights, double share) {
    double left = std::accumulate(weights.begin(), weights.end(), 0.0);
    const double most = share * left;
    std::vector<size_t> starts{0};
    for (size_t r = 0; r < weights.size();) {
      const double goal = std::clamp(left / 4, most / 8, most);
      for (double sum = 0; r < weights.size() && (sum == 0 || sum + weights[r] / 2 < goal); ++r) sum += weights[r], left -= weights[r];
      starts.push_back(r);
    }
    return starts;
  }
