"""Chat adapters: turn what people type into requests, and pictures into messages."""
