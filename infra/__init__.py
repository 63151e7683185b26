"""What surrounds the pipeline: deployment files, requirements of the machine, the generator of the documentation."""
