"""The kernel: bytes in, facts out. Opens nothing, logs nothing, names nothing, judges nothing."""
