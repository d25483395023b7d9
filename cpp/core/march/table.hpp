// Names of regions and vertices, and their numbers.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "core/numbers.hpp"

namespace foldline::march {

struct Key {
  u64 a = 0, b = 0;
  Key operator^(Key o) const { return {a ^ o.a, b ^ o.b}; }
  bool operator==(Key o) const { return a == o.a && b == o.b; }
};

// Key -> number, open addressing.
class Table {
  struct Slot { Key key; std::uint32_t value = EMPTY; };
  std::vector<Slot> slots_;
  size_t size_ = 0, mask_ = 0;

 public:
  explicit Table(size_t slots = 1 << 12) { rehash(slots); }  // a power of two
  // The number of a key and whether it is new (then it is `value`).
  std::pair<std::uint32_t, bool> insert(Key key, std::uint32_t value) {
    if (2 * size_ > mask_) rehash(2 * (mask_ + 1));
    size_t i = key.a & mask_;
    for (; slots_[i].value != EMPTY; i = (i + 1) & mask_)
      if (slots_[i].key == key) return {slots_[i].value, false};
    slots_[i] = {key, value}, ++size_;
    return {value, true};
  }
  void fetch(Key key) const {  // asks memory for the place of a key before it is needed
#if defined(__GNUC__)
    __builtin_prefetch(slots_.data() + (key.a & mask_));
#endif
  }

 private:
  static constexpr std::uint32_t EMPTY = 0xffffffffu;
  void rehash(size_t n) {
    std::vector<Slot> slots(n);
    for (const Slot& slot : slots_) {
      if (slot.value == EMPTY) continue;
      size_t i = slot.key.a & (n - 1);
      while (slots[i].value != EMPTY) i = (i + 1) & (n - 1);
      slots[i] = slot;
    }
    slots_.swap(slots), mask_ = n - 1;
  }
};

}  // namespace foldline::march
