// Part of the class Complex (complex.cpp): the rest of the layers, a block of regions at a time.
//
// From ``split`` regions on, every block of neighbouring regions is finished on its own: its rows stay in the cache, memory
// is bounded, workers take blocks in turn.  Blocks share edges and faces.  Each cuts them by itself, from the same bits
// in the same order, so the k-th vertex that one block puts on a shared edge is the k-th that the other puts there: the
// answer is welded by counting (``root``), never by comparing coordinates, and does not depend on who did what when.

  struct Part {
    bool done = false;
    size_t first = 0;                                     // the block's first region
    std::vector<i32> origin_v, origin_e, origin_f;        // what it began with, in the numbers of the whole
    std::vector<double> x;                                // new vertices
    std::vector<i32> born_unit, vertex_root;
    std::vector<i32> edge_a, edge_b, edge_fold, edge_root;  // all edges; roots of the new ones
    std::vector<i32> loop_v, loop_e, face_fold, face_root, cell_faces;
    std::vector<size_t> loop_start, cell_start;
    std::vector<std::vector<i32>> parents;
    std::vector<std::vector<u64>> words;

    // Every member under its name, for the way to another process and back.
    template <class F> void each(F&& f) {
      f("first", first);
      f("origin_v", origin_v); f("origin_e", origin_e); f("origin_f", origin_f);
      f("x", x); f("born_unit", born_unit); f("vertex_root", vertex_root);
      f("edge_a", edge_a); f("edge_b", edge_b); f("edge_fold", edge_fold); f("edge_root", edge_root);
      f("loop_v", loop_v); f("loop_e", loop_e); f("loop_start", loop_start);
      f("face_fold", face_fold); f("face_root", face_root); f("cell_faces", cell_faces); f("cell_start", cell_start);
      f("parents", parents); f("words", words);
    }
  };

  Complex* root_ = this;                     // whose arbiter, budget and counts are used
  Complex* parent_ = nullptr;
  std::vector<i32> origin_v_, origin_e_, origin_f_;
  std::vector<i32> local_v_, local_e_, local_f_;  // scratch: numbers in the block of what is in the whole, -1 for none
  std::vector<std::unique_ptr<Complex>> helpers_;
  std::atomic<size_t> finished_{0}, blocks_done_{0};
  size_t n_blocks_ = 0;
  std::atomic<bool> halt_{false};

  size_t block_size() const {
    // Measured: 256 regions at width 64, 180 at 128 and 128 at 256 (split is 2^16 / width) keep the rows of all further
    // layers in the cache without cutting too much along the seams twice.
    const size_t fit = std::max<size_t>(1, std::min(split, size_t(8 * std::sqrt(double(split)))));
    return std::min(fit, size_t(std::max(1.0, max_regions / 16)));  // so that a small budget ends between blocks
  }

  enum Use { COUNT, KEEP, WELD };  // what becomes of a block

  // Cut blocks ``first`` to ``last`` by the layers from l on; returns whether the budget held.  Whoever ends a block puts
  // those that are ready together, in their order, while the others go on.
  bool cut_blocks(size_t l, size_t first, size_t last, int workers, std::vector<Part>& parts, Use use) {
    const size_t n = n_top(), size = block_size();
    parts = std::vector<Part>(use == COUNT ? 0 : last - first);
    std::mutex mine;
    std::vector<char> ready(parts.size(), 0);
    size_t welded = 0;
    bool welding = false;
    auto weld_ready = [&](size_t done) {
      std::unique_lock<std::mutex> lock(mine);
      ready[done] = 1;
      if (welding) return;
      for (welding = true; welded < parts.size() && ready[welded]; ++welded) {
        lock.unlock();
        weld_.add(parts[welded]);
        parts[welded] = Part();
        lock.lock();
      }
      welding = false;
    };
    std::atomic<size_t> next{first};
    n_blocks_ = last - first;
    finished_ = blocks_done_ = 0;
    halt_ = false;
    workers = std::max(1, std::min<int>(workers, int(last - first)));
    while (helpers_.size() < size_t(workers)) helpers_.push_back(std::make_unique<Complex>());
    std::vector<std::exception_ptr> errors(workers);
    std::vector<u64> found_by(workers, 0);
    auto work = [&](int w) {
      try {
        for (size_t b; !halt_ && (b = next++) < last;) {
          helpers_[w]->begin_block(*this, b * size, std::min(n, (b + 1) * size));
          helpers_[w]->cut_by(l, layers->size());
          const size_t found = helpers_[w]->n_top();
          if (double(finished_ += found) > max_regions) {  // another worker has spent what was left
            finished_ -= found;
            throw Stopped{};
          }
          if (use != COUNT) helpers_[w]->hand_over(parts[b - first]);
          if (use == WELD) weld_ready(b - first);
          ++blocks_done_;
          found_by[w] += helpers_[w]->settled;
        }
      } catch (const Stopped&) {
        halt_ = true;
      } catch (...) {
        errors[w] = std::current_exception();
        halt_ = true;
      }
    };
    std::vector<std::thread> threads;
    for (int w = 1; w < workers; ++w) threads.emplace_back(work, w);
    work(0);
    for (std::thread& thread : threads) thread.join();
    for (u64 found : found_by) settled += found;
    for (const auto& error : errors)
      if (error) std::rethrow_exception(error);
    if (use == WELD)  // what was ended behind a block that was not
      for (const Part& part : parts)
        if (part.done) weld_.add(part);
    return !halt_;
  }

  // --- taking a block out

  template <class T> static void keep_number(std::vector<i32>& local, std::vector<i32>& origin, T id) {
    if (local[id] < 0) {
      local[id] = i32(origin.size());
      origin.push_back(i32(id));
    }
  }

  void begin_block(Complex& whole, size_t first, size_t last) {
    clear();
    layers = whole.layers;
    certify = whole.certify;
    rational = whole.rational;
    root_ = parent_ = &whole;
    x_max_ = whole.x_max_;
    first_ = first;
    origin_v_.clear(); origin_e_.clear(); origin_f_.clear();
    local_v_.resize(whole.n_vertices(), -1);
    local_e_.resize(whole.n_edges(), -1);
    local_f_.resize(whole.loops.count(), -1);
    if (D == 2)
      for (size_t f = first; f < last; ++f) keep_number(local_f_, origin_f_, f);
    if (D == 3)
      for (size_t i = whole.cell_start[first]; i < whole.cell_start[last]; ++i) keep_number(local_f_, origin_f_, whole.cell_faces[i] >> 1);
    copy_faces(whole);
    copy_edges(whole);
    copy_vertices(whole);
    if (D == 3) {
      cell_start.push(0);
      for (size_t c = first; c < last; ++c) {
        for (size_t i = whole.cell_start[c]; i < whole.cell_start[c + 1]; ++i)
          cell_faces.push(local_f_[whole.cell_faces[i] >> 1] << 1 | (whole.cell_faces[i] & 1));
        cell_start.push(cell_faces.size());
      }
    }
    for (i32 v : origin_v_) local_v_[v] = -1;
    for (i32 e : origin_e_) local_e_[e] = -1;
    for (i32 f : origin_f_) local_f_[f] = -1;
  }

  size_t first_ = 0;

  void copy_faces(const Complex& whole) {
    for (i32 f : origin_f_) {
      for (size_t i = whole.loops.start[f]; i < whole.loops.start[f + 1]; ++i) {
        keep_number(local_v_, origin_v_, whole.loops.v[i]);
        keep_number(local_e_, origin_e_, whole.loops.e[i]);
        loops.v.push(local_v_[whole.loops.v[i]]);
        loops.e.push(local_e_[whole.loops.e[i]]);
      }
      loops.close();
      if (D == 3) face_fold.push(whole.face_fold[f]), face_tau.push(whole.face_tau[f]);
    }
    if (D == 3)
      for (size_t f = 0; f < origin_f_.size(); ++f) face_root.push(i32(origin_e_.size() + f));
  }

  void copy_edges(const Complex& whole) {
    for (size_t i = 0; i < origin_e_.size(); ++i) {
      const i32 e = origin_e_[i];
      add_edge(local_v_[whole.edge_a[e]], local_v_[whole.edge_b[e]], whole.edge_fold[e], whole.edge_tau[e], i32(i));
    }
  }

  void copy_vertices(const Complex& whole) {
    h_stride_ = whole.h_stride_;
    h.resize(origin_v_.size() * h_stride_);
    h_norm.resize(origin_v_.size());
    for (size_t i = 0; i < origin_v_.size(); ++i) {
      const size_t v = origin_v_[i];
      add_vertex(&whole.x[v * D], -1, -1, 0, -1, 0, 0, whole.eps[v], whole.delta[v], whole.grid[v], -1);
      std::memcpy(&h[i * h_stride_], &whole.h[v * h_stride_], h_stride_ * sizeof(double));
      h_norm[i] = whole.h_norm[v];
    }
  }

  template <class T> static std::vector<T> tail_of(const Buffer<T>& buffer, size_t from) {
    return std::vector<T>(buffer.data() + from, buffer.data() + buffer.size());
  }

  void hand_over(Part& part) {
    const size_t v0 = origin_v_.size(), e0 = origin_e_.size();
    part.first = first_;
    part.origin_v = origin_v_;
    part.origin_e = origin_e_;
    part.origin_f = origin_f_;
    part.x = tail_of(x, v0 * D);
    part.born_unit = tail_of(born_unit, v0);
    part.vertex_root = tail_of(vertex_root, v0);
    part.edge_a = tail_of(edge_a, 0);
    part.edge_b = tail_of(edge_b, 0);
    part.edge_fold = tail_of(edge_fold, 0);
    part.edge_root = tail_of(edge_root, e0);
    part.loop_v = tail_of(loops.v, 0);
    part.loop_e = tail_of(loops.e, 0);
    part.loop_start = tail_of(loops.start, 0);
    if (D == 3) {
      part.face_fold = tail_of(face_fold, 0);
      part.face_root = tail_of(face_root, 0);
      part.cell_faces = tail_of(cell_faces, 0);
      part.cell_start = tail_of(cell_start, 0);
    }
    for (size_t g = 0; g < words.size(); ++g) {
      part.parents.push_back(tail_of(parents[g], 0));
      part.words.push_back(tail_of(words[g], 0));
    }
    part.done = true;
  }

  // --- putting the blocks together

  // Numbers for parts born on shared elements: ``first`` of each root, in use since the first block that met it.
  struct Numbers {
    std::vector<i32> first, count, seen;
    i32 next;
    Numbers(size_t n_roots, i32 start) : first(n_roots, -1), count(n_roots, 0), seen(n_roots, 0), next(start) {}

    // Number the parts of one block; ``fresh[i]`` tells which of them nobody had before.
    void of(const std::vector<i32>& roots, std::vector<i32>& ids, std::vector<char>& fresh) {
      for (i32 r : roots)
        if (r >= 0) { if (first[r] < 0) ++count[r]; seen[r] = 0; }
      ids.resize(roots.size());
      fresh.assign(roots.size(), 1);
      for (size_t i = 0; i < roots.size(); ++i) {
        const i32 r = roots[i];
        if (r < 0) { ids[i] = next++; continue; }
        if (first[r] < 0) { first[r] = next; next += count[r]; count[r] = -count[r]; }
        fresh[i] = count[r] < 0;
        ids[i] = first[r] + seen[r]++;
      }
      for (i32 r : roots)
        if (r >= 0 && count[r] < 0) count[r] = -count[r];
    }
  };

  // The whole as far as it is put together, block after block.  It has arrays of its own, so that blocks can still be
  // taken from the whole that was there before.
  struct Weld {
    size_t before_e = 0;                                  // edges and faces there were: the roots
    Numbers vertices{0, 0}, edges{0, 0}, faces{0, 0};
    Buffer<double> x;
    Buffer<i32> born_unit, edge_a, edge_b, edge_fold, face_fold, cell_faces;
    Buffer<size_t> cell_start;
    Loops loops;
    std::vector<Buffer<i32>> parents;
    std::vector<Buffer<u64>> words;
    std::vector<i32> vertex_of, edge_of, face_of, face_at, roots, ids;
    std::vector<char> fresh;

    void begin(const Complex& whole, size_t n_groups) {
      before_e = whole.n_edges();
      const size_t n_roots = before_e + whole.loops.count();
      vertices = Numbers(n_roots, i32(whole.n_vertices())), edges = Numbers(n_roots, i32(before_e)), faces = Numbers(D == 3 ? n_roots : 0, 0);
      copy(whole.x, x), copy(whole.born_unit, born_unit);
      copy(whole.edge_a, edge_a), copy(whole.edge_b, edge_b), copy(whole.edge_fold, edge_fold);
      loops.clear(), face_fold.clear(), cell_faces.clear(), cell_start.clear();
      cell_start.push(0);
      parents.clear(), words.clear();
      parents.resize(n_groups), words.resize(n_groups);
    }

    template <class T> static void copy(const Buffer<T>& from, Buffer<T>& to) {
      to.resize(from.size());
      if (from.size()) std::memcpy(static_cast<void*>(to.data()), from.data(), from.size() * sizeof(T));
    }

    void add(const Part& part) {
      whole_roots(part, part.vertex_root);
      vertices.of(roots, ids, fresh);
      vertex_of = part.origin_v;
      vertex_of.insert(vertex_of.end(), ids.begin(), ids.end());
      x.resize(size_t(vertices.next) * D);
      born_unit.resize(vertices.next);
      for (size_t i = 0; i < ids.size(); ++i) {
        for (int k = 0; k < D; ++k) x[size_t(ids[i]) * D + k] = part.x[i * D + k];
        born_unit[ids[i]] = part.born_unit[i];
      }
      whole_roots(part, part.edge_root);
      edges.of(roots, ids, fresh);
      edge_of = part.origin_e;
      edge_of.insert(edge_of.end(), ids.begin(), ids.end());
      edge_a.resize(edges.next);
      edge_b.resize(edges.next);
      edge_fold.resize(edges.next);
      for (size_t i = 0; i < edge_of.size(); ++i) {
        edge_a[edge_of[i]] = vertex_of[part.edge_a[i]];
        edge_b[edge_of[i]] = vertex_of[part.edge_b[i]];
        edge_fold[edge_of[i]] = part.edge_fold[i];
      }
      if (D == 2) append_loops(loops, part, 0, part.loop_start.size() - 1, vertex_of, edge_of);
      if (D == 3) add_cells(part);
      append_generations(part);
    }

    void whole_roots(const Part& part, const std::vector<i32>& from) {
      roots.resize(from.size());
      for (size_t i = 0; i < from.size(); ++i)
        roots[i] = from[i] < 0 ? -1 : size_t(from[i]) < part.origin_e.size() ? part.origin_e[from[i]] : i32(before_e) + part.origin_f[from[i] - part.origin_e.size()];
    }

    // The faces nobody had before take the next numbers, so their loops come next.
    void add_cells(const Part& part) {
      const i32 first = faces.next;
      whole_roots(part, part.face_root);
      faces.of(roots, face_of, fresh);
      face_at.resize(size_t(faces.next - first));
      for (size_t f = 0; f < face_of.size(); ++f)
        if (fresh[f]) face_at[face_of[f] - first] = i32(f);
      for (i32 f : face_at) {
        append_loops(loops, part, f, f + 1, vertex_of, edge_of);
        face_fold.push(part.face_fold[f]);
      }
      for (i32 f : part.cell_faces) cell_faces.push(face_of[f >> 1] << 1 | (f & 1));
      const size_t at = cell_start.back();
      for (size_t i = 1; i < part.cell_start.size(); ++i) cell_start.push(at + part.cell_start[i]);
    }

    // Regions stay in the order of the blocks, so a generation is the blocks' generations one after another.
    void append_generations(const Part& part) {
      size_t before = part.first;
      for (size_t g = 0; g < part.words.size(); ++g) {
        const size_t here = words[g].size(), n = part.words[g].size();
        i32* parent = parents[g].grow(n);
        for (size_t i = 0; i < n; ++i) parent[i] = i32(before) + part.parents[g][i];
        if (n) std::memcpy(words[g].grow(n), part.words[g].data(), n * sizeof(u64));
        before = here;
      }
    }
  };
  Weld weld_;

  void begin_weld(size_t l) {
    size_t n = 0;
    for (; l < layers->size(); ++l) n += size_t(((*layers)[l].width + GROUP - 1) / GROUP);
    weld_.begin(*this, n);
  }

  // What was put together becomes the whole, cut by the layers from l on.
  void end_weld(size_t l) {
    const size_t g0 = words.size();
    open_groups(l);
    for (size_t g = 0; g < weld_.words.size(); ++g) parents[g0 + g].swap(weld_.parents[g]), words[g0 + g].swap(weld_.words[g]);
    born_a.resize(weld_.born_unit.size());
    x.swap(weld_.x), born_unit.swap(weld_.born_unit);
    edge_a.swap(weld_.edge_a), edge_b.swap(weld_.edge_b), edge_fold.swap(weld_.edge_fold);
    forget_room();  // these have room of their own
    loops.swap(weld_.loops);
    if (D == 3) face_fold.swap(weld_.face_fold), cell_faces.swap(weld_.cell_faces), cell_start.swap(weld_.cell_start);
  }

  static void append_loops(Loops& all, const Part& part, size_t first, size_t last, const std::vector<i32>& vertex_of, const std::vector<i32>& edge_of) {
    const size_t begin = part.loop_start[first], n = part.loop_start[last] - begin, at = all.v.size();
    i32 *v = all.v.grow(n), *e = all.e.grow(n);
    for (size_t i = 0; i < n; ++i) {
      v[i] = vertex_of[part.loop_v[begin + i]];
      e[i] = edge_of[part.loop_e[begin + i]];
    }
    size_t* start = all.start.grow(last - first);
    for (size_t f = first; f < last; ++f) start[f - first] = at + part.loop_start[f + 1] - begin;
  }

  void open_groups(size_t l) {
    for (; l < layers->size(); ++l)
      for (int from = 0; from < (*layers)[l].width; from += GROUP) {
        parents.emplace_back();
        words.emplace_back();
        group_layer.push_back(int(l));
        group_from.push_back(from);
      }
  }
