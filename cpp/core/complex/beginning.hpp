// Where the work goes on in blocks, and how large they are.
//
// What is cut before there are blocks is cut by one worker, so they begin early: as soon as a layer is going to make
// ``split`` regions, inside the layer and inside a group of its units where need be.  The same network gives the same blocks
// whatever the number of workers.
#pragma once

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "core/complex/worker.hpp"
#include "core/rows.hpp"

namespace foldline::complex {

constexpr double GROWTH = 8;  // as many times the regions there are may a layer still make when its blocks begin

template <int D> class Beginning {
 public:
  explicit Beginning(Worker<D>& worker) : worker_(worker) {}

  // Cut by the first units, until blocks can go on; ``split``: regions from which they pay.
  void cut(size_t split, size_t max_regions) {
    split_ = split, max_regions_ = max_regions;
    reached_ = {}, blocks_.clear();
    for (size_t l = 0; l < worker_.stage.layers().size(); ++l) {
      if (cut_until_blocks(l)) return;
      if (l + 1 < worker_.stage.layers().size()) worker_.rows.end_layer(l);
    }
    reached_ = {worker_.stage.layers().size()};
  }

  const Reached& reached() const { return reached_; }
  bool done() const { return reached_.layer == worker_.stage.layers().size(); }
  size_t n_blocks() const { return blocks_.empty() ? 0 : blocks_.size() - 1; }
  size_t first_of(size_t block) const { return blocks_[block]; }  // region

 private:
  Worker<D>& worker_;
  size_t split_ = 1024;
  size_t max_regions_ = 0;
  Reached reached_;             // where the blocks go on
  std::vector<size_t> blocks_;  // the first region of each, and the number of regions

  // Cut by a layer; returns whether blocks go on inside it.
  bool cut_until_blocks(size_t l) {
    const int before = worker_.stage.layers()[l].first_unit, width = worker_.stage.layers()[l].width;
    const auto growth = [&](int done) { return general(before + width) / general(before + done); };
    const bool last = l + 1 == worker_.stage.layers().size();
    const double least = double(split_) * (last ? width : 1);  // one layer alone pays for blocks much later
    const auto enough = [&](int done) { return double(worker_.complex.n_top()) * growth(done) >= least; };
    int few = 0;  // units after which blocks may begin
    const bool expected = enough(0);
    if (expected)
      while (growth(few) > GROWTH) ++few;
    worker_.begin_layer(l, expected);
    for (int done = 0; done < width;) {
      if (before + done > 0 && done >= few && (last ? expected : enough(done))) {
        end_begin(l, done, growth(done));
        return true;
      }
      const int from = done / GROUP * GROUP, end = done < few ? std::min(few, from + GROUP) : from + GROUP;
      const u64 known = bits(done - from);
      worker_.begin_group(l, from, known, bits(std::min(end, width) - from));
      worker_.cut(l, from);
      if (known) worker_.complex.past.join();
      done = std::min(end, width);
    }
    return false;
  }

  // Regions that n folds in general position make.
  static double general(int n) {
    double sum = 1, choose = 1;
    for (int k = 1; k <= D; ++k) sum += choose *= double(n - k + 1) / k;
    return sum;
  }

  void end_begin(size_t l, int done, double growth) {
    worker_.rows.fill_all();
    worker_.doubled.count_generations();
    reached_ = {l, done / GROUP * GROUP, bits(done % GROUP)};
    if (reached_.units) worker_.complex.past.group_layer.back() = int(worker_.stage.layers().size());  // none: the words of the blocks are of all units of the group
    blocks_ = blocks_of(weights(done), double(block_size()) / (double(worker_.complex.n_top()) * growth));
  }

  // What may become of each region: as many as there will be if the units of the layer from ``done`` on that change sign on it
  // are folds in general position.
  std::vector<double> weights(int done) const {
    const Layer& layer = worker_.stage.layers()[worker_.stage.layer];
    const size_t n = layer.folds.size();
    std::vector<Signs> signs(worker_.complex.n_vertices() * n), around(n);
    for (size_t v = 0; v < worker_.complex.n_vertices(); ++v)
      for (size_t w = size_t(done / GROUP); w < n; ++w) {
        const int from = int(w) * GROUP;
        const u64 rest = layer.folds[w] & ~bits(std::clamp(done - from, 0, GROUP));
        Signs& here = signs[v * n + w];
        rows::signs(worker_.rows.row_of(i32(v)) + from, std::min(GROUP, layer.stride - from), 0.0, here.pos, here.neg);
        here.pos &= rest, here.neg &= rest;
      }
    std::vector<double> out(worker_.complex.n_top());
    for (size_t r = 0; r < out.size(); ++r) {
      std::fill(around.begin(), around.end(), Signs{0, 0});
      worker_.complex.each_corner(r, [&](i32 v) {
        for (size_t w = 0; w < n; ++w) around[w].add(signs[size_t(v) * n + w]);
      });
      int folds = 0;
      for (const Signs& sum : around) folds += __builtin_popcountll(sum.pos & sum.neg);
      out[r] = general(folds);
    }
    return out;
  }

  size_t block_size() const {
    // Measured: 256 regions at width 64, 180 at 128 and 128 at 256 (split is 2^16 / width) keep the rows of all further
    // layers in the cache without cutting too much along the seams twice.
    const size_t fit = std::max<size_t>(1, std::min(split_, size_t(8 * std::sqrt(double(split_)))));
    return std::min(fit, std::max<size_t>(1, max_regions_ / 16));  // so that a small budget ends between blocks
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

};

}  // namespace foldline::complex
