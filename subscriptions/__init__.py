"""The live side: wake-ups, the feed of events, sockets and presence."""
