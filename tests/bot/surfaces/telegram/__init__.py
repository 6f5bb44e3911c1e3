"""The Telegram adapter over real sockets."""
