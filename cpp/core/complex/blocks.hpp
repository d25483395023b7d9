// Part of the class Complex (complex.cpp): the rest of the layers, a block of regions at a time.
//
// Every block of neighbouring regions is finished on its own: its rows stay in the cache, memory is bounded, workers take
// blocks in turn.  (Where they begin: block_starts.hpp.)  Blocks share edges and faces.  Each cuts them by itself, from the
// same bits in the same order, so the k-th vertex that one block puts on a shared edge is the k-th that the other puts
// there: the answer is welded by counting (``root``), never by comparing coordinates, and does not depend on who did what
// when.

  // A finished block: what it began with, in the numbers of the whole, and its arrays as they were when it ended.
  struct Part {
    bool done = false;
    size_t first = 0;                                     // the block's first region
    std::vector<i32> origin_v, origin_e, origin_f;
    Buffer<double> x;
    Buffer<Birth> born;
    Buffer<Edge> edges;
    Buffer<i32> loop_v, loop_e, face_fold, face_root, cell_faces;
    Buffer<size_t> loop_start, cell_start;
    std::vector<Buffer<i32>> parents;
    std::vector<Buffer<u64>> words;

    // Every member under its name, for the way to another process and back.
    template <class F> void each(F&& f) {
      f("first", first);
      f("origin_v", origin_v); f("origin_e", origin_e); f("origin_f", origin_f);
      f("x", x); f("born", born); f("edges", edges);
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

  enum Use { COUNT, KEEP, WELD };  // what becomes of a block

  // Cut blocks ``first`` to ``last`` by all that is left; returns whether the budget held.  Whoever ends a block puts those
  // that are ready together, in their order, while the others go on.
  bool cut_blocks(size_t first, size_t last, int workers, std::vector<Part>& parts, Use use) {
    parts = std::vector<Part>(use == COUNT ? 0 : last - first);
    std::mutex mine;
    std::vector<char> ready(parts.size(), 0);
    std::vector<Part> spare;  // whose memory is taken again
    size_t welded = 0;
    bool welding = false;
    auto weld_ready = [&](size_t done) {
      std::unique_lock<std::mutex> lock(mine);
      ready[done] = 1;
      if (welding) return;
      for (welding = true; welded < parts.size() && ready[welded]; ++welded) {
        lock.unlock();
        weld_.add(parts[welded], double(welded + 1) / double(parts.size()));
        lock.lock();
        parts[welded].done = false;
        spare.push_back(std::move(parts[welded]));
      }
      welding = false;
    };
    auto empty_part = [&] {
      const std::lock_guard<std::mutex> lock(mine);
      if (spare.empty()) return Part();
      Part part = std::move(spare.back());
      spare.pop_back();
      return part;
    };
    std::atomic<size_t> next{first};
    n_blocks_ = last - first;
    finished_ = blocks_done_ = 0;
    halt_ = false;
    workers = std::max(1, std::min<int>(workers, int(last - first)));
    while (helpers_.size() < size_t(workers)) helpers_.push_back(std::make_unique<Complex>());
    for (auto& helper : helpers_) helper->looked_ = 0;
    std::vector<u64> found_by(workers, 0);
    auto work = [&](int w) {
      try {
        for (size_t b; !halt_ && (b = next++) < last;) {
          helpers_[w]->begin_block(*this, blocks_[b], blocks_[b + 1]);
          helpers_[w]->cut_from(start_);
          const size_t found = helpers_[w]->n_top();
          if (double(finished_ += found) > max_regions) {  // another worker has spent what was left
            finished_ -= found;
            throw Stopped{};
          }
          if (use != COUNT) {
            Part part = empty_part();
            helpers_[w]->hand_over(part);
            parts[b - first] = std::move(part);
          }
          if (use == WELD) weld_ready(b - first);
          found_by[w] += helpers_[w]->settled;
          if (++blocks_done_ < n_blocks_) helpers_[w]->look();
        }
      } catch (const Stopped&) {
        halt_ = true;
      } catch (...) {
        halt_ = true;
        throw;
      }
    };
    at_once(workers, work);
    for (u64 found : found_by) settled += found;
    if (!halt_) {
      nb::gil_scoped_acquire gil;
      tell();
    }
    if (use == WELD)  // what was ended behind a block that was not
      for (const Part& part : parts)
        if (part.done) weld_.add(part, 1);
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
    size_ = whole.size_;
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
      add_edge(local_v_[whole.edges[e].a], local_v_[whole.edges[e].b], whole.edges[e].fold, whole.edges[e].tau, i32(i));
    }
  }

  void copy_vertices(const Complex& whole) {
    for (i32 v : origin_v_) {
      const Signs& known = whole.sign[v];
      add_vertex(&whole.x[size_t(v) * D], -1, -1, 0, -1, known.pos, known.neg, whole.trust[v].eps, whole.trust[v].delta, whole.trust[v].grid, -1);
    }
  }

  // Give all away and take the memory of an older part for it.
  void hand_over(Part& part) {
    part.first = first_;
    part.origin_v.swap(origin_v_), part.origin_e.swap(origin_e_), part.origin_f.swap(origin_f_);
    part.x.swap(x), part.born.swap(born), part.edges.swap(edges);
    part.loop_v.swap(loops.v), part.loop_e.swap(loops.e), part.loop_start.swap(loops.start);
    part.face_fold.swap(face_fold), part.face_root.swap(face_root);
    part.cell_faces.swap(cell_faces), part.cell_start.swap(cell_start);
    part.parents.swap(parents), part.words.swap(words);
    part.done = true;
    vertex_room_ = 0;
  }

  // --- putting the blocks together

  // Numbers for parts born on shared elements: ``first`` of each root, in use since the first block that met it.
  struct Numbers {
    std::vector<i32> first, count, seen;
    i32 next;
    Numbers(size_t n_roots, i32 start) : first(n_roots, -1), count(n_roots, 0), seen(n_roots, 0), next(start) {}

    // Number the parts of one block, those from ``from`` on; ``fresh[i]`` tells which of them nobody had before.
    void of(const std::vector<i32>& roots, size_t from, std::vector<i32>& ids, std::vector<char>& fresh) {
      for (i32 r : roots)
        if (r >= 0) { if (first[r] < 0) ++count[r]; seen[r] = 0; }
      ids.resize(from + roots.size());
      fresh.assign(roots.size(), 1);
      for (size_t i = 0; i < roots.size(); ++i) {
        const i32 r = roots[i];
        i32& id = ids[from + i];
        if (r < 0) { id = next++; continue; }
        if (first[r] < 0) { first[r] = next; next += count[r]; count[r] = -count[r]; }
        fresh[i] = count[r] < 0;
        id = first[r] + seen[r]++;
      }
      for (i32 r : roots)
        if (r >= 0 && count[r] < 0) count[r] = -count[r];
    }
  };

  // What is handed out, as far as it is put together, block after block.  It has arrays of its own, so that blocks can
  // still be taken from the whole that was there before.
  struct Weld {
    size_t before_e = 0;                                  // edges and faces there were: the roots
    Numbers vertices{0, 0}, edges{0, 0}, faces{0, 0};
    Buffer<double> x;
    Buffer<i32> born_unit, edge_ends, edge_fold, face_fold, cell_faces;
    Buffer<size_t> cell_start;
    Loops loops;
    std::vector<Buffer<i32>> parents;
    std::vector<Buffer<u64>> words;
    const Buffer<i32>* joined = nullptr;                  // parents of the regions there were, if the blocks went on in their group
    std::vector<i32> vertex_of, edge_of, face_of, face_at, roots;
    std::vector<char> fresh;

    void clear() {
      x.clear(), born_unit.clear(), edge_ends.clear(), edge_fold.clear(), loops.clear();
      face_fold.clear(), cell_faces.clear(), cell_start.clear();
      parents.clear(), words.clear();
    }

    size_t n_top() const { return D == 1 ? edge_fold.size() : D == 2 ? loops.count() : cell_start.size() ? cell_start.size() - 1 : 0; }

    // Take what there is before the blocks: its vertices and edges if blocks follow, else all.
    void begin(const Complex& whole, size_t n_groups) {
      clear();
      copy(whole.x, x);
      for (size_t v = 0; v < whole.n_vertices(); ++v) born_unit.push(whole.born[v].unit);
      edge_ends.resize(2 * whole.n_edges());
      edge_fold.resize(whole.n_edges());
      for (size_t e = 0; e < whole.n_edges(); ++e) put_edge(e, whole.edges[e].a, whole.edges[e].b, whole.edges[e].fold);
      if (!n_groups) {
        copy(whole.loops.v, loops.v), copy(whole.loops.e, loops.e), copy(whole.loops.start, loops.start);
        copy(whole.face_fold, face_fold), copy(whole.cell_faces, cell_faces), copy(whole.cell_start, cell_start);
        return;
      }
      before_e = whole.n_edges();
      const size_t n_roots = before_e + whole.loops.count();
      vertices = Numbers(n_roots, i32(whole.n_vertices())), edges = Numbers(n_roots, i32(before_e)), faces = Numbers(D == 3 ? n_roots : 0, 0);
      if (D == 3) cell_start.push(0);
      parents.resize(n_groups), words.resize(n_groups);
    }

    void put_edge(size_t e, i32 a, i32 b, i32 fold) { edge_ends[2 * e] = a, edge_ends[2 * e + 1] = b, edge_fold[e] = fold; }

    template <class T> static void copy(const Buffer<T>& from, Buffer<T>& to) {
      to.resize(from.size());
      if (from.size()) std::memcpy(static_cast<void*>(to.data()), from.data(), from.size() * sizeof(T));
    }

    // Room for n values, and for as many as there will be if this is that share of them: memory that is not taken twice.
    template <class T> void resize(Buffer<T>& buffer, size_t n) const {
      if (n > buffer.capacity()) buffer.reserve(size_t(1.06 * double(n) / share_));
      buffer.resize(n);
    }
    template <class T> T* grow(Buffer<T>& buffer, size_t n) const {
      resize(buffer, buffer.size() + n);
      return buffer.data() + buffer.size() - n;
    }
    double share_ = 1;

    // Add a block, with which a share of all blocks is there.
    void add(const Part& part, double share) {
      share_ = share;
      const size_t v0 = part.origin_v.size(), e0 = part.origin_e.size();
      roots.resize(part.born.size() - v0);
      for (size_t i = 0; i < roots.size(); ++i) roots[i] = whole_root(part, part.born[v0 + i].root);
      vertex_of = part.origin_v;
      vertices.of(roots, v0, vertex_of, fresh);
      resize(x, size_t(vertices.next) * D);
      resize(born_unit, vertices.next);
      for (size_t i = v0; i < vertex_of.size(); ++i) {
        const i32 v = vertex_of[i];
        for (int k = 0; k < D; ++k) x[size_t(v) * D + k] = part.x[i * D + k];
        born_unit[v] = part.born[i].unit;
      }
      roots.resize(part.edges.size() - e0);
      for (size_t i = 0; i < roots.size(); ++i) roots[i] = whole_root(part, part.edges[e0 + i].root);
      edge_of = part.origin_e;
      edges.of(roots, e0, edge_of, fresh);
      resize(edge_ends, 2 * size_t(edges.next));
      resize(edge_fold, edges.next);
      for (size_t i = 0; i < edge_of.size(); ++i) {
        const Edge& edge = part.edges[i];
        put_edge(edge_of[i], vertex_of[edge.a], vertex_of[edge.b], edge.fold);
      }
      if (D == 2) append_loops(part, 0, part.loop_start.size() - 1);
      if (D == 3) add_cells(part);
      append_generations(part);
    }

    i32 whole_root(const Part& part, i32 root) const {
      return root < 0 ? -1 : size_t(root) < part.origin_e.size() ? part.origin_e[root] : i32(before_e) + part.origin_f[root - part.origin_e.size()];
    }

    // The faces nobody had before take the next numbers, so their loops come next.
    void add_cells(const Part& part) {
      const i32 first = faces.next;
      roots.resize(part.face_root.size());
      for (size_t i = 0; i < roots.size(); ++i) roots[i] = whole_root(part, part.face_root[i]);
      faces.of(roots, 0, face_of, fresh);
      face_at.resize(size_t(faces.next - first));
      for (size_t f = 0; f < face_of.size(); ++f)
        if (fresh[f]) face_at[face_of[f] - first] = i32(f);
      i32* fold = grow(face_fold, face_at.size());
      for (i32 f : face_at) {
        append_loops(part, f, f + 1);
        *fold++ = part.face_fold[f];
      }
      i32* face = grow(cell_faces, part.cell_faces.size());
      for (size_t i = 0; i < part.cell_faces.size(); ++i) face[i] = face_of[part.cell_faces[i] >> 1] << 1 | (part.cell_faces[i] & 1);
      const size_t at = cell_start.back(), n = part.cell_start.size() - 1;
      size_t* start = grow(cell_start, n);
      for (size_t i = 0; i < n; ++i) start[i] = at + part.cell_start[i + 1];
    }

    void append_loops(const Part& part, size_t first, size_t last) {
      const size_t begin = part.loop_start[first], n = part.loop_start[last] - begin, at = loops.v.size();
      i32 *v = grow(loops.v, n), *e = grow(loops.e, n);
      for (size_t i = 0; i < n; ++i) {
        v[i] = vertex_of[part.loop_v[begin + i]];
        e[i] = edge_of[part.loop_e[begin + i]];
      }
      size_t* start = grow(loops.start, last - first);
      for (size_t f = first; f < last; ++f) start[f - first] = at + part.loop_start[f + 1] - begin;
    }

    // Regions stay in the order of the blocks, so a generation is the blocks' generations one after another.
    void append_generations(const Part& part) {
      size_t before = part.first;
      for (size_t g = 0; g < part.words.size(); ++g) {
        const size_t here = words[g].size(), n = part.words[g].size();
        i32* parent = grow(parents[g], n);
        for (size_t i = 0; i < n; ++i) parent[i] = i32(before) + part.parents[g][i];
        if (g == 0 && joined) skip_parents(parent, n, *joined);
        if (n) std::memcpy(grow(words[g], n), part.words[g].data(), n * sizeof(u64));
        before = here;
      }
    }
  };
  Weld weld_;

  void begin_weld() {
    size_t n = 0;
    each_group(start_, [&](size_t, int) { ++n; });
    weld_.begin(*this, n);
    weld_.joined = start_.units ? &parents.back() : nullptr;
  }

  // The generations that the blocks added, behind those there were before.
  void end_weld() {
    if (start_.units) drop_generation();
    size_t g = 0;
    each_group(start_, [&](size_t l, int from) {
      take_up(parents, old_parents_)->swap(weld_.parents[g]);
      take_up(words, old_words_)->swap(weld_.words[g++]);
      group_layer.push_back(int(l));
      group_from.push_back(from);
    });
  }
