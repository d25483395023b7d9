"""Questions about a part of what a network covers: lines, planes, polytopes."""
