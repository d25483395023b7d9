// What a search looked at closely, kept so that it can be looked at again elsewhere: as words of 64 bits.
#pragma once

#include <cstring>
#include <vector>

#include "core/numbers.hpp"

namespace foldline::march {

// A sheet between two corners, or a leaf between two that was opened.
struct Look {
  bool opened = false, settled = false;
  int depth = 0, stuck = 0;
  double first[3], last[3], level[4];
  std::vector<int> units;     // undecided in the leaf; of an opened one
  std::vector<u64> pattern;   // which of the decided ones are on; of an opened one

  void write(std::vector<u64>& to) const {
    for (u64 word : {u64(opened), u64(settled), u64(depth), u64(stuck), u64(units.size()), u64(pattern.size())}) to.push_back(word);
    for (const double* from : {first, last}) write(from, 3, to);
    write(level, 4, to);
    for (int u : units) to.push_back(u64(u));
    to.insert(to.end(), pattern.begin(), pattern.end());
  }

  // Read one look; returns where the next one begins, or nullptr if it does not end before `end`.
  const u64* read(const u64* at, const u64* end) {
    if (end - at < 16) return nullptr;
    opened = at[0] != 0, settled = at[1] != 0, depth = int(at[2]), stuck = int(at[3]);
    const size_t n = at[4], words = at[5];
    std::memcpy(first, at + 6, 24), std::memcpy(last, at + 9, 24), std::memcpy(level, at + 12, 32);
    at += 16;
    if (size_t(end - at) < n + words) return nullptr;
    units.assign(at, at + n), pattern.assign(at + n, at + n + words);
    return at + n + words;
  }

 private:
  static void write(const double* from, int n, std::vector<u64>& to) {
    for (int k = 0; k < n; ++k) {
      u64 word;
      std::memcpy(&word, from + k, 8);
      to.push_back(word);
    }
  }
};

}  // namespace foldline::march
