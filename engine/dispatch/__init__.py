"""From the queue to a worker and back: whose turn it is, on which worker, and how long it takes."""
