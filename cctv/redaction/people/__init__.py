"""People in pictures: the weights of the detector, and the detector."""
