"""The Discord adapter over real sockets."""
