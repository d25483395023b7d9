"""The figures of the lecture, drawn from the library's own answers, and the numbers its slides print."""
