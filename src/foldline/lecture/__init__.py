"""The questions of the lecture, asked of the library; draws nothing."""
