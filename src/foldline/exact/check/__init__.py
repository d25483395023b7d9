"""An answer proved again from the weights alone."""
