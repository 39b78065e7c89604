"""The demo: a fictional programme, a simulated panel over real sockets, and a page."""
