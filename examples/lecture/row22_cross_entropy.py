"""
Cross entropy
=============

Cross entropy of two distributions over two classes, and the sum of negative log-likelihoods of a network.

Drawn by `foldline figure cross-entropy`.
"""

from foldline.lecture.cross_entropy import State, ask

for p in ((1.0, 0.0), (0.7, 0.3)):
    for q in ((0.9, 0.1), (0.7, 0.3), (0.2, 0.8)):
        a = ask(State(p, q))
        print(f"p {p}, q {q}: H(p, q) = {a.cross_entropy:.7f} = H(p) {a.entropy:.7f} + KL {a.divergence:.7f}")

book = a.book
print(f"sum of {len(book.losses)} negative log-likelihoods: {book.total:.10f}, likelihood {book.likelihood:.6e}")
print("the probability is 1/2 at", book.crossings.round(8).tolist())
