// What the generations of a complex tell of each region: its pattern, its affine map.
#pragma once

#include <algorithm>
#include <cstring>
#include <vector>

#include "core/complex/maps.hpp"
#include "core/layer.hpp"
#include "core/numbers.hpp"

namespace foldline::complex {

// The generations of a complex: which of the one before each region came from, and the word that its units gave it.
struct Lineage {
  std::vector<const i32*> parent;
  std::vector<const u64*> word;
  std::vector<int> layer, first_bit, n_bits;
  size_t n = 1, units = 0;  // regions; bits of a pattern
  int left = 0;             // units of the last layer without a word yet

  // The next generation, of units of ``of_layer``, which has so many of them.
  void add(const i32* parents, const u64* words, size_t n_regions, int of_layer, int width) {
    if (layer.empty() || of_layer != layer.back()) left = width;
    parent.push_back(parents), word.push_back(words), layer.push_back(of_layer);
    first_bit.push_back(int(units)), n_bits.push_back(std::min(GROUP, left));
    n = n_regions;
    units += size_t(n_bits.back()), left -= n_bits.back();
  }

  // Call ``took(region, bits, first)`` for each region, with the words of its generations; those before ``first`` are
  // those of the region before.
  template <class F> void walk(F took) const {
    const size_t G = layer.size();
    std::vector<i32> at(G, -1);
    std::vector<u64> bits(G);
    for (size_t r = 0; r < n; ++r) {
      size_t first = G;
      i32 node = i32(r);
      for (size_t g = G; g-- > 0;) {
        if (at[g] == node) break;
        at[g] = node;
        bits[g] = word[g][node];
        node = parent[g][node];
        first = g;
      }
      took(r, bits.data(), first);
    }
  }
};

// A word's lowest n bits as bytes 0 and 1; up to 7 more bytes may be written.
inline void spread_bits(u64 word, int n, std::uint8_t* out) {
  for (int i = 0; i < n; i += 8) {
    // The byte's copies in eight lanes, one bit kept in each, turned into 0 or 1.
    const u64 lanes = (word >> i & 0xff) * 0x0101010101010101ull & 0x8040201008040201ull;
    const u64 ones = (lanes + 0x7f7f7f7f7f7f7f7full) >> 7 & 0x0101010101010101ull;
    std::memcpy(out + i, &ones, 8);
  }
}

// Affine maps (regions, outputs, d + 1).
inline void write_maps(const Lineage& all, Maps& maps, size_t size, double* out) {
  const size_t G = all.layer.size();
  std::vector<size_t> layer_begin;  // the first generation of the same layer
  for (size_t g = 0; g < G; ++g) layer_begin.push_back(g && all.layer[g] == all.layer[g - 1] ? layer_begin.back() : g);
  all.walk([&](size_t r, const u64* bits, size_t first) {
    maps.begin(r == 0);
    for (size_t g = first == G ? G : layer_begin[first]; g < G;) {
      maps.take(size_t(all.layer[g]), &bits[g]);
      const int layer = all.layer[g];
      while (g < G && all.layer[g] == layer) ++g;
    }
    maps.write(out + r * size);
  });
}

// Patterns (regions, units), a byte a unit; up to 7 more bytes may be written.
inline void write_patterns(const Lineage& all, std::uint8_t* out) {
  all.walk([&](size_t r, const u64* bits, size_t first) {
    std::uint8_t* row = out + r * all.units;
    if (r && first < all.layer.size()) std::memcpy(row, row - all.units, size_t(all.first_bit[first]));
    for (size_t g = first; g < all.layer.size(); ++g) spread_bits(bits[g], all.n_bits[g], row + all.first_bit[g]);
  });
}

}  // namespace foldline::complex
