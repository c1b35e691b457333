"""People in pictures: the detector and its weights, where it searches, and what it found in each frame of a clip."""
