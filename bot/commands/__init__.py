"""What can be asked: the command table, and the reading and writing of what people type. Pure."""
