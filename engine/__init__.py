"""The picture engine: a durable, fair queue in front of a supervised GPU worker."""
