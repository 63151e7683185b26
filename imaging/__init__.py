"""Pixels and masks: JPEG data, run lengths, orientation, crops as they are stored, perceptual hashes; pure."""
