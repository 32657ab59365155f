"""What brings a project, its configuration and its resources into memory: disk, S3, HTTP and others."""
