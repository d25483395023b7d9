"""The lab: the lecture's questions as live pages.  This text is the contract that its parts keep.

**A page** is one ES module, ``page/pages/SLUG.js``, that exports ``render({model, el})``, anywidget's contract, and is
made by ``figure({panels: [...]})`` of ``page/core/figure.js``.  It only draws: a panel has a ``key``, the box of its
axes (``x``, ``y``: numbers, or functions of what is shown), and ``draw(plot, shown, state)``.  What it draws, where the
handles are, what a drag makes of the state, and the exact numbers come from ``foldline/lecture/live/SLUG.py``
(described there); words from ``page/strings.js``, by the names of numbers, handles and panels.

**A message** is JSON values and arrays.  Asked: ``{"kind": "ask", "id", "slug", "state", "deed", "overlay"}``.  Told:
``{"kind": "told", "id", "state", "handles", "shown", "numbers", "overlay"}``, or ``{"kind": "error", "id", "text"}``;
of long work before it ``{"kind": "progress", "id", "done", ...}``, and ``{"kind": "stop"}`` ends it.  Arrays are
``{"$array": number, "dtype", "shape"}`` with the bytes beside (``frames``).  The newest question wins: ``desk`` drops
those that wait, ``model`` never sends one before the last was answered.

**A transport** is a model with ``send`` and ``on("msg:custom", ...)``: the WebSocket of ``server`` in the lab, the
widget's channel in a notebook, recorded answers in an exported page.
"""
