"""What each question shows when it is live: handles to move, what is drawn, exact numbers, beats; one file a question.

A file has ``handles(answer)``, ``shown(answer)``, ``numbers(answer)``, and may have ``BEATS`` (states that tell the
slide's story), ``CONTROLS`` (paths of fields that get a knob), ``moved``, ``pressed``, ``added`` (what a drag, a press
or a new point makes of a state), ``filled`` (a state with what the seed made written out), ``overlay`` (what a grid of
samples would have told: what is drawn, and ``numbers`` for the table; a page without one says why, in its words
``notes.grid``), ``fixed`` (what is sent once), and ``RECORDED`` (how many handles of a beat an exported page
records).  It draws nothing and knows no page.
"""
