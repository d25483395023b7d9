// The generations of a complex: one a group of units that cut it.
#pragma once

#include <vector>

#include "core/memory.hpp"
#include "core/numbers.hpp"

namespace foldline::complex {

// Regions whose parents are in one generation get these parents' own, in the one before.
inline void skip_parents(i32* parent, size_t n, const Buffer<i32>& older) {
  for (size_t i = 0; i < n; ++i) parent[i] = older[parent[i]];
}

// Of each top cell of a generation its parent in the one before and the bits of its pattern.
class Past {
 public:
  std::vector<Buffer<i32>> parents;
  std::vector<Buffer<u64>> words;
  std::vector<int> group_layer, group_from;

  size_t size() const { return words.size(); }

  // Begin a generation, in memory of an older answer if there is any.
  void add(int layer, int from) {
    take_up(parents, old_parents_), take_up(words, old_words_);
    group_layer.push_back(layer);
    group_from.push_back(from);
  }

  void drop() {
    put_last_aside(parents, old_parents_), put_last_aside(words, old_words_);
    group_layer.pop_back(), group_from.pop_back();
  }

  // The last two generations were cut by units of the same group: they become one.
  void join() {
    const size_t g = parents.size() - 2;
    skip_parents(parents[g + 1].data(), parents[g + 1].size(), parents[g]);
    parents[g].swap(parents[g + 1]), words[g].swap(words[g + 1]);
    drop();
  }

  // Forget all, keep the memory.
  void clear() {
    while (!parents.empty()) put_last_aside(parents, old_parents_);
    while (!words.empty()) put_last_aside(words, old_words_);
    group_layer.clear(), group_from.clear();
  }

 private:
  std::vector<Buffer<i32>> old_parents_;
  std::vector<Buffer<u64>> old_words_;

  template <class T> static void put_last_aside(std::vector<Buffer<T>>& list, std::vector<Buffer<T>>& old) {
    old.emplace_back();
    old.back().swap(list.back());
    list.pop_back();
  }

  template <class T> static void take_up(std::vector<Buffer<T>>& list, std::vector<Buffer<T>>& old) {
    list.emplace_back();
    if (old.empty()) return;
    list.back().swap(old.back());
    list.back().clear();
    old.pop_back();
  }
};

}  // namespace foldline::complex
