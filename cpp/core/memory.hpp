// The arrays the kernel works in and hands out, and where they lie.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/workers.hpp"

namespace foldline {

using std::size_t;

// Where arrays lie.  The first touch of a page costs more than the geometry that is written to it, so memory that was
// given back is kept for the next answer.  (Pages of 2 MiB were tried: the system may take longer to find them.)
class Memory {
 public:
  static void* take(size_t& bytes) {
    if (bytes >= SMALL) {
      const Hold held(shelf().lock);
      auto& pieces = shelf().pieces;
      size_t best = pieces.size();
      for (size_t i = 0; i < pieces.size(); ++i)
        if (pieces[i].bytes >= bytes && pieces[i].bytes <= 2 * bytes && (best == pieces.size() || pieces[i].bytes < pieces[best].bytes)) best = i;
      if (best < pieces.size()) {
        const Piece piece = pieces[best];
        pieces[best] = pieces.back();
        pieces.pop_back();
        shelf().bytes -= piece.bytes;
        bytes = piece.bytes;
        return piece.at;
      }
    }
    void* at = std::malloc(bytes);
    if (!at) throw std::bad_alloc();
    return at;
  }

  static void give_back(void* at, size_t bytes) {
    if (bytes >= SMALL) {
      const Hold held(shelf().lock);
      if (shelf().bytes + bytes <= KEPT && shelf().pieces.size() < 256) {
        shelf().pieces.push_back({at, bytes});
        shelf().bytes += bytes;
        return;
      }
    }
    std::free(at);
  }

 private:
  static constexpr size_t SMALL = size_t(1) << 16, KEPT = size_t(256) << 20;
  struct Piece { void* at; size_t bytes; };
  struct Shelf {
    Mutex lock;
    std::vector<Piece> pieces;
    size_t bytes = 0;
  };
  static Shelf& shelf() {  // never destroyed: arrays are given back until the interpreter has ended
    static Shelf* kept = new Shelf();
    return *kept;
  }
};

// A vector of plain values that does not touch memory it is about to overwrite.
template <class T> class Buffer {
  static_assert(std::is_trivially_copyable_v<T>);
  T* data_ = nullptr;
  size_t size_ = 0, bytes_ = 0;

 public:
  Buffer() = default;
  Buffer(Buffer&& other) noexcept { swap(other); }
  Buffer& operator=(Buffer&& other) noexcept {
    swap(other);
    return *this;
  }
  ~Buffer() { if (data_) Memory::give_back(data_, bytes_); }
  void reserve(size_t n) {
    if (n <= capacity()) return;
    size_t bytes = std::max(n, capacity() + capacity() / 2 + 64) * sizeof(T);
    T* bigger = static_cast<T*>(Memory::take(bytes));
    if (size_) std::memcpy(static_cast<void*>(bigger), data_, size_ * sizeof(T));
    if (data_) Memory::give_back(data_, bytes_);
    data_ = bigger;
    bytes_ = bytes;
  }
  void resize(size_t n) { reserve(n); size_ = n; }
  void clear() { size_ = 0; }
  void put(T value) { data_[size_++] = value; }  // where there is room
  void push(T value) { if (size_ == capacity()) reserve(size_ + 1); data_[size_++] = value; }
  T* grow(size_t n) { reserve(size_ + n); T* at = data_ + size_; size_ += n; return at; }
  T& operator[](size_t i) { return data_[i]; }
  const T& operator[](size_t i) const { return data_[i]; }
  T* data() { return data_; }
  const T* data() const { return data_; }
  size_t size() const { return size_; }
  size_t capacity() const { return bytes_ / sizeof(T); }
  T& back() { return data_[size_ - 1]; }
  void swap(Buffer& other) { std::swap(data_, other.data_); std::swap(size_, other.size_); std::swap(bytes_, other.bytes_); }
};

// Doubles that start on a cache line, so that no register of eight is read from two lines.
template <class T> struct OnLines {
  using value_type = T;
  static constexpr std::align_val_t LINE{64};
  OnLines() = default;
  template <class U> OnLines(const OnLines<U>&) {}
  T* allocate(size_t n) { return static_cast<T*>(::operator new(n * sizeof(T), LINE)); }
  void deallocate(T* p, size_t) { ::operator delete(p, LINE); }
  bool operator==(const OnLines&) const { return true; }
  bool operator!=(const OnLines&) const { return false; }
};
using Doubles = std::vector<double, OnLines<double>>;

}  // namespace foldline
