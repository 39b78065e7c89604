"""Pure, versioned rules of consensus: integers in, a status with reasons out."""
