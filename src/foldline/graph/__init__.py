"""Graphs of operations (ONNX, torch modules) put together as networks."""
