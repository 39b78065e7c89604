"""The process: wires the layers together and serves them."""
