"""The model families, each with what it needs beside the shared drawing."""
