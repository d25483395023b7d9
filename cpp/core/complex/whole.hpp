// A complex from its first cell to the last: the first units by one worker, the rest in blocks by all.
//
// Every block of neighbouring regions is finished on its own: its rows stay in the cache, memory is bounded, workers take
// blocks in turn.  The answer does not depend on who did what when.
#pragma once

#include <algorithm>
#include <atomic>
#include <limits>
#include <memory>
#include <vector>

#include "core/complex/beginning.hpp"
#include "core/complex/belt.hpp"
#include "core/complex/budget.hpp"
#include "core/complex/first_cells.hpp"
#include "core/complex/part.hpp"
#include "core/complex/weld.hpp"
#include "core/complex/worker.hpp"
#include "core/listener.hpp"
#include "core/workers.hpp"

namespace foldline::complex {

// What is asked, and how much of it.
struct Question {
  std::vector<Given> layers;          // the hidden ones
  const double *lo, *hi;              // the box, or one around the first cells
  bool certify = true, rational = false;
  Arbiter* arbiter = nullptr;    // where ``certify``
  Listener* listener = nullptr;  // or none
  double max_regions = std::numeric_limits<double>::infinity(), seconds = std::numeric_limits<double>::infinity();
  double row_bytes = std::numeric_limits<double>::infinity();  // of the rows of vertices, all workers together
  int workers = 1;
  size_t split = 1024;           // regions from which the work goes on in blocks that fit the cache
  const FirstCells* first = nullptr;  // none: the box is the first cell
};

template <int D> class Whole {
 public:
  const Complex<D>& complex() const { return worker_.complex; }
  const Weld<D>& weld() const { return weld_; }
  Weld<D>& weld() { return weld_; }
  Past& past() { return worker_.complex.past; }
  const Asked& asked() const { return asked_; }
  u64 settled() const { return worker_.doubled.settled; }  // by pairs of doubles, before they were asked
  bool done() const { return beginning_.done(); }          // without blocks
  size_t n_blocks() const { return beginning_.n_blocks(); }

  // Before a question; throws Stopped where the budget does not even suffice to measure the weights.
  void ask(const Question& question) {
    budget_.max_regions = size_t(std::min(std::max(question.max_regions, 1.0), 0x1p62));
    worker_.begin(budget_.max_regions);
    worker_.watch.look_soon();
    worker_.stage.certify = question.certify, worker_.stage.rational = question.rational;
    worker_.stage.make_box(question.lo, question.hi);
    worker_.stage.box = !question.first;
    worker_.stage.reads = question.first && !question.first->reads.empty() ? question.first->reads.data() : nullptr;
    first_ = question.first;
    asked_.begin(question.arbiter);
    budget_.listener = question.listener;
    budget_.deadline = Budget<D>::now() + question.seconds;
    budget_.row_bytes = question.row_bytes / (1 + question.workers);
    budget_.begin(0);
    split_ = std::min(question.split, std::max<size_t>(2, budget_.max_regions / 4));  // a small budget is spent on small blocks
    workers_ = question.workers;
    const double lipschitz = question.first ? question.first->lipschitz : 0;
    worker_.stage.chain = std::make_shared<const Chain>(question.layers, question.certify, lipschitz, [this] { worker_.watch.look(); });
  }

  // Cut the box, in blocks if there will be many regions.  Returns whether all was done within the budget; what is done stands
  // in the arrays: of regions, as many as the budget allows.
  bool run() {
    begin();
    begin_weld();
    if (done()) return !complex().left_out;
    std::vector<Part<D>> parts;
    const bool complete = cut_blocks(0, n_blocks(), parts, WELD) && !complex().left_out;
    end_weld();
    return complete;
  }

  // Only count: a block is forgotten when it is done.
  bool count(size_t& n) {
    begin();
    std::vector<Part<D>> none;
    const bool complete = (done() || cut_blocks(0, n_blocks(), none, COUNT)) && !complex().left_out;
    n = done() ? complex().n_top() : budget_.finished.load();
    return complete;
  }

  // The same in shards that may run elsewhere: some blocks, and all of them put together.  Both begin as ``run`` does, so
  // that a shard is a range of numbers.
  bool cut_shard(size_t first, size_t last, std::vector<Part<D>>& parts) {
    begin();
    return done() || cut_blocks(std::min(first, n_blocks()), std::min(last, n_blocks()), parts, KEEP);
  }

  void weld_shards(std::vector<Part<D>>& parts) {
    begin();
    begin_weld();
    for (size_t i = 0; i < parts.size() && budget_.left(); ++i) {
      parts[i].keep_first(budget_.take(parts[i].n_top()));
      weld_.add(parts[i], double(i + 1) / double(parts.size()));
    }
    end_weld();
  }

  // The question is answered: forget the answer, or only who asked.
  void forget() { worker_.begin(0), weld_.clear(); }
  void let_go() { asked_.arbiter = nullptr, budget_.listener = nullptr; }

  size_t bytes() const {
    size_t sum = worker_.rows.bytes();
    for (const auto& helper : helpers_) sum += helper->rows.bytes();
    return sum;
  }

 private:
  Worker<D> worker_{budget_, asked_};
  Budget<D> budget_{worker_.complex};
  Asked asked_;
  Beginning<D> beginning_{worker_};
  Weld<D> weld_;
  std::vector<std::unique_ptr<Worker<D>>> helpers_;
  const FirstCells* first_ = nullptr;
  size_t split_ = 1024;
  int workers_ = 1;

  enum Use { COUNT, KEEP, WELD };  // what becomes of a block

  void begin() {
    if (first_) CellMaker<D>(*first_, worker_.complex).make();
    else worker_.complex.make_box(worker_.stage.lo.data(), worker_.stage.hi.data());
    worker_.complex.keep_first(budget_.max_regions);
    beginning_.cut(split_, budget_.max_regions);
  }

  // Cut blocks ``first`` to ``last`` by all that is left; returns whether the budget held.
  bool cut_blocks(size_t first, size_t last, std::vector<Part<D>>& parts, Use use) {
    parts = std::vector<Part<D>>(use == COUNT ? 0 : last - first);
    Belt<D> belt(weld_, parts);
    std::atomic<size_t> next{first};
    budget_.begin(last - first);
    const int workers = std::max(1, std::min<int>(workers_, int(last - first)));
    while (helpers_.size() < size_t(workers)) helpers_.push_back(std::make_unique<Worker<D>>(budget_, asked_));
    for (auto& helper : helpers_) helper->watch.look_soon();
    std::vector<u64> settled_by(workers, 0);
    at_once(workers, [&](int w) {
      try {
        for (size_t b; !budget_.halt && (b = next++) < last;) {
          if (!cut_block(*helpers_[w], b)) continue;
          if (use != COUNT) belt.put(*helpers_[w], b - first, use == WELD);
          settled_by[w] += helpers_[w]->doubled.settled;
          if (++budget_.blocks_done < budget_.n_blocks) helpers_[w]->watch.look();
        }
      } catch (const Stopped&) {
        budget_.halt = true;
      } catch (...) {
        budget_.halt = true;
        throw;
      }
    });
    for (u64 settled : settled_by) worker_.doubled.settled += settled;
    if (!budget_.halt) budget_.tell();
    if (use == WELD) belt.finish();
    return !budget_.halt;
  }

  // Cut a block, or as much of its beginning as is left of the budget, after which there is no other; returns whether
  // anything was cut.
  bool cut_block(Worker<D>& helper, size_t block) {
    const size_t left = budget_.left();
    if (left) {
      helper.begin_block(worker_, beginning_.first_of(block), beginning_.first_of(block + 1), left);
      helper.cut_from(beginning_.reached());
    }
    const size_t n = left ? budget_.take(helper.complex.n_top()) : 0;  // others may have spent what was left
    if (n) helper.complex.keep_first(n);
    if (!n || helper.complex.left_out) budget_.halt = true;
    return n;
  }

  void begin_weld() {
    size_t n = 0;
    each_group([&](size_t, int) { ++n; });
    weld_.begin(complex(), n);
    weld_.joined = beginning_.reached().units ? &complex().past.parents.back() : nullptr;
  }

  // The generations that the blocks added, behind those there were before.
  void end_weld() {
    Past& past = worker_.complex.past;
    if (beginning_.reached().units) past.drop();
    size_t g = 0;
    each_group([&](size_t l, int from) {
      past.add(int(l), from);
      past.parents.back().swap(weld_.parents[g]);
      past.words.back().swap(weld_.words[g++]);
    });
  }

  template <class F> void each_group(F took) const { worker_.stage.each_group(beginning_.reached().layer, beginning_.reached().from, took); }
};

}  // namespace foldline::complex
