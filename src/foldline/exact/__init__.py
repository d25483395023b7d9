"""Network x Box -> exact answers."""
