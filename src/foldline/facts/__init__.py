"""Values to facts, and facts to words; draws nothing."""
