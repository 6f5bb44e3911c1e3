"""The shell: pictures, the models on the disk, the doctor and the benchmark."""
